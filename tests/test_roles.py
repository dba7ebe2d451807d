import numpy as np
import pytest
from scores import BASS, CHORDS, DRUMS, LEAD, Note, score_of

from groovevae.bars.constants import ROLES
from groovevae.bars.roles import NO_ROLE, assign_roles, chord_tracks_in_bar
from groovevae.midi.score import Score, Track


def part(name: str, program: int = 0) -> Track:
    return Track(name, program, is_drum=False)


def line(pitch: int, *, start: int = 0, stop: int = 16) -> list[Note]:
    """A quarter note after another, around a pitch."""
    return [(beat, 1, pitch + beat % 3) for beat in range(start, stop)]


def block(*pitches: int) -> list[Note]:
    """The same chord each half note."""
    return [(beat, 2, pitch) for beat in range(0, 16, 2) for pitch in pitches]


def roles_of(score: Score) -> dict[str, set[str]]:
    """The roles that each track's notes were given, in bars of 4/4."""
    roles = assign_roles(score, (score.notes["onset"] // 4).astype(int))
    names = ("none", *ROLES)
    return {
        track.name: {names[role + 1] for role in roles[score.notes["track"] == index]}
        for index, track in enumerate(score.tracks)
    }


BANDS = {
    "rock band": (
        {DRUMS: line(36), part("", 34): line(33), part("", 29): line(70), part("", 30): block(52, 59)},
        ["drums", "bass", "lead", "chords"],
    ),
    "named tracks without programs": (
        {part("Walking Bass"): line(40), part("Melody"): line(64), part("Piano"): line(70)},
        ["bass", "lead", "chords"],
    ),
    "string quartet": (
        {
            part("Violin 1", 40): line(76),
            part("Violin 2", 40): line(69),
            part("Viola", 41): line(62),
            part("Cello", 42): line(48),
        },
        ["lead", "chords", "chords", "bass"],
    ),
    "song with piano": (
        {part("Gesang\nVoice", 68): line(70), part("Piano"): block(60, 64, 67)},
        ["lead", "chords"],
    ),
    "choir": (
        {
            part("Soprano", 52): line(72),
            part("Alto", 52): line(67),
            part("Tenor", 52): line(57),
            part("Bass", 52): line(48),
        },
        ["lead", "chords", "chords", "bass"],
    ),
    "the lowest line is the bass": (
        {part("a", 48): line(40), part("b", 73): line(72), part("c"): block(60, 64)},
        ["bass", "lead", "chords"],
    ),
    "a lead synthesizer that plays the bass": (
        {part("", 38): line(33), part("Sawtooth Lead", 81): line(28), part("", 73): line(72)},
        ["bass", "chords", "lead"],
    ),
    "a bassoon is no bass, a bass lead up high is none": (
        {part("Bassoon", 70): line(60), part("Bass Lead", 87): line(80), part("", 33): line(36)},
        ["chords", "lead", "bass"],
    ),
    "pads accompany, effects have no role": (
        {part("", 89): line(76), part("", 122): line(60), part("", 71): line(70), part("", 33): line(36)},
        ["chords", "none", "lead", "bass"],
    ),
    "written by groovevae": (
        {DRUMS: line(36), BASS: line(70), CHORDS: line(72), LEAD: line(40)},
        ["drums", "bass", "chords", "lead"],
    ),
}


@pytest.mark.parametrize(("parts", "expected"), BANDS.values(), ids=BANDS)
def test_tracks(parts: dict[Track, list[Note]], expected: list[str]) -> None:
    assert roles_of(score_of(parts)) == {track.name: {role} for track, role in zip(parts, expected, strict=True)}


def note_roles(score: Score) -> dict[str, set[int]]:
    roles = assign_roles(score, (score.notes["onset"] // 4).astype(int))
    return {name: set(score.notes["pitch"][roles == role].tolist()) for role, name in enumerate(ROLES)}


def test_a_piano_solo_is_split() -> None:
    hands = {part("right"): block(64, 67, 72), part("left"): block(40, 52, 55)}
    assert note_roles(score_of(hands)) == {
        "drums": set(),
        "bass": {40},
        "chords": {52, 55, 64, 67},
        "lead": {72},
    }


def test_a_guitar_solo_has_a_bass_too() -> None:
    """Where hardly a note is low, the bass line reaches higher."""
    assert note_roles(score_of({part("Guitar", 24): block(55, 64, 69, 76)}))["bass"] == {55}


def test_what_sounds_under_a_held_melody_is_not_the_melody() -> None:
    notes = [(0, 4, 76), *((beat, 1, 60) for beat in range(4))]
    roles = note_roles(score_of({part("Piano"): notes}))
    assert roles["lead"] == {76}


def test_the_first_lead_that_plays_in_a_bar_leads() -> None:
    """A voice goes before a solo."""
    parts = {part("Vocal"): line(70, stop=8), part("Solo", 66): line(72, start=4)}
    score = score_of(parts | {part("", 33): line(36)})
    roles = assign_roles(score, (score.notes["onset"] // 4).astype(int))
    leading = roles == ROLES.index("lead")
    assert score.notes["onset"][leading & (score.notes["track"] == 0)].tolist() == [*range(8)]
    assert score.notes["onset"][leading & (score.notes["track"] == 1)].tolist() == [*range(8, 16)]


def test_a_bass_by_its_program_goes_before_one_by_its_name() -> None:
    """A contrabass section or a "bass guitar riff" accompanies where the electric bass plays."""
    score = score_of({part("", 33): line(36, stop=8), part("Contrabass", 48): line(40), part("", 73): line(72)})
    roles = assign_roles(score, (score.notes["onset"] // 4).astype(int))
    is_bass = (roles == ROLES.index("bass")) & (score.notes["track"] == 1)
    assert score.notes["onset"][is_bass].tolist() == [*range(8, 16)]


def test_a_single_note_is_an_effect_and_no_lead() -> None:
    """It would keep the guitar from being heard as the top line."""
    num_beats = 4 * 40
    chords = [(beat, 1, pitch) for beat in range(num_beats) for pitch in (62, 65, 69)]
    bass = [(beat, 1, 33) for beat in range(num_beats)]
    score = score_of({part("boom", 31): [(8, 1, 80)], part("guitar", 29): chords, part("", 34): bass})
    assert note_roles(score)["lead"] == {69}


def test_chord_tracks_in_bar() -> None:
    """The two busiest of the tracks that play in the bar."""
    track = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 1, 0])
    bar = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
    chosen = chord_tracks_in_bar(track, bar)
    assert set(track[chosen & (bar == 0)].tolist()) == {0, 2}
    assert set(track[chosen & (bar == 1)].tolist()) == {0, 1}
    assert not len(chord_tracks_in_bar(np.empty(0, int), np.empty(0, int)))


def test_no_role() -> None:
    score = score_of({part("", 127): [(0, 1, 60)]})
    assert assign_roles(score, np.zeros(1, int)).tolist() == [NO_ROLE]
