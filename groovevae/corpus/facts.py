"""Says what is known of a song without its notes: enough to split and batch songs whose notes another machine has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from groovevae.bars import Song
from groovevae.corpus.dataset import sounding
from groovevae.corpus.pack import bars_digest


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of a song of which another process may have the notes."""

    holder: int  # the process that gives its notes to the others
    digest: bytes  # 16, of its bars: `pack.bars_digest`
    content: bytes  # 32, SHA-256 of the packed song
    num_beats: np.ndarray  # (n,) uint8, of its bars from the first with a note to the last
    has_notes: np.ndarray  # (n,) bool


def facts_of(song: Song, packed: bytes, holder: int) -> Facts:
    """Return the facts of a song, and of the same song packed, that process `holder` has."""
    bars = song.bars[sounding(song)]
    num_beats = bars.num_beats.astype(np.uint8)
    return Facts(holder, bars_digest(packed), hashlib.sha256(packed).digest(), num_beats, bars.has_notes)
