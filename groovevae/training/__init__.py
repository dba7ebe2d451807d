"""Trains a model on a corpus: the Flax network, its losses, the loop, its state on disk, and the prior over phrases.

No other package loads JAX. Most people want `train.train_model`.
"""
