"""Says how to mend an error in options and commands: the counterpart of `Cure`, which says it in Python."""

from __future__ import annotations

from groovevae.errors import Cure, GrooveError
from groovevae.wording import one_line

CURES = {
    Cure.RESTART: "discard it with --restart",
    Cure.SAME_OR_RESTART: "use the same, or discard it with --restart",
    Cure.LOWER_RATE: "train with --restart and a lower --learning-rate",
    Cure.NAME_A_FILE: "name a file for the model with --out",
    Cure.SEE_REJECTED: "groove corpus CORPUS lists the files and what is wrong with them",
    Cure.ANOTHER_GENRE: "add a folder of another genre, or add this genre to an existing model with --from",
    Cure.LEARN_VECTORS: "groove vector learn CORPUS adds the ready-made ones",
    Cure.NAME_STYLE: "name one, like groove arrange song.mid rock",
    Cure.NAME_ROLES: "name those to write anew, like --add drums",
    Cure.NAME_TARGET: "name one, like groove blend classical rock",
    Cure.ADD_ARRANGER: "train it anew, or add one with groove refit MODEL CORPUS --only arranger --out OUT",
    Cure.SHARED_SHARDS: "name a folder or a URL that all machines reach with --shards",
    Cure.ADD_PRIOR: "train it anew, or add one with groove refit MODEL CORPUS --only prior --out OUT",
}


def error_line(error: GrooveError) -> str:
    """Return what is wrong and how to mend it from the command line, in one line."""
    line = f"{error.problem}; {CURES[error.cure]}" if error.cure else str(error)
    return one_line(line)
