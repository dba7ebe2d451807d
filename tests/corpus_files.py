"""Small corpora for the tests: folders of MIDI files of a few notes, each file with a tune of its own."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from groovevae.midi.score import NOTE_DTYPE, Score, Track
from groovevae.midi.writing import score_to_midi

PIANO = Track("Piano", 0, is_drum=False)
BAND = (
    Track("Drums", 0, is_drum=True),
    Track("Bass", 33, is_drum=False),
    Track("Guitar", 27, is_drum=False),
    Track("Flute", 73, is_drum=False),
)
DRUMS, BASS, CHORDS, LEAD = range(4)
TEMPOS = {"classical": 90.0, "jazz": 160.0, "rock": 120.0}


def tune(seed: int) -> bytes:
    """The bytes of a MIDI file of two bars that the seed decides."""
    pitches = np.random.default_rng(seed).integers(48, 84, 8)
    notes = [(float(beat), 0.5, pitch, 90, 0) for beat, pitch in enumerate(pitches)]
    return score_to_midi(Score(np.array(notes, NOTE_DTYPE), (PIANO,), length=8.0))


TUNES = {
    "jazz/a.mid": tune(0),
    "jazz/deep/b.MID": tune(1),
    "rock/c.mid": tune(2),
    "rock/twin.mid": tune(2),
    "rock/broken.mid": b"MThd",
    "rock/empty.mid": b"",
    "rock/._c.mid": b"what macOS adds",
    "rock/readme.txt": b"no tune",
}


def archive(path: Path, files: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for name, data in files.items():
                made.writestr(name, data)
        return path
    with tarfile.open(path, f"w:{path.suffix[1:] if path.suffix != '.tar' else ''}") as made:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return path


def folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def make_corpus(root: Path, *names: str) -> Path:
    """A folder with these files, `genre/name.mid`; files of one name but for the folder differ too."""
    for seed, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tune(seed))
    return root


def band_tune(genre: str, seed: int, *, num_bars: int = 32, tune: str = "") -> bytes:
    """The bytes of a MIDI file in C major, 4/4: a bass, chords and a lead, and drums unless `genre` is classical.

    Genres have tunes of their own unless `tune` names one for all.
    """
    rng = np.random.default_rng([seed, *(tune or genre).encode()])
    notes = []
    for bar in range(num_bars):
        root = int(rng.choice([0, 5, 7]))
        begin = 4.0 * bar
        notes += [(begin, 1.9, 36 + root, 90, BASS), (begin + 2, 1.9, 36 + root + 7 * (genre == "jazz"), 80, BASS)]
        notes += [(begin + rest, 1.0, 60 + root + tone, 70, CHORDS) for rest in (0, 2) for tone in (0, 4, 7)]
        steps = np.sort(rng.choice(8, 4, replace=False))
        notes += [(begin + step / 2, 0.5, 72 + int(rng.choice([0, 2, 4, 7, 9])), 100, LEAD) for step in steps]
        if genre != "classical":
            backbeat = [(0.0, 36), (1.0, 38), (2.0, 36), (3.0, 38)]
            cymbal = 51 if genre == "jazz" else 42
            hits = backbeat + [(eighth / 2, cymbal) for eighth in range(8)]
            notes += [(begin + beat, 0.1, key, 100, DRUMS) for beat, key in hits]
    table = np.array(sorted(notes), NOTE_DTYPE)
    tempos = np.array([[0.0, TEMPOS.get(genre, 100.0)]])
    return score_to_midi(Score(table, BAND, tempos, length=4.0 * num_bars))


def make_band_corpus(root: Path, *genres: str, num_songs: int = 8, num_bars: int = 32) -> Path:
    """A folder that a tiny model can be trained on: 256 bars a genre."""
    for genre in genres:
        (root / genre).mkdir(parents=True, exist_ok=True)
        for seed in range(num_songs):
            (root / genre / f"{genre} tune {'abcdefghij'[seed]}.mid").write_bytes(
                band_tune(genre, seed, num_bars=num_bars)
            )
    return root


def put_apart(corpus: Path, root: Path, *, is_of_second: Callable[[str], bool]) -> list[Path]:
    """Two folders with the files of a corpus, of which none is in both."""
    folders = [root / "first", root / "second"]
    for path in sorted(corpus.glob("*/*.mid")):
        name = path.relative_to(corpus).as_posix()
        copy = folders[is_of_second(name)] / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return folders


def make_labelled_corpus(root: Path) -> Path:
    """24 songs in folders that are no genres; of three in four, a table says the genre."""
    rows = ["path,genre"]
    for number in range(24):
        genre = ("classical", "rock")[number % 2]
        path = root / f"{number % 3}" / f"{genre} tune {'abcdefghijklmnopqrstuvwx'[number]}.mid"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(band_tune(genre, number, num_bars=36))
        if number % 4:
            rows.append(f"{path.relative_to(root)},{genre}")
    labels = root.parent / "labels.csv"
    labels.write_text("\n".join(rows), encoding="utf-8")
    return labels
