"""The parts of scripts/make_corpus.py on a few notes: tunes, takes, feel, charts and licences; MMA if there is one."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus_making import bands, charts, hands, real, sources, takes, tunes
from corpus_making.genres import GENRES
from corpus_making.grooves import OWN, Grooves
from corpus_making.styles import Rendered, Style
from corpus_making.tunes import Tune
from groovevae.midi.score import NOTE_DTYPE, Score, Track

C, G7 = (1.0, "C"), (3.0, "G7")
RNG = np.random.default_rng


def tune(*chords: tuple[tuple[float, str], ...], notes: tuple[float, ...] = (0.0, 1.0), swung: bool = False) -> Tune:
    """A tune in 4/4 of quarter notes, or what fits between onsets."""
    lengths = np.minimum(np.diff([*notes, notes[-1] + 1]), 1)
    melody = np.array([(*note, 60, 90) for note in zip(notes, lengths, strict=True)], tunes.MELODY_DTYPE)
    return Tune("Tune", 4, chords, melody, swung)


def take(
    path: str, *hits: tuple[float, int, int], style: str = "funk", tempo: float = 100, fill: bool = False
) -> takes.Take:
    array = np.array(hits or [(0, 36, 100), (1, 38, 100)], float)
    return takes.Take(path, style, tempo, array, int(array[:, 0].max() // 4) + 1, fill)


@pytest.mark.parametrize(
    ("pitches", "name"),
    [
        ([48, 52, 55], "C"),
        ([50, 53, 57, 60], "Dm7"),
        ([55, 59, 62, 65], "G7"),
        ([58, 61, 64, 67], "Bbdim7"),
        ([48, 52, 55, 57, 62], "C6"),  # six-nine, which MMA would read as a C6 over a ninth bass
        ([48, 52, 55, 58, 61, 70], "C7b9"),
        ([48, 49, 50], "C"),  # no chord: its root
        ([], None),
    ],
)
def test_chords_have_names_that_mma_knows(pitches: list[int], name: str | None) -> None:
    assert tunes.chord_name(pitches) == name


@pytest.mark.parametrize(
    ("title", "shown"),
    [("Can T We Be Friends", "Can't We Be Friends"), ("S Wonderful", "S Wonderful"), ("You Re Here", "You're Here")],
)
def test_titles_get_their_apostrophes_back(title: str, shown: str) -> None:
    assert tunes.with_apostrophes(title) == shown


def test_every_bar_begins_with_a_chord() -> None:
    assert tunes.filled([[], [(3.0, "F"), (3.0, "G7")], [(1.0, "G7"), (2.0, "C")]]) == (
        ((1.0, "F"),),
        ((1.0, "F"), (3.0, "G7")),
        ((1.0, "G7"), (2.0, "C")),
    )
    with pytest.raises(ValueError, match="no chords"):
        tunes.filled([[], []])


@pytest.mark.parametrize(
    ("notes", "written", "wanted", "expected"),
    [
        ((0, 0.5, 1, 1.5), False, True, (0, 2 / 3, 1, 1 + 2 / 3)),
        ((0, 2 / 3, 1, 1 + 2 / 3), True, False, (0, 0.5, 1, 1.5)),
        ((0, 0.5, 1), False, False, (0, 0.5, 1)),
        ((0, 0.25, 0.5, 0.75), False, True, (0, 0.25, 0.5, 0.75)),  # sixteenths stay
        ((0, 1 / 3, 2 / 3, 1), True, False, (0, 1 / 3, 2 / 3, 1)),  # triplets too
        ((-0.5, 0, 1), False, True, (-1 / 3, 0, 1)),  # a pickup
    ],
)
def test_eighths_swing_and_others_stay(notes, written: bool, wanted: bool, expected) -> None:
    moved = tunes.with_swing(tune((C,), notes=notes, swung=written), swung=wanted)
    np.testing.assert_allclose(moved.melody["onset"], expected, atol=1e-6)
    assert (moved.melody["duration"] > 0).all()
    ends = moved.melody["onset"] + moved.melody["duration"]
    assert (ends[:-1] <= moved.melody["onset"][1:] + 1e-6).all()


@pytest.mark.parametrize(
    ("off_beats", "late"),
    [((0.5,), False), ((0.66,), True), ((0.58,), True), ((0.5, 0.75), False), ((0.25, 0.75), False)],
)
def test_swing_is_told_from_sixteenths(off_beats: tuple[float, ...], late: bool) -> None:
    onsets = np.array([beat + place for beat in range(12) for place in (0, *off_beats)])
    assert takes.swings(onsets) == late
    assert not takes.swings(onsets[:8])  # too few to tell


def test_no_take_is_dealt_to_two_groups() -> None:
    many = [take(f"{style} {number}", style=style) for style in ("funk", "jazz-swing") for number in range(50)]
    groups = takes.dealt(many)
    dealt = [one.path for group in groups.values() for one in group]
    assert sorted(dealt) == sorted(one.path for one in many)
    assert set(groups) == set(range(takes.GROUPS))
    assert all({one.style for one in group} == {"funk", "jazz-swing"} for group in groups.values())


@pytest.mark.parametrize(
    ("one", "suits"),
    [
        (take("a"), True),
        (take("a", style="funk-latin"), True),
        (take("a", style="latin-funk"), False),
        (take("a", fill=True), False),
        (take("a", tempo=78), False),  # a fifth slower than the slowest
        (take("a", tempo=85), True),
        (take("a", *((beat + 0.65, 42, 80) for beat in range(12))), False),  # swings
    ],
)
def test_which_takes_suit_a_groove(one: takes.Take, suits: bool) -> None:
    wanted = takes.Wanted("funk", False, 100, 120)
    assert (takes.choose([one], wanted, np.array([0.0, 2.0]), RNG(0)) is one) == suits


@pytest.mark.parametrize(
    ("hits_of_bars", "length"),
    [
        ((8, 8, 8, 8), 4),
        ((8, 8, 8, 8, 1), 4),
        ((8,) * 11, 8),
        ((8, 8, 2), 2),
        ((8,), 1),
        ((2, 8, 8, 8, 8, 8, 8, 8, 3), 8),
    ],
)
def test_how_much_of_a_take_is_looped(hits_of_bars: tuple[int, ...], length: int) -> None:
    onsets = [4 * bar + 4 * hit / count - 0.05 for bar, count in enumerate(hits_of_bars) for hit in range(count)]
    assert takes.bars_to_loop(np.array(onsets)) == length


def test_a_take_is_looped_and_filled_on_bar_lines_and_keeps_its_timing() -> None:
    groove = take("a", (0.02, 36, 100), (2, 38, 90), (3.98, 36, 80), (6, 38, 70))
    fill = take("b", (2.5, 45, 45), (3, 45, 45), fill=True)
    hits = hands.lay(groove, [fill], num_bars=4, filled=[], rng=RNG(0))
    np.testing.assert_allclose(hits[:, 0], [0.02, 2, 3.98, 6, 8.02, 10, 11.98, 14])
    filled = [hands.lay(groove, [fill], num_bars=3, filled=[1], rng=RNG(seed)) for seed in range(9)]
    with_fill = next(hits for hits in filled if 45 in hits[:, 1])
    np.testing.assert_allclose(with_fill[:, 0], [0.02, 2, 3.98, 6, 6.5, 7, 8.02, 10])
    assert with_fill[4, 2] == 85  # as loud as the groove is


def test_a_take_ends_with_crash_and_kick() -> None:
    hits = hands.ended(np.array([(0, 36, 60), (2, 38, 100), (3, 42, 50)], float), 2.0)
    assert hits[:, :2].tolist() == [[0, 36], [2, 49], [2, 36]]


def test_notes_are_played_together_with_the_drums() -> None:
    notes = np.zeros(4, NOTE_DTYPE)
    notes["onset"], notes["velocity"], notes["duration"] = [0, 0, 1, 2.5], 80, 0.5
    hits = np.array([(0.04, 42, 110), (0.08, 36, 80), (1.0, 38, 80)], float)
    felt = hands.with_feel(notes, hits)
    np.testing.assert_allclose(felt["onset"], [0.03, 0.03, 1, 2.5])
    assert felt["velocity"].tolist() == [88, 88, 80, 80]
    bass = hands.with_feel(notes, hits, kicks_first=True)
    np.testing.assert_allclose(bass["onset"][0], 0.06)
    assert notes["onset"].tolist() == [0, 0, 1, 2.5]  # the caller's own are as they were


def test_a_bass_that_follows_the_kick() -> None:
    hits = np.array([(0.01, 36, 100), (0.1, 36, 60), (2.5, 36, 90), (3, 38, 100)], float)
    notes = hands.kick_bass([(C, G7), (C,)], [[0, 7], [0]], hits, RNG(0))
    assert [onset for onset, *_ in notes] == [0.01, 2.5, 4]  # the flam is one note; a bar without a kick has its root
    assert [pitch % 12 for _, _, pitch, _ in notes[::2]] == [0, 0]
    assert (notes[1][2] - 7) % 12 in (0, 7)


def test_a_chart_as_mma_reads_it() -> None:
    plan = charts.Plan("stdlib/swing", ("SwingIntro", "Swing", "Swing"), ((C,), (C, G7), ((1.0, "Am"),)), 1, True, 7)
    assert charts.chart(plan, 4).splitlines() == [
        *("RndSeed 7", "Tempo 120", "TimeSig 4 4", "Use stdlib/swing"),
        *("Groove SwingIntro", "1 C", "Groove Swing", "2 C G7@3", "3 Am"),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_has_a_groove_and_chords_for_each_bar(seed: int) -> None:
    grooves = Grooves("x", ("A", "B"), ("In",), ("Fill",), (("End", 2),), 4)
    plan = charts.plan_rendering(tune(*[(C,)] * 20), grooves, RNG(seed), seed)
    assert len(plan.grooves) == len(plan.chords) == 20 + plan.intro
    body = plan.grooves[plan.intro :]
    assert body[7] == body[15] == "Fill"
    assert body[0] == body[16] and {body[0], body[8]} == {"A", "B"}
    assert (body[18:] == ("End", "End")) == plan.ends_by_groove
    assert plan.fills == [*([plan.intro - 1] if plan.intro else []), plan.intro + 7, plan.intro + 15]


def test_a_pickup_has_room() -> None:
    grooves = Grooves("x", ("A",), (), (), (), 4)
    begun = replace(tune(*[(C,)] * 8), melody=tune(notes=(-1.0, 0.0)).melody)
    assert all(charts.plan_rendering(begun, grooves, RNG(seed), seed).intro for seed in range(20))


def test_own_grooves_are_those_that_genres_ask_for() -> None:
    defined = {line.split()[1] for line in OWN.read_text().splitlines() if line.startswith("DefGroove")}
    asked = {
        name
        for genre in GENRES.values()
        for style in genre.styles
        if style.file.startswith("own:")
        for name in style.file.removeprefix("own:").split(",")
    }
    assert asked == defined


def score(*programs: int, drums: bool = True) -> Score:
    tracks = [Track(f"{program}", program, False) for program in programs] + [Track("Drums", 0, True)] * drums
    notes = np.array([(float(i), 1.0, 40, 90, i) for i in range(len(tracks))], NOTE_DTYPE)
    return Score(notes, tuple(tracks))


@pytest.mark.parametrize(
    ("piece", "metal"),
    [
        (score(30, 29, 80), True),
        (score(30, 80, 81), False),
        (score(30, 30, 33, 34), True),
        (score(30, drums=False), False),
    ],
)
def test_what_counts_as_metal(piece: Score, metal: bool) -> None:
    assert real.is_metal(piece) == metal


@pytest.mark.parametrize(
    ("source", "path", "stated", "licence", "phrases"),
    [
        ("sointu", "electronic/sointu_a.mid", "MIT", "MIT", True),
        ("lmms_cc", "electronic/lmms_cc_Farbro-A.mid", "CC-BY/CC-BY-SA", "CC-BY", True),
        ("lmms_cc", "electronic/lmms_cc_Skiessi-A.mid", "CC-BY/CC-BY-SA", "CC-BY-SA-3.0", False),
        ("lmms_artistic2", "electronic/lmms_artistic2_A.mid", "Artistic-2.0", "Artistic-2.0", False),
        ("oldtime_abc", "country/oldtime_abc_a.mid", "CC-BY-SA-4.0", "CC-BY-SA-4.0", False),
        ("mutopia_extra", "jazz/mutopia_extra_doonan_enchanted_island.mid", "Public Domain (x)", "CC-BY-SA-2.5", False),
        ("mutopia_extra", "ragtime/mutopia_extra_maple.mid", "Public Domain (x)", "Public Domain", True),
    ],
)
def test_phrases_are_kept_where_the_licence_asks_for_no_more_than_a_notice(
    tmp_path: Path, source: str, path: str, stated: str, licence: str, phrases: bool
) -> None:
    (tmp_path / "manifest.csv").write_text(f"path,song_id,title,licence,source\n{path},a,A,{stated},{source}\n")
    [file] = real.real_files(tmp_path)
    assert (file.licence, file.phrases, file.genre) == (licence, phrases, path.split("/")[0])


def test_sources_that_are_not_taken(tmp_path: Path) -> None:
    rows = ["folk/a.mid,a,A,GPL-3.0,nottingham", "lounge/b.mid,b,B,Artistic-1.0,simutrans"]
    (tmp_path / "manifest.csv").write_text("\n".join(["path,song_id,title,licence,source", *rows]))
    assert list(real.real_files(tmp_path)) == []


def test_half_of_the_songs_of_no_genre_are_taken(tmp_path: Path) -> None:
    rows = [f"lounge/{n}.mid,s{n},A,Artistic-1.0,simutrans" for n in range(100)] + ["lounge/b.mid,b,B,GPL-2.0,openmsx"]
    (tmp_path / "manifest.csv").write_text("\n".join(["path,song_id,title,licence,source", *rows]))
    files = list(real.files_of_no_genre(tmp_path))
    assert 35 < len(files) < 65
    assert {(file.genre, file.source, file.phrases) for file in files} == {("unlabelled", "simutrans", False)}


def test_songs_to_measure_on_are_some_of_those_that_are_shared() -> None:
    files = [real.RealFile(Path(f"{n}.mid"), "rock", "freedoom", f"s{n}", "", "", "", True, "") for n in range(100)]
    apart = real.files_to_measure(files, [{"song_id": f"s{n}"} for n in range(50)])
    assert {int(file.song_id[1:]) for file in apart} <= set(range(50))
    assert 3 <= len(apart) <= 20


def test_how_long_a_harmony_stays() -> None:
    assert sources.longest(tune((C,), (C,), (C, G7), ((1.0, "G7"),))) == 2


@pytest.mark.skipif(shutil.which("mma") is None, reason="needs MMA")
def test_a_band_plays_a_tune_with_a_drummer() -> None:
    style = Style("own:FunkOwnA,FunkOwnB,FunkOwnEnd", 90, 110)
    genre = Rendered((style,), leads=(65,), takes="funk", basses=(33,))
    bar = ((0.03, 36, 90), (1.03, 38, 90), (2.53, 36, 90), (3.03, 38, 90))
    beats = [(4 * number + onset, key, velocity) for number in range(4) for onset, key, velocity in bar]
    melody = tune(*[(C, G7)] * 12, notes=tuple(np.arange(0, 48, 1.0)))
    done = bands.render(melody, genre, style, [take("a", *beats)], seed=1)
    assert done.take == "a"
    names = [track.name for track in done.score.tracks]
    notes = {name: done.score.notes[done.score.notes["track"] == index] for index, name in enumerate(names)}
    assert done.score.length % 4 == 0
    assert (done.score.notes["onset"] + done.score.notes["duration"]).max() <= done.score.length + 1e-6
    assert done.score.tempos[0, 1] == 100  # the drummer's
    halves = 2 * (notes["Drums"]["onset"][:-2] - 0.03)
    np.testing.assert_allclose(halves, np.rint(halves), atol=1e-6)  # the take's own lateness, bar for bar
    assert notes["Lead"]["onset"][0] == pytest.approx(
        done.score.length - 48 + 0.0225, abs=0.01
    )  # after the introduction
    assert set(names) >= {"Lead", "Drums", "Bass"}
