"""The command line: each command takes options, makes one library call and prints its result. Never does the work.

Heavy imports stay inside the commands. Each command or group of commands has a module; importing this package puts all
of them into `main`, the one function most people want.
"""

from groovevae.cli import blend, corpus, evaluate, genre, info, morph, outliers, refit, sample, train, vector
from groovevae.cli.root import main

__all__ = [
    "blend",
    "corpus",
    "evaluate",
    "genre",
    "info",
    "main",
    "morph",
    "outliers",
    "refit",
    "sample",
    "train",
    "vector",
]
