"""The exceptions that groovevae raises for bad input. Each carries one line: what is wrong, where, how to mend it.

Where the remedy is to call groovevae differently, the error names a cure. Its value is that call in Python; `cli.cures`
has the same in options and commands.

GrooveError
├── MidiError        a MIDI file that cannot be read, or has nothing in it to read
├── CorpusError      a corpus folder that cannot be used, or holds too little
├── ModelFileError   a model file that is damaged or of another version, or a file that is not a model
├── RequestError     an unknown genre, a weight or amount out of range, an option that does not fit
├── OutputError      a place that cannot be written to
├── AudioError       a sound that cannot be made: a package is missing, or a soundfont cannot be used
└── ProcessLostError another process of the same training run has ended
"""

from enum import Enum


class Cure(Enum):
    """How to call groovevae so that an error does not come back, in the words of Python."""

    RESTART = "discard it with restart=True"
    SAME_OR_RESTART = "use the same, or discard it with restart=True"
    LOWER_RATE = "train with restart=True and a lower learning_rate"
    NAME_A_FILE = "let `out` name a file for the model"
    SEE_REJECTED = "`rejected` and `unread` of the corpus say what is wrong with its files"
    ANOTHER_GENRE = "add a folder of another genre, or add this genre to an existing model with `start_from`"
    LEARN_VECTORS = "groovevae.fitting.attribute_vectors.learn_vectors finds the ready-made ones in a corpus"
    NAME_STYLE = "name one, as in ArrangeRequest('song.mid', {'rock': 1.0})"
    NAME_ROLES = "name those to write anew with add, such as add=('drums',)"
    NAME_TARGET = 'name one in `targets`, like BlendRequest("classical", {"rock": 1.0})'
    ADD_ARRANGER = "train it anew, or add one with groovevae.training.refit.refit(..., parts=['arranger'])"
    SHARED_SHARDS = "let `shards` of the Cluster name a folder or a URL that all machines reach"
    ADD_PRIOR = "train it anew, or add one with groovevae.training.refit.add_prior"


class GrooveError(Exception):
    """Base of every error that groovevae raises on purpose; the command line prints it as one line.

    `problem` says what is wrong and where; `cure`, where there is one, how to call groovevae instead.
    """

    def __init__(self, problem: str, *, cure: Cure | None = None) -> None:
        self.problem, self.cure = problem, cure
        super().__init__(f"{problem}; {cure.value}" if cure else problem)


class MidiError(GrooveError):
    """A MIDI file that cannot be read. `reason` is short enough for a table cell."""

    def __init__(self, reason: str, *, path: str = "") -> None:
        self.reason = reason
        super().__init__(f"{path}: {reason}" if path else reason)


class CorpusError(GrooveError):
    """A corpus folder that cannot be used."""


class ModelFileError(GrooveError):
    """A model file that cannot be loaded."""


class RequestError(GrooveError):
    """A request that cannot be carried out as it stands."""


class OutputError(GrooveError):
    """A file or folder that cannot be written."""


class AudioError(GrooveError):
    """A sound that cannot be made: a package is not installed, or a soundfont cannot be used."""


class ProcessLostError(GrooveError):
    """Another process of the same training run has ended."""
