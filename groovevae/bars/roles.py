"""Decides which role every note plays: drums, bass, chords or lead. Goes by track first, then note by note."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from groovevae.bars.choices import LEFT_OUT, NO_CHOICES, Choices
from groovevae.bars.constants import BASS, CHORDS, DRUMS, LEAD, PITCHED, ROLES
from groovevae.bars.drum_tracks import EFFECT_PROGRAMS, DrumTracks, find_drum_tracks
from groovevae.bars.hand_roles import roles_by_hand
from groovevae.bars.line_tracks import Parts, bass_tracks, first_in_its_bar, lead_tracks
from groovevae.bars.lines import measure_lines, notes_of_tracks
from groovevae.bars.outer_lines import lowest_line, top_line
from groovevae.midi.score import Score, Track

NO_ROLE = -1  # sound effects and pitched percussion, which no role can play
MAX_CHORD_TRACKS = 2  # tracks that make up the chords of one bar: one player's two hands

_ROLE_OF_NAME = {role.capitalize(): BASS + index for index, role in enumerate(PITCHED)}


@dataclass(frozen=True)
class Roles:
    """The role of every note of a score, and why each of its K tracks has the roles it has."""

    of_note: np.ndarray  # (N,) int: an index into ROLES, or NO_ROLE
    beside: np.ndarray  # (N,) bool: of a line given by hand, where a track that was named before it plays
    left_out: np.ndarray  # (N,) bool: by hand
    by_hand: np.ndarray  # (K,) bool
    why: dict[tuple[int, int], str]  # (track, role) -> a few words
    voices: dict[int, int]  # drum track -> index into VOICES, where all its hits are that voice whatever their key


class DrumsFound(NamedTuple):
    """The drum tracks of a score, with all that they were found by, which other roles are found by too."""

    tracks: DrumTracks
    score: Score  # as it is written, without what a pedal adds
    notes_of_track: list[np.ndarray]  # of this score

    def marked(self) -> Score:
        """Return the score as it is written, whose tracks say whether they are drums as it was found."""
        return self.tracks.marked(self.score)


def assign_roles(score: Score, bar: np.ndarray, choices: Choices = NO_CHOICES) -> np.ndarray:
    """Return the role of every note, (N,) int: an index into ROLES, or NO_ROLE. Raises what `read_roles` raises."""
    return read_roles(score, bar, choices).of_note


def find_drums(score: Score, choices: Choices = NO_CHOICES) -> DrumsFound:
    """Find which tracks of a score play drums, by hand, channel, ear or name; no bars need be known.

    Raises MidiError where `choices` name a track or a role that there is not.
    """
    score = score.as_written()
    given = roles_by_hand(score.tracks, choices.roles)
    if _is_rendered(score, given):
        is_drum = np.array([track.is_drum for track in score.tracks])
        return DrumsFound(DrumTracks(is_drum, np.zeros(len(is_drum), bool), {}, {}), score, [])
    notes = notes_of_tracks(score.notes, len(score.tracks))
    found = find_drum_tracks(_named_by_file(score), notes, given)
    for index, word in given.items():
        if word != LEFT_OUT:
            found.is_drum[index] = word == ROLES[DRUMS]
    return DrumsFound(found, score, notes)


def read_roles(
    score: Score, bar: np.ndarray, choices: Choices = NO_CHOICES, *, drums: DrumsFound | None = None
) -> Roles:
    """Return the role of every note, with the reasons; `bar` (N,) is where each begins.

    A person's roles go before all that is guessed. A track plays drums by its channel, its sound or its name, and bass
    or lead by its name, its program, its register and by playing one note at a time; everything else accompanies.
    Where several tracks could lead, the first that plays in a bar does, the most melodious before the others. Where
    none is a bass or a lead, the lowest or the top line of the accompaniment is, as in a piano solo, but none of a
    track of block chords.

    `drums` are those that `find_drums` found, where that was done before. Raises MidiError where `choices` name a track
    or a role that there is not.
    """
    drums = find_drums(score, choices) if drums is None else drums
    score = drums.score  # as written: a pedal blurs lines that fingers keep apart
    given = roles_by_hand(score.tracks, choices.roles)
    if _is_rendered(score, given):
        return _as_rendered(score)
    parts = _parts(drums, bar, given)
    basses = _given_line(given, BASS) or bass_tracks(parts)
    parts.take(basses, BASS)
    leads = _given_line(given, LEAD) or lead_tracks(parts)
    parts.take(leads, LEAD)
    role = parts.of_track[score.notes["track"]]
    by_hand = parts.by_hand[score.notes["track"]]
    first_bass, first_lead = (first_in_its_bar(parts, ranked) for ranked in (basses, leads))
    second = (role == BASS) & ~first_bass | (role == LEAD) & ~first_lead
    role[second & ~by_hand] = CHORDS
    if not leads:
        role[top_line(parts, role)] = LEAD
    if not basses:
        role[lowest_line(parts, role)] = BASS
    left_out = np.array([given.get(index) == LEFT_OUT for index in range(len(score.tracks))])[score.notes["track"]]
    return Roles(role, second & by_hand, left_out, parts.by_hand, _why(parts, role), parts.voices)


def _is_rendered(score: Score, given: dict[int, str]) -> bool:
    return not given and all(track.is_drum or track.name in _ROLE_OF_NAME for track in score.tracks)


def _as_rendered(score: Score) -> Roles:
    """Return the roles of a score that `render` wrote."""
    of_track = [DRUMS if track.is_drum else _ROLE_OF_NAME[track.name] for track in score.tracks]
    why = {
        (index, role): "a drum channel" if role == DRUMS else f"named {score.tracks[index].name}"
        for index, role in enumerate(of_track)
    }
    none = np.zeros(len(score.notes), bool)
    return Roles(np.array(of_track)[score.notes["track"]], none, none, np.zeros(len(of_track), bool), why, {})


def _parts(found: DrumsFound, bar: np.ndarray, given: dict[int, str]) -> Parts:
    """Return the tracks with the roles that their sound, their names and a person give them; all others accompany."""
    score, drums = found.score, found.tracks
    of_track = np.array([_role_by_sound(track) for track in score.tracks])
    of_track[drums.is_drum] = DRUMS
    if (of_track == NO_ROLE).all():  # nothing else plays: a clip with an odd program is music all the same
        of_track[:] = CHORDS
    for index, word in given.items():
        of_track[index] = NO_ROLE if word == LEFT_OUT else ROLES.index(word)
    by_hand = np.isin(np.arange(len(score.tracks)), list(given))
    why = drums.why | {k: "a sound effect" for k in np.flatnonzero(of_track == NO_ROLE).tolist()}
    why |= {k: "left out by hand" if word == LEFT_OUT else "by hand" for k, word in given.items()}
    return Parts(
        tracks=score.tracks,
        notes=score.notes,
        bar=bar,
        lines=measure_lines(score.notes, bar, len(score.tracks)),
        notes_of_track=found.notes_of_track,
        of_track=of_track,
        free=(of_track == CHORDS) & ~by_hand,
        by_hand=by_hand,
        why=why,
        voices=drums.voices,
        aside={index: "may be drums" for index in np.flatnonzero(drums.perhaps).tolist()},
    )


def _named_by_file(score: Score) -> tuple[Track, ...]:
    """Return the tracks, with the file's name for a single one that has none: clips are called "kick" or "drums"."""
    if len(score.tracks) == 1 and not score.tracks[0].name:
        return (replace(score.tracks[0], name=score.file_name),)
    return score.tracks


def _role_by_sound(track: Track) -> int:
    return NO_ROLE if track.program in EFFECT_PROGRAMS else CHORDS


def _given_line(given: dict[int, str], role: int) -> dict[int, int]:
    """Rank the tracks that were given a role by hand: the first named comes first."""
    return {index: rank for rank, index in enumerate(index for index, word in given.items() if word == ROLES[role])}


def _why(parts: Parts, role: np.ndarray) -> dict[tuple[int, int], str]:
    """Return a few words for each pair of a track and a role that it plays."""
    pairs = np.unique(parts.notes["track"].astype(np.int64) * (len(ROLES) + 1) + role - NO_ROLE)
    why = {}
    for index, found in zip(*(part.tolist() for part in np.divmod(pairs, len(ROLES) + 1)), strict=True):
        words = _why_of(parts, index, found + NO_ROLE)
        why[index, found + NO_ROLE] = f"{words}; {parts.aside[index]}" if index in parts.aside else words
    return why


def _why_of(parts: Parts, index: int, role: int) -> str:
    taken = role == parts.of_track[index] or parts.by_hand[index]
    if taken and index in parts.why:
        return parts.why[index]
    if role == CHORDS:
        beside = {BASS: "where another bass plays", LEAD: "where another lead plays"}
        return parts.why_chords.get(index) or beside.get(parts.of_track[index], "accompanies")
    return parts.why_split.get(role) or "a line of its own"


def chord_tracks_in_bar(track: np.ndarray, bar: np.ndarray, always: np.ndarray | None = None) -> np.ndarray:
    """Tell which accompanying notes are of the MAX_CHORD_TRACKS busiest tracks that play in their bar, (N,) bool.

    Tracks of `always` (K,) go before all others and are never too many: a person asked for them.
    """
    if not len(track):
        return np.zeros(0, bool)
    count = np.bincount(track)
    first = np.zeros(len(count), bool) if always is None else always[: len(count)]
    busiest = np.lexsort([-count, ~first])
    priority = np.argsort(busiest)[track]
    plays = np.zeros((int(bar.max()) + 1, len(busiest)), bool)
    plays[bar, priority] = True
    chosen = np.cumsum(plays, axis=1) <= MAX_CHORD_TRACKS
    return chosen[bar, priority] | first[track]
