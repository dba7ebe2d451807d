import numpy as np
import pytest
from scores import BASS, CHORDS, DRUMS, LEAD, Note, score_of

from groovevae.bars.choices import Choices
from groovevae.bars.constants import ROLES
from groovevae.bars.metre import bar_lines
from groovevae.bars.note_places import REASONS, place_notes
from groovevae.bars.roles import NO_ROLE, assign_roles, chord_tracks_in_bar, read_roles
from groovevae.errors import MidiError
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


def solo(*top: int, under: tuple[int, ...], low: tuple[int, ...]) -> list[Note]:
    """A melody of quarter notes, with a chord on each half note and a bass on each whole note."""
    melody = [(beat, 1, top[beat % len(top)]) for beat in range(16)]
    chords = [(beat, 2, pitch) for beat in range(0, 16, 2) for pitch in under]
    return melody + chords + [(beat, 4, low[beat // 4 % len(low)]) for beat in range(0, 16, 4)]


def test_a_piano_solo_is_split() -> None:
    right = [(beat, 1, pitch) for beat, pitch in enumerate([72, 74, 76, 77] * 4)] + block(64, 67)
    left = [(beat, 1, 40) for beat in range(0, 16, 2)] + [
        (beat + 1, 1, p) for beat in range(0, 16, 2) for p in (52, 55)
    ]
    assert note_roles(score_of({part("right"): right, part("left"): left})) == {
        "drums": set(),
        "bass": {40, 52},
        "chords": {55, 64, 67},
        "lead": {72, 74, 76, 77},
    }


def test_a_guitar_solo_has_a_bass_too() -> None:
    """Where hardly a note is low, the bass line reaches higher."""
    notes = solo(76, 77, 79, under=(64, 69), low=(55, 57))
    assert note_roles(score_of({part("Guitar", 24): notes}))["bass"] >= {55, 57}


@pytest.mark.parametrize("chords", [(57, 60, 64), (48, 52, 55, 60), (53, 57, 60, 64, 69)])
@pytest.mark.parametrize("others", [{}, {DRUMS: line(36)}, {DRUMS: line(36), part("", 33): line(33)}])
def test_block_chords_are_chords(chords: tuple[int, ...], others: dict[Track, list[Note]]) -> None:
    """Their top notes are no lead, and their roots no bass."""
    score = score_of({part("Keys", 4): block(*chords), **others})
    assert roles_of(score)["Keys"] == {"chords"}
    assert read_roles(score, np.zeros(len(score.notes), int)).why[0, ROLES.index("chords")] == "block chords"


def test_a_track_named_as_a_melody_is_one() -> None:
    """It may be harmonised in chords, and lie low."""
    assert (
        "lead" in roles_of(score_of({part("Melody"): block(60, 64, 67), part("Chords"): block(48, 52, 55)}))["Melody"]
    )
    assert roles_of(score_of({part("Melody"): line(55), part("Chords"): block(60, 64, 67)}))["Melody"] == {"lead"}


def test_low_block_chords_have_a_bass_in_them() -> None:
    """A tune's chords are often written with their roots deep down."""
    score = score_of({part("tune"): line(70), part("chords"): block(40, 52, 56)})
    assert roles_of(score) == {"tune": {"lead"}, "chords": {"bass", "chords"}}


@pytest.mark.parametrize("length", [0.5, 0.75, 3.0])
@pytest.mark.parametrize(("lowest", "role"), [(57, "lead"), (33, "bass")])
def test_a_lone_line_is_one_line(length: float, lowest: int, role: str) -> None:
    """However long its notes ring into the next."""
    steps = (0, 3, 7, 10, 12, 10, 7, 3)
    notes = [(index / 2, length, lowest + steps[index % 8]) for index in range(32)]
    assert roles_of(score_of({part(""): notes})) == {"": {role}}


@pytest.mark.parametrize(("length", "role"), [(1 / 3 + 1 / 6, {"lead"}), (1 / 3 + 1 / 2, {"chords", "lead"})])
def test_a_saxophone_plays_legato(length: float, role: set[str]) -> None:
    """Triplet eighths ring a little into the next; much of a note under the next are two voices."""
    sax = [(third / 3, length, 62 + third % 5) for third in range(48)]
    band = {part("a", 66): sax, part("b"): block(60, 64, 67), part("c", 33): line(33), DRUMS: line(36)}
    assert roles_of(score_of(band))["a"] == role


def test_the_most_melodious_line_leads() -> None:
    """A ping, an arpeggio and a second voice lie higher than the melody."""
    tune = [(beat * 1.0, 0.9, 65 + (0, 2, 4, 2, 5, 4, 2, 0)[beat % 8]) for beat in range(64)]
    arpeggio = [(step / 4, 0.2, 72 + (0, 12, 4, 16)[step % 4]) for step in range(256)]
    ping = [(bar * 4.0, 0.4, 96) for bar in range(16)]
    score = score_of({part("1"): tune, part("2"): arpeggio, part("3"): ping})
    assert roles_of(score) == {"1": {"lead"}, "2": {"chords"}, "3": {"chords"}}


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
    chords = [(beat, 1, pitch) for beat in range(0, num_beats, 2) for pitch in (62, 65)]
    chords += [(beat, 1, 69 + beat % 4) for beat in range(num_beats)]
    bass = [(beat, 1, 33) for beat in range(num_beats)]
    score = score_of({part("boom", 31): [(8, 1, 80)], part("guitar", 29): chords, part("", 34): bass})
    assert note_roles(score)["lead"] == {69, 70, 71, 72}


def test_chord_tracks_in_bar() -> None:
    """The two busiest of the tracks that play in the bar."""
    track = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 1, 0])
    bar = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
    chosen = chord_tracks_in_bar(track, bar)
    assert set(track[chosen & (bar == 0)].tolist()) == {0, 2}
    assert set(track[chosen & (bar == 1)].tolist()) == {0, 1}
    assert not len(chord_tracks_in_bar(np.empty(0, int), np.empty(0, int)))


def test_chord_tracks_that_were_asked_for() -> None:
    """They go first, and are never too many."""
    track = np.array([0, 0, 0, 1, 1, 2, 3])
    chosen = chord_tracks_in_bar(track, np.zeros(7, int), np.array([False, False, True, True]))
    assert set(track[chosen].tolist()) == {2, 3}
    chosen = chord_tracks_in_bar(track, np.zeros(7, int), np.array([False, True, True, True]))
    assert set(track[chosen].tolist()) == {1, 2, 3}


SONG = {
    part("Flute", 73): line(72),
    part("Piano"): line(60, stop=8),
    part("Low"): line(40),
    part("Piano", 1): line(64, start=4),
}


def by_hand(*pairs: tuple[str, str]) -> list[set[str]]:
    """The roles of each of SONG's tracks."""
    score = score_of(SONG)
    roles = assign_roles(score, (score.notes["onset"] // 4).astype(int), Choices(roles=pairs))
    return [{("none", *ROLES)[role + 1] for role in roles[score.notes["track"] == k]} for k in range(len(SONG))]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("Flute", "bass")], ["bass", "lead chords", "chords", "lead"]),
        ([(" fLUTE ", "-"), ("3", "drums")], ["none", "lead chords", "drums", "lead"]),
        ([("Track 3", "lead")], ["chords", "chords", "lead", "chords"]),
        ([("piano", "chords"), ("low", "chords")], ["lead", "chords", "chords", "chords"]),
        ([("1", "chords"), ("Flute", "lead")], ["lead", "chords", "bass", "chords"]),
    ],
    ids=["name", "number and none", "track number", "all tracks of a name", "the later pair"],
)
def test_roles_by_hand(pairs: list[tuple[str, str]], expected: list[str]) -> None:
    assert [" ".join(sorted(roles, reverse=True)) for roles in by_hand(*pairs)] == expected


def test_a_name_goes_before_a_number() -> None:
    score = score_of({part("2"): line(72), part("1"): line(40)})
    assert (
        assign_roles(score, np.zeros(32, int), Choices(roles=(("1", "drums"),)))[score.notes["track"] == 1].max() == 0
    )


def test_the_first_of_a_line_given_by_hand_leads() -> None:
    """The others' notes stay of the role where it plays, and are lost as another track's."""
    score = score_of(SONG)
    placed = place_notes(score, bar_lines(score), Choices(roles=(("2", "lead"), ("Flute", "lead"))))
    lost = {
        (track, bar): {REASONS[reason] for reason in placed.lost[(placed.track == track) & (placed.bar == bar)]}
        for track, bar in ((0, 0), (0, 3), (1, 0))
    }
    assert lost == {(0, 0): {"another track"}, (0, 3): {"kept"}, (1, 0): {"kept"}}
    assert set(placed.role[placed.track == 0].tolist()) == {ROLES.index("lead")}


def test_chords_given_as_a_line_never_accompany() -> None:
    score = score_of({part("Keys"): block(60, 64, 67), part("Low"): line(40)})
    placed = place_notes(score, bar_lines(score), Choices(roles=(("Keys", "lead"),)))
    keys = placed.track == 0
    assert set(placed.role[keys].tolist()) == {ROLES.index("lead")}
    assert placed.pitch[keys & (placed.lost == 0)].tolist() == [67] * 8
    assert {REASONS[reason] for reason in placed.lost[keys & (placed.pitch < 67)]} == {"thinned chord"}


def test_what_is_left_out_by_hand() -> None:
    score = score_of(SONG)
    placed = place_notes(score, bar_lines(score), Choices(roles=(("Flute", "-"),)))
    assert {REASONS[reason] for reason in placed.lost[placed.track == 0]} == {"left out by hand"}
    assert placed.why[0, NO_ROLE] == "left out by hand"


def test_an_unknown_track() -> None:
    with pytest.raises(MidiError, match=r"no track 'Harp'; the tracks are 1: Flute; 2: Piano; 3: Low; 4: Piano"):
        by_hand(("Harp", "bass"))
    with pytest.raises(MidiError, match="no track '5'"):
        by_hand(("5", "bass"))
    with pytest.raises(MidiError, match="no role 'tuba'"):
        by_hand(("Flute", "tuba"))


def test_reasons() -> None:
    parts = {
        DRUMS: line(36),
        part("Sub"): line(33),
        part("", 34): line(40, start=8),
        part("Vox"): line(70),
        part("", 122): line(60),
        part("Keys"): line(60, stop=8),
    }
    score = score_of(parts)
    why = read_roles(score, (score.notes["onset"] // 4).astype(int), Choices(roles=(("Keys", "chords"),))).why
    assert {(index, ("none", *ROLES)[role + 1]): words for (index, role), words in why.items()} == {
        (0, "drums"): "a drum channel",
        (1, "bass"): "named Sub",
        (1, "chords"): "where another bass plays",
        (2, "bass"): "a bass by its program",
        (3, "lead"): "named Vox",
        (4, "none"): "a sound effect",
        (5, "chords"): "by hand",
    }


def test_an_effect_plays_no_role_unless_it_is_all_there_is() -> None:
    effect, keys = part("Bang", 127), part("Keys", 0)
    assert assign_roles(score_of({effect: [(0, 1, 60)], keys: [(0, 1, 64)]}), np.zeros(2, int)).tolist()[0] == NO_ROLE
    assert assign_roles(score_of({effect: [(0, 1, 60)]}), np.zeros(1, int)).tolist() != [NO_ROLE]
