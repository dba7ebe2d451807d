"""Provides forests of extremely randomised trees that leave Python's warning filters alone. Loads scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.ensemble import ExtraTreesClassifier


class Forest(ExtraTreesClassifier):  # type: ignore[misc]  # scikit-learn has no types
    """An `ExtraTreesClassifier` whose threads leave no trace in the process.

    Each of scikit-learn's threads resets the warning filters, which belong to the whole process. Two that do so at the
    same moment leave the process without any filter, and from then on every call warns that there is none to pass on.
    """

    def fit(self, *arguments: Any, **named: Any) -> Forest:
        """Fit the trees, as `ExtraTreesClassifier.fit` does."""
        with _filters_restored():
            super().fit(*arguments, **named)
        return self

    def predict_proba(self, *arguments: Any, **named: Any) -> Any:
        """Return the probability of each class, as `ExtraTreesClassifier.predict_proba` does."""
        with _filters_restored():
            return super().predict_proba(*arguments, **named)


@contextmanager
def _filters_restored() -> Iterator[None]:
    """Give threads a filter to pass on, and restore the process's own filters afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
