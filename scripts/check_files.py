"""Writes many files, and has other people's programs read, play and convert each of them.

python scripts/check_files.py --files 10000 --seed 0
python scripts/check_files.py --pairs --amounts 0.5,1 --soundfont FluidR3_GM.sf2

The files come from random requests of every kind (blends, mixtures, blends from and to files in every metre, morphs,
samples) with amounts past 1, ramps, vectors, kept roles, keys and tempos; or from every ordered pair of genres. A file
is at fault where symusic, mido and pretty_midi do not all read the notes that were meant, where a note overlaps, hangs
or has no length, where drums play off channel 10 or other roles on it, or where a track does not end on the bar line.
"""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import mido
import numpy as np

from groovevae.bars import song_to_score
from groovevae.generation.groove import Groove, Piece
from groovevae.generation.names import is_midi_path
from groovevae.generation.requests import BlendRequest, SampleRequest
from groovevae.midi.score import TICKS_PER_QUARTER, Score
from groovevae.model.file import load_model_file
from midi_readers import notes_of_mido, notes_of_pretty_midi, notes_of_symusic
from random_requests import Request, random_requests, starting_files

BATCH = 200  # requests that are decoded together
TOLD_SECONDS = 60.0


def faults(blended: Piece, *, is_alone: bool = True) -> list[str]:
    """What is wrong with a piece's file, as three readers see it.

    A piece `is_alone` where its file holds nothing but the notes of its bars. One that is made from a file has notes of
    that file as well, on its tracks: scripts/check_returns.py checks those.
    """
    data, piece = blended.midi, song_to_score(blended.song)
    end = round(piece.end * TICKS_PER_QUARTER)
    found = []
    try:
        notes = notes_of_mido(data)
    except (ValueError, KeyError, EOFError, OSError) as error:
        return [f"mido: {error}"]
    for name, others in (("symusic", notes_of_symusic(data)), ("pretty_midi", notes_of_pretty_midi(data))):
        if others != notes:
            found.append(f"{name} reads {others.total()} notes, mido {notes.total()}, or others")
    heard = Counter((is_drum, start, *rest) for is_drum, start, _, *rest in notes.elements())
    scores = [piece, song_to_score(blended.song, in_range=True)]  # a kept bass may be lower than its instrument
    if is_alone and heard not in [_notes_meant(score) for score in scores]:
        found.append(f"{len(piece.notes)} notes were meant, {notes.total()} are in the file, or others")
    if any(stop <= start or stop > end for _, start, stop, *_ in notes):
        found.append("a note of no length, or past the end")
    if any(not (0 <= pitch <= 127 and 1 <= velocity <= 127) for *_, pitch, velocity in notes):
        found.append("a note out of range")
    lengths = {sum(message.time for message in track) for track in mido.MidiFile(file=io.BytesIO(data)).tracks}
    if lengths != {end}:
        found.append(f"tracks end at {lengths}, the last bar line is at {end}")
    return found


def _notes_meant(score: Score) -> Counter[tuple]:
    return Counter(
        (score.tracks[note["track"]].is_drum, round(note["onset"] * TICKS_PER_QUARTER), note["pitch"], note["velocity"])
        for note in score.notes
    )


def is_alone(request: Request) -> bool:
    """Whether the file of a request holds nothing but the notes of its bars."""
    return isinstance(request, SampleRequest) or request.only_roles or not is_midi_path(request.start)


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


def pieces_of_pairs(groove: Groove, amounts: list[float]) -> Iterator[tuple[str, Request, Piece]]:
    """Kind, request and piece of every ordered pair of genres at each amount."""
    for source, target in itertools.permutations(groove.model.genres, 2):
        for amount in amounts:
            request = BlendRequest(source, {target: 1.0}, amount=amount)
            yield "pair", request, groove.blend(request)[0]


def random_pieces(groove: Groove, *, seed: int, folder: Path) -> Iterator[tuple[str, Request, Piece]]:
    """Kind, request and piece without end; starting files lie in `folder`."""
    rng = np.random.default_rng(seed)
    files = starting_files(folder, rng)
    while True:
        drawn = [random_requests(groove.model, files, rng) for _ in range(BATCH)]
        asked = [(kind, request) for kind, requests in drawn for request in requests]
        blends = iter(groove.blend_all([request for _, request in asked if isinstance(request, BlendRequest)]))
        for kind, request in asked:
            yield kind, request, groove.sample(request)[0] if isinstance(request, SampleRequest) else next(blends)


@click.command()
@click.argument("model_path", metavar="[MODEL]", required=False)
@click.option("--files", default=100, show_default=True, help="Number of files to make from random requests.")
@click.option("--seed", default=0, show_default=True, help="Seed of the requests.")
@click.option("--pairs", is_flag=True, help="Blend every ordered pair of genres, instead of random requests.")
@click.option("--amounts", default="0.5", show_default=True, help="Amounts for --pairs, comma-separated.")
@click.option("--soundfont", help="Also render every file with fluidsynth and this sound font.")
@click.option("--musescore", help="Also convert every file to MusicXML with this MuseScore program.")
def main(
    model_path: str | None,
    files: int,
    seed: int,
    pairs: bool,
    amounts: str,
    soundfont: str | None,
    musescore: str | None,
) -> None:
    """Check many files, print each fault, and exit with 1 if there is any."""
    groove = Groove(load_model_file(Path(model_path) if model_path else None))
    kinds, metres, silent, bad, told = Counter(), Counter(), 0, 0, time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if pairs:
            pieces = pieces_of_pairs(groove, [float(amount) for amount in amounts.split(",")])
        else:
            pieces = itertools.islice(random_pieces(groove, seed=seed, folder=folder), files)
        for number, (kind, request, piece) in enumerate(pieces):
            found = faults(piece, is_alone=is_alone(request))
            path = folder / f"{number}.mid"
            if soundfont or musescore:
                path.write_bytes(piece.midi)
            is_silent = not any(piece.song.bars.plays)
            if soundfont and not is_silent and not played(path, soundfont):
                found.append("fluidsynth does not play it")
            kinds[kind] += 1
            metres.update({"{}/{}".format(*metre) for metre in piece.song.bars.metre.tolist()})
            silent, bad = silent + is_silent, bad + bool(found)
            for fault in found:
                print(f"FAULT {request}: {fault}", flush=True)
            if time.monotonic() - told > TOLD_SECONDS:
                told = time.monotonic()
                print(f"{number + 1:,} files, {bad} at fault", flush=True)
        unconverted = convert(folder, musescore) if musescore else []
    for name in unconverted:
        print(f"FAULT {name}: MuseScore does not convert it")
    print("; ".join(f"{kind}: {count:,}" for kind, count in kinds.most_common()))
    print("files with bars in " + "; ".join(f"{metre}: {count:,}" for metre, count in metres.most_common()))
    print(f"{kinds.total():,} files, {silent} silent, {bad + len(unconverted)} at fault")
    raise SystemExit(bad + len(unconverted) > 0)


def convert(folder: Path, musescore: str) -> list[str]:
    """Names of the files that MuseScore does not turn into MusicXML; one run of the program for all."""
    jobs = [{"in": str(path), "out": str(path.with_suffix(".musicxml"))} for path in folder.glob("[0-9]*.mid")]
    (folder / "jobs.json").write_text(json.dumps(jobs), "utf-8")
    command = [musescore, "-j", str(folder / "jobs.json")]
    subprocess.run(command, capture_output=True, timeout=3600, check=False)
    return [Path(job["in"]).name for job in jobs if not Path(job["out"]).exists()]


if __name__ == "__main__":
    main()
