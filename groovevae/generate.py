"""The one door to new music: a request in, pieces out. The command line and Python users come through here alike."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from groovevae import __version__
from groovevae.bars import Bars, Song, song_to_piece
from groovevae.bars.constants import VOICE_PITCH
from groovevae.blend import (
    blend,
    check_amount,
    find_genre,
    mixed_tempo,
    mixed_vector,
    nearest_genre,
    normalised_weights,
    pick_by_weight,
    pick_programs,
)
from groovevae.checkpoint import ModelFile
from groovevae.corpus import read_song
from groovevae.decoding import decode, encode
from groovevae.errors import RequestError
from groovevae.midi import Piece, piece_to_midi
from groovevae.model import GrooveVAE

MAX_BARS = 1024
MAX_COUNT = 1000
MAX_TEMPERATURE = 2.0
DEFAULT_TEMPERATURE = 0.5
MIDI_SUFFIXES = (".mid", ".midi")


@dataclass(frozen=True)
class BlendRequest:
    """What to blend. `start` is a genre or a MIDI file, `targets` the genres to go to with their weights.

    >>> BlendRequest("classical", {"rock": 1.0}, amount=0.5)
    """

    start: str
    targets: dict[str, float]
    amount: float = 0.5  # share of the way from the start to the targets; past 1 goes beyond
    bars: int | None = None  # 8 from a genre, all of a file
    count: int = 1
    seed: int = 0
    temperature: float = DEFAULT_TEMPERATURE  # 0: the likeliest notes; 1: drawn as the model believes

    def command(self, seed: int) -> str:
        """The command that makes the piece of one seed again."""
        if len(self.targets) == 1:
            what = [self.start, *self.targets]
        else:
            what = [self.start, *(f"{name}={weight:g}" for name, weight in self.targets.items())]
        options = ["--amount", f"{self.amount:g}", "--seed", str(seed), "--temperature", f"{self.temperature:g}"]
        options += ["--bars", str(self.bars)] if self.bars is not None else []
        return shlex.join(["groove", "blend", *what, *options])


@dataclass(frozen=True)
class Blend:
    """A blended piece: its bars, the MIDI file's bytes, and a line that says what was done."""

    song: Song
    midi: bytes
    description: str
    seed: int


@dataclass(frozen=True)
class _Start:
    """Bars to start from, as latent points, and how they are played."""

    z: np.ndarray  # (N, Z)
    like: Bars  # metres and tempos of the N bars
    song: Song  # key, programs, kit
    genre: str  # whose vector is taken away
    name: str  # for the description


class Groove:
    """A model ready to encode, decode and blend.

    >>> groove = Groove(load_model_file())
    >>> groove.blend(BlendRequest("classical", {"rock": 1.0}))[0].midi[:4]
    b'MThd'
    """

    def __init__(self, model: ModelFile) -> None:
        self.model = model
        self.network: GrooveVAE = model.network()

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
        request = self._checked(request)
        file = _read_start(request.start) if is_midi_path(request.start) else None
        return [self._blend_one(request, request.seed + number, file) for number in range(request.count)]

    def _checked(self, request: BlendRequest) -> BlendRequest:
        check_amount(request.amount)
        _check_range("bars", request.bars if request.bars is not None else 1, 1, MAX_BARS)
        _check_range("count", request.count, 1, MAX_COUNT)
        _check_range("seed", request.seed, 0, 2**31 - 1)
        _check_range("temperature", request.temperature, 0, MAX_TEMPERATURE)
        if not request.targets:
            raise RequestError("no genre to blend towards; name one, like groove blend classical rock")
        genres = self.model.genres
        targets = normalised_weights({find_genre(name, genres): weight for name, weight in request.targets.items()})
        start = request.start if is_midi_path(request.start) else find_genre(request.start, genres)
        return replace(request, start=start, targets=targets)

    def _blend_one(self, request: BlendRequest, seed: int, file: Song | None) -> Blend:
        genres, rng = self.model.genres, np.random.default_rng(seed)
        if file is None:
            start = phrase_start(self.model, request.start, seed=seed, num_bars=request.bars or 8)
        else:
            start = self._file_start(request.start, file, request.bars)
        target = mixed_vector(request.targets, genres)
        z = blend(start.z, genres[start.genre].mean, target, request.amount)
        tempos = [mixed_tempo(tempo, request.amount, request.targets, genres) for tempo in start.like.tempo.tolist()]
        like = replace(start.like, tempo=np.array(tempos, np.float32))
        bars = self.decode(z, like, temperature=request.temperature, seed=seed)
        share = min(request.amount, 1.0)
        weights = {"": 1 - share, **{name: share * weight for name, weight in request.targets.items()}}
        song = replace(
            start.song,
            bars=bars,
            programs=pick_programs(start.song.programs, weights, genres, rng),
            kit=self._pick_kit(start.song, weights, rng),
        )
        description = f"{start.name} + {request.amount:g} x ({_named(request.targets)} - {start.genre})"
        text = f"groovevae {__version__}: {description}; {request.command(seed)}"
        return Blend(song, piece_to_midi(song_to_piece(song, text=text)), description, seed)

    def _file_start(self, path: str, song: Song, num_bars: int | None) -> _Start:
        bars = song.bars[: min(num_bars or len(song.bars), MAX_BARS)]
        z = self.encode(bars)
        genre = nearest_genre(z[bars.has_notes], self.model.genres)
        return _Start(z, bars, song, genre, f"{Path(path).name} (nearest to {genre})")

    def _pick_kit(self, start: Song, weights: dict[str, float], rng: np.random.Generator) -> tuple[int, ...]:
        """The start's drum kit, or a target's, by weight; a start without drums has none to give."""
        has_kit = {name: weight for name, weight in weights.items() if name or start.kit != VOICE_PITCH}
        if not sum(has_kit.values()):
            return start.kit
        name = pick_by_weight(normalised_weights(has_kit), rng)
        return self.model.genres[name].kit if name else start.kit


def phrase_start(model: ModelFile, genre: str, *, seed: int, num_bars: int) -> _Start:
    """A phrase of a genre: another for each seed until all have been used. More bars than it has repeat it."""
    phrases = model.genres[genre].phrases
    if not phrases:
        raise RequestError(f"the model has no phrase of {genre!r} to start from; start from a MIDI file of yours")
    phrase = phrases[seed % len(phrases)]
    index = np.arange(num_bars) % len(phrase.z)
    like = Bars.empty(num_bars, tempo=phrase.tempo)
    like.metre[:] = phrase.metre[index]
    song = Song(like, phrase.transpose, phrase.is_minor, phrase.programs, phrase.kit)
    name = f"{genre} (from {phrase.title!r})" if phrase.title else genre
    return _Start(phrase.z[index].astype(np.float32), like, song, genre, name)


def is_midi_path(start: str) -> bool:
    """Whether the start of a blend is meant as a file, and not as a genre."""
    return start.lower().endswith(MIDI_SUFFIXES)


def blend_to_piece(blended: Blend) -> Piece:
    """The notes of a blend, as `piece_to_pretty_midi` takes them."""
    return song_to_piece(blended.song, text=blended.description)


def _read_start(path: str) -> Song:
    return read_song(Path(path))


def _named(weights: dict[str, float]) -> str:
    if len(weights) == 1:
        return next(iter(weights))
    return "(" + " + ".join(f"{weight:.2g} {name}" for name, weight in weights.items()) + ")"


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise RequestError(f"{name} {value:g} is outside {low:g} to {high:g}")


def output_paths(blends: list[Blend], folder: Path, stem: str) -> Iterator[tuple[Path, Blend]]:
    """Where each blend goes: STEM-SEED.mid, or with a further number where another file has that name already."""
    for blended in blends:
        path, number = folder / f"{stem}-{blended.seed}.mid", 1
        while path.exists() and path.read_bytes() != blended.midi:
            number += 1
            path = folder / f"{stem}-{blended.seed}-{number}.mid"
        yield path, blended
