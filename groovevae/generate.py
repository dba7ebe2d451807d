"""The one door to new music: a request in, pieces out. The command line and Python users come through here alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from groovevae import __version__
from groovevae.bars import Bars, Song, song_to_piece
from groovevae.bars.constants import ROLES
from groovevae.blend import (
    mixed_tempo,
    move,
    normalised_weights,
    pick_kit,
    pick_programs,
)
from groovevae.checkpoint import ModelFile, load_model_file
from groovevae.corpus import read_song
from groovevae.decoding import decode, encode
from groovevae.inference import Network
from groovevae.midi import piece_to_midi
from groovevae.request import DEFAULT_BARS, BlendRequest, is_midi_path, number_text
from groovevae.starts import file_start, phrase_start


@dataclass(frozen=True)
class Blend:
    """A blended piece: its bars, the MIDI file's bytes, and a line that says what was done."""

    song: Song
    midi: bytes
    description: str
    seed: int


class Groove:
    """A model ready to encode, decode and blend. `path` is what the texts within MIDI files call it.

    >>> groove = load_model()
    >>> groove.blend(BlendRequest("classical", {"rock": 1.0}))[0].midi[:4]
    b'MThd'
    """

    def __init__(self, model: ModelFile, *, path: str = "") -> None:
        self.model = model
        self.path = path
        self.network: Network = model.network()

    @property
    def genre_vectors(self) -> dict[str, np.ndarray]:
        """The genre vectors by name, (Z,) each."""
        return {name: genre.mean for name, genre in self.model.genres.items()}

    def encode(self, bars: Bars) -> np.ndarray:
        """Posterior means (N, Z) of bars."""
        return encode(self.network, bars)[0]

    def decode(self, z: np.ndarray, like: Bars, *, temperature: float = 0.0, seed: int = 0) -> Bars:
        """Bars of latent points (N, Z), in the metres and tempos of the bars `like`."""
        return decode(self.network, z, like, temperature=temperature, seed=seed)

    def blend(self, request: BlendRequest) -> list[Blend]:
        """`request.count` pieces, of the seeds from `request.seed` on. The same request gives the same bytes.

        Raises RequestError for a request that does not fit, and MidiError for a start that cannot be read.
        """
        request = request.checked(self.model.genres)
        file = read_song(request.start) if is_midi_path(request.start) else None
        return [self._blend_one(request, request.seed + number, file) for number in range(request.count)]

    def _blend_one(self, request: BlendRequest, seed: int, file: Song | None) -> Blend:
        genres, rng = self.model.genres, np.random.default_rng(seed)
        targets = normalised_weights(request.targets)
        if file is None:
            start = phrase_start(self.model, request.start, seed=seed, num_bars=request.bars or DEFAULT_BARS)
        else:
            start = file_start(
                self.model, self.network, file, path=request.start, num_bars=request.bars, targets=targets
            )
        source = genres[start.genre]
        z = move(start.z, source, targets, genres, amount=request.amount, method=request.method)
        tempos = [mixed_tempo(tempo, request.amount, targets, genres) for tempo in start.like.tempo.tolist()]
        like = replace(start.like, tempo=np.array(tempos, np.float32))
        bars = self.decode(z, like, temperature=request.temperature, seed=seed)
        share = min(request.amount, 1.0)
        weights = {"": 1 - share, **{name: share * weight for name, weight in targets.items()}}
        song = replace(
            start.song,
            bars=bars,
            programs=pick_programs(start.song.programs, start.plays[1:], weights, genres, rng),
            kit=pick_kit(start.song.kit, start.plays[0], weights, genres, rng),
        )
        description = f"{start.name}, {number_text(request.amount)} of the way to {_named(targets)}"
        if request.method == "mean":
            description = f"{start.name} + {number_text(request.amount)} x ({_named(targets)} - {start.genre})"
        description += f"; {_playing(bars)}"
        text = f"groovevae {__version__}: {description}; {request.command(seed, model=self.path)}"
        return Blend(song, piece_to_midi(song_to_piece(song, text=_printable(text))), description, seed)


def load_model(path: str | Path | None = None) -> Groove:
    """A model file, ready to use; the one that comes with the package without a `path`. Raises ModelFileError."""
    return Groove(load_model_file(path), path="" if path is None else str(path))


def _playing(bars: Bars) -> str:
    """Which roles play."""
    playing = [role for role, plays in zip(ROLES, bars.plays, strict=True) if plays]
    return " ".join(["plays", ", ".join(playing)]) if playing else "silent: no note came out"


def _named(weights: Mapping[str, float]) -> str:
    if len(weights) == 1:
        return next(iter(weights))
    return "(" + " + ".join(f"{weight:.2g} {name}" for name, weight in weights.items()) + ")"


def _printable(text: str) -> str:
    """A text without the odd bytes of a file name that is no valid UTF-8."""
    return text.encode("utf-8", "replace").decode()


def output_paths(blends: list[Blend], folder: Path, stem: str) -> Iterator[tuple[Path, Blend]]:
    """Where each blend goes: STEM-SEED.mid, or with a further number where another file has that name already."""
    for blended in blends:
        path, number = folder / f"{stem}-{blended.seed}.mid", 1
        while path.exists() and not (path.is_file() and path.read_bytes() == blended.midi):
            number += 1
            path = folder / f"{stem}-{blended.seed}-{number}.mid"
        yield path, blended
