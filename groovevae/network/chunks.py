"""Shares work on bars out among processors, a fixed number of bars at a time, so that they always round alike.

It knows nothing of what the work is.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Generic, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

Item = TypeVar("Item")
Result = TypeVar("Result")
CHUNK = 64  # bars encoded or decoded at once, always: so BLAS rounds a bar the same in any batch
SHORT = 16  # bars: takes that have fewer would wait for chunks that are mostly padding
FEW = 8  # bars of those that are decoded at once


def on_all_processors(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Call `work` with each item, on all processors, and return the results in order.

    BLAS keeps to one thread for each item: its products are too small to be shared, and so they always round alike.
    """
    with _blas().limit(limits=1, user_api="blas"):
        if len(items) < 2:
            return [work(item) for item in items]
        contexts = [copy_context() for _ in items]  # in which `stopping` says whether anybody waits
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda context, item: context.run(work, item), contexts, items))


@cache
def _blas() -> ThreadpoolController:
    """Return what holds the threads of NumPy's BLAS, which takes a moment to find."""
    return ThreadpoolController()


def of_chunks(work: Callable[[int], Result], count: int, size: int = CHUNK) -> list[Result]:
    """Call `work` with the first bar of each chunk of `count` bars, on all processors, and return the results."""
    return on_all_processors(work, range(0, count, size))


def padded(array: np.ndarray, size: int = CHUNK) -> np.ndarray:
    """Return the array with its last row repeated until there are `size` rows."""
    return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)]) if size > len(array) else array


class Recent(Generic[Result]):
    """The last results of one kind of work on arrays: requests that differ in little ask for the same again."""

    def __init__(self, size: int = 8) -> None:
        self.size = size
        self._results: OrderedDict[bytes, tuple[Result]] = OrderedDict()

    def of(self, work: Callable[[], Result], *parts: np.ndarray) -> Result:
        """Return what `work` returns, or did when the arrays that it depends on held the same. Nobody may change it."""
        digest = hashlib.blake2b(digest_size=16)
        for part in parts:
            digest.update(f"{part.dtype.str} {part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        key = digest.digest()
        found = self._results.pop(key, None)  # one step: other threads ask as well
        result = found or (work(),)
        self._results[key] = result
        while len(self._results) > self.size:
            self._results.popitem(last=False)
        return result[0]


def distinct(*parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which of N rows are the first of their kind, (D,), and which of those each row equals, (N,).

    A row is all that the `parts` (N, ...) hold of it. Whatever is done alike to equal rows need be done but once.
    """
    flat = [np.ascontiguousarray(part).reshape(len(part), -1).view(np.uint8) for part in parts]
    numbers: dict[bytes, int] = {}
    equals = np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in np.concatenate(flat, axis=1)], int)
    return np.unique(equals, return_index=True)[1], equals
