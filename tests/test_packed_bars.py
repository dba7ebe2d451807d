"""Bars on disk are the bars that were packed, however they are asked for."""

from dataclasses import fields

import numpy as np
import pytest
from scores import noise_bars

from groovevae.bars import Bars
from groovevae.corpus.packed_bars import PackedBars

PARTS = [noise_bars(3), Bars.empty(2, tempo=90.0), noise_bars(4, metre=(3, 4), seed=1)]


@pytest.mark.parametrize(
    "index",
    [
        slice(None),
        slice(2, 7, 2),
        np.array([8, 0, 0, 3]),
        np.array([], int),
        np.arange(9) % 2 == 0,
    ],
    ids=["all", "slice", "indices", "none", "mask"],
)
def test_what_is_packed_comes_back(index: slice | np.ndarray) -> None:
    expected, found = Bars.concatenate(PARTS)[index], PackedBars(PARTS)[index]
    for field in fields(Bars):
        one, other = getattr(expected, field.name), getattr(found, field.name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_what_all_batches_ask_for_is_at_hand() -> None:
    bars, packed = Bars.concatenate(PARTS), PackedBars(PARTS)
    assert len(packed) == len(bars)
    assert packed.num_beats.tolist() == bars.num_beats.tolist()
    assert packed.has_notes.tolist() == bars.has_notes.tolist()


@pytest.mark.parametrize("parts", [[], [Bars.empty(0)]])
def test_no_bars(parts: list[Bars]) -> None:
    packed = PackedBars(parts)
    assert len(packed) == len(packed[:]) == 0
