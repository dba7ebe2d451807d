"""A user's file with all its tracks: what was read of it, and how it comes back with some parts written anew.

It knows no network and no genre. Most people want `load_original` and `composed`.
"""

from groovevae.tracks.compose import Rewriting, composed
from groovevae.tracks.original import NOWHERE, Original, load_original
from groovevae.tracks.telling import reading_line

__all__ = ["NOWHERE", "Original", "Rewriting", "composed", "load_original", "reading_line"]
