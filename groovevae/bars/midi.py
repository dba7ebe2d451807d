"""Reads MIDI files into notes in musical time, and writes them. Only this module knows MIDI formats; it knows no bars.

Files are read with symusic (fast, strict) and written with mido, on which pretty_midi is built: pretty_midi's own
writer puts the end of a track one tick past its last event, so its files do not loop on the bar line.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groovevae.errors import MidiError

if TYPE_CHECKING:
    import mido
    import pretty_midi
    import symusic

TICKS_PER_QUARTER = 480
DRUM_CHANNEL = 9  # counted from 0: channel 10 in every DAW
DEFAULT_TEMPO = 120.0  # quarter notes per minute, where a file sets no tempo
TEMPO_RANGE = (8.0, 1000.0)  # quarter notes per minute; a file with a tempo outside counts as damaged
_HEADER_BYTES = 14
MAX_FILE_BYTES = 32 * 2**20
MAX_QUARTERS = 100_000.0  # 14 hours at 120: a longer score is a damaged time stamp

NOTE_DTYPE = np.dtype(
    [
        ("onset", "f8"),  # quarter notes from the start
        ("duration", "f8"),  # quarter notes, above 0
        ("pitch", "u1"),  # MIDI key, 0 to 127
        ("velocity", "u1"),  # 1 to 127
        ("track", "u2"),  # index into Score.tracks
    ]
)


@dataclass(frozen=True)
class Track:
    """One part of a file: its name, General MIDI program (0 to 127), and whether it plays drums."""

    name: str
    program: int
    is_drum: bool


@dataclass
class Score:
    """Notes in musical time, with the tempo and metre maps: what a MIDI file holds."""

    notes: np.ndarray  # (N,) NOTE_DTYPE, sorted by onset
    tracks: tuple[Track, ...]
    tempos: np.ndarray = field(default_factory=lambda: np.array([[0.0, DEFAULT_TEMPO]]))  # (K, 2) quarter, tempo
    metres: np.ndarray = field(default_factory=lambda: np.array([[0.0, 4, 4]]))  # (M, 3) quarter, 4, 4
    length: float = 0.0  # quarter notes; 0: up to the end of the last note
    key_signature: str = ""  # "C", "F#m", ...; empty: none is written
    text: str = ""  # written as a text event at the start

    @property
    def end(self) -> float:
        """Where the score ends, in quarter notes."""
        sounding = float((self.notes["onset"] + self.notes["duration"]).max()) if len(self.notes) else 0.0
        return max(self.length, sounding)

    def seconds(self, quarters: np.ndarray) -> np.ndarray:
        """Return the time of each position, in seconds from the start; before the start, at the first tempo."""
        quarter, seconds_per_quarter = self.tempos[:, 0], 60 / self.tempos[:, 1]
        begin = np.append(0.0, np.cumsum(np.diff(quarter) * seconds_per_quarter[:-1]))
        row = np.maximum(np.searchsorted(quarter, quarters, side="right") - 1, 0)
        return begin[row] + (quarters - quarter[row]) * seconds_per_quarter[row]


def load_score(path: str | Path) -> Score:
    """Return the notes of a MIDI file.

    Raises MidiError for a file that cannot be read, is not MIDI, has no notes, or has absurd times. A file can
    still crash or hang the parser: `corpus.reader.read_songs` reads untrusted files in workers that can be killed.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise MidiError(f"{size / 2**20:.0f} MiB; at most {MAX_FILE_BYTES // 2**20} MiB are read", path=str(path))
        data = path.read_bytes()
    except OSError as error:
        raise MidiError(error.strerror or str(error), path=str(path)) from None
    try:
        return midi_to_score(data)
    except MidiError as error:
        raise MidiError(error.reason, path=str(path)) from None


def midi_to_score(data: bytes) -> Score:
    """Return the notes in the bytes of a MIDI file. Raises MidiError like `load_score`, without a path."""
    import symusic

    if not data:
        raise MidiError("empty file")
    if data[:4] == b"RIFF":  # an .rmi file wraps the same bytes
        data = data[max(data.find(b"MThd"), 0) :]
    if data[:4] != b"MThd":
        raise MidiError("not a MIDI file (it does not start with MThd)")
    if len(data) < _HEADER_BYTES:
        raise MidiError("damaged MIDI file (cut off within its header)")
    if data[12] & 0x80:
        raise MidiError("SMPTE time codes; only files timed in quarter notes are read")
    try:
        score = symusic.Score.from_midi(data)
    except (RuntimeError, ValueError) as error:
        reason = str(error).replace("MiniMidi: ", "").replace(": iostream error", "").splitlines()[0]
        raise MidiError(f"damaged MIDI file ({reason.rstrip('!. ')})") from None
    if score.ticks_per_quarter <= 0:
        raise MidiError("damaged MIDI file (0 ticks per quarter note)")
    return _score_to_piece(score)


def _score_to_piece(score: symusic.Score) -> Score:
    ticks = float(score.ticks_per_quarter)
    tracks, columns = [], []
    for track in score.tracks:
        if len(track.notes):
            columns.append(track.notes.numpy())
            tracks.append(Track(name=track.name.strip(), program=int(track.program), is_drum=bool(track.is_drum)))
    if not tracks:
        raise MidiError("no notes")
    time, duration, pitch, velocity = (
        np.concatenate([column[name] for column in columns]) for name in ("time", "duration", "pitch", "velocity")
    )
    if time.min() < 0 or (time.astype(np.int64) + duration).max() > MAX_QUARTERS * ticks:
        raise MidiError(f"damaged MIDI file (notes beyond {MAX_QUARTERS:.0f} quarter notes)")
    order = np.argsort(time, kind="stable")
    notes = np.empty(len(time), NOTE_DTYPE)
    notes["onset"] = time[order] / ticks
    notes["duration"] = np.maximum(duration[order], 1) / ticks
    notes["pitch"], notes["velocity"] = pitch[order], velocity[order]
    notes["track"] = np.repeat(np.arange(len(columns)), [len(column["time"]) for column in columns])[order]
    if velocity.min() < 1 or velocity.max() > 127 or pitch.max() > 127:
        notes = notes[(notes["velocity"] >= 1) & (notes["velocity"] <= 127) & (notes["pitch"] <= 127)]
        if not len(notes):
            raise MidiError("no notes")
    return Score(notes, tuple(tracks), _tempo_map(score, ticks), _metre_map(score, ticks))


def _tempo_map(score: symusic.Score, ticks: float) -> np.ndarray:
    table = score.tempos.numpy()
    if not len(table["time"]):
        return np.array([[0.0, DEFAULT_TEMPO]])
    if (table["mspq"] <= 0).any():
        raise MidiError("absurd tempo (0 microseconds per quarter note)")
    tempos = np.stack([table["time"] / ticks, 60e6 / table["mspq"]], axis=1)  # (K, 2)
    low, high = TEMPO_RANGE
    outside = tempos[(tempos[:, 1] < low) | (tempos[:, 1] > high), 1]
    if len(outside):
        raise MidiError(f"absurd tempo ({outside[0]:.4g} quarter notes per minute; {low:g} to {high:g} are read)")
    return _from_start(_last_of_each_time(tempos), first=DEFAULT_TEMPO)


def _metre_map(score: symusic.Score, ticks: float) -> np.ndarray:
    table = score.time_signatures.numpy()
    metres = np.stack([table["time"] / ticks, table["numerator"], table["denominator"]], axis=1)  # (M, 3)
    metres = metres[(metres[:, 1] > 0) & (metres[:, 2] > 0)]
    return _from_start(_last_of_each_time(metres), first=(4, 4))


def _last_of_each_time(events: np.ndarray) -> np.ndarray:
    """Sort events by time and keep the last of those at one time: a file may repeat them in each track."""
    events = events[np.argsort(events[:, 0], kind="stable")]
    return events[np.append(np.diff(events[:, 0]) > 0, True)[: len(events)]]


def _from_start(events: np.ndarray, *, first: float | tuple[int, int]) -> np.ndarray:
    """Make sure that there is an event at time 0: MIDI's default holds until a file says otherwise."""
    if len(events) and events[0, 0] <= 0:
        return events
    return np.vstack([np.hstack([0.0, first]), events.reshape(-1, 1 + np.size(first))])


def score_to_midi(score: Score) -> bytes:
    """Return the bytes of a type 1 MIDI file: a track with tempo, metre, key and text, then one for each part.

    Every track ends exactly at `score.end`, so that a file whose length is whole bars loops. Onsets and ends are
    rounded to 1/480 of a quarter note; a note lasts at least one tick, and never overlaps the next of its pitch.
    """
    import mido

    end = round(score.end * TICKS_PER_QUARTER)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")  # its default raises on "é"
    file.tracks.append(_conductor_track(score, end))
    channels = itertools.cycle(channel for channel in range(16) if channel != DRUM_CHANNEL)
    for index, track in enumerate(score.tracks):
        channel = DRUM_CHANNEL if track.is_drum else next(channels)
        file.tracks.append(_note_track(score.notes[score.notes["track"] == index], track, channel=channel, end=end))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _conductor_track(score: Score, end: int) -> mido.MidiTrack:
    import mido

    events: list[tuple[int, mido.MetaMessage]] = []
    if score.text:
        events.append((0, mido.MetaMessage("text", text=score.text)))
    for quarter, numerator, denominator in score.metres:
        message = mido.MetaMessage("time_signature", numerator=int(numerator), denominator=int(denominator))
        events.append((_tick(quarter), message))
    if score.key_signature:
        events.append((0, mido.MetaMessage("key_signature", key=score.key_signature)))
    for quarter, tempo in score.tempos:
        events.append((_tick(quarter), mido.MetaMessage("set_tempo", tempo=round(60e6 / tempo))))
    out = mido.MidiTrack([mido.MetaMessage("track_name", name="groovevae")])
    now = 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        out.append(message.copy(time=tick - now))
        now = tick
    out.append(mido.MetaMessage("end_of_track", time=max(end - now, 0)))
    return out


def _note_track(notes: np.ndarray, track: Track, *, channel: int, end: int) -> mido.MidiTrack:
    import mido

    order = np.lexsort([notes["onset"], notes["pitch"]])
    starts = np.rint(notes["onset"][order] * TICKS_PER_QUARTER).astype(int).clip(0, max(end - 1, 0))
    ends = np.rint((notes["onset"] + notes["duration"])[order] * TICKS_PER_QUARTER).astype(int)
    ends = np.minimum(np.maximum(ends, starts + 1), end)
    pitches = notes["pitch"][order].astype(int)
    same = pitches[:-1] == pitches[1:]
    ends[:-1] = np.where(same, np.minimum(ends[:-1], starts[1:]), ends[:-1])
    heard = ends > starts  # a second note of the same pitch at the same tick has nothing left to sound
    starts, ends, pitches, velocities = (part[heard] for part in (starts, ends, pitches, notes["velocity"][order]))
    assert ((pitches >= 0) & (pitches < 128) & (velocities > 0) & (velocities < 128)).all()
    ticks = np.concatenate([ends, starts])
    is_on = np.repeat([False, True], len(starts))
    in_time = np.lexsort([np.arange(len(ticks)), is_on, ticks])  # at one tick, ends before starts
    waits = np.diff(ticks[in_time], prepend=0).tolist()
    rows = np.stack([is_on, np.tile(pitches, 2), np.concatenate([0 * ends, velocities])], axis=1)[in_time].tolist()
    program = mido.Message("program_change", program=0 if track.is_drum else track.program, channel=channel)
    out = mido.MidiTrack([mido.MetaMessage("track_name", name=track.name), program])
    for wait, (on, pitch, velocity) in zip(waits, rows, strict=True):  # checked above, all at once: ten times faster
        kind = "note_on" if on else "note_off"
        out.append(mido.Message(kind, skip_checks=True, channel=channel, note=pitch, velocity=velocity, time=wait))
    out.append(mido.MetaMessage("end_of_track", time=max(end - int(ticks.max(initial=0)), 0)))
    return out


def _tick(quarter: float) -> int:
    return round(float(quarter) * TICKS_PER_QUARTER)


def pretty_midi_to_score(pm: pretty_midi.PrettyMIDI) -> Score:
    """Return the notes of a `pretty_midi.PrettyMIDI` in memory. Raises MidiError like `load_score`."""
    buffer = io.BytesIO()
    pm.write(buffer)
    return midi_to_score(buffer.getvalue())


def score_to_pretty_midi(score: Score) -> pretty_midi.PrettyMIDI:
    """Return the same notes as a `pretty_midi.PrettyMIDI`, times in seconds."""
    import pretty_midi

    return pretty_midi.PrettyMIDI(io.BytesIO(score_to_midi(score)))
