"""The command line: options, one library call, its printed result. Heavy imports stay inside the commands.

It holds no music and no maths. Each command or group of commands has a module; importing this package puts all of them
into `main`, the one function most people want.
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
