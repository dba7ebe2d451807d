"""What does not belong in a collection: songs compared with the normal songs of their genre. It never loads jax."""

from groovevae.anomaly.outliers import Outlier, Outliers, find_outliers

__all__ = ["Outlier", "Outliers", "find_outliers"]
