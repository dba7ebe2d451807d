"""Arranges bars: keeps what a piece is (its lead sheet), and draws how it is played from genres and from what is given.

It never trains and decodes nothing: `training.arranger` fits the network, and `generation` decodes its points.
"""
