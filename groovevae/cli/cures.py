"""How to mend what an error says, in options and commands: what `Cure` says in the words of Python."""

from __future__ import annotations

from groovevae.errors import Cure, GrooveError

CURES = {
    Cure.RESTART: "give it up with --restart",
    Cure.SAME_OR_RESTART: "use the same, or give it up with --restart",
    Cure.LOWER_RATE: "--restart with a lower --learning-rate",
    Cure.NAME_A_FILE: "name a file for the model with --out",
    Cure.SEE_REJECTED: "groove corpus CORPUS lists the files and what is wrong with them",
    Cure.ANOTHER_GENRE: "add a folder of another genre, or add this genre to an existing model with --from",
    Cure.LEARN_VECTORS: "groove vector learn CORPUS adds the ready-made ones",
    Cure.NAME_TARGET: "name one, like groove blend classical rock",
    Cure.ADD_PRIOR: "train it anew, or add one with groove refit MODEL CORPUS --only prior --out OUT",
}


def error_line(error: GrooveError) -> str:
    """Return what is wrong and how to mend it from the command line, in one line."""
    line = f"{error.problem}; {CURES[error.cure]}" if error.cure else str(error)
    return " ".join(line.split())
