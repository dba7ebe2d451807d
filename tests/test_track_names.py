import pytest

from groovevae.bars.constants import VOICES
from groovevae.bars.track_names import NO_DRUM_WORD, PERHAPS, PITCHED_NAME, SURELY, WHOLLY, name_hints, plain_name


@pytest.mark.parametrize(
    "name",
    ["Vox", "Topline", "Top Line", "Hook 2", "Singer", "Mélodie", "VOZ", "Chant", "Gesang\nVoice", "歌", "メロディ"],
)
def test_melodies(name: str) -> None:
    assert name_hints(name).sings


@pytest.mark.parametrize(
    "name", ["Backing Vocals", "BGV", "Choir", "Chorus Voices", "Enchanted", "Merchants", "Hooked"]
)
def test_no_melodies(name: str) -> None:
    assert not name_hints(name).sings


@pytest.mark.parametrize("name", ["Backing Vocals", "Choir", "Pad", "Chord-Piano"])
def test_accompaniments(name: str) -> None:
    assert name_hints(name).accompanies


@pytest.mark.parametrize(
    ("name", "is_bass"),
    [
        ("Bass", True),
        ("Бас", True),
        ("Sub", True),
        ("Walk", True),
        ("Bassoon", False),
        ("Bass Drum", False),
        ("Sublime", False),
    ],
)
def test_basses(name: str, is_bass: bool) -> None:
    assert name_hints(name).bass is is_bass


@pytest.mark.parametrize(
    ("name", "drums"),
    [
        ("Drums", WHOLLY),
        ("Drum Rack", WHOLLY),
        ("Schlagzeug", WHOLLY),
        ("batterie", WHOLLY),
        ("ドラム", WHOLLY),
        ("hh", WHOLLY),
        ("Tom", WHOLLY),
        ("The Old Drum and Fife", SURELY),
        ("808 Kit", PERHAPS),
        ("Synth Drum", PERHAPS),
        ("That Hat Trick Song", PERHAPS),
        ("808 Bass", PITCHED_NAME),
        ("Steel Drums", PITCHED_NAME),
        ("Percussive Organ", PITCHED_NAME),
        ("MIDI 01", NO_DRUM_WORD),
        ("Drummer Boy", NO_DRUM_WORD),
        ("", NO_DRUM_WORD),
    ],
)
def test_drums(name: str, drums: int) -> None:
    assert name_hints(name).drums == drums


@pytest.mark.parametrize(
    ("name", "voice"),
    [
        ("Kick 808", "kick"),
        ("Bass Drum", "kick"),
        ("Hi-Hat", "closed hat"),
        ("Open Hat", "open hat"),
        ("Ride Cymbal", "ride"),
        ("Kick Snare", ""),
        ("Drums", ""),
    ],
)
def test_voices(name: str, voice: str) -> None:
    assert name_hints(name).voice == (VOICES.index(voice) if voice else -1)


def test_plain_names() -> None:
    """Accents go; the sound marks of Japanese stay, which make other letters."""
    assert [plain_name(name) for name in (" Mélodie ", "BATERÍA", "ドラム")] == ["melodie", "bateria", "ドラム"]
