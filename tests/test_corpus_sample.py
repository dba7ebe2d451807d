from pathlib import Path

import pytest

from groovevae.corpus import CorpusSong, Entry
from groovevae.corpus.sample import some_of_all, some_songs


def songs_of(*names: str) -> list[CorpusSong]:
    """Songs named genre/id."""
    return [CorpusSong(Entry(Path(f"/{name}.mid"), *name.split("/"), name), b"") for name in names]


@pytest.mark.parametrize(
    ("names", "most", "drawn"),
    [
        ([], 2, []),
        (["a/x", "b/x", "a/y"], 2, [0, 1, 2]),
        (["a/x", "a/y", "a/z", "b/z", "b/y"], 2, [0, 2, 3, 4]),
        (["a/z", "a/x", "b/y", "b/z", "b/x", "a/y"], 1, [1, 4]),
    ],
    ids=["none", "few", "one genre has too many", "versions together"],
)
def test_songs_drawn(names: list[str], most: int, drawn: list[int]) -> None:
    assert some_songs(songs_of(*names), most) == sorted(drawn)


@pytest.mark.parametrize(
    ("total", "least", "drawn"),
    [(5, 1, [0, 1, 2, 3, 4]), (4, 1, [0, 2, 3, 4]), (3, 1, [0, 3]), (3, 2, [0, 2, 3, 4]), (0, 1, [0, 3])],
    ids=["few", "half each", "rounded down", "no fewer than two each", "at least one each"],
)
def test_songs_drawn_of_all_genres(total: int, least: int, drawn: list[int]) -> None:
    assert some_of_all(songs_of("a/x", "a/y", "a/z", "b/z", "b/y"), total, least=least) == drawn
