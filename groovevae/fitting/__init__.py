"""What is learned from songs once a network is trained: genres, song codes, calibration, attribute vectors.

This room changes no weights and needs no JAX. Most people want `genres.describe_genres`.
"""
