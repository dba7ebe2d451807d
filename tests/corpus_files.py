"""Small corpora for the tests: folders of MIDI files of a few notes, each file with a tune of its own."""

from pathlib import Path

import numpy as np

from groovevae.midi import NOTE_DTYPE, Piece, Track, piece_to_midi

PIANO = Track("Piano", 0, is_drum=False)


def tune(seed: int) -> bytes:
    """The bytes of a MIDI file of two bars that the seed decides."""
    pitches = np.random.default_rng(seed).integers(48, 84, 8)
    notes = [(float(beat), 0.5, pitch, 90, 0) for beat, pitch in enumerate(pitches)]
    return piece_to_midi(Piece(np.array(notes, NOTE_DTYPE), (PIANO,), length=8.0))


def make_corpus(root: Path, *names: str) -> Path:
    """A folder with these files, `genre/name.mid`; files of one name but for the folder differ too."""
    for seed, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tune(seed))
    return root
