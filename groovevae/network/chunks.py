"""Shares work on bars out among processors, a fixed number of bars at a time, so that they always round alike.

It knows nothing of what the work is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")
CHUNK = 64  # bars encoded or decoded at once, always: so BLAS rounds a bar the same in any batch


def on_all_processors(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Call `work` with each item, on all processors, and return the results in order.

    BLAS keeps to one thread for each item: its products are too small to be shared, and so they always round alike.
    """
    with threadpool_limits(1, "blas"):
        if len(items) < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(work, items))


def of_chunks(work: Callable[[int], Result], count: int) -> list[Result]:
    """Call `work` with the first bar of each chunk of `count` bars, on all processors, and return the results."""
    return on_all_processors(work, range(0, count, CHUNK))


def padded(array: np.ndarray, size: int = CHUNK) -> np.ndarray:
    """Return the array with its last row repeated until there are `size` rows."""
    return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)]) if size > len(array) else array


def distinct(*parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which of N rows are the first of their kind, (D,), and which of those each row equals, (N,).

    A row is all that the `parts` (N, ...) hold of it. Whatever is done alike to equal rows need be done but once.
    """
    flat = [np.ascontiguousarray(part).reshape(len(part), -1).view(np.uint8) for part in parts]
    numbers: dict[bytes, int] = {}
    equals = np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in np.concatenate(flat, axis=1)], int)
    return np.unique(equals, return_index=True)[1], equals
