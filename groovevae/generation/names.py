"""Tells what the words of a request mean (genres, MIDI files, folders), and makes names to print. It opens nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath

from groovevae.midi.suffixes import SUFFIXES
from groovevae.systems import portable_stem

MAX_STEM = 150  # bytes of a file's name: short enough for every file system, even with a number after them


def is_midi_path(word: str) -> bool:
    """Tell whether a word means a MIDI file rather than a genre."""
    return word.lower().endswith(SUFFIXES)


def is_path(word: str, genres: Collection[str]) -> bool:
    """Tell whether a word means a MIDI file or a folder: it ends in .mid, or has a slash and names no genre."""
    return is_midi_path(word) or (word not in genres and _has_slash(word))


def is_weight(word: str) -> bool:
    """Tell whether a word means NAME=NUMBER; the name of a file or folder may itself hold an equals sign."""
    return "=" in word and not is_midi_path(word) and not _has_slash(word.rpartition("=")[2])


def short_name(name: str) -> str:
    """Return a genre's name, or the name of a file or folder without the path to it."""
    if is_midi_path(name) or name.endswith(".safetensors"):
        return PurePath(name).stem
    return PurePath(name).name if _has_slash(name) else name


def _has_slash(word: str) -> bool:
    return "/" in word or "\\" in word


def file_stem(names: Iterable[str]) -> str:
    """Join names into a file name, without its ending, that every file system accepts."""
    stem = "-".join(re.sub(r"[^\w.]+", "_", name).strip("._") or "_" for name in names)
    return portable_stem(stem.encode()[:MAX_STEM].decode(errors="ignore"))


def strengths_text(vectors: Mapping[str, float]) -> str:
    """Return vectors and their strengths for a description: ", +1 density"."""
    return "".join(f", {strength:+g} {short_name(name)}" for name, strength in vectors.items())


def weights_text(weights: Mapping[str, float]) -> str:
    """Return a blend's targets for a description: "rock", "(0.7 rock + 0.3 jazz)"; empty without weights."""
    names = {name: PurePath(name).name or name for name in weights}
    if len(weights) < 2:
        return "".join(names.values())
    return "(" + " + ".join(f"{weight:.2g} {names[name]}" for name, weight in weights.items()) + ")"
