"""Which role every note of a piece plays: drums, bass, chords or lead. Decides by track first, then note by note."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars.constants import BASS, CHORDS, DRUMS, LEAD
from groovevae.midi import Piece, Track

NO_ROLE = -1  # sound effects and pitched percussion, which no role can play

_BASS_PROGRAMS = {*range(32, 40), 43, 58}  # basses, contrabass, tuba
_EFFECT_PROGRAMS = {47, 113, *range(115, 128)}  # timpani, agogo, percussion, sound effects
_LEAD_PROGRAMS = {*range(24, 32), *range(40, 43), *range(52, 55), *range(56, 61), *range(64, 88), 22}
_ACCOMPANYING_PROGRAMS = {*range(44, 52), *range(88, 96)}  # string sections, pads
_LEAD_WORDS = ("melod", "lead", "vocal", "voice", "voix", "stimm", "sing", "gesang", "solo", "sopran", "canto", "theme")
_BASS_WORDS = ("bass", "tuba", "walk")
_NOT_BASS_WORDS = ("bassoon", "basset", "drum")
_ACCOMPANYING_WORDS = ("chord", "arp", "pad", "comp", "rhythm", "backing", "string", "sus", "scale", "accomp")

MONOPHONIC = 0.15  # at most this share of a line's notes overlaps the next
LOWEST_LEAD = 55  # mean pitch of a track that may carry the melody (G3)
HIGHEST_BASS_TRACK = 57  # mean pitch of a track that may be the bass without being called so (A3)
HIGHEST_BASS_NOTE = 52  # top of a bass line that is taken out of a pianist's left hand (E3)
LOWEST_TOP_LINE = 58  # bottom of a melody that is taken out of a pianist's right hand
MAX_CHORD_TRACKS = 2  # tracks that make up the chords of one bar: one player's two hands


@dataclass(frozen=True)
class _Lines:
    """What the tracks are like: (K,) arrays."""

    count: np.ndarray
    mean_pitch: np.ndarray
    overlap: np.ndarray  # share of notes that still sound well into the next


def assign_roles(piece: Piece, bar: np.ndarray) -> np.ndarray:
    """The role of every note, (N,) int8: an index into ROLES, or NO_ROLE. `bar` (N,) is the bar each note begins in.

    A track is drums by its channel, bass or lead by its name, program, register and by playing one note at a time;
    everything else accompanies. Where several tracks could lead, the first that plays in a bar does. Where none
    is a bass or a lead, the lowest or the top line of the accompaniment is, as in a piano solo.
    """
    notes, tracks = piece.notes, piece.tracks
    lines = _lines(notes, len(tracks))
    role_of_track = np.full(len(tracks), CHORDS, np.int8)
    leads: list[int] = []
    for index, track in enumerate(tracks):
        if track.is_drum:
            role_of_track[index] = DRUMS
        elif track.program in _EFFECT_PROGRAMS:
            role_of_track[index] = NO_ROLE
        elif _is_bass(track):
            role_of_track[index] = BASS
    if not (role_of_track == BASS).any():
        _find_bass_track(role_of_track, lines)
    leads = _lead_tracks(tracks, role_of_track, lines)
    role = role_of_track[notes["track"]]
    if leads:
        role[_leads_in_its_bar(notes["track"], bar, leads)] = LEAD
    else:
        role[_top_line(notes, role, lines)] = LEAD
    if not (role == BASS).any():
        role[_lowest_line(notes, role)] = BASS
    return role


def _lines(notes: np.ndarray, num_tracks: int) -> _Lines:
    order = np.argsort(notes["track"], kind="stable")
    track, onset, duration = notes["track"][order], notes["onset"][order], notes["duration"][order]
    overlaps = np.zeros(len(notes))
    held = onset[:-1] + duration[:-1] - np.maximum(0.05, 0.25 * duration[:-1])
    overlaps[:-1] = (track[1:] == track[:-1]) & (onset[1:] < held)
    count = np.bincount(track, minlength=num_tracks)
    total = np.maximum(count, 1)
    pitch = np.bincount(track, weights=notes["pitch"][order], minlength=num_tracks) / total
    return _Lines(count, pitch, np.bincount(track, weights=overlaps, minlength=num_tracks) / total)


def _is_bass(track: Track) -> bool:
    name = track.name.lower()
    named = any(word in name for word in _BASS_WORDS) and not any(word in name for word in _NOT_BASS_WORDS)
    return named or track.program in _BASS_PROGRAMS


def _find_bass_track(role_of_track: np.ndarray, lines: _Lines) -> None:
    """Makes the lowest track the bass, if it is one line and not the only one."""
    pitched = np.flatnonzero((role_of_track == CHORDS) & (lines.count > 0))
    if len(pitched) < 2:
        return
    lowest = pitched[np.argmin(lines.mean_pitch[pitched])]
    if lines.overlap[lowest] <= MONOPHONIC and lines.mean_pitch[lowest] <= HIGHEST_BASS_TRACK:
        role_of_track[lowest] = BASS


def _lead_tracks(tracks: tuple[Track, ...], role_of_track: np.ndarray, lines: _Lines) -> list[int]:
    """Tracks that may carry the melody, the likeliest first."""
    ranked = []
    for index, track in enumerate(tracks):
        name = track.name.lower()
        named = any(word in name for word in _LEAD_WORDS)
        accompanies = any(word in name for word in _ACCOMPANYING_WORDS) or track.program in _ACCOMPANYING_PROGRAMS
        one_line = lines.overlap[index] <= (0.5 if named else MONOPHONIC)
        high = lines.mean_pitch[index] >= LOWEST_LEAD
        if role_of_track[index] == CHORDS and one_line and (named or (high and not accompanies)):
            ranked.append((not named, track.program not in _LEAD_PROGRAMS, -lines.mean_pitch[index], index))
    return [index for *_, index in sorted(ranked)]


def _leads_in_its_bar(track: np.ndarray, bar: np.ndarray, leads: list[int]) -> np.ndarray:
    """Notes of the first lead track that plays in their bar, (N,) bool."""
    rank_of_track = np.full(int(track.max()) + 1, len(leads))
    rank_of_track[leads] = np.arange(len(leads))
    rank = rank_of_track[track]
    first = np.full(int(bar.max()) + 2, len(leads))
    np.minimum.at(first, bar, rank)
    return (rank < len(leads)) & (rank == first[bar])


def _top_line(notes: np.ndarray, role: np.ndarray, lines: _Lines) -> np.ndarray:
    """Indices of the highest line of the highest accompanying track: what a pianist's right hand sings."""
    playing = np.unique(notes["track"][role == CHORDS])
    if not len(playing):
        return np.empty(0, int)
    highest = playing[np.argmax(lines.mean_pitch[playing])]
    index = np.flatnonzero((role == CHORDS) & (notes["track"] == highest))
    top = _outer_line(notes, index, highest=True)
    pitch, onset = notes["pitch"][top].astype(int), notes["onset"][top]
    end = onset + notes["duration"][top]
    under = np.zeros(len(top), bool)
    for back in range(1, min(6, len(top))):  # a note under a melody note that still sounds is not the melody
        under[back:] |= (pitch[:-back] > pitch[back:]) & (end[:-back] > onset[back:] + 0.1)
    return top[(pitch >= LOWEST_TOP_LINE) & ~under]


def _lowest_line(notes: np.ndarray, role: np.ndarray) -> np.ndarray:
    """Indices of the lowest line of the accompaniment: what a pianist's left hand walks on."""
    lowest = _outer_line(notes, np.flatnonzero(role == CHORDS), highest=False)
    return lowest[notes["pitch"][lowest] <= HIGHEST_BASS_NOTE]


def _outer_line(notes: np.ndarray, index: np.ndarray, *, highest: bool) -> np.ndarray:
    """Of the notes at `index`, the highest or lowest of each sixteenth, in order of time."""
    step = np.rint(notes["onset"][index] * 4).astype(int)
    pitch = notes["pitch"][index].astype(int)
    order = np.lexsort([-pitch if highest else pitch, step])
    first = np.append(True, np.diff(step[order]) > 0)[: len(order)]
    return index[order[first]]


def chord_tracks_in_bar(track: np.ndarray, bar: np.ndarray) -> np.ndarray:
    """Which of the accompanying notes belong to the MAX_CHORD_TRACKS busiest tracks that play in their bar, (N,) bool."""
    if not len(track):
        return np.zeros(0, bool)
    busiest = np.argsort(-np.bincount(track), kind="stable")
    priority = np.argsort(busiest)[track]
    size = len(busiest)
    pairs = np.unique(bar.astype(np.int64) * size + priority)  # (bar, priority), sorted
    pair_bar = pairs // size
    place = np.arange(len(pairs)) - np.searchsorted(pair_bar, pair_bar)
    return place[np.searchsorted(pairs, bar.astype(np.int64) * size + priority)] < MAX_CHORD_TRACKS
