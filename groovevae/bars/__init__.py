"""Turns notes into bars on the grid and back: roles, metre, key. Only this room knows how bars lie in a score.

It knows no network and never loads JAX. Most people want `grid.score_to_song` and, for the way back, `song_to_score`;
importing the room does not load what reads, which is the larger part.
"""

from groovevae.bars.render import song_to_score
from groovevae.bars.types import Bars, Song

__all__ = ["Bars", "Song", "song_to_score"]
