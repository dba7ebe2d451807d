"""Work on bars that is shared out, or done before."""

import numpy as np

from groovevae.network.chunks import Recent


def test_only_the_last_results_are_remembered() -> None:
    done: list[int] = []

    def work_on(number: int) -> int:
        recent.of(lambda: done.append(number), np.array([number]), np.array([0.5]))
        return len(done)

    recent = Recent[None](size=2)
    assert [work_on(number) for number in (1, 1, 2, 1, 3, 1, 2)] == [1, 1, 2, 2, 3, 3, 4]


def test_arrays_of_another_shape_or_type_are_others() -> None:
    recent, names = Recent[str](), iter("abcde")
    zeros = [np.zeros(4, np.float32), np.zeros((2, 2), np.float32), np.zeros(4, np.int32), np.zeros(2, np.float64)]
    made = [recent.of(lambda: next(names), array) for array in zeros]
    assert made == ["a", "b", "c", "d"]
    assert recent.of(lambda: next(names), zeros[1]) == "b"
