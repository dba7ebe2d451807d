"""Fits the weights of `groovevae/bars/drum_ear.py` to folders of MIDI files, and prints what they are worth.

    python scripts/fit_drum_ear.py OUT.py FOLDER...

OUT.py is written, like groovevae/bars/drum_ear_weights.py.

Drums are the tracks on channel 10, their channel hidden. Clips of 1, 2 and 4 bars are cut out beside the whole tracks.
The pitched tracks are also moved into the drums' register, and both kinds are given other note lengths, so that neither
tells alone; and short bass lines and ostinatos are made up. Half of the songs (by the name of the file) fit the
weights; both halves are reported, and only the second is a fair test.
"""

from __future__ import annotations

import itertools
import sys
import textwrap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from groovevae.bars.drum_ear import LEAST_HITS, MOST_NOTES, certain_evidence, drum_features
from groovevae.errors import MidiError
from groovevae.midi.reading import load_score
from groovevae.midi.score import NOTE_DTYPE

WHOLE, MADE_UP = 0, -1
LENGTH_NAMES = {WHOLE: "all", MADE_UP: "made up"}
BARS = (1, 2, 4, WHOLE)  # lengths of the clips
PENALTY = 0.1  # C of scikit-learn
NUM_MADE_UP = 6000
SCALES = (
    (2, 3, 5, 7, 8, 10),
    (2, 4, 5, 7, 9, 11),
    (3, 5, 7, 10),
    (1, 3, 5, 7, 8, 10),
    (12,),
    (7, 12),
)  # above the tonic
LENGTHS = (0.1, 0.2, 0.25, 0.25, 0.45, 0.5, 0.9)  # of the notes of changed clips, in quarter notes


@dataclass(frozen=True)
class Clip:
    """One example: what its notes show, and where they come from."""

    features: tuple[float, ...]
    names: tuple[str, ...]
    num_notes: int
    is_drum: bool
    bars: int
    half: int
    changed: bool
    program: int


def half_of(path: Path) -> int:
    """Return 0 or 1; versions of a song share the first word of their names."""
    return (
        zlib.crc32(path.stem.split("_")[0].encode()) % 2 if path.stem[0] == "e" else zlib.crc32(path.stem.encode()) % 2
    )


def clips(path: Path) -> Iterator[Clip]:
    score = load_score(path)
    rng = np.random.default_rng(zlib.crc32(path.name.encode()))
    for index, track in enumerate(score.tracks):
        notes = score.notes[score.notes["track"] == index]
        for bars in BARS:
            clip = window(notes, bars, rng)
            versions = [(clip, False)] if len(clip) else []
            if len(clip) and rng.random() < 0.5:
                versions.append((changed(clip, track.is_drum, rng), True))
            for version, is_changed in versions:
                found = drum_features(version["onset"], version["duration"], version["pitch"])
                program = 0 if track.is_drum else track.program
                yield Clip(
                    tuple(found.values()),
                    tuple(found),
                    len(version),
                    track.is_drum,
                    bars,
                    half_of(path),
                    is_changed,
                    program,
                )


def window(notes: np.ndarray, bars: int, rng: np.random.Generator) -> np.ndarray:
    """Return the notes of one stretch of so many bars of 4/4, or none where no stretch has enough."""
    if bars == WHOLE:
        return notes[:MOST_NOTES] if len(notes) >= LEAST_HITS else notes[:0]
    stretch = (notes["onset"] // (4 * bars)).astype(int)
    full = np.flatnonzero(np.bincount(stretch) >= LEAST_HITS)
    return notes[stretch == rng.choice(full)] if len(full) else notes[:0]


def changed(clip: np.ndarray, is_drum: bool, rng: np.random.Generator) -> np.ndarray:
    clip = clip.copy()
    if is_drum or rng.random() < 0.5:
        clip["duration"] = rng.choice(LENGTHS)
    if not is_drum:
        shift = int(rng.integers(36, 56) - clip["pitch"].mean())
        clip["pitch"] = np.clip(clip["pitch"].astype(int) + shift, 0, 127)
    return clip


def made_up(index: int) -> Clip:
    """Return a bass line or a low ostinato of a few notes of a scale, one at a time, as sequencers play them."""
    rng = np.random.default_rng([7, index])
    scale = SCALES[rng.integers(len(SCALES))]
    degrees = rng.choice(scale, size=min(int(rng.integers(1, 5)), len(scale)), replace=False)
    octaves = 12 * rng.integers(0, 2, size=len(degrees))
    pitches = int(rng.integers(26, 50)) + np.append(0, degrees + octaves)
    steps = np.flatnonzero(rng.random(16) < rng.uniform(0.4, 1.0))
    steps = steps if len(steps) else np.arange(16)
    bars = int(rng.choice([1, 2, 4, 8, 16]))
    notes = np.zeros(len(steps) * bars, NOTE_DTYPE)
    notes["onset"] = np.concatenate([4 * bar + steps / 4 for bar in range(bars)])
    notes["duration"] = rng.choice(LENGTHS)
    notes["pitch"] = np.tile(rng.choice(pitches, size=len(steps)), bars)
    found = drum_features(notes["onset"], notes["duration"], notes["pitch"])
    return Clip(tuple(found.values()), tuple(found), len(notes), False, MADE_UP, index % 2, False, 0)


def module_text(names: tuple[str, ...], mean, spread, bias: float, weights, pairs) -> str:
    """Return the module that holds a model; `ruff format` makes it pretty."""
    vectors = (("MEAN", mean), ("SPREAD", spread), ("WEIGHTS", weights), ("_PAIRS", pairs))
    lines = [
        '"""What `scripts/fit_drum_ear.py` found: the constants of `drum_ear`, of each feature and pair of them."""',
        "",
        "import numpy as np",
        "",
        "",
        "def _numbers(text: str) -> np.ndarray:",
        "    return np.array([float(number) for number in text.split()])",
        "",
        "",
        f'FEATURES = """\n{textwrap.fill(", ".join(names), 110)}\n""".strip().replace("\\n", " ").split(", ")',
        f"BIAS = {bias:.3f}",
    ]
    for name, vector in vectors:
        lines.append(f'{name} = _numbers("""')
        lines += [textwrap.fill(" ".join(f"{value:.3f}" for value in vector), 110), '""")']
    lines += [
        "PAIRS = np.zeros((len(FEATURES), len(FEATURES)))  # of each feature with itself and those after it",
        "PAIRS[np.triu_indices(len(FEATURES))] = _PAIRS",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    found: list[Clip] = []
    for folder in sys.argv[2:]:
        for path in sorted(Path(folder).rglob("*.mid")):
            try:
                found += clips(path)
            except MidiError as error:
                print(error, file=sys.stderr)
    found += [made_up(index) for index in range(NUM_MADE_UP)]
    x = np.array([clip.features for clip in found])
    is_drum, bars, half, is_changed, program = (
        np.array([getattr(clip, name) for clip in found]) for name in ("is_drum", "bars", "half", "changed", "program")
    )
    fitting = half == 0
    mean, spread = x[fitting].mean(0), x[fitting].std(0) + 1e-9
    scaled = (x - mean) / spread
    rows, columns = np.triu_indices(x.shape[1])
    terms = np.hstack([scaled, scaled[:, rows] * scaled[:, columns]])
    weight = np.where(is_changed | (~is_drum & (program != 0)), 0.5, 1.0)
    model = LogisticRegression(C=PENALTY, max_iter=8000)
    model.fit(terms[fitting], is_drum[fitting], sample_weight=weight[fitting])
    weights, pairs = np.split(model.coef_[0], [x.shape[1]])
    Path(sys.argv[1]).write_text(
        module_text(found[0].names, mean, spread, model.intercept_[0], weights, pairs), "utf-8"
    )
    evidence = terms @ model.coef_[0] + model.intercept_[0]
    certain = evidence >= [certain_evidence(clip.num_notes) for clip in found]
    print("half     bars  drums  found  pitched without program  taken for drums  pitched  taken for drums")
    for part, length in itertools.product((0, 1), (*BARS, MADE_UP)):
        shown = (half == part) & ~is_changed & (bars == length)
        drums, silent, pitched = (certain[shown & kind] for kind in (is_drum, ~is_drum & (program == 0), ~is_drum))
        found_share = drums.mean() if len(drums) else 1.0
        row = f"{part:4d}  {LENGTH_NAMES.get(length, length):>7}  {len(drums):5d}  {found_share:.3f}  {len(silent):23d}"
        print(f"{row}  {silent.sum():15d}  {len(pitched):7d}  {pitched.sum():15d}")


if __name__ == "__main__":
    main()
