"""Says in a line what was read of a user's file: which track plays what, how many bars, and what was guessed."""

from __future__ import annotations

from groovevae.files import printable
from groovevae.tracks.original import Original
from groovevae.tracks.summary import FileRead, TrackRead, file_read

MAX_PARTS = 6  # tracks that are named one by one
MAX_METRES = 3


def reading_line(original: Original) -> str:
    """Return what was read of a file: "song.mid: Drums -> drums 52, Piano -> chords 12; 4 bars of 4/4; ..."."""
    read = file_read(original)
    told = [_parts(read), _bars(read), *read.guesses]
    told += [f"mended: {what} ({count:,})" for what, count in read.mended.items()]
    return printable(f"{read.path}: " + "; ".join([*told, *_others(read)]))


def _parts(read: FileRead) -> str:
    playing = sorted((track for track in read.tracks if track.roles), key=lambda track: -sum(track.roles.values()))
    shown = sorted(playing[:MAX_PARTS], key=lambda track: track.number)
    rest = len(playing) - len(shown)
    return ", ".join(map(_part, shown)) + (f" and {rest} more" if rest else "")


def _part(track: TrackRead) -> str:
    roles = ", ".join(f"{role} {count:,}{_guess(track.why.get(role, ''))}" for role, count in track.roles.items())
    return f"{track.name or f'track {track.number}'} -> {roles}"


def _guess(why: str) -> str:
    """Return what is to be said of drums that no channel tells: the rest `groove show` tells on request."""
    return f" ({why})" if "sounds like drums" in why or "may be drums" in why else ""


def _bars(read: FileRead) -> str:
    named = ", ".join(list(read.metres)[:MAX_METRES]) + (", ..." if len(read.metres) > MAX_METRES else "")
    return f"{_counted(read.bars, 'bar')} of {named}"


def _others(read: FileRead) -> list[str]:
    """Say how many tracks have no part in the bars, and how many notes are in them in a simpler form."""
    num_others = sum(not track.roles for track in read.tracks)
    told = [f"{_counted(num_others, 'other track')} left as {'it was' if num_others == 1 else 'they were'}"]
    reasons: dict[str, int] = {}
    for track in read.tracks:
        for reason, count in track.lost.items() if track.roles else ():
            reasons[reason] = reasons.get(reason, 0) + count
    if reasons:
        named = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
        told.append(f"{_counted(sum(reasons.values()), 'note')} not in the bars ({named})")
    return told if num_others else told[1:]


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
