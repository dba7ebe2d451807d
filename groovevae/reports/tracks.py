"""Reports on one MIDI file as lines: its tracks, what each plays in the bars, and what is not in them."""

from __future__ import annotations

from collections.abc import Iterator

from groovevae.reports import values
from groovevae.tracks.summary import FileRead, TrackRead
from groovevae.wording import counted, shown_name

_SHOWN_METRES = 3


def to_json(read: FileRead) -> str:
    """Return everything as indented JSON."""
    return values.to_json(read, indent=2)


def file_shown(read: FileRead) -> Iterator[str]:
    """Say what was read of a file, track by track."""
    metres = [f"{metre} {count:,}" for metre, count in read.metres.items()]
    more = len(metres) - _SHOWN_METRES
    low, high = read.tempo
    tempo = f"{low:.4g}" if f"{low:.4g}" == f"{high:.4g}" else f"{low:.4g} to {high:.4g}"
    yield f"{read.path}: {counted(read.bars, 'bar')}, key {read.key}, tempo {tempo}"
    yield f"metres (bars): {', '.join(metres[:_SHOWN_METRES])}" + (f", {more} more" if more > 0 else "")
    for guess in read.guesses:
        yield f"guessed: {guess}"
    for what, count in read.mended.items():
        yield f"mended: {what} ({count:,})"
    for track in read.tracks:
        yield _track(track)


def _track(track: TrackRead) -> str:
    """Say what a track plays, and which of its notes are not in the bars."""
    plays = ", ".join(f"{role} {count:,}{_because(track, role)}" for role, count in track.roles.items())
    channels = ", ".join(map(str, track.channels))
    sound = "drums" if track.is_drum else f"program {track.program}"
    lost = ", ".join(f"{count:,} {reason}" for reason, count in track.lost.items())
    told = f"{track.number:>3} {shown_name(track.name) or '(no name)'} (channel {channels}, {sound}): "
    return (
        told
        + (plays or f"no part in the bars{_because(track, 'none')}")
        + (f"; shares the chords in {counted(track.shares, 'bar')}" if track.shares else "")
        + (f"; not in the bars: {lost}" if lost else "")
    )


def _because(track: TrackRead, role: str) -> str:
    return f" ({track.why[role]})" if role in track.why else ""
