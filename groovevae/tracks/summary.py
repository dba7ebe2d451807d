"""Sums up what was read of a user's file, track by track, for reports. Prints nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.bars.key import key_name
from groovevae.bars.note_places import KEPT, REASONS
from groovevae.bars.roles import NO_ROLE
from groovevae.tracks.original import Original


@dataclass(frozen=True)
class TrackRead:
    """One track of a file."""

    number: int  # from 1
    name: str
    channels: tuple[int, ...]  # from 1
    program: int  # from 0; of drums, the kit
    is_drum: bool
    notes: int
    roles: dict[str, int]  # role -> notes of it that the bars stand for
    why: dict[str, str]  # role, or "none" -> why the track was given it
    lost: dict[str, int]  # reason -> notes that have no place of their own in the bars
    shares: int = 0  # bars in which it plays chords beside another track: new chords there are shared out


@dataclass(frozen=True)
class FileRead:
    """A file as it was read."""

    path: str
    bars: int
    metres: dict[str, int]  # metre -> bars
    key: str
    tempo: tuple[float, float]  # the slowest and the fastest bar's, in quarter notes per minute
    guesses: tuple[str, ...]  # what is not as the file says
    mended: dict[str, int] = field(default_factory=dict)
    tracks: tuple[TrackRead, ...] = ()


def file_read(original: Original) -> FileRead:
    """Return what was read of a file."""
    song = original.reading.song
    metres = Counter(f"{numerator}/{denominator}" for numerator, denominator in song.bars.metre.tolist())
    return FileRead(
        path=original.path,
        bars=len(song.bars),
        metres=dict(metres.most_common()),
        key=key_name(song.transpose, song.is_minor),
        tempo=(float(song.bars.tempo.min()), float(song.bars.tempo.max())),
        guesses=original.reading.lines.guesses,
        mended=original.reading.score.mended,
        tracks=tuple(_track_read(original, index) for index in range(len(original.reading.score.tracks))),
    )


def _track_read(original: Original, index: int) -> TrackRead:
    track, placed = original.reading.score.tracks[index], original.reading.notes
    here = placed.track == index
    counts = np.bincount(placed.role[here & original.carried[placed.note]], minlength=len(ROLES)).tolist()
    reasons, lost = np.unique(placed.lost[here & (placed.lost != KEPT)], return_counts=True)
    found = {role: why for (of_track, role), why in placed.why.items() if of_track == index}
    return TrackRead(
        number=track.number or index + 1,
        name=track.name,
        channels=tuple(channel + 1 for channel in track.channels),
        program=track.program,
        is_drum=track.is_drum,
        notes=int(here.sum()),
        roles={role: count for role, count in zip(ROLES, counts, strict=True) if count},
        why={("none", *ROLES)[role - NO_ROLE]: why for role, why in found.items()},
        lost={REASONS[reason]: int(count) for reason, count in zip(reasons.tolist(), lost.tolist(), strict=True)},
        shares=int(original.shared_bars[index].sum()),
    )
