"""Measures what a model is worth, on songs that it never saw and next to rivals that it has to beat.

This room changes no model and prints nothing. Most people want `evaluate`.
"""

from groovevae.evaluation.run import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
