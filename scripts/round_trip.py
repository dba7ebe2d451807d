"""What the grid keeps of real music: every file of a corpus made into bars and back, and its notes compared.

    python scripts/round_trip.py CORPUS --markdown

CORPUS holds a folder of MIDI files per genre. A note is kept when a note of its pitch begins within 30 ms of it, in
seconds by the piece's own tempo map, in the role that it was given (see groovevae/metrics.py).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np

from groovevae.bars import Song, piece_to_song, song_to_piece
from groovevae.bars.constants import DRUMS, ROLES
from groovevae.bars.metre import bar_lines
from groovevae.bars.placing import KEPT, REASONS, Placed, place_notes
from groovevae.errors import MidiError
from groovevae.metrics import ONSET_TOLERANCE, NoteCounts, f1, match_notes
from groovevae.midi import Piece, load_piece, midi_to_piece, piece_to_midi

BYTES_EVERY = 20  # every so many files also go through MIDI bytes
OFF_BEAT = (0.42, 0.75)  # of a beat: where an off-beat eighth may be played
LATE = 0.58  # of a beat: from here on it swings
SWING_SHARE = 0.5  # a file swings when at least this share of its off-beat eighths is late
MIN_OFF_BEATS = 16
NEARBY = 1.0  # seconds: how far a note may be displaced and still be called the same
OCTAVE, SOUND, TIMING, OTHER = "octave folded", "drum sound shares a voice", "timing off by more than 30 ms", "other"


@dataclass
class Tally:
    """What became of the notes of a genre."""

    files: int = 0
    counts: dict[str, NoteCounts] = field(default_factory=lambda: dict.fromkeys(ROLES, NoteCounts(0, 0, 0)))
    lost: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    swing: list[tuple[float, float]] = field(default_factory=list)  # share of late off-beats before and after
    lead_ins: int = 0
    worst: list[tuple[float, str, str]] = field(default_factory=list)  # F1, role, file
    rejected: dict[str, str] = field(default_factory=dict)
    bytes_checked: int = 0
    bytes_differ: list[str] = field(default_factory=list)


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print every count as JSON.")
@click.option("--markdown", is_flag=True, help="Print the tables of docs/round-trip.md.")
@click.option("--worst", default=0, help="Also list the files of lowest F1 per genre and role.")
def main(corpus: Path, as_json: bool, markdown: bool, worst: int) -> None:
    """Measure what is lost between a file and its bars, over a corpus of genre folders."""
    tallies = {folder.name: tally_genre(folder) for folder in sorted(corpus.iterdir()) if folder.is_dir()}
    tallies = {genre: tally for genre, tally in tallies.items() if tally.files or tally.rejected}
    if as_json:
        click.echo(json.dumps({genre: _as_json(tally) for genre, tally in tallies.items()}, indent=1))
    else:
        click.echo("\n\n".join(tables(tallies, markdown=markdown)))
    for genre, tally in tallies.items():
        for role in ROLES:
            for score, _, path in sorted(row for row in tally.worst if row[1] == role)[:worst]:
                click.echo(f"{genre:12s} {role:6s} {score:.3f} {path}")


def tally_genre(folder: Path) -> Tally:
    tally = Tally()
    for number, path in enumerate(sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".mid", ".midi"))):
        try:
            piece = load_piece(path)
            song = piece_to_song(piece)
        except MidiError as error:
            tally.rejected[str(path.relative_to(folder))] = error.reason
            continue
        back = song_to_piece(song)
        tally.files += 1
        tally.lead_ins += song.lead_in > 0
        _tally_notes(tally, piece, song, back, name=str(path.relative_to(folder)))
        _tally_swing(tally, piece, back, song.lead_in)
        if number % BYTES_EVERY == 0:
            tally.bytes_checked += 1
            if not _survives_bytes(back):
                tally.bytes_differ.append(str(path.relative_to(folder)))
    return tally


def _tally_notes(tally: Tally, piece: Piece, song: Song, back: Piece, *, name: str) -> None:
    lines = bar_lines(piece)
    placed = place_notes(piece, lines)
    onset = _seconds_in_song(piece, lines, placed)
    back_onset = back.seconds(back.notes["onset"])
    back_role = np.array([ROLES.index(track.name.lower()) for track in back.tracks])[back.notes["track"]]
    back_pitch_all = back.notes["pitch"].astype(int)
    for role, role_name in enumerate(ROLES):
        here, there = (placed.role == role).nonzero()[0], (back_role == role).nonzero()[0]
        pitch, back_pitch = placed.pitch[here], back_pitch_all[there]
        found, answer = match_notes(onset[here], pitch, back_onset[there], back_pitch)
        counts = NoteCounts(len(found), len(here), len(there))
        tally.counts[role_name] = NoteCounts(*(a + b for a, b in zip(tally.counts[role_name], counts, strict=True)))
        if len(here):
            tally.worst.append((f1(*counts), role_name, name))
        missing, extra = np.delete(here, found), np.delete(there, answer)
        reasons = tally.lost[role_name]
        for reason, count in enumerate(np.bincount(placed.lost[missing], minlength=len(REASONS))):
            if count and reason != KEPT:
                reasons[REASONS[reason]] += int(count)
        missing = missing[placed.lost[missing] == KEPT]
        near = (SOUND, placed.voice, _voices(back_pitch_all, song.kit)) if role == DRUMS else (OCTAVE, placed.pitch % 12, back_pitch_all % 12)
        for reason, group, back_group, tolerance in (
            (*near, ONSET_TOLERANCE),
            (TIMING, placed.pitch, back_pitch_all, NEARBY),
            (TIMING, *near[1:], NEARBY),
        ):
            hit, taken = match_notes(onset[missing], group[missing], back_onset[extra], back_group[extra], tolerance=tolerance)
            reasons[reason] += len(hit)
            missing, extra = np.delete(missing, hit), np.delete(extra, taken)
        reasons[OTHER] += len(missing)
    tally.lost["none"].update(song.lost.get("none", {}))


def _seconds_in_song(piece: Piece, lines, placed: Placed) -> np.ndarray:
    """When each note sounds, in seconds from the first bar line, bars that the grid cannot hold left out."""
    length = piece.seconds(lines.end) - piece.seconds(lines.start)
    left_out = np.cumsum(np.where(lines.num_steps > 0, 0.0, length))
    onset = piece.seconds(piece.notes["onset"][placed.note])
    return onset - float(piece.seconds(lines.start[:1])[0]) - left_out[placed.bar]


def _voices(keys: np.ndarray, kit: tuple[int, ...]) -> np.ndarray:
    voice = np.full(128, -1)
    voice[list(kit)] = np.arange(len(kit))
    return voice[keys]


def _tally_swing(tally: Tally, piece: Piece, back: Piece, lead_in: float) -> None:
    before, num_off_beats = late_share(piece, 0.0)
    if num_off_beats >= MIN_OFF_BEATS and before >= SWING_SHARE:
        tally.swing.append((before, late_share(back, -lead_in)[0]))


def late_share(piece: Piece, start: float) -> tuple[float, int]:
    """The share of off-beat eighths played late, and how many off-beat eighths there are; compound metres have none."""
    compound = (piece.metres[:, 1] % 3 == 0) & (piece.metres[:, 2] > 4)
    onset = piece.notes["onset"]
    onset = onset[~compound[np.searchsorted(piece.metres[:, 0], onset + 1e-6, side="right") - 1]]
    in_beat = (onset + start) % 1.0
    off_beat = (in_beat >= OFF_BEAT[0]) & (in_beat <= OFF_BEAT[1])
    return float((in_beat[off_beat] >= LATE).mean()) if off_beat.any() else float("nan"), int(off_beat.sum())


def _survives_bytes(piece: Piece) -> bool:
    """Whether every note has the same tick, pitch and velocity after writing and reading."""
    again = midi_to_piece(piece_to_midi(piece))
    return _note_set(piece) == _note_set(again)


def _note_set(piece: Piece) -> Counter:
    notes = piece.notes
    tick = np.rint(notes["onset"] * 480).astype(int)
    return Counter(zip(notes["track"].tolist(), tick.tolist(), notes["pitch"].tolist(), notes["velocity"].tolist(), strict=True))


def tables(tallies: dict[str, Tally], *, markdown: bool) -> list[str]:
    yield_rows = [["genre", "files", *ROLES, "swing files", "late before", "late after", "pickups found"]]
    for genre, tally in tallies.items():
        swing = np.array(tally.swing).reshape(-1, 2).mean(0) if tally.swing else (np.nan, np.nan)
        yield_rows.append(
            [genre, str(tally.files), *(_share(f1(*tally.counts[role])) for role in ROLES)]
            + [str(len(tally.swing)), _share(swing[0]), _share(swing[1]), str(tally.lead_ins)]
        )
    total = {role: NoteCounts(*map(sum, zip(*(t.counts[role] for t in tallies.values()), strict=True))) for role in ROLES}
    yield_rows.append(["all", str(sum(t.files for t in tallies.values())), *(_share(f1(*total[r])) for r in ROLES), *[""] * 4])
    out = [_table(yield_rows, markdown=markdown)]
    for role in (*ROLES, "none"):
        rows = [["genre", "notes"]]
        reasons = sorted({reason for t in tallies.values() for reason, count in t.lost[role].items() if count})
        rows[0] += reasons
        for genre, tally in tallies.items():
            total_notes = tally.counts[role].num_reference if role in ROLES else 0
            rows.append([genre, str(total_notes)] + [_percent(tally.lost[role][r], total_notes) for r in reasons])
        out.append(f"{role}\n\n" + _table(rows, markdown=markdown))
    out.append("\n".join(f"{g}/{p}: {r}" for g, t in tallies.items() for p, r in t.rejected.items()))
    out.append(f"bytes checked {sum(t.bytes_checked for t in tallies.values())}, differ {[x for t in tallies.values() for x in t.bytes_differ]}")
    return out


def _share(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.2f}" if total else str(count)


def _table(rows: list[list[str]], *, markdown: bool) -> str:
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)


def _as_json(tally: Tally) -> dict:
    return {
        "files": tally.files,
        "f1": {role: f1(*counts) for role, counts in tally.counts.items()},
        "counts": {role: counts._asdict() for role, counts in tally.counts.items()},
        "lost": {role: dict(reasons) for role, reasons in tally.lost.items()},
        "swing": tally.swing,
        "rejected": tally.rejected,
    }


if __name__ == "__main__":
    main()
