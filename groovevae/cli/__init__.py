"""The command line: options, one library call, its printed result. Heavy imports stay inside the commands.

A module a command group; importing it puts its commands into `main`.
"""

from groovevae.cli import blend, evaluate, genre, outliers, refit, sample, show, train, vector
from groovevae.cli.root import main

__all__ = ["blend", "evaluate", "genre", "main", "outliers", "refit", "sample", "show", "train", "vector"]
