from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scores import noise_bars

from groovevae.bars import Bars, Song
from groovevae.bars.constants import BASS_TOKENS, CHORD_SIZE, FIRST_PITCH, LEAD_TOKENS, ONSET
from groovevae.corpus import CorpusSong, Entry, Songs
from groovevae.corpus.dataset import BUCKETS, Batches, Dataset, _by_cell, mix_roles, transpose
from groovevae.corpus.kept import KeptSong
from groovevae.corpus.pack import pack_song
from groovevae.corpus.spool import Spool

GENRES = ("jazz", "rock")


def song(num_bars: int, *, metre: tuple[int, int] = (4, 4), silent: tuple[int, ...] = (), velocity: int = 100) -> Song:
    bars = Bars.empty(num_bars, metre=metre)
    bars.drums[:, 0, 0] = velocity
    bars.drums[list(silent)] = 0
    return Song(bars)


def dataset() -> Dataset:
    """300 bars of jazz, half of them in 3/4, and 100 of rock; 20 of the rock bars in 6/8."""
    songs = [song(150), song(150, metre=(3, 4)), song(80), song(20, metre=(6, 8))]
    return Dataset.from_songs(songs, ["jazz", "jazz", "rock", "rock"], GENRES)


def test_silence_around_a_song_is_left_out() -> None:
    songs = [song(5, silent=(0, 2, 4)), song(2, silent=(0, 1)), song(1)]
    data = Dataset.from_songs(songs, ["rock", "rock", "jazz"], GENRES)
    assert len(data) == 4
    assert data.genre.tolist() == [1, 1, 1, 0]
    assert data.song.tolist() == [0, 0, 0, 2]
    assert data.bars.has_notes.tolist() == [True, False, True, True]


def test_no_songs_are_no_bars() -> None:
    assert len(Dataset.from_songs([], [], GENRES)) == 0
    assert len(Dataset.from_songs([], [], GENRES).of_each_genre(5)) == 0


def test_of_each_genre() -> None:
    data = dataset()
    index = data.of_each_genre(30)
    assert np.bincount(data.genre[index]).tolist() == [30, 30]
    assert len(set(index.tolist())) == 60
    assert np.bincount(data.genre[data.of_each_genre(1000)]).tolist() == [300, 100]
    assert (data.of_each_genre(30) == index).all()
    assert (data.of_each_genre(30, seed=1) != index).any()


def test_a_batch_depends_on_the_seed_and_the_step_alone() -> None:
    def batches(seed: int) -> Batches:
        return Batches(dataset(), batch_size=8, genre_balance=0.5, seed=seed)

    one, other = batches(0), batches(0)
    _ = one[3], one[7]
    for part, same in zip((*one[5][0], one[5][1]), (*other[5][0], other[5][1]), strict=True):
        assert (part == same).all()
    assert (one[5][1] != batches(1)[5][1]).any() or (one[6][1] != batches(1)[6][1]).any()


def test_bars_on_disk_and_in_memory_make_the_same_batches() -> None:
    data = dataset()
    in_memory = replace(data, bars=data.bars[:])
    packed, plain = (
        Batches(own, batch_size=16, genre_balance=0.5, seed=0, mixed=0.5, transposed=0.5) for own in (data, in_memory)
    )
    for step in range(5):
        for part, same in zip((*packed[step][0], packed[step][1]), (*plain[step][0], plain[step][1]), strict=True):
            np.testing.assert_array_equal(part, same)


def test_bars_are_sorted_by_cell_as_if_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groovevae.corpus.dataset._SORTED", 7)
    for size in (0, 5, 7, 100):
        cell = np.random.default_rng(size).integers(0, 6, size).astype(np.int16)
        found = _by_cell(cell, np.bincount(cell, minlength=8))
        assert found.tolist() == np.argsort(cell, kind="stable").tolist()


def test_bars_of_songs_kept_anywhere_are_the_same() -> None:
    """On disk they stay where they are, in two spools; in memory, or unpacked, they are packed anew."""
    songs = [Song(noise_bars(3)), song(4, silent=(0, 3)), Song(noise_bars(2, metre=(3, 4))), song(2, silent=(0, 1))]
    genres = ["rock", "jazz", "jazz", "rock"]
    entry, spools = Entry(Path("/a.mid"), "rock", "a", "a"), [Spool(), Spool()]
    spools[0].append(b"something before them")
    packed = [pack_song(one) for one in songs]
    on_disk = [CorpusSong(entry, KeptSong.from_packed(one, spools[i % 2])) for i, one in enumerate(packed)]
    in_memory = [CorpusSong(entry, KeptSong.from_packed(one)) for one in packed]
    expected = Bars.concatenate([songs[0].bars, songs[1].bars[1:3], songs[2].bars])
    for kept in (songs, Songs(songs), Songs(on_disk), Songs(in_memory), Songs([*on_disk[:2], *songs[2:]])):
        data = Dataset.from_songs(kept, genres, GENRES)
        assert data.song.tolist() == [0, 0, 0, 1, 1, 2, 2]
        for index in (slice(None), np.array([6, 0, 4, 4])):
            for name, array in vars(expected[index]).items():
                np.testing.assert_array_equal(getattr(data.bars[index], name), array)


def test_a_batch_holds_bars_of_one_length() -> None:
    batches = Batches(dataset(), batch_size=16, genre_balance=0.5, seed=0)
    seen = set()
    for step in range(30):
        batch, _ = batches[step]
        num_steps = {int(count) for count in batch.num_steps}
        assert {-(-count // 4) for count in num_steps} == {batch.bass.shape[1] // 4}
        seen |= num_steps
    assert seen == {12, 16}
    assert set(BUCKETS) == {2, 3, 4, 6}


@pytest.mark.parametrize(("balance", "share"), [(0.0, 0.25), (0.5, 0.366), (1.0, 0.5)])
def test_how_often_a_genre_comes(balance: float, share: float) -> None:
    batches = Batches(dataset(), batch_size=64, genre_balance=balance, seed=0)
    rock = np.concatenate([batches[step][1] for step in range(100)]).mean()
    assert rock == pytest.approx(share, abs=0.05)


def varied(count: int = 40, *, metre: tuple[int, int] = (4, 4)) -> Bars:
    """Bars whose every role strikes once, in a way that tells which bar it is from."""
    bars = Bars.empty(count, metre=metre)
    which = np.arange(count)
    bars.drums[which, which % 8, 0] = 1 + which
    bars.drums_offset[which, which % 8, 0] = which
    bars.bass[which, which % 8] = FIRST_PITCH + 8 + which % 40
    bars.lead[which, which % 8] = FIRST_PITCH + 8 + which % 40
    bars.chords[which, which % 8, 8 + which % 40] = ONSET
    bars.velocity[which, which % 8] = 1 + which[:, None]
    bars.offset[which, which % 8] = which[:, None]
    return bars


def test_mixed_bars_take_each_role_whole_from_a_bar_of_the_same_length() -> None:
    bars = Bars.concatenate([varied(), varied(20, metre=(3, 4))])
    batch = bars.batch()
    mixed, is_mixed = mix_roles(batch, np.random.default_rng(0), share=0.5)
    assert 0.3 < is_mixed.mean() < 0.7
    for name, same, part in zip(batch._fields, batch, mixed, strict=True):
        assert (same[~is_mixed] == part[~is_mixed]).all(), name
        assert same.dtype == part.dtype
    sources = []
    for row in np.flatnonzero(is_mixed):
        velocities = [mixed.drums[row].max(), *mixed.velocity[row].max(0)]  # 1 + number of the bar
        drums, bass, chords, lead = (int(value) - 1 for value in velocities)
        side = slice(0, 40) if batch.num_steps[row] == 16 else slice(40, 60)
        assert (mixed.drums[row] == batch.drums[side][drums]).all()
        assert (mixed.drums_offset[row] == batch.drums_offset[side][drums]).all()
        assert (mixed.bass[row] == batch.bass[side][bass]).all()
        assert (mixed.chords[row] == batch.chords[side][chords]).all()
        assert (mixed.lead[row] == batch.lead[side][lead]).all()
        for column, source in enumerate((bass, chords, lead)):
            assert (mixed.offset[row, :, column] == batch.offset[side][source][:, column]).all()
        sources.append((drums, bass, chords, lead))
    assert len({len(set(source)) for source in sources}) > 1
    assert (mixed.num_steps == batch.num_steps).all()


def test_a_transposed_bar_moves_all_its_pitches_alike_and_nothing_else() -> None:
    batch = varied(200).batch()
    moved = transpose(batch, np.random.default_rng(0), share=0.5)
    places = [(part.bass.max(1).astype(int), part.lead.max(1).astype(int)) for part in (batch, moved)]
    by = places[1][0] - places[0][0]
    assert (places[1][1] - places[0][1] == by).all()
    assert ((moved.chords.argmax(-1).max(1) - batch.chords.argmax(-1).max(1)) == by).all()
    assert 0.3 < (by != 0).mean() < 0.7
    assert set(by.tolist()) == set(range(-6, 7))
    for name in ("drums", "drums_offset", "velocity", "offset", "num_steps"):
        assert (getattr(moved, name) == getattr(batch, name)).all()
    assert [part.dtype for part in moved] == [part.dtype for part in batch]


@pytest.mark.parametrize("role", ["bass", "lead", "chords"])
def test_a_bar_that_would_lose_a_note_is_not_transposed(role: str) -> None:
    bars = Bars.empty(64)
    highest = {"bass": BASS_TOKENS - 1, "lead": LEAD_TOKENS - 1, "chords": ONSET}[role]
    states = getattr(bars, role)
    if role == "chords":
        states[:, 0, [0, CHORD_SIZE - 1]] = highest
    else:
        states[:, 0], states[:, 1] = FIRST_PITCH, highest
    batch = bars.batch()
    moved = transpose(batch, np.random.default_rng(0), share=1.0)
    assert (getattr(moved, role) == getattr(batch, role)).all()


def test_mixed_bars_have_no_genre() -> None:
    batches = Batches(dataset(), batch_size=64, genre_balance=0.5, seed=0, mixed=0.5, transposed=0.5)
    genres = np.concatenate([batches[step][1] for step in range(8)])
    assert 0.35 < (genres == -1).mean() < 0.65
    assert (genres >= -1).all()
    assert all((part == same).all() for part, same in zip(batches[3][0], batches[3][0], strict=True))
