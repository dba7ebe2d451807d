"""Finds the tracks that may be the bass and those that may carry the melody, and ranks them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from groovevae.bars.lines import MONOPHONIC, Lines, is_single_line, melody_score
from groovevae.bars.track_names import name_hints
from groovevae.midi.score import Track
from groovevae.wording import shown_name

_UNRANKED = 2**30
BASS_PROGRAMS = {*range(32, 40), 43, 58}  # basses, contrabass, tuba
_LEAD_PROGRAMS = {*range(24, 32), *range(40, 43), *range(52, 55), *range(56, 61), *range(64, 88), 22}
_ACCOMPANYING_PROGRAMS = {*range(44, 52), *range(88, 96)}  # string sections, pads

MONOPHONIC_IF_NAMED = 0.5  # MONOPHONIC for a track named as a melody: it may be played in double stops
LOWEST_NAMED_LEAD = 48  # mean pitch of a track named as a melody (C3): a "sawtooth lead" may be a bass
LOWEST_LEAD = 55  # mean pitch of any other track that may carry the melody (G3)
HIGHEST_BASS = 57  # mean pitch of a track that may be the bass (A3)
HIGHEST_LONE_BASS = 52  # the same for a line with no other beside it (E3)
HARDLY = 1.0  # log-odds of being the melody
RARE = 0.05  # share of the bars: a track that plays in fewer is an effect, not the bass or the lead


@dataclass
class Parts:
    """The N notes and K tracks of a score while their roles are found."""

    tracks: tuple[Track, ...]
    notes: np.ndarray  # (N,) NOTE_DTYPE
    bar: np.ndarray  # (N,) where each note begins
    lines: Lines
    notes_of_track: list[np.ndarray]
    of_track: np.ndarray  # (K,) the role of each track, as far as it is known
    free: np.ndarray  # (K,) bool: accompanies, unless another role is found
    by_hand: np.ndarray  # (K,) bool: its role was given by a person
    why: dict[int, str]  # track -> why it has its role of `of_track`
    voices: dict[int, int]  # drum track -> its only voice, by its name
    aside: dict[int, str]  # track -> what else is to be said of it
    why_chords: dict[int, str] = field(default_factory=dict)  # track -> why it accompanies
    why_split: dict[int, str] = field(default_factory=dict)  # role -> why a line of the accompaniment has it

    def take(self, chosen: dict[int, int], role: int) -> None:
        """Give chosen tracks a role."""
        self.of_track[list(chosen)] = role
        self.free[list(chosen)] = False

    def often(self) -> np.ndarray:
        """Tell which free tracks play in more than a few of the bars that any of them plays in, (K,) bool."""
        plays = self.lines.plays
        return self.free & (plays.sum(1) >= RARE * plays[self.free].any(0).sum())

    def lone_line(self) -> int:
        """Return the only free track if it plays one note at a time, else -1."""
        if np.count_nonzero(self.free) != 1:
            return -1
        index = int(self.free.argmax())
        return index if is_single_line(self.notes_of_track[index], self.lines.overlap[index]) else -1


def bass_tracks(parts: Parts) -> dict[int, int]:
    """Rank the tracks that may be the bass: those with a bass program come before those with a bass's name.

    Where there is neither, the lowest track is the bass, if it is a single line; the only track must be a low one.
    """
    tracks, lines = parts.tracks, parts.lines
    low = parts.free & (lines.mean_pitch <= HIGHEST_BASS)
    basses = {int(k): int(tracks[k].program not in BASS_PROGRAMS) for k in low.nonzero()[0] if _is_bass(tracks[k])}
    if _play_often(basses, parts):
        named = {k: f"named {shown_name(tracks[k].name)}" for k in basses if name_hints(tracks[k].name).bass}
        parts.why |= {k: "a bass by its program" for k in basses} | named
        return basses
    often = parts.often()
    lone = parts.lone_line()
    if lone >= 0 and lines.mean_pitch[lone] <= HIGHEST_LONE_BASS and not name_hints(tracks[lone].name).leads:
        parts.why[lone] = "a low single line"
        return {lone: 0}
    if often.sum() < 2:
        return {}
    lowest = int(np.argmin(np.where(often, lines.mean_pitch, np.inf)))
    if not low[lowest] or lines.overlap[lowest] > MONOPHONIC or name_hints(tracks[lowest].name).sings:
        return {}
    parts.why[lowest] = "the lowest single line"
    return {lowest: 0}


def _is_bass(track: Track) -> bool:
    return name_hints(track.name).bass or track.program in BASS_PROGRAMS


def lead_tracks(parts: Parts) -> dict[int, int]:
    """Rank the tracks that may carry the melody: first by name, then by how much like a melody they play."""
    plays = parts.lines.plays
    sounding = plays[parts.free].any(0)
    found: dict[tuple[bool, bool], list[int]] = {}
    for index in np.flatnonzero(parts.free & _could_lead(parts)).tolist():
        hints = name_hints(parts.tracks[index].name)
        found.setdefault((not hints.sings, not hints.leads), []).append(index)
    ranked = [index for name in sorted(found) for index in _most_melodious_first(parts, found[name], sounding)]
    leads = {index: rank for rank, index in enumerate(ranked)}
    if not _play_often(leads, parts):
        return {}
    for index in leads:
        hints = name_hints(parts.tracks[index].name)
        name = f"named {shown_name(parts.tracks[index].name)}"
        parts.why[index] = name if hints.leads else "plays like a melody" if len(leads) > 1 else "a single line"
    return leads


def _most_melodious_first(parts: Parts, tracks: list[int], sounding: np.ndarray) -> list[int]:
    """Sort tracks by how they play; a lead instrument, or the highest, stays before those that do hardly better."""
    if len(tracks) < 2:
        return tracks
    scores = {k: melody_score(parts.notes_of_track[k], parts.lines.plays[k, sounding]) for k in tracks}
    usual = min(tracks, key=lambda k: (parts.tracks[k].program not in _LEAD_PROGRAMS, -parts.lines.mean_pitch[k]))
    scores[usual] += HARDLY
    return sorted(tracks, key=lambda index: -scores[index])


def _could_lead(parts: Parts) -> np.ndarray:
    """Tell which tracks may carry the melody by their names and registers, (K,) bool."""
    lone = parts.lone_line()
    could = np.zeros(len(parts.tracks), bool)
    for index, track in enumerate(parts.tracks):
        hints = name_hints(track.name)
        pitch, overlap = parts.lines.mean_pitch[index], parts.lines.overlap[index]
        accompanies = hints.accompanies or track.program in _ACCOMPANYING_PROGRAMS
        high = pitch >= LOWEST_LEAD and overlap <= MONOPHONIC and not accompanies
        named = hints.leads and pitch >= LOWEST_NAMED_LEAD and overlap <= MONOPHONIC_IF_NAMED
        could[index] = high or named or (index == lone and pitch > HIGHEST_LONE_BASS)
    return could


def _play_often(chosen: dict[int, int], parts: Parts) -> bool:
    """Tell whether the chosen tracks play in more than a few of the bars that the free tracks play in."""
    plays = parts.lines.plays
    return bool(chosen) and bool(plays[list(chosen)].any(0).sum() >= RARE * plays[parts.free].any(0).sum())


def first_in_its_bar(parts: Parts, rank: dict[int, int]) -> np.ndarray:
    """Tell which notes belong to the ranked track that comes first among those playing in their bar, (N,) bool."""
    track, plays = parts.notes["track"], parts.lines.plays
    rank_of_track = np.full(len(parts.tracks), _UNRANKED)
    rank_of_track[list(rank)] = list(rank.values())
    first = np.where(plays, rank_of_track[:, None], _UNRANKED).min(0)  # of each bar
    return (rank_of_track[track] < _UNRANKED) & (rank_of_track[track] == first[parts.bar])
