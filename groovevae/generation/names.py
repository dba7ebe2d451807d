"""What the words of a request mean: genres, MIDI files, folders; and names to print. Opens nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath

from groovevae.systems import portable_stem

MIDI_SUFFIXES = (".mid", ".midi")
MAX_STEM = 150  # bytes of a file's name: every file system takes them, and a number behind them


def is_midi_path(word: str) -> bool:
    """Tell whether a word means a MIDI file, and not a genre."""
    return word.lower().endswith(MIDI_SUFFIXES)


def is_path(word: str, genres: Collection[str]) -> bool:
    """Tell whether a word means a MIDI file or a folder: it ends in .mid, or has a slash and names no genre."""
    return is_midi_path(word) or (word not in genres and _has_slash(word))


def is_weight(word: str) -> bool:
    """Tell whether a word means NAME=NUMBER: a file's or a folder's own name may hold a sign of equality."""
    return "=" in word and not is_midi_path(word) and not _has_slash(word.rpartition("=")[2])


def short_name(name: str) -> str:
    """Return a genre's name, or a file's or folder's without the way to it."""
    if is_midi_path(name) or name.endswith(".safetensors"):
        return PurePath(name).stem
    return PurePath(name).name if _has_slash(name) else name


def _has_slash(word: str) -> bool:
    return "/" in word or "\\" in word


def file_stem(names: Iterable[str]) -> str:
    """Join names to that of a file, without its ending, which every file system takes."""
    stem = "-".join(re.sub(r"[^\w.]+", "_", name).strip("._") or "_" for name in names)
    return portable_stem(stem.encode()[:MAX_STEM].decode(errors="ignore"))


def strengths_text(vectors: Mapping[str, float]) -> str:
    """Return vectors and their strengths for a description: ", +1 density"."""
    return "".join(f", {strength:+g} {short_name(name)}" for name, strength in vectors.items())


def weights_text(weights: Mapping[str, float]) -> str:
    """Return what a blend goes to for a description: "rock", "(0.7 rock + 0.3 jazz)"; empty without weights."""
    names = {name: PurePath(name).name or name for name in weights}
    if len(weights) < 2:
        return "".join(names.values())
    return "(" + " + ".join(f"{weight:.2g} {names[name]}" for name, weight in weights.items()) + ")"
