"""A corpus to a trained model: the Flax network, its losses, the loop, its state on disk, and the prior over phrases.

The only package that loads JAX. Most people want `train.train_model`.
"""
