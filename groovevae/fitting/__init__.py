"""What is learned about songs once a network is trained: genres, song codes, calibration, attribute vectors.

It changes no weights and needs no JAX. Most people want `genres.describe_genres`.
"""
