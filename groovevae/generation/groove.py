"""The one door to new music: a request in, pieces out. The command line and Python users come through here alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from groovevae import __version__
from groovevae.bars import Bars, Song, song_to_score
from groovevae.bars.constants import ROLES
from groovevae.bars.key import key_name
from groovevae.bars.midi import score_to_midi
from groovevae.corpus.scan import printable
from groovevae.generation.blending import Plan, plan_pieces
from groovevae.generation.requests import BlendRequest
from groovevae.generation.sampling import Sampler, SampleRequest
from groovevae.generation.sources import Places
from groovevae.model.file import ModelFile, load_model_file
from groovevae.network.decoding import decode, decode_takes, encode
from groovevae.network.forward import Network


@dataclass(frozen=True)
class Piece:
    """A new piece, blended or sampled: its bars, the MIDI file's bytes, and a line that says what was done."""

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

    def decode(
        self, z: np.ndarray, like: Bars, *, temperature: float = 0.0, seed: int = 0, keep: tuple[str, ...] = ()
    ) -> Bars:
        """Bars of latent points (N, Z), or (4, N, Z) for each role its own, in the metres and tempos of `like`."""
        return decode(self.network, z, like, temperature=temperature, seed=seed, keep=keep)

    def blend(self, request: BlendRequest) -> list[Piece]:
        """`request.count` pieces, of the seeds from `request.seed` on. The same request gives the same bytes.

        Raises RequestError for a request that does not fit, MidiError for a file that cannot be read, and CorpusError
        for a folder without songs.
        """
        return self.blend_all([request])

    def blend_all(self, requests: Sequence[BlendRequest]) -> list[Piece]:
        """The pieces of several requests, as `blend` gives them: files are read once, and bars decoded together."""
        places = Places(self.model, self.network)
        plans = [plan for one in requests for plan in plan_pieces(one.checked(self.model.genres), places)]
        decoded = decode_takes(self.network, [plan.take for plan in plans])
        return [self._finished(plan, bars) for plan, bars in zip(plans, decoded, strict=True)]

    def sample(self, request: SampleRequest) -> list[Piece]:
        """`request.count` new phrases of a genre, of the seeds from `request.seed` on; the same request gives the same.

        Raises RequestError for a request that does not fit, and for a model without a prior over phrases.
        """
        sampler = Sampler(self.model, self.network)
        request = request.checked(sampler.prior)
        return [self._sampled(sampler, request, request.seed + number) for number in range(request.count)]

    def _sampled(self, sampler: Sampler, request: SampleRequest, seed: int) -> Piece:
        song = sampler.song(request, seed)
        key = key_name(song.transpose, song.is_minor)
        description = f"a new phrase of {request.genre} in {key}; {_playing(song.bars)}"
        text = printable(f"groovevae {__version__}: {description}; {request.command(seed, model=self.path)}")
        return Piece(song, score_to_midi(song_to_score(song, text=text)), description, seed)

    def _finished(self, plan: Plan, bars: Bars) -> Piece:
        song = replace(plan.song, bars=bars)
        description = f"{plan.what}; {_playing(bars)}"
        command = plan.request.command(plan.request.seed, model=self.path)
        text = printable(f"groovevae {__version__}: {description}; {command}")
        return Piece(song, score_to_midi(song_to_score(song, text=text)), description, plan.request.seed)


def load_model(path: str | Path | None = None) -> Groove:
    """A model file, ready to use; the one that comes with the package without a `path`. Raises ModelFileError."""
    return Groove(load_model_file(path), path="" if path is None else str(path))


def _playing(bars: Bars) -> str:
    """Which roles play."""
    playing = [role for role, plays in zip(ROLES, bars.plays, strict=True) if plays]
    return " ".join(["plays", ", ".join(playing)]) if playing else "silent: no note came out"


def output_paths(blends: list[Piece], folder: Path, stem: str) -> Iterator[tuple[Path, Piece]]:
    """Where each blend goes: STEM-SEED.mid, or with a further number where another file has that name already."""
    for blended in blends:
        path, number = folder / f"{stem}-{blended.seed}.mid", 1
        while path.exists() and not (path.is_file() and path.read_bytes() == blended.midi):
            number += 1
            path = folder / f"{stem}-{blended.seed}-{number}.mid"
        yield path, blended
