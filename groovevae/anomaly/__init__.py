"""Finds what does not belong in a collection: compares songs with the normal songs of their genre, and says why.

This room judges music and never changes it (`faults` breaks copies, for measurements); reports are printed elsewhere.
Most people want `find_outliers`.
"""

from groovevae.anomaly.outliers import Outlier, Outliers, find_outliers

__all__ = ["Outlier", "Outliers", "find_outliers"]
