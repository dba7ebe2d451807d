"""Tempo, metre and key of a piece made from a user's file: the file's own where they still hold, else written anew."""

from __future__ import annotations

import numpy as np

from groovevae.bars import Song
from groovevae.bars.grid import bar_tempos
from groovevae.bars.metre import stated_metres
from groovevae.bars.metres_on_grid import metre_of_steps
from groovevae.midi.metas import Meta, metre_meta, tempo_meta
from groovevae.midi.score import Score
from groovevae.tracks.original import NOWHERE, Original
from groovevae.tracks.timeline import Timeline

SAME_TEMPO = 1e-6  # tempos this close, as a share, are one
SAME_TIME = 1e-3  # quarter notes


def tempo_metas(original: Original, song: Song, timeline: Timeline, *, ticks: int) -> list[Meta] | None:
    """Return the tempos of a piece; None where the file's own hold as they are.

    A bar that is played faster keeps the changes of tempo within it.
    """
    score, lines = original.reading.score, original.reading.lines
    own = bar_tempos(score, lines)[original.rows[timeline.bars]]
    share = np.where(timeline.bars == NOWHERE, 1.0, song.bars.tempo / own)
    if timeline.is_whole and np.allclose(share, 1, rtol=0, atol=SAME_TEMPO):
        return None
    rows: list[tuple[float, float]] = []
    stops = np.append(timeline.start[1:], np.inf if timeline.is_whole else timeline.end)
    for bar, (start, stop) in enumerate(zip(timeline.start.tolist(), stops.tolist(), strict=True)):
        if timeline.bars[bar] == NOWHERE:
            rows.append((start, float(song.bars.tempo[bar])))
            continue
        begin = float(lines.start[original.rows[timeline.bars[bar]]])
        rows += [
            (start + quarter - begin, tempo * float(share[bar]))
            for quarter, tempo in _tempos_between(score, begin, begin + stop - start)
        ]
    return [tempo_meta(max(round(quarter * ticks), 0), tempo) for quarter, tempo in _changes(rows)]


def _tempos_between(score: Score, begin: float, end: float) -> list[tuple[float, float]]:
    """Return the tempo at `begin`, and each change before `end`."""
    quarter, tempo = score.tempos[:, 0], score.tempos[:, 1]
    first = max(int(np.searchsorted(quarter, begin, side="right")) - 1, 0)
    inside = (quarter > begin) & (quarter < end - SAME_TIME)
    return [(begin, float(tempo[first])), *zip(quarter[inside].tolist(), tempo[inside].tolist(), strict=True)]


def _changes(rows: list[tuple[float, float]]) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for quarter, tempo in rows:
        if not out or abs(tempo / out[-1][1] - 1) > SAME_TEMPO:
            out.append((quarter, tempo))
    return out


def metre_metas(original: Original, song: Song, timeline: Timeline, *, ticks: int) -> list[Meta] | None:
    """Return the time signatures of a piece; None where the file's own hold as they are."""
    is_believed = np.array_equal(original.reading.lines.metres, stated_metres(original.reading.score))
    if timeline.is_whole and is_believed:
        return None
    out: list[Meta] = []
    metres = list(map(tuple, song.bars.metre.tolist()))
    if timeline.start[0] < 0:  # the rest of a pickup bar comes before the file
        sounding = round((timeline.start[0] + timeline.num_steps[0] * timeline.per_step[0]) / timeline.per_step[0])
        metres[0] = metre_of_steps(max(sounding, 1))
    for quarter, (numerator, denominator) in zip(timeline.start.tolist(), metres, strict=True):
        meta = metre_meta(max(round(quarter * ticks), 0), numerator, denominator)
        if not out or out[-1].data != meta.data:
            out.append(meta)
    return out
