"""A user's file: all its events, and what was read of them as bars. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from groovevae.bars.choices import ESTIMATED, NO_CHOICES, Choices
from groovevae.bars.constants import BASS, CHORDS, ROLES
from groovevae.bars.grid import Reading, read_score
from groovevae.bars.note_places import DOUBLES, KEPT, SIMPLIFIED
from groovevae.midi.events import MidiFile
from groovevae.midi.reading import file_to_score, load_midi, naming
from groovevae.midi.together import sounding_together
from groovevae.tracks.in_beats import in_beats

NOWHERE = -1  # in the place of a bar: not among those that the song holds


@dataclass(frozen=True)
class Original:
    """A MIDI file with its events and its reading. Notes are counted as in `reading.score.notes`, M of them."""

    path: str
    file: MidiFile
    reading: Reading

    @cached_property
    def rows(self) -> np.ndarray:
        """The row of `reading.lines` of each bar of the song, (N,) int."""
        return np.flatnonzero(self.reading.lines.num_steps > 0)

    @cached_property
    def bar(self) -> np.ndarray:
        """The bar of the song in which the grid has each note, or in which it begins, (M,) int; NOWHERE for others."""
        lines, notes = self.reading.lines, self.reading.notes
        of_row = np.full(len(lines.start), NOWHERE)
        of_row[self.rows] = np.arange(len(self.rows))
        of_step = np.searchsorted(lines.first_step[self.rows], notes.step, side="right") - 1
        return notes.in_file_order(np.where(notes.lost == KEPT, of_step, of_row[notes.bar]))

    @cached_property
    def role(self) -> np.ndarray:
        """The role of each note, (M,) int: an index into ROLES, or NO_ROLE. What doubles the bass is bass."""
        notes = self.reading.notes
        place = notes.step * 128 + notes.pitch
        is_bass = np.isin(place, place[notes.kept(BASS)]) & self._only_doubles
        return notes.in_file_order(np.where(is_bass, BASS, notes.role))

    @cached_property
    def carried(self) -> np.ndarray:
        """Whether the bars stand for each note, (M,) bool: they hold it, what it doubles, or a simpler form of it."""
        notes = self.reading.notes
        is_simpler = np.isin(notes.lost, SIMPLIFIED) & self._beside_kept
        return notes.in_file_order((notes.lost == KEPT) | (notes.lost == DOUBLES) | is_simpler)

    @cached_property
    def doubles(self) -> np.ndarray:
        """Whether each note is of a track that does nothing but double another one in its bar, (M,) bool."""
        return self.reading.notes.in_file_order(self._only_doubles)

    @cached_property
    def shared_bars(self) -> np.ndarray:
        """Tell in which bars each track plays chords beside another one, (K, N) bool: there they share new ones."""
        chords = np.flatnonzero(self.carried & (self.role == CHORDS) & ~self.doubles & (self.bar != NOWHERE))
        plays = np.zeros((len(self.reading.score.tracks), len(self.rows)), bool)
        plays[self.reading.score.notes["track"][chords], self.bar[chords]] = True
        return plays & (plays.sum(0) > 1)

    @property
    def _only_doubles(self) -> np.ndarray:
        return (self.reading.notes.lost == DOUBLES) & ~self._beside_kept

    @cached_property
    def _beside_kept(self) -> np.ndarray:
        """Whether the bars hold a note of the same track, bar and role as each placed note, (M,) bool."""
        notes, num_roles = self.reading.notes, len(ROLES) + 1
        key = (self.bar[notes.note] * len(self.reading.score.tracks) + notes.track) * num_roles + notes.role
        return np.isin(key, key[notes.lost == KEPT])

    def part_of(self, role: int) -> int | None:
        """Return the index of the track that plays most of a role, in `reading.score.tracks`; None where none does."""
        tracks = self.reading.score.notes["track"][self.carried & (self.role == role)]
        return int(np.bincount(tracks).argmax()) if len(tracks) else None


def load_original(*paths: str, choices: Choices = NO_CHOICES) -> Original:
    """Read a MIDI file with all its events, or several that sound together. Raises MidiError that names the path.

    An untrusted file is read in a process of its own first: `corpus.check_readable`.
    """
    files = [(Path(path).stem, load_midi(Path(path))) for path in paths]
    file = files[0][1] if len(files) == 1 else sounding_together(files)
    path, is_estimated = " + ".join(paths), choices.beats == ESTIMATED
    with naming(path):
        file = in_beats(file) if is_estimated else file
        score = replace(file_to_score(file), file_name=files[0][0] if len(files) == 1 else "")
        return Original(path, file, read_score(score, choices, is_retimed=is_estimated))
