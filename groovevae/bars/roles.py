"""Decides which role every note plays: drums, bass, chords or lead. Goes by track first, then note by note."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.bars.constants import BASS, CHORDS, DRUMS, LEAD, PITCHED
from groovevae.midi.score import Score, Track

_UNRANKED = 2**30
NO_ROLE = -1  # sound effects and pitched percussion, which no role can play

_ROLE_OF_NAME = {role.capitalize(): BASS + index for index, role in enumerate(PITCHED)}
_BASS_PROGRAMS = {*range(32, 40), 43, 58}  # basses, contrabass, tuba
_EFFECT_PROGRAMS = {47, 113, *range(115, 128)}  # timpani, agogo, percussion, sound effects
_LEAD_PROGRAMS = {*range(24, 32), *range(40, 43), *range(52, 55), *range(56, 61), *range(64, 88), 22}
_ACCOMPANYING_PROGRAMS = {*range(44, 52), *range(88, 96)}  # string sections, pads
_MELODY_WORDS = ("melod", "vocal", "voice", "voix", "stimm", "gesang", "sopran", "canto")
_LEAD_WORDS = ("lead", "solo", "theme")
_BASS_WORDS = ("bass", "tuba", "walk")
_NOT_BASS_WORDS = ("bassoon", "basset", "drum")
_ACCOMPANYING_WORDS = ("chord", "arp", "pad", "comp", "rhythm", "backing", "string", "sus", "scale", "accomp")

MONOPHONIC = 0.15  # share of a line's notes that may overlap the next
MONOPHONIC_IF_NAMED = 0.5  # the same for a track named as a melody: it may be played in double stops
LOWEST_NAMED_LEAD = 48  # mean pitch of a track named as a melody (C3): a "sawtooth lead" may be a bass
LOWEST_LEAD = 55  # mean pitch of any other track that may carry the melody (G3)
HIGHEST_BASS = 57  # mean pitch of a track that may be the bass (A3); top of a bass line with hardly any low notes
HIGHEST_BASS_NOTE = 52  # top of a bass line that is taken out of a pianist's left hand (E3)
LOWEST_TOP_LINE = 58  # bottom of a melody that is taken out of a pianist's right hand
RARE = 0.05  # share of the bars: a track that plays in fewer is an effect, not the bass or the lead
MAX_CHORD_TRACKS = 2  # tracks that make up the chords of one bar: one player's two hands


@dataclass(frozen=True)
class _Lines:
    """Statistics of the K tracks by which their roles are told."""

    count: np.ndarray  # (K,) notes
    mean_pitch: np.ndarray  # (K,)
    overlap: np.ndarray  # (K,) share of notes that still sound well into the next
    plays: np.ndarray  # (K, N) whether the track plays in the bar


def assign_roles(score: Score, bar: np.ndarray, choices: Choices = NO_CHOICES) -> np.ndarray:
    """Return the role of every note, (N,) int: an index into ROLES, or NO_ROLE. `bar` (N,) is where each begins.

    A track plays drums by its channel, and bass or lead by its name, its program, its register and by playing one
    note at a time; everything else accompanies. Where several tracks could lead, the first that plays in a bar does.
    Where none is a bass or a lead, the lowest or the top line of the accompaniment is, as in a piano solo.
    """
    score = score.as_written()  # a pedal blurs lines that fingers keep apart
    notes, tracks = score.notes, score.tracks
    if all(track.is_drum or track.name in _ROLE_OF_NAME for track in tracks):  # written by `render`
        return np.array([DRUMS if track.is_drum else _ROLE_OF_NAME[track.name] for track in tracks])[notes["track"]]
    lines = _lines(notes, bar, len(tracks))
    role_of_track = np.array([_role_by_sound(track) for track in tracks])
    basses = _bass_tracks(tracks, role_of_track, lines)
    role_of_track[list(basses)] = BASS
    leads = _lead_tracks(tracks, role_of_track, lines)
    role = role_of_track[notes["track"]]
    role[(role == BASS) & ~_first_in_its_bar(notes["track"], bar, basses, lines)] = CHORDS
    if leads:
        role[_first_in_its_bar(notes["track"], bar, leads, lines)] = LEAD
    else:
        role[_top_line(notes, role, lines)] = LEAD
    if not basses:
        role[_lowest_line(notes, role)] = BASS
    return role


def _role_by_sound(track: Track) -> int:
    if track.is_drum:
        return DRUMS
    return NO_ROLE if track.program in _EFFECT_PROGRAMS else CHORDS


def _lines(notes: np.ndarray, bar: np.ndarray, num_tracks: int) -> _Lines:
    order = np.argsort(notes["track"], kind="stable")
    track, onset, duration = notes["track"][order], notes["onset"][order], notes["duration"][order]
    held = onset[:-1] + duration[:-1] - np.maximum(0.05, 0.25 * duration[:-1])
    overlaps = (track[1:] == track[:-1]) & (onset[1:] < held)
    count = np.bincount(track, minlength=num_tracks)
    total = np.maximum(count, 1)
    pitch = np.bincount(track, weights=notes["pitch"][order], minlength=num_tracks) / total
    overlap = np.bincount(track[:-1], weights=overlaps, minlength=num_tracks) / total
    plays = np.zeros((num_tracks, int(bar.max()) + 1), bool)
    plays[notes["track"], bar] = True
    return _Lines(count, pitch, overlap, plays)


def _bass_tracks(tracks: tuple[Track, ...], role_of_track: np.ndarray, lines: _Lines) -> dict[int, int]:
    """Rank the tracks that may be the bass: those with a bass program come before those with a bass's name.

    Where there is neither, the lowest track is the bass, if it is a single line and not the only track.
    """
    pitched = role_of_track == CHORDS
    low = pitched & (lines.mean_pitch <= HIGHEST_BASS)
    basses = {int(k): int(tracks[k].program not in _BASS_PROGRAMS) for k in low.nonzero()[0] if _is_bass(tracks[k])}
    if _play_often(basses, pitched, lines):
        return basses
    often = pitched & (lines.plays.sum(1) >= RARE * lines.plays[pitched].any(0).sum())
    if often.sum() < 2:
        return {}
    lowest = int(np.argmin(np.where(often, lines.mean_pitch, np.inf)))
    return {lowest: 0} if low[lowest] and lines.overlap[lowest] <= MONOPHONIC else {}


def _is_bass(track: Track) -> bool:
    name = track.name.lower()
    named = any(word in name for word in _BASS_WORDS) and not any(word in name for word in _NOT_BASS_WORDS)
    return named or track.program in _BASS_PROGRAMS


def _lead_tracks(tracks: tuple[Track, ...], role_of_track: np.ndarray, lines: _Lines) -> dict[int, int]:
    """Rank the tracks that may carry the melody: first by name, then by program, then the highest."""
    pitched = role_of_track == CHORDS
    ranked = []
    for index in pitched.nonzero()[0]:
        name, program = tracks[index].name.lower(), tracks[index].program
        pitch, overlap = lines.mean_pitch[index], lines.overlap[index]
        sings, named = (any(word in name for word in words) for words in (_MELODY_WORDS, _MELODY_WORDS + _LEAD_WORDS))
        accompanies = any(word in name for word in _ACCOMPANYING_WORDS) or program in _ACCOMPANYING_PROGRAMS
        could_lead = pitch >= LOWEST_LEAD and overlap <= MONOPHONIC and not accompanies
        if could_lead or (named and pitch >= LOWEST_NAMED_LEAD and overlap <= MONOPHONIC_IF_NAMED):
            ranked.append((not sings, not named, program not in _LEAD_PROGRAMS, -pitch, int(index)))
    leads = {index: rank for rank, (*_, index) in enumerate(sorted(ranked))}
    return leads if _play_often(leads, pitched, lines) else {}


def _play_often(chosen: dict[int, int], pitched: np.ndarray, lines: _Lines) -> bool:
    """Tell whether the chosen tracks play in more than a few of the bars that the pitched tracks play in."""
    return bool(chosen) and lines.plays[list(chosen)].any(0).sum() >= RARE * lines.plays[pitched].any(0).sum()


def _first_in_its_bar(track: np.ndarray, bar: np.ndarray, rank: dict[int, int], lines: _Lines) -> np.ndarray:
    """Tell which notes belong to the ranked track that comes first among those playing in their bar, (N,) bool."""
    rank_of_track = np.full(len(lines.count), _UNRANKED)
    rank_of_track[list(rank)] = list(rank.values())
    first = np.where(lines.plays, rank_of_track[:, None], _UNRANKED).min(0)  # of each bar
    return (rank_of_track[track] < _UNRANKED) & (rank_of_track[track] == first[bar])


def _top_line(notes: np.ndarray, role: np.ndarray, lines: _Lines) -> np.ndarray:
    """Return the indices of the highest line of the highest accompanying track: a pianist's right-hand melody."""
    playing = np.unique(notes["track"][role == CHORDS])
    playing = playing[lines.plays[playing].sum(1) >= RARE * lines.plays[playing].any(0).sum()]
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
    """Return the indices of the lowest line of the accompaniment: the bass in a pianist's left hand."""
    lowest = _outer_line(notes, np.flatnonzero(role == CHORDS), highest=False)
    pitch = notes["pitch"][lowest]
    is_bass = pitch <= HIGHEST_BASS_NOTE
    return lowest[is_bass if is_bass.sum() >= RARE * len(pitch) else pitch <= HIGHEST_BASS]


def _outer_line(notes: np.ndarray, index: np.ndarray, *, highest: bool) -> np.ndarray:
    """Return, of the notes at `index`, the highest or lowest of each sixteenth, in order of time."""
    step = np.rint(notes["onset"][index] * 4).astype(int)
    pitch = notes["pitch"][index].astype(int)
    order = np.lexsort([-pitch if highest else pitch, step])
    first = np.append(True, np.diff(step[order]) > 0)[: len(order)]
    return index[order[first]]


def chord_tracks_in_bar(track: np.ndarray, bar: np.ndarray) -> np.ndarray:
    """Tell which accompanying notes are of the MAX_CHORD_TRACKS busiest tracks that play in their bar, (N,) bool."""
    if not len(track):
        return np.zeros(0, bool)
    busiest = np.argsort(-np.bincount(track), kind="stable")
    priority = np.argsort(busiest)[track]
    plays = np.zeros((int(bar.max()) + 1, len(busiest)), bool)
    plays[bar, priority] = True
    chosen = np.cumsum(plays, axis=1) <= MAX_CHORD_TRACKS
    return chosen[bar, priority]
