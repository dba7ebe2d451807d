"""The exceptions groovevae raises for bad input. Each carries one line: what is wrong, where, how to mend it.

GrooveError
├── MidiError        a MIDI file that cannot be read, or has nothing in it to read
├── CorpusError      a corpus folder that cannot be used, or holds too little
├── ModelFileError   a model file that is damaged, of another version, or no model file
├── RequestError     an unknown genre, a weight or amount out of range, an option that does not fit
├── OutputError      a place that cannot be written to
└── ProcessLostError another process of a training run on several has ended
"""


class GrooveError(Exception):
    """Base of every error that groovevae raises on purpose; the command line prints it as one line."""


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


class ProcessLostError(GrooveError):
    """Another process of a run that trains on several has ended."""
