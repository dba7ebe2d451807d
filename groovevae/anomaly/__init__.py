"""What does not belong in a collection: songs compared with the normal songs of their genre, and reasons in words.

It judges music and changes none; what it finds is printed elsewhere. Most people want `find_outliers`.
"""

from groovevae.anomaly.outliers import Outlier, Outliers, find_outliers

__all__ = ["Outlier", "Outliers", "find_outliers"]
