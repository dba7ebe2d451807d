"""Shared parts of the commands that make sound: their options, names that no other file has, writing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from groovevae.audio import Sound

FORMATS = ("wav", "ogg", "mp3")  # those of audio.encoding, which is not loaded before there is something to encode


def _checked_audio(context: click.Context, option: click.Parameter, audio: str | None) -> str | None:
    """Raise AudioError before any work where sound is asked for and cannot be made."""
    if audio is not None:
        from groovevae.audio.extra import check_extra

        check_extra()
    return audio


def _checked_soundfont(context: click.Context, option: click.Parameter, soundfont: str | None) -> str | None:
    if soundfont is not None:
        from groovevae.audio.soundfonts import check_soundfont

        check_soundfont(soundfont)
    return soundfont


audio_option = click.option(
    "--audio", type=click.Choice(FORMATS), callback=_checked_audio, help="Write sound beside each MIDI file."
)
soundfont_option = click.option(
    "--soundfont",
    type=click.Path(),
    callback=_checked_soundfont,
    help="Soundfont, an .sf2 file, to play sound on.  [default: a small General MIDI one]",
)


def write_sound(sound: Sound, place: Path, audio: str, *, is_named: bool = False) -> None:
    """Write a mix to PLACE.wav and its stems to PLACE-drums.wav and so on, and print a line for each.

    Only a place that was named is written over.
    """
    from groovevae.audio import encode
    from groovevae.files import write_file

    sounds = {"": sound.mix, **{f"-{name}": stem for name, stem in sound.stems.items()}}
    files = {f"{name}.{audio}": encode(one, audio) for name, one in sounds.items()}
    paths = [place.with_name(place.name + ending) for ending in files] if is_named else free_paths(place, files)
    for path, data in zip(paths, files.values(), strict=True):
        write_file(path, data)
        click.echo(f"{click.format_filename(path)}: {sound.seconds:.1f} s")


def free_paths(place: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Return a path for each file, by its ending: PLACE.wav, or all with a number where other files have such names."""
    paths = [place.with_name(place.name + ending) for ending in files]
    for number in itertools.count(2):
        if all(map(_is_free, paths, files.values())):
            break
        paths = [place.with_name(f"{place.name}-{number}{ending}") for ending in files]
    return paths


def _is_free(path: Path, data: bytes) -> bool:
    return not path.exists() or (path.is_file() and path.read_bytes() == data)
