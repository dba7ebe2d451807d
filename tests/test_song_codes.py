"""What versions of a song share is found, and carries points of one genre to where the song lies in another."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from corpus_files import band_tune
from made_genres import genre
from test_phrases import phrase
from tiny import Tiny, untrained_network

from groovevae.bars import Song
from groovevae.corpus import CorpusSong, Entry, load_corpus, split_songs
from groovevae.fitting import song_codes
from groovevae.fitting.genres import describe_genres, follow
from groovevae.fitting.song_codes import (
    Moments,
    aligned,
    fit_codes,
    only_lead,
    songs_of_pairs,
    versions_of_songs,
    with_song_codes,
)
from groovevae.model.genres import Genre, SongCode
from groovevae.model.latent_arithmetic import find_displacement, translation_matrix, transport_matrix
from groovevae.training.refit import fit_blends

SIZE, SONG_SIZE, NUM_BARS = 12, 3, 2000
NAMES = ("jazz", "rock", "soul")


class World(dict[str, np.ndarray]):
    """Points (N, Z) of the same bars in each genre: the song in directions that each genre turns its own way, and the
    genre's own chances beside it."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(0)
        turns = {name: rng.normal(size=(SONG_SIZE, SIZE)) for name in NAMES}
        rng = np.random.default_rng([seed, 1])
        song = rng.normal(size=(NUM_BARS, SONG_SIZE))
        super().__init__({name: song @ turn + 0.3 * rng.normal(size=(NUM_BARS, SIZE)) for name, turn in turns.items()})

    def moments(self) -> dict[tuple[str, str], Moments]:
        squares = {name: z.T @ z / len(z) for name, z in self.items()}
        return {
            (one, other): Moments((squares[one], squares[other]), self[one].T @ self[other] / NUM_BARS)
            for one, other in combinations(NAMES, 2)
        }

    def genres(self) -> dict[str, Genre]:
        codes = fit_codes(self.moments())
        return {
            name: replace(genre(name, mean=[float(shift)] * SIZE), covariance=np.cov(z.T), code=codes[name])
            for shift, (name, z) in enumerate(self.items())
        }


@pytest.mark.parametrize("pair", [(a, b) for a in NAMES for b in NAMES if a != b])
def test_a_song_is_carried_to_where_it_lies_in_the_other_genre(pair: tuple[str, str]) -> None:
    genres, other = World().genres(), World(seed=1)  # bars that the codes have not seen
    source, target = (genres[name] for name in pair)
    z, truth = (other[name] + genres[name].mean for name in pair)
    carried = z + find_displacement(source, {target.name: 1.0}, genres, find_matrix=translation_matrix)(z)
    transported = z + find_displacement(source, {target.name: 1.0}, genres)(z)
    spread = ((truth - target.mean) ** 2).mean()
    assert ((carried - truth) ** 2).mean() < 0.2 * spread
    assert ((transported - truth) ** 2).mean() > 0.5 * spread


def test_genres_without_codes_are_carried_by_transport() -> None:
    genres = World().genres()
    genres["soul"] = replace(genres["soul"], code=None)
    z = World(seed=1)["jazz"]
    carried = z + find_displacement(genres["jazz"], {"soul": 1.0}, genres, find_matrix=translation_matrix)(z)
    matrix = transport_matrix(genres["jazz"], genres["soul"])
    np.testing.assert_allclose(carried, genres["soul"].mean + (z - genres["jazz"].mean) @ matrix, atol=1e-5)


def test_no_pairs_give_no_codes() -> None:
    assert fit_codes({}) == {}


def test_training_on_gives_codes_up() -> None:
    genres = World().genres()
    z = World()["jazz"]
    assert all(genre.code is None for genre in follow(genres, z, z + 1).values())
    assert all(genre.code is None for genre in follow(genres, z[:0], z[:0]).values())


def test_versions_of_a_song_are_aligned_by_their_leads() -> None:
    rng = np.random.default_rng(1)
    tune = [rng.integers(60, 84, 6).tolist() for _ in range(12)]
    first, second = aligned(phrase(*tune), phrase([70], [71], [72], *tune))
    assert first.tolist() == list(range(12))
    assert second.tolist() == list(range(3, 15))
    assert len(aligned(phrase(*tune), phrase(*(rng.integers(36, 50, 6).tolist() for _ in range(12))))[0]) == 0


def test_bars_are_matched_by_their_leads_alone() -> None:
    rng = np.random.default_rng(1)
    tune = [rng.integers(60, 84, 6).tolist() for _ in range(12)]
    one, other = phrase(*tune), phrase([70], [71], *tune)
    for index, same in zip(aligned(one, other), aligned(only_lead(one), only_lead(other)), strict=True):
        assert index.tolist() == same.tolist()
    kept = only_lead(one)
    assert sum(array.base is None for array in vars(kept).values()) == 3  # the others are one zero each
    assert not kept.chords.any()


def versions_in(*genres_of_songs: str) -> dict[str, dict[str, CorpusSong]]:
    """Versions of songs 00, 01, ... in genres of one letter each."""
    song = CorpusSong.from_song(Entry(Path("/a.mid"), "a", "a", "a"), Song(phrase([60])))
    return {f"{index:02}": dict.fromkeys(names, song) for index, names in enumerate(genres_of_songs)}


def test_the_songs_of_many_genres_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(song_codes, "MIN_SONGS", 2)
    monkeypatch.setattr(song_codes, "FEWER_SONGS", 3)
    few = versions_in(*["ab"] * 5, *["bc"] * 4, "ac")
    assert songs_of_pairs(few, "abc") == {
        ("a", "b"): ["00", "01", "02", "03", "04"],
        ("b", "c"): ["05", "06", "07", "08"],
    }
    monkeypatch.setattr(song_codes, "MAX_SONGS", 3)
    assert songs_of_pairs(few, "abc") == {("a", "b"): ["00", "02", "04"], ("b", "c"): ["05", "07"]}
    many = versions_in(*["abcdef"] * 9)
    monkeypatch.setattr(song_codes, "MOST_VERSIONS", 18)
    found = songs_of_pairs(many, "abcdef")  # the same three songs for all 15 pairs
    assert len(found) == 15
    assert len({tuple(ids) for ids in found.values()}) == 1
    monkeypatch.setattr(song_codes, "MAX_SONGS", 9)
    apart = versions_in(*["ab", "bc", "cd", "de", "ef", "af", "ac", "bd"] * 4)
    monkeypatch.setattr(song_codes, "MOST_VERSIONS", 36)
    found = songs_of_pairs(apart, "abcdef")
    assert sorted(map("".join, found)) == ["ab", "af", "bc", "cd", "de", "ef"]  # neighbours in the circle
    assert {len(ids) for ids in found.values()} == {3}


def test_a_short_version_is_aligned_with_nothing() -> None:
    assert len(aligned(phrase([60]), phrase(*([60 + k] for k in range(12))))[0]) == 0


def test_codes_of_a_corpus_come_from_shared_songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("jazz", "rock", "classical"):
        (tmp_path / name).mkdir()
        for song in range(4):
            own = "" if name == "classical" else "shared"
            (tmp_path / name / f"{own}{song}.mid").write_bytes(band_tune(name, song, num_bars=12, tune=own))
    rows = [f"{name}/shared{song}.mid,{song}" for name in ("jazz", "rock") for song in range(4)]
    (tmp_path / "manifest.csv").write_text("\n".join(["path,song_id", *rows]))
    corpus = load_corpus(tmp_path, jobs=1)
    assert set(versions_of_songs(corpus.songs)) == set("0123")
    network = untrained_network()
    genres = describe_genres(network, corpus.songs)
    assert not any(genre.code for genre in with_song_codes(genres, network, corpus.songs).values())  # too few songs
    monkeypatch.setattr(song_codes, "MIN_SONGS", 3)  # of the fourth, one version is taken to be in another key
    codes = {name: genre.code for name, genre in with_song_codes(genres, network, corpus.songs).items()}
    assert codes["classical"] is None
    for name in ("jazz", "rock"):
        code = codes[name]
        assert code is not None
        assert code.read.shape == code.write.T.shape == (8, 8)


def test_what_blends_need_is_fitted_to_the_training_songs(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []
    monkeypatch.setattr(
        "groovevae.training.refit.with_calibration", lambda model, data, **_: measured.append(data) or model
    )
    stale = SongCode(np.ones((8, 2), np.float16), np.ones((2, 8), np.float16))
    model = tiny.trained.model
    coded = replace(model, genres={name: replace(genre, code=stale) for name, genre in model.genres.items()})
    fitted = fit_blends(coded, tiny.corpus, seed=0)
    assert not any(genre.code for genre in fitted.genres.values())  # its genres share no songs
    train, _ = split_songs(tiny.corpus, seed=0)
    assert len(np.unique(measured[0].song)) == len(train)
