"""Reads MIDI files into notes in musical time. It knows no bars."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groovevae.errors import MidiError
from groovevae.midi.events import MidiFile, read_events
from groovevae.midi.messages import METRE, TEMPO, is_meta
from groovevae.midi.pairing import NEVER, Pairs, pair_notes, sounding_ends
from groovevae.midi.parts import divide_parts
from groovevae.midi.score import DEFAULT_TEMPO, NOTE_DTYPE, ORIGIN_DTYPE, TEMPO_RANGE, Score
from groovevae.midi.timeline import Timeline, file_timeline

if TYPE_CHECKING:
    import pretty_midi

MAX_FILE_BYTES = 32 * 2**20
MAX_QUARTERS = 100_000.0  # 14 hours at 120: a longer score is a damaged time stamp
MAX_PARTS = 0xFFFF
_LARGEST_POWER = 7  # of two, in the denominator of a metre: 128th notes
_HIT_QUARTERS = 0.25  # a drum hit without an end


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Let the MidiError of what is done with a file name its path."""
    try:
        yield
    except MidiError as error:
        raise MidiError(error.reason, path=str(path)) from None
    except OSError as error:
        raise MidiError(error.strerror or str(error), path=str(path)) from None


def file_bytes(path: str | Path) -> bytes:
    """Return the bytes of a MIDI file. Raises OSError, or MidiError for a folder and for a file that is too large."""
    if Path(path).is_dir():
        raise MidiError("a folder; name a MIDI file in it")
    size = Path(path).stat().st_size
    if size > MAX_FILE_BYTES:
        raise MidiError(f"{size / 2**20:.0f} MiB; at most {MAX_FILE_BYTES // 2**20} MiB are read")
    return Path(path).read_bytes()


def load_midi(path: str | Path) -> MidiFile:
    """Return all events of a MIDI file. Raises MidiError for a file that cannot be read or is not MIDI."""
    with naming(path):
        return read_events(file_bytes(path))


def load_score(path: str | Path) -> Score:
    """Return the notes of a MIDI file.

    Raises MidiError for a file that cannot be read, is not MIDI, has no notes, or has absurd times.
    `corpus.reader.read_songs` reads untrusted files in workers that can be killed.
    """
    file = load_midi(path)
    with naming(path):
        return replace(file_to_score(file), file_name=Path(path).stem)


def midi_to_score(data: bytes) -> Score:
    """Return the notes in the bytes of a MIDI file. Raises MidiError like `load_score`, without a path."""
    return file_to_score(read_events(data))


def file_to_score(file: MidiFile) -> Score:
    """Return the notes of the events of a file, with what was mended. Raises MidiError for no notes or absurd times.

    A note that the sustain pedal holds lasts until it sounds no longer; `Score.written` and `Score.origin` keep what
    is written.
    """
    line = file_timeline(file)
    pairs = pair_notes(line)
    if not len(pairs.on):
        raise MidiError("no notes")
    part, tracks = divide_parts(file, line, pairs.on)
    if len(tracks) > MAX_PARTS:
        raise MidiError(f"damaged MIDI file ({len(tracks):,} parts)")
    mended = Counter(file.mended)
    is_drum = np.array([track.is_drum for track in tracks])[part]
    endless = ~is_drum & (pairs.off < 0)
    if endless.any():
        mended["notes without an end, ended by the next or by the end of the track"] += int(endless.sum())
    start, end = line.tick[pairs.on], _written_ends(file, line, pairs, is_drum)
    sounding = np.where(is_drum, end, sounding_ends(line, replace(pairs, end=end)))
    if sounding.max() > MAX_QUARTERS * file.ticks_per_quarter:
        raise MidiError(f"damaged MIDI file (notes beyond {MAX_QUARTERS:.0f} quarter notes)")
    order, metres = np.lexsort([part, start]), _stated_metres(file, mended)
    duration, written = (np.maximum(ends - start, 1)[order] / file.ticks_per_quarter for ends in (sounding, end))
    return Score(
        _note_table(line, pairs.on[order], part[order], duration, file.ticks_per_quarter),
        tracks,
        tempo_map(file, mended),
        _from_start(_last_of_each_time(metres), first=(4, 4)),
        has_metre=len(metres) > 0,
        clip_end=max(track.end for track in file.tracks) / file.ticks_per_quarter,
        origin=_origin(line, pairs.on[order], pairs.off[order]),
        written=None if (written == duration).all() else written,
        mended=dict(mended),
    )


def _written_ends(file: MidiFile, line: Timeline, pairs: Pairs, is_drum: np.ndarray) -> np.ndarray:
    """Return the tick at which each note ends, (N,): a drum hit needs no end, another note lasts to its track's."""
    if (pairs.off >= 0).all():
        return pairs.end
    start, quarter = line.tick[pairs.on], file.ticks_per_quarter
    last = np.array([track.end for track in file.tracks])[line.chunk[pairs.on]]
    end = np.where(pairs.end == NEVER, np.where(last > start, last, start + quarter), pairs.end)
    hit = np.minimum(end, start + max(round(_HIT_QUARTERS * quarter), 1))
    return np.where(is_drum & (pairs.off < 0), hit, end)


def _note_table(line: Timeline, on: np.ndarray, part: np.ndarray, duration: np.ndarray, quarter: int) -> np.ndarray:
    notes = np.empty(len(on), NOTE_DTYPE)
    notes["onset"], notes["duration"] = line.tick[on] / quarter, duration
    notes["pitch"], notes["velocity"], notes["track"] = line.data1[on], line.data2[on], part
    return notes


def _origin(line: Timeline, on: np.ndarray, off: np.ndarray) -> np.ndarray:
    origin = np.empty(len(on), ORIGIN_DTYPE)
    origin["chunk"] = line.chunk[on]
    first = line.first[line.chunk[on]]
    origin["on"], origin["off"] = on - first, np.where(off >= 0, off - first, -1)
    return origin


def _meta_events(file: MidiFile, kind: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the quarters (M,) and the first bytes (M, size) of the meta events of a kind; they have at least these."""
    ticks, rows = [], []
    for track in file.tracks:
        events = track.events
        for tick, *_, index in events[is_meta(events, kind)].tolist():
            if len(track.payloads[index]) >= size:
                ticks.append(tick)
                rows.append(list(track.payloads[index][:size]))
    return np.array(ticks, float) / file.ticks_per_quarter, np.array(rows, float).reshape(-1, size)


def tempo_map(file: MidiFile, mended: Counter[str] | None = None) -> np.ndarray:
    """Return the tempo map of a file, (K, 2) quarter and tempo from its start on; leave out what means nothing."""
    quarter, parts = _meta_events(file, TEMPO, 3)
    microseconds = parts @ [65536, 256, 1]
    low, high = TEMPO_RANGE
    sensible = (microseconds >= 60e6 / high) & (microseconds <= 60e6 / low)
    if mended is not None and not sensible.all():
        mended["tempos that mean nothing, ignored"] += int((~sensible).sum())
    tempos = np.stack([quarter[sensible], 60e6 / microseconds[sensible]], axis=1)  # (K, 2)
    return _from_start(_last_of_each_time(tempos), first=DEFAULT_TEMPO)


def _stated_metres(file: MidiFile, mended: Counter[str]) -> np.ndarray:
    """Return quarter, numerator and denominator of the metres that a file states, (M, 3)."""
    quarter, parts = _meta_events(file, METRE, 2)
    sensible = (parts[:, 0] > 0) & (parts[:, 1] <= _LARGEST_POWER)
    if not sensible.all():
        mended["metres that mean nothing, ignored"] += int((~sensible).sum())
    return np.stack([quarter, parts[:, 0], 2 ** np.minimum(parts[:, 1], _LARGEST_POWER)], axis=1)[sensible]


def _last_of_each_time(events: np.ndarray) -> np.ndarray:
    """Sort events by time and keep the last of those at one time: a file may repeat them in each track."""
    events = events[np.argsort(events[:, 0], kind="stable")]
    return events[np.append(np.diff(events[:, 0]) > 0, True)[: len(events)]]


def _from_start(events: np.ndarray, *, first: float | tuple[int, int]) -> np.ndarray:
    """Make sure that there is an event at time 0: MIDI's default holds until a file says otherwise."""
    if len(events) and events[0, 0] <= 0:
        return events
    return np.vstack([np.hstack([0.0, first]), events.reshape(-1, 1 + np.size(first))])


def pretty_midi_to_score(pm: pretty_midi.PrettyMIDI) -> Score:
    """Return the notes of a `pretty_midi.PrettyMIDI` in memory. Raises MidiError like `load_score`."""
    buffer = io.BytesIO()
    pm.write(buffer)
    return midi_to_score(buffer.getvalue())
