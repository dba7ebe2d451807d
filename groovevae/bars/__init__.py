"""Notes to bars and back: roles, the grid, metres, keys. The only package that knows the grid; it never loads jax."""

from groovevae.bars.grid import score_to_song
from groovevae.bars.render import song_to_score
from groovevae.bars.types import Bars, Song

__all__ = ["Bars", "Song", "score_to_song", "song_to_score"]
