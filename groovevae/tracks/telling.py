"""Says in a line what was read of a user's file: which track plays what, how many bars, and what was guessed."""

from __future__ import annotations

from groovevae.tracks.original import Original
from groovevae.tracks.summary import FileRead, TrackRead, file_read
from groovevae.wording import counted, printable, shown_name

MAX_PARTS = 6  # tracks that are named one by one
MAX_SHARING = 3  # of those that share the chords
RARELY = 0.1  # share of the bars: tracks that share the chords in fewer are not told
MAX_METRES = 3


def reading_line(original: Original) -> str:
    """Return what was read of a file: "song.mid: Drums -> drums 52, Piano -> chords 12; 4 bars of 4/4; ..."."""
    read = file_read(original)
    told = [_parts(read), *_sharing(read), _bars(read), *read.guesses]
    told += [f"mended: {what} ({count:,})" for what, count in read.mended.items()]
    return printable(f"{read.path}: " + "; ".join([*told, *_others(read)]))


def _parts(read: FileRead) -> str:
    playing = sorted((track for track in read.tracks if track.roles), key=lambda track: -sum(track.roles.values()))
    shown = sorted(playing[:MAX_PARTS], key=lambda track: track.number)
    rest = len(playing) - len(shown)
    return ", ".join(map(_part, shown)) + (f" and {rest} more" if rest else "")


def _part(track: TrackRead) -> str:
    roles = ", ".join(f"{role} {count:,}{_guess(track.why.get(role, ''))}" for role, count in track.roles.items())
    return f"{_name(track)} -> {roles}"


def _name(track: TrackRead) -> str:
    return shown_name(track.name) or f"track {track.number}"


def _guess(why: str) -> str:
    """Return what is to be said of drums that no channel tells: the rest `groove show` tells on request."""
    return f" ({why})" if "sounds like drums" in why or "may be drums" in why else ""


def _sharing(read: FileRead) -> list[str]:
    """Say which tracks accompany together: what is new is shared out among them."""
    sharing = [track for track in read.tracks if track.shares > RARELY * read.bars]
    sharing = sorted(sharing, key=lambda track: -track.shares)
    shown = sorted(sharing[:MAX_SHARING], key=lambda track: track.number)
    more = f" and {len(sharing) - len(shown)} more" if len(sharing) > len(shown) else ""
    return [f"{', '.join(map(_name, shown))}{more} share the chords"] if shown else []


def _bars(read: FileRead) -> str:
    named = ", ".join(list(read.metres)[:MAX_METRES]) + (", ..." if len(read.metres) > MAX_METRES else "")
    return f"{counted(read.bars, 'bar')} of {named}"


def _others(read: FileRead) -> list[str]:
    """Say how many tracks have no part in the bars, and how many notes are in them in a simpler form."""
    num_others = sum(not track.roles for track in read.tracks)
    told = [f"{counted(num_others, 'other track')} left as {'it was' if num_others == 1 else 'they were'}"]
    reasons: dict[str, int] = {}
    for track in read.tracks:
        for reason, count in track.lost.items() if track.roles else ():
            reasons[reason] = reasons.get(reason, 0) + count
    if reasons:
        named = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
        told.append(f"{counted(sum(reasons.values()), 'note')} not in the bars ({named})")
    return told if num_others else told[1:]
