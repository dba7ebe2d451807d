"""Tells corpora apart by what they hold, wherever their files lie."""

from __future__ import annotations

import hashlib

from groovevae.corpus.load import Corpus


def fingerprint(corpus: Corpus) -> str:
    """Return 16 letters that depend on the genres, song ids, groups and notes of a corpus, and on nothing else."""
    digest = hashlib.sha256()
    for song in corpus.songs:
        group = f"{song.entry.group}\0" if song.entry.group else ""
        name = f"{song.entry.genre}\0{song.entry.song_id}\0{group}".encode("utf-8", "surrogateescape")  # odd bytes
        digest.update(name + song.kept.head.song_digest)
    return digest.hexdigest()[:16]
