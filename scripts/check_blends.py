"""Blends every ordered pair of genres and has each file read, played and converted by programs that are not ours."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import click
import mido
import numpy as np
import pretty_midi
import symusic

from groovevae.bars import song_to_piece
from groovevae.checkpoint import load_model_file
from groovevae.generate import Blend, Groove
from groovevae.midi import DRUM_CHANNEL, TICKS_PER_QUARTER
from groovevae.request import BlendRequest

Note = tuple[bool, int, int, int, int]  # is drum, pitch, velocity, onset and end in ticks


def notes_of_symusic(data: bytes) -> list[Note]:
    """Notes as symusic reads them."""
    score = symusic.Score.from_midi(data)
    return sorted(
        (track.is_drum, note.pitch, note.velocity, note.time, note.time + note.duration)
        for track in score.tracks
        for note in track.notes
    )


def notes_of_pretty_midi(data: bytes) -> list[Note]:
    """Notes as pretty_midi reads them, seconds back to ticks."""
    pm = pretty_midi.PrettyMIDI(io.BytesIO(data))
    return sorted(
        (part.is_drum, note.pitch, note.velocity, pm.time_to_tick(note.start), pm.time_to_tick(note.end))
        for part in pm.instruments
        for note in part.notes
    )


def notes_of_mido(data: bytes) -> list[Note]:
    """Notes as mido reads them. Raises ValueError for a hanging or an overlapping note, or drums off channel 10."""
    found: list[Note] = []
    for track in mido.MidiFile(file=io.BytesIO(data)).tracks:
        now, sounding = 0, {}
        for message in track:
            now += message.time
            if message.type not in ("note_on", "note_off"):
                continue
            key = (message.channel == DRUM_CHANNEL, message.note)
            if message.type == "note_on" and message.velocity:
                if key in sounding:
                    raise ValueError(f"overlapping notes of pitch {message.note}")
                sounding[key] = (message.velocity, now)
            else:
                velocity, start = sounding.pop(key)
                found.append((*key, velocity, start, now))
        if sounding:
            raise ValueError(f"{len(sounding)} hanging notes")
    return sorted(found)


def faults(blended: Blend) -> list[str]:
    """What is wrong with a blend's file, as three readers see it."""
    data, piece = blended.midi, song_to_piece(blended.song)
    end = round(piece.end * TICKS_PER_QUARTER)
    found = []
    try:
        notes = notes_of_mido(data)
    except (ValueError, KeyError, EOFError, OSError) as error:
        return [f"mido: {error}"]
    for name, others in (("symusic", notes_of_symusic(data)), ("pretty_midi", notes_of_pretty_midi(data))):
        if others != notes:
            found.append(f"{name} reads {len(others)} notes, mido {len(notes)}, or others")
    if len(notes) != len(piece.notes):
        found.append(f"{len(piece.notes)} notes were meant, {len(notes)} are in the file")
    if any(stop <= start or stop > end for *_, start, stop in notes):
        found.append("a note of no length, or past the end")
    lengths = {sum(message.time for message in track) for track in mido.MidiFile(file=io.BytesIO(data)).tracks}
    if lengths != {end}:
        found.append(f"tracks end at {lengths}, the last bar line is at {end}")
    if not notes:
        found.append("no notes")
    return found


def run(command: list[str]) -> bool:
    """Whether an outside program accepts its input within two minutes."""
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    return done.returncode == 0


def played(path: Path, soundfont: str) -> bool:
    """Whether fluidsynth renders a file to sound that is not silence."""
    wave = path.with_suffix(".wav")
    ok = run(["fluidsynth", "-ni", "-q", "-r", "22050", "-F", str(wave), soundfont, str(path)])
    samples = np.frombuffer(wave.read_bytes()[44:], np.int16) if ok and wave.exists() else np.zeros(1, np.int16)
    wave.unlink(missing_ok=True)
    return ok and int(np.abs(samples.astype(int)).max()) > 500


@click.command()
@click.argument("model_path", metavar="[MODEL]", required=False)
@click.option("--amounts", default="0.5", show_default=True, help="Amounts, with commas between.")
@click.option("--seeds", default=1, show_default=True, help="Blends of each pair and amount.")
@click.option("--soundfont", help="Also render every file with fluidsynth and this sound font.")
@click.option("--musescore", help="Also convert every file to MusicXML with this MuseScore program.")
@click.option("--out", type=click.Path(path_type=Path), help="Keep the files here.")
def main(
    model_path: str | None,
    amounts: str,
    seeds: int,
    soundfont: str | None,
    musescore: str | None,
    out: Path | None,
) -> None:
    """Exits with 1 when any file is at fault, and prints each fault."""
    groove = Groove(load_model_file(Path(model_path) if model_path else None))
    folder = out or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    paths, bad = [], 0
    for source, target in itertools.permutations(groove.model.genres, 2):
        for amount in map(float, amounts.split(",")):
            for blended in groove.blend(BlendRequest(source, {target: 1.0}, amount=amount, count=seeds)):
                path = folder / f"{source}-{target}-{amount:g}-{blended.seed}.mid"
                path.write_bytes(blended.midi)
                paths.append(path)
                found = faults(blended)
                if soundfont and not played(path, soundfont):
                    found.append("fluidsynth does not play it")
                bad += bool(found)
                for fault in found:
                    print(f"{path.name}: {fault}")
    unconverted = convert(paths, musescore, folder) if musescore else []
    for name in unconverted:
        print(f"{name}: MuseScore does not convert it")
    print(f"{len(paths)} files, {bad + len(unconverted)} at fault")
    if out is None:
        shutil.rmtree(folder)
    raise SystemExit(bad + len(unconverted) > 0)


def convert(paths: list[Path], musescore: str, folder: Path) -> list[str]:
    """Names of the files that MuseScore does not turn into MusicXML; one run of the program for all."""
    jobs = [{"in": str(path), "out": str(path.with_suffix(".musicxml"))} for path in paths]
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [musescore, "-j", str(folder / "jobs.json")]
    subprocess.run(command, capture_output=True, timeout=3600, check=False)
    (folder / "jobs.json").unlink()
    missing = [job["in"] for job in jobs if not Path(job["out"]).exists()]
    for job in jobs:
        Path(job["out"]).unlink(missing_ok=True)
    return [Path(name).name for name in missing]


if __name__ == "__main__":
    main()
