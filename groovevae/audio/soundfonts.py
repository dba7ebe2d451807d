"""Reads soundfonts, the instruments that MIDI files are played with: the user's own, or one that is always there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from groovevae.errors import AudioError

# A small General MIDI soundfont under the GPL 2, which comes with pretty_midi: used where it lies, never copied.
_DEFAULT = "TimGM6mb.sf2"
_MAX_BYTES = 2 * 2**30
_HEADER_BYTES = 12  # "RIFF", size, "sfbk"


@dataclass(frozen=True)
class Soundfont:
    """The bytes of a soundfont in the format SoundFont 2, and the path that errors name."""

    path: str
    data: bytes


def default_soundfont() -> Path:
    """Return the path of the soundfont that comes with pretty_midi."""
    spec = find_spec("pretty_midi")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / _DEFAULT


def read_soundfont(path: str | os.PathLike[str] | None = None) -> Soundfont:
    """Return the soundfont in a file; without a `path`, the default one.

    Raises AudioError for what is no such file. What is inside is looked at only when it is played.
    """
    path = default_soundfont() if path is None else Path(path)
    try:
        with path.open("rb") as file:
            _check_header(file.read(_HEADER_BYTES), path)
            if path.stat().st_size > _MAX_BYTES:
                raise AudioError(f"{path}: larger than 2 GiB; take a smaller soundfont")
            file.seek(0)
            return Soundfont(str(path), file.read())
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror or error}; name a soundfont, a file that ends in .sf2") from None


def check_soundfont(path: str | os.PathLike[str]) -> None:
    """Raise AudioError where `read_soundfont` would, but read no more than the header."""
    try:
        with Path(path).open("rb") as file:
            _check_header(file.read(_HEADER_BYTES), path)
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror or error}; name a soundfont, a file that ends in .sf2") from None


def _check_header(header: bytes, path: str | os.PathLike[str]) -> None:
    """Raise AudioError where the first 12 bytes of a file are not those of a soundfont."""
    if header[:4] != b"RIFF" or header[8:12] != b"sfbk":
        raise AudioError(f"{path}: not a soundfont; name one in the format SoundFont 2, a file that ends in .sf2")
