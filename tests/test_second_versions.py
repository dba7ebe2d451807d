"""Second versions of real rock, bars of three beats from takes of four, and which tunes only hands may play."""

from pathlib import Path

import numpy as np
import pytest

from corpus_making import bands, hands, rendering, second_versions, takes
from corpus_making.genres import GENRES
from corpus_making.styles import Rendered, Style
from corpus_making.takes import Take
from corpus_making.tunes import MELODY_DTYPE, Tune
from groovevae.midi.reading import load_score
from groovevae.midi.score import NOTE_DTYPE, Score, Track
from groovevae.midi.writing import score_to_midi

RNG = np.random.default_rng
BEATS = [(float(beat), 38 if beat % 2 else 36, 90) for beat in range(16)]
HANDS = [(4.0 * bar + 0.04, 36, 100) for bar in range(4)] + [(4.0 * bar + 2, 38, 80) for bar in range(4)]


def take(path: str, *hits: tuple[float, int, int], style: str = "rock", tempo: float = 120, fill: bool = False) -> Take:
    array = np.array(sorted(hits or HANDS), float)
    return Take(path, style, tempo, array, int(array[:, 0].max() // 4) + 1, fill)


def piece(
    *, tempo: float = 120, metres: tuple[tuple[float, int, int], ...] = ((0, 4, 4),), drum_bars: int = 4
) -> Score:
    """Four bars of guitar and bass on each bar line, with a programmed beat in the first bars."""
    tracks = (Track("Guitar", 30, False), Track("Beat", 0, True), Track("Bass", 33, False))
    pitched = [(4.0 * bar, 1.0, pitch, 80, track) for bar in range(4) for pitch, track in ((60, 0), (36, 2))]
    beats = [(onset, 0.1, key, velocity, 1) for onset, key, velocity in BEATS[: 4 * drum_bars]]
    notes = np.array(sorted(pitched + beats), NOTE_DTYPE)
    return Score(notes, tracks, np.array([[0.0, tempo]]), np.array(metres, float), 16.0)


def notes_of(score: Score, name: str) -> np.ndarray:
    return score.notes[score.notes["track"] == [track.name for track in score.tracks].index(name)]


@pytest.mark.parametrize(
    ("score", "suits"),
    [
        (piece(), True),
        (piece(metres=((0, 4, 4), (8, 4, 4))), True),
        (piece(metres=((0, 3, 4),)), False),
        (piece(metres=((0, 4, 4), (8, 7, 8))), False),
        (piece(metres=((0, 4, 4), (6, 4, 4))), False),  # its bar lines move
        (piece(drum_bars=1), False),  # its drums hardly play
    ],
)
def test_which_pieces_a_take_can_be_laid_under(score: Score, suits: bool) -> None:
    assert second_versions.is_in_four(score) == suits


def test_the_drums_give_way_to_a_take_where_they_play_and_the_others_keep_their_notes() -> None:
    new = second_versions.with_hands(piece(drum_bars=3), take("a"), [], RNG(0))
    assert [track.name for track in new.tracks] == ["Guitar", "Bass", "Drums"]
    np.testing.assert_allclose(notes_of(new, "Drums")["onset"], [0.04, 2, 4.04, 6, 8.04, 10])
    assert notes_of(new, "Drums")["velocity"].tolist() == [100, 80] * 3
    for name, pitch in (("Guitar", 60), ("Bass", 36)):
        assert notes_of(new, name)["pitch"].tolist() == [pitch] * 4
        np.testing.assert_allclose(notes_of(new, name)["onset"][:3], [0.03, 4.03, 8.03])  # with the kick
    assert new.end == 16


@pytest.mark.parametrize(
    ("tempo", "one", "path", "num_fills"),
    [
        (120, take("a"), "a", 1),
        (140, take("a"), "a", 1),
        (240, take("a"), "a", 0),  # in half time
        (180, take("a"), None, 0),
        (120, take("a", style="jazz"), None, 0),
        (120, take("a", *((beat + 0.66, 42, 80) for beat in range(12))), None, 0),  # it swings, the piece does not
    ],
)
def test_who_plays_a_piece(tempo: float, one: Take, path: str | None, num_fills: int) -> None:
    members = [one, take("fill", fill=True)]
    drummer = second_versions.drummer_for(piece(tempo=tempo), "song", {7: members})
    assert (drummer and drummer.take.path) == path
    if drummer:
        assert (drummer.group, len(drummer.fills)) == (7, num_fills)
        assert drummer.take.num_bars == (8 if tempo == 240 else 4)


def test_a_song_is_played_by_a_drummer_of_its_own_group_where_one_suits() -> None:
    own = takes.group_of("song")
    groups = {group: [take(f"{group}")] for group in range(takes.GROUPS)}
    drummer = second_versions.drummer_for(piece(), "song", groups)
    assert drummer is not None and drummer.group == own
    next_one = second_versions.drummer_for(piece(), "song", groups | {own: []})
    assert next_one is not None and next_one.group == (own + 1) % takes.GROUPS


def test_a_piece_and_its_second_version_are_one_song_of_one_group(tmp_path: Path) -> None:
    for path in ("rock/freedoom/a.mid", "jazz/freedoom/b.mid"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(score_to_midi(piece()))
    row = {"path": "rock/freedoom/a.mid", "genre": "rock", "source": "freedoom", "song_id": "a", "phrases": "yes"}
    row |= {"licence": "BSD-3-Clause", "attribution": "Freedoom", "rests_on": "real"}
    other = row | {"path": "jazz/freedoom/b.mid", "genre": "jazz", "song_id": "b"}
    [new] = second_versions.second_versions([row, other], {3: [take("a")]}, tmp_path)
    assert (row["group"], row["rests_on"]) == ("#3", "real") and "group" not in other
    assert {key: new[key] for key in ("path", "song_id", "group", "rests_on", "take", "phrases", "licence")} == {
        "path": "rock/freedoom_hands/a.mid",
        "song_id": "a",
        "group": "#3",
        "rests_on": "hands",
        "take": "a",
        "phrases": "yes",
        "licence": "BSD-3-Clause, drums CC-BY-4.0",
    }
    assert new["attribution"].startswith("Freedoom; drums: Groove MIDI Dataset")
    assert notes_of(load_score(tmp_path / new["path"]), "Drums")["velocity"].tolist() == [100, 80] * 4


def test_a_bar_of_three_is_the_first_three_beats_of_a_take_or_the_last_three_of_a_fill() -> None:
    groove = take("a", (0, 36, 100), (2, 38, 90), (3, 42, 80), (3.9, 36, 70), (5, 38, 90))
    hits = hands.lay(groove, [], num_bars=2, filled=[], rng=RNG(0), beats=3)
    np.testing.assert_allclose(hits[:, 0], [0, 2, 2.9, 4])  # the kick before the second bar line stays before it
    fill = take("b", *((float(beat), 45, 90) for beat in range(4)), fill=True)
    filled = [hands.lay(groove, [fill], num_bars=2, filled=[0], rng=RNG(seed), beats=3) for seed in range(9)]
    first = next(hits for hits in filled if 45 in hits[:, 1])
    assert first[:3].tolist() == [[0, 45, 90], [1, 45, 90], [2, 45, 90]]
    assert bands.in_four(np.array([0.0, 2.5, 3.0, 7.0]), 3).tolist() == [0, 2.5, 4, 9]


def test_a_bass_that_follows_the_kick_in_three() -> None:
    hits = np.array([(0, 36, 100), (3, 36, 90)], float)
    notes = hands.kick_bass([((1.0, "C"),), ((1.0, "F"),)], [[0], [5]], hits, RNG(0), beats=3)
    assert [(onset, pitch % 12) for onset, _, pitch, _ in notes] == [(0, 0), (3, 5)]


@pytest.mark.parametrize(
    ("members", "only_hands", "is_rendered"),
    [
        ([take("a")], True, True),
        ([take("a", style="jazz")], True, False),
        ([take("a", style="jazz")], False, True),
        ([], True, False),
    ],
)
def test_tunes_that_no_take_suits(members: list[Take], only_hands: bool, is_rendered: bool) -> None:
    style = Style("own:RockPowerA,RockPowerB,RockOwnEnd", 90, 130)
    genre = Rendered((style,), (29,), takes="rock", files=5, only_hands=only_hands)
    tune = Tune("Tune", 4, (((1.0, "C"),),), np.zeros(1, MELODY_DTYPE), song_id="tune")
    planned = list(rendering.plan([tune], "rock", genre, {takes.group_of("tune"): members}))
    assert planned == [tune] * is_rendered


def test_ways_to_render_a_genre_have_folders_of_genres() -> None:
    assert {entry.genre or name for name, entry in GENRES.items()} <= set(GENRES)
