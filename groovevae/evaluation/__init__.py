"""What a model is worth, measured on songs that it never saw and beside what it has to be better than.

It changes no model and prints nothing. Most people want `evaluate`.
"""

from groovevae.evaluation.run import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
