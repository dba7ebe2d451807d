"""The command line: each command takes options, makes one library call and prints its result. Never does the work.

Heavy imports stay inside the commands. Each command or group of commands has a module; importing this package puts all
of them into `main`, the one function most people want.
"""

from groovevae.cli import (
    arrange,
    blend,
    continue_song,
    corpus,
    evaluate,
    genre,
    humanize,
    infill,
    info,
    morph,
    outliers,
    play,
    refit,
    render,
    sample,
    show,
    studio,
    train,
    vector,
)
from groovevae.cli.root import main

__all__ = [
    "arrange",
    "blend",
    "continue_song",
    "corpus",
    "evaluate",
    "genre",
    "humanize",
    "infill",
    "info",
    "main",
    "morph",
    "outliers",
    "play",
    "refit",
    "render",
    "sample",
    "show",
    "studio",
    "train",
    "vector",
]
