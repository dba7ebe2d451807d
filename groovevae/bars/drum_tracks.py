"""Finds the drum tracks of a score: those on a drum channel, and those that sound like drums or are named so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from groovevae.bars.constants import VOICES_OF_KEY
from groovevae.bars.drum_ear import CYMBALS, LEAST_HITS, certain_evidence, drum_evidence
from groovevae.bars.track_names import PERHAPS, PITCHED_NAME, SURELY, WHOLLY, NameHints, name_hints
from groovevae.midi.score import Score, Track
from groovevae.wording import shown_name

# Log-odds, added to what is heard. A name of nothing but drum words outweighs keys that no kit has.
_NAMED = {WHOLLY: 15.0, SURELY: 8.0, PERHAPS: 4.0}
_PROGRAM = -6.0  # 0 is what a file without programs has, and says nothing; any other is an instrument's
EFFECT_PROGRAMS = {47, 113, *range(115, 128)}  # timpani, agogo, percussion, sound effects: pitched, or no drum of a kit
STEM_KEYS = 2  # a track of one or two keys may be one drum of a kit that is spread over tracks
_LOWEST, _HIGHEST = 35, 59  # keys of a drum kit
_STEM_LENGTH = 0.5  # quarter notes
_TRIGGER = 0.05  # quarter notes: 25 ms at 120, in which no instrument plays a note


@dataclass(frozen=True)
class DrumTracks:
    """Which of K tracks are drums, and why."""

    is_drum: np.ndarray  # (K,) bool
    perhaps: np.ndarray  # (K,) bool: not drums, though more likely than not by what is heard
    why: dict[int, str]  # of each drum track
    voices: dict[int, int]  # track -> index into VOICES: one key, which its name knows better than General MIDI

    def marked(self, score: Score) -> Score:
        """Return a score whose tracks say whether they are drums as it was found, and not as their channels do."""
        pairs = zip(score.tracks, self.is_drum.tolist(), strict=True)
        return replace(score, tracks=tuple(replace(track, is_drum=is_drum) for track, is_drum in pairs))


def find_drum_tracks(
    tracks: tuple[Track, ...], notes_of_track: list[np.ndarray], skipped: Collection[int] = ()
) -> DrumTracks:
    """Return which of K tracks are drums; `skipped` ones are not listened to. Notes are NOTE_DTYPE, by onset."""
    num_tracks = len(tracks)
    is_drum, perhaps = np.zeros(num_tracks, bool), np.zeros(num_tracks, bool)
    why: dict[int, str] = {}
    unsure: dict[int, np.ndarray] = {}
    for index, (track, notes) in enumerate(zip(tracks, notes_of_track, strict=True)):
        if track.is_drum:
            is_drum[index], why[index] = True, "a drum channel"
            continue
        hints = name_hints(track.name)
        if index in skipped or hints.drums == PITCHED_NAME or not len(notes) or track.program in EFFECT_PROGRAMS:
            continue
        if (
            track.program
            and not hints.drums
            and np.mean((notes["pitch"] >= _LOWEST) & (notes["pitch"] <= _HIGHEST)) < 0.9
        ):
            continue  # an instrument's program and its register: not worth listening to
        heard = _heard(notes, hints)
        evidence = heard + _NAMED.get(hints.drums, 0.0) + (_PROGRAM if track.program else 0.0)
        bound = certain_evidence(len(notes))
        is_drum[index], perhaps[index] = evidence >= bound, 0 < evidence < bound
        if is_drum[index]:
            why[index] = "sounds like drums" if heard >= bound else f"named {shown_name(track.name)}"
        elif _may_be_stem(track, notes):
            unsure[index], perhaps[index] = notes, True
    heard_as_drums = [notes_of_track[index] for index in np.flatnonzero(is_drum)]
    together = _one_kit(unsure) or _missing_cymbals(unsure, heard_as_drums)
    why |= dict.fromkeys(_triggers(unsure, notes_of_track), "hits too short for notes")
    why |= dict.fromkeys(together, "sounds like drums with the other tracks")
    is_drum[list(why)], perhaps[list(why)] = True, False
    voices = {k: _named_voice(tracks[k], notes_of_track[k]) for k in np.flatnonzero(is_drum).tolist()}
    return DrumTracks(is_drum, perhaps, why, {index: voice for index, voice in voices.items() if voice >= 0})


def _heard(notes: np.ndarray, hints: NameHints) -> float:
    """Return the log-odds of drums by ear; too few notes, or one key alone, tell nothing beside a name."""
    if len(notes) < LEAST_HITS or not np.ptp(notes["pitch"]) or (hints.voice >= 0 and _num_keys(notes) <= STEM_KEYS):
        return 0.0 if hints.drums else -np.inf
    return drum_evidence(notes)


def _named_voice(track: Track, notes: np.ndarray) -> int:
    """Return the voice of a drum that stands at any key, as in a sampler: a kick at middle C. Else -1."""
    own = VOICES_OF_KEY.get(int(notes["pitch"][0]), ())
    voice = name_hints(track.name).voice
    return voice if _num_keys(notes) == 1 and len(own) != 1 and voice not in own else -1


def _num_keys(notes: np.ndarray) -> int:
    return len(np.unique(notes["pitch"]))


def _may_be_stem(track: Track, notes: np.ndarray) -> bool:
    in_kit = notes["pitch"].min() >= _LOWEST and notes["pitch"].max() <= _HIGHEST
    return bool(
        in_kit and not track.program and _num_keys(notes) <= STEM_KEYS and notes["duration"].max() <= _STEM_LENGTH
    )


def _one_kit(stems: dict[int, np.ndarray]) -> list[int]:
    """Return the tracks that are drums together: a kick, a snare and a hat on tracks of their own."""
    if len(stems) < 2:
        return []
    notes = np.concatenate(list(stems.values()))
    notes = notes[np.argsort(notes["onset"], kind="stable")]
    return list(stems) if _num_keys(notes) > 2 and drum_evidence(notes) >= certain_evidence(len(notes)) else []


def _triggers(stems: dict[int, np.ndarray], notes_of_track: list[np.ndarray]) -> list[int]:
    """Return the tracks of hits whose ends mean nothing, where the notes of other tracks have lengths."""
    if not any(len(notes) and np.median(notes["duration"]) > 2 * _TRIGGER for notes in notes_of_track):
        return []
    return [index for index, notes in stems.items() if len(notes) >= LEAST_HITS and notes["duration"].max() <= _TRIGGER]


def _missing_cymbals(stems: dict[int, np.ndarray], drums: list[np.ndarray]) -> list[int]:
    """Return the tracks of nothing but hats and cymbals, where the drums have none."""
    if not drums or any(np.isin(notes["pitch"], CYMBALS).any() for notes in drums):
        return []
    return [index for index, notes in stems.items() if np.isin(notes["pitch"], CYMBALS).all()]
