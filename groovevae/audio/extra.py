"""Imports the packages that make sound, or says in one line how to install them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from groovevae.errors import AudioError

PACKAGES = ("midirenderer", "pyloudnorm", "soundfile")  # the extra `studio` of pyproject.toml


def check_extra() -> None:
    """Raise AudioError where a package that makes sound is not installed; loads none of them."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise _missing(missing[0])


def package(name: str) -> Any:
    """Return one of PACKAGES, loaded. Raises AudioError where it is not installed, or cannot run on this machine."""
    assert name in PACKAGES
    try:
        return import_module(name)
    except (ImportError, OSError):  # soundfile raises the second where its library is missing
        raise _missing(name) from None


def _missing(name: str) -> AudioError:
    return AudioError(f"{name} is missing, which makes the sound; pip install 'groovevae[studio]'")
