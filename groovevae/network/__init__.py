"""Runs the trained network in NumPy: bars to latent points, and latent points to bars.

It never trains and never loads JAX. Most people want `decoding.encode` and `decoding.decode`.
"""
