"""Measures what the grid keeps of real music: turns every file of a corpus into bars and back, and compares the notes.

    python scripts/round_trip.py CORPUS --markdown > docs/appendix/round-trip.md

CORPUS holds a folder of MIDI files for each genre. A note is kept if a note of the same role and pitch begins within
30 ms of it, in seconds by the file's own tempo map (see groovevae/measures/note_f1.py). Two notes of the same role and
pitch within 30 ms count as one note that two tracks double.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np

from groovevae.bars import Song, song_to_score
from groovevae.bars.constants import DRUMS, ROLES
from groovevae.bars.grid import score_to_song
from groovevae.bars.metre import BarLines, bar_lines
from groovevae.bars.note_places import KEPT, REASONS, Placed, place_notes
from groovevae.errors import MidiError
from groovevae.measures.note_f1 import ONSET_TOLERANCE, NoteCounts, f1, match_notes
from groovevae.midi.reading import load_score, midi_to_score
from groovevae.midi.score import Score
from groovevae.midi.writing import score_to_midi

DRUM_KEYS = "drum keys"  # drums once more, where another sound of the same voice does not count
COLUMNS = (*ROLES, DRUM_KEYS)
BYTES_EVERY = 20  # every so many files also go through MIDI bytes
TICKS = 480

OFF_BEAT = (0.42, 0.75)  # of a beat: where an off-beat eighth may be played
LATE = 0.58  # of a beat: from here on it swings
SWING_SHARE = 0.5  # a file swings when at least this share of its off-beat eighths is late
MIN_OFF_BEATS = 16

NEARBY = 1.0  # seconds: how far a note may be displaced and still be called the same
OCTAVE, SOUND, TIMING, OTHER = "in another octave", "another sound of its voice", "off by more than 30 ms", "other"


@dataclass
class Tally:
    """What became of the notes of a genre. Counts by column of the table, then by reason."""

    files: int = 0
    counts: dict[str, NoteCounts] = field(default_factory=lambda: dict.fromkeys(COLUMNS, NoteCounts(0, 0, 0)))
    lost: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    doubled: Counter = field(default_factory=Counter)
    chord_tones: tuple[int, int] = (0, 0)  # distinct (quarter, pitch class) accompanied: kept, all
    swing: list[tuple[float, float]] = field(default_factory=list)  # share of late off-beats before and after, per file
    scores: list[tuple[str, float, str]] = field(default_factory=list)  # column, F1, file
    rejected: dict[str, str] = field(default_factory=dict)
    bytes_checked: int = 0
    bytes_differ: list[str] = field(default_factory=list)


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print every count as JSON.")
@click.option("--markdown", is_flag=True, help="Print the tables as Markdown.")
@click.option("--worst", default=0, help="Also list this many files of lowest F1 for each genre and role.")
def main(corpus: Path, as_json: bool, markdown: bool, worst: int) -> None:
    """Measure what is lost between the files of CORPUS and their bars."""
    tallies = {folder.name: tally_genre(folder) for folder in sorted(corpus.iterdir()) if folder.is_dir()}
    tallies = {genre: tally for genre, tally in tallies.items() if tally.files or tally.rejected}
    if as_json:
        click.echo(json.dumps({genre: tally_to_json(tally) for genre, tally in tallies.items()}, indent=1))
        return
    level = "## " if markdown else ""
    page = [f"{level}{title}\n\n{format_table(rows, markdown=markdown)}" for title, rows in tables(tallies)]
    click.echo("\n\n".join(["# What the grid keeps: every table", *page] if markdown else page))
    for genre, tally in tallies.items():
        for column in COLUMNS if worst else ():
            for _, score, name in sorted(row for row in tally.scores if row[0] == column)[:worst]:
                click.echo(f"{genre:12s} {column:9s} {score:.3f} {name}")


def tally_genre(folder: Path) -> Tally:
    """Round-trip every MIDI file below `folder`."""
    tally = Tally()
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi"))
    for number, path in enumerate(paths):
        name = str(path.relative_to(folder))
        try:
            score = load_score(path)
            song = score_to_song(score)
        except MidiError as error:
            tally.rejected[name] = error.reason
            continue
        tally.files += 1
        back = song_to_score(song)
        lines = bar_lines(score)
        placed = place_notes(score, lines)
        onset = seconds_in_song(score, lines, placed)
        tally_notes(tally, placed, onset, song, back, name=name)
        tally_chord_tones(tally, placed)
        tally_swing(tally, score, song, placed, back)
        if number % BYTES_EVERY == 0:
            tally.bytes_checked += 1
            if note_set(midi_to_score(score_to_midi(back))) != note_set(back):
                tally.bytes_differ.append(name)
    return tally


@dataclass
class Timed:
    """Notes of one role with what they are compared by, (N,) each."""

    onset: np.ndarray  # seconds from the first bar line
    pitch: np.ndarray
    kin: np.ndarray  # what notes share that are nearly the same: a pitch class, or a drum voice
    lost: np.ndarray  # index into REASONS

    def __getitem__(self, index: np.ndarray) -> Timed:
        return Timed(self.onset[index], self.pitch[index], self.kin[index], self.lost[index])

    def __len__(self) -> int:
        return len(self.onset)

    def without(self, index: np.ndarray) -> Timed:
        return self[np.delete(np.arange(len(self)), index)]


def tally_notes(tally: Tally, placed: Placed, onset: np.ndarray, song: Song, back: Score, *, name: str) -> None:
    """Count what of each role's notes, at `onset` seconds, is found again, and why the rest is not."""
    back_onset, back_pitch = back.seconds(back.notes["onset"]), back.notes["pitch"].astype(int)
    back_role = np.array([ROLES.index(track.name.lower()) for track in back.tracks])[back.notes["track"]]
    for column in COLUMNS:
        role = DRUMS if column == DRUM_KEYS else ROLES.index(column)
        kin, back_kin = placed.pitch % 12, back_pitch % 12
        if role == DRUMS:
            kin, back_kin = placed.voice, voices_of_kit(song.kit)[back_pitch]
        by_voice = column == ROLES[DRUMS]
        wanted = Timed(onset, kin if by_voice else placed.pitch, kin, placed.lost)[placed.role == role]
        got = Timed(back_onset, back_kin if by_voice else back_pitch, back_kin, back_kin)[back_role == role]
        distinct = wanted[is_distinct(wanted)]
        tally.doubled[column] += len(wanted) - len(distinct)
        count_column(tally, column, distinct, got, name=name)
    tally.lost["none"].update(song.lost.get("none", {}))


def seconds_in_song(score: Score, lines: BarLines, placed: Placed) -> np.ndarray:
    """When each note sounds, in seconds from the first bar line, bars that the grid cannot hold left out."""
    length = score.seconds(lines.end) - score.seconds(lines.start)
    left_out = np.cumsum(np.where(lines.num_steps > 0, 0.0, length))
    onset = score.seconds(score.notes["onset"][placed.note])
    return onset - score.seconds(lines.start)[0] - left_out[placed.bar]


def voices_of_kit(kit: tuple[int, ...]) -> np.ndarray:
    """The voice that sounds each percussion key of a kit, (128,)."""
    voice = np.full(128, -1)
    voice[list(kit)] = np.arange(len(kit))
    return voice


def is_distinct(notes: Timed) -> np.ndarray:
    """False for a note that doubles another of its pitch within 30 ms: one that is kept, or else the first."""
    order = np.lexsort([notes.onset, notes.pitch])
    is_new = np.ones(len(order), bool)
    is_new[1:] = (np.diff(notes.pitch[order]) != 0) | (np.diff(notes.onset[order]) > ONSET_TOLERANCE)
    cluster, kept = np.cumsum(is_new) - 1, notes.lost[order] == KEPT
    has_kept = np.bincount(cluster, weights=kept) > 0
    distinct = np.empty(len(order), bool)
    distinct[order] = np.where(has_kept[cluster], kept, is_new)
    return distinct


def count_column(tally: Tally, column: str, wanted: Timed, got: Timed, *, name: str) -> None:
    """Match the notes of one column; what is missing is counted by reason."""
    found, answer = match_notes(wanted.onset, wanted.pitch, got.onset, got.pitch)
    counts = NoteCounts(len(found), len(wanted), len(got))
    tally.counts[column] = NoteCounts(*(a + b for a, b in zip(tally.counts[column], counts, strict=True)))
    if len(wanted):
        tally.scores.append((column, f1(*counts), name))
    reasons, missing, extra = tally.lost[column], wanted.without(found), got.without(answer)
    reasons.update(REASONS[reason] for reason in missing.lost[missing.lost != KEPT])
    missing = missing[missing.lost == KEPT]
    for reason, tolerance in ((SOUND if column == DRUM_KEYS else OCTAVE, ONSET_TOLERANCE), (TIMING, NEARBY)):
        found, answer = match_notes(missing.onset, missing.kin, extra.onset, extra.kin, tolerance=tolerance)
        reasons[reason] += len(found)
        missing, extra = missing.without(found), extra.without(answer)
    reasons[OTHER] += len(missing)


def tally_chord_tones(tally: Tally, placed: Placed) -> None:
    """Of the pitch classes that are struck as accompaniment in a quarter note, how many some role still strikes."""
    tone = placed.step // 4 * 12 + placed.pitch % 12
    pitched = placed.role != DRUMS
    wanted = np.unique(tone[placed.role == ROLES.index("chords")])
    kept = np.intersect1d(wanted, tone[pitched & (placed.lost == KEPT)])
    tally.chord_tones = tally.chord_tones[0] + len(kept), tally.chord_tones[1] + len(wanted)


def tally_swing(tally: Tally, score: Score, song: Song, placed: Placed, back: Score) -> None:
    """Count how late off-beat eighths are, where the file swings; chords are strummed, so the other roles tell."""
    chords = ROLES.index("chords")
    strikes = np.delete(score.notes["onset"], placed.note[placed.role == chords])
    before, num_off_beats = late_share(strikes, score.metres)
    if num_off_beats >= MIN_OFF_BEATS and before >= SWING_SHARE:
        is_chords = np.array([track.name.lower() == ROLES[chords] for track in back.tracks])[back.notes["track"]]
        after, _ = late_share(back.notes["onset"][~is_chords] - song.lead_in, score.metres)
        tally.swing.append((before, after))


def late_share(onset: np.ndarray, metres: np.ndarray) -> tuple[float, int]:
    """The share of off-beat eighths that are struck late, and how many there are; compound metres have none."""
    onset = np.unique(np.rint(onset * TICKS)) / TICKS
    metre = metres[np.maximum(np.searchsorted(metres[:, 0], onset + 1e-6, side="right") - 1, 0)]
    in_beat = onset[(metre[:, 1] % 3 != 0) | (metre[:, 2] <= 4)] % 1.0
    off_beat = in_beat[(in_beat >= OFF_BEAT[0]) & (in_beat <= OFF_BEAT[1])]
    return float((off_beat >= LATE).mean()) if len(off_beat) else float("nan"), len(off_beat)


def note_set(score: Score) -> Counter:
    """Track, tick, pitch and velocity of every note."""
    tick = np.rint(score.notes["onset"] * TICKS).astype(int)
    fields = (score.notes[name].tolist() for name in ("track", "pitch", "velocity"))
    return Counter(zip(tick.tolist(), *fields, strict=True))


def tables(tallies: dict[str, Tally]) -> list[tuple[str, list[list[str]]]]:
    """Titles and rows of text."""
    total = {c: NoteCounts(*np.sum([t.counts[c] for t in tallies.values()], axis=0).tolist()) for c in COLUMNS}
    scores = [["genre", "files", *COLUMNS, "chord tones kept"]]
    for genre, tally in tallies.items():
        shares = [_share(f1(*tally.counts[column])) for column in COLUMNS]
        kept, tones = tally.chord_tones
        scores.append([genre, str(tally.files), *shares, _share(kept / tones if tones else np.nan)])
    kept, tones = np.sum([tally.chord_tones for tally in tallies.values()], axis=0)
    num_files, shares = sum(tally.files for tally in tallies.values()), [_share(f1(*total[c])) for c in COLUMNS]
    scores.append(["all", str(num_files), *shares, _share(kept / tones if tones else np.nan)])

    swing = [["genre", "files that swing", "late before", "late after"]]
    for genre, tally in tallies.items():
        if tally.swing:
            before, after = np.nanmean(tally.swing, axis=0)
            swing.append([genre, str(len(tally.swing)), _share(before), _share(after)])

    out = [("Note F1", scores), ("Late off-beat eighths", swing)]
    for column in (*COLUMNS, "none"):
        if len(rows := _loss_rows(tallies, column)) > 1:
            out.append((f"Lost from {column}, {'% of its notes' if column in COLUMNS else 'notes'}", rows))
    rejected = [[f"{genre}/{name}", why] for genre, tally in tallies.items() for name, why in tally.rejected.items()]
    out += [("Files not read", [["file", "reason"], *rejected])] if rejected else []
    checked = sum(tally.bytes_checked for tally in tallies.values())
    differ = sum(len(tally.bytes_differ) for tally in tallies.values())
    out.append(("Through MIDI bytes", [["files", "with a changed note"], [str(checked), str(differ)]]))
    return out


def _loss_rows(tallies: dict[str, Tally], column: str) -> list[list[str]]:
    """Per genre: notes, notes that only doubled others, and the share of notes lost by reason (counts for "none")."""
    reasons = sorted({reason for tally in tallies.values() for reason, n in tally.lost[column].items() if n})
    if column not in COLUMNS:
        losing = {genre: tally.lost[column] for genre, tally in tallies.items() if any(tally.lost[column].values())}
        return [["genre", *reasons], *([genre, *(str(lost[r]) for r in reasons)] for genre, lost in losing.items())]
    rows = [["genre", "notes", "doubled", *reasons]]
    for genre, tally in tallies.items():
        if num_notes := tally.counts[column].num_reference:
            shares = (f"{100 * tally.lost[column][reason] / num_notes:.2f}" for reason in reasons)
            rows.append([genre, str(num_notes), str(tally.doubled[column]), *shares])
    return rows


def _share(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"


def format_table(rows: list[list[str]], *, markdown: bool) -> str:
    """Rows as aligned text, or as a Markdown table; the first row is the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        [cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
        for row in rows
    ]
    if not markdown:
        return "\n".join("  ".join(line) for line in lines)
    ruler = ["-" * w if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], ruler, *lines[1:]))


def tally_to_json(tally: Tally) -> dict:
    """Every count of a genre, for further use."""
    return {
        "files": tally.files,
        "f1": {column: f1(*counts) for column, counts in tally.counts.items() if sum(counts)},
        "counts": {column: counts._asdict() for column, counts in tally.counts.items()},
        "doubled": dict(tally.doubled),
        "lost": {column: dict(reasons) for column, reasons in tally.lost.items()},
        "chord_tones": {"kept": tally.chord_tones[0], "all": tally.chord_tones[1]},
        "swing": tally.swing,
        "rejected": tally.rejected,
        "bytes": {"checked": tally.bytes_checked, "differ": tally.bytes_differ},
    }


if __name__ == "__main__":
    main()
