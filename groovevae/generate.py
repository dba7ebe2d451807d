"""The one door to new music: a request in, pieces out. The command line and Python users come through here alike."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from groovevae import __version__
from groovevae.bars import Bars, Song, song_to_piece
from groovevae.bars.constants import ROLES
from groovevae.bars.key import key_name
from groovevae.blend import (
    METHODS,
    check_amount,
    find_genre,
    mixed_tempo,
    move,
    nearest_genre,
    normalised_weights,
    parse_weights,
    pick_kit,
    pick_programs,
)
from groovevae.checkpoint import ModelFile, load_model_file
from groovevae.corpus import read_song
from groovevae.decoding import decode, encode
from groovevae.errors import MidiError, RequestError
from groovevae.midi import piece_to_midi
from groovevae.model import GrooveVAE
from groovevae.sampling import Sampler, SampleRequest
from groovevae.wording import check_range as _check_range
from groovevae.wording import number as _number
from groovevae.wording import playing as _playing
from groovevae.wording import printable as _printable

MAX_BARS = 1024
MAX_COUNT = 1000
MAX_TEMPERATURE = 2.0
DEFAULT_TEMPERATURE = 0.5
DEFAULT_BARS = 8  # of a piece that starts from a genre
MIDI_SUFFIXES = (".mid", ".midi")
MAX_STEM = 150  # bytes of a file's name: every file system takes them, and a number behind them


@dataclass(frozen=True)
class BlendRequest:
    """What to blend. `start` is a genre or a MIDI file, `targets` the genres to go to with their weights.

    >>> BlendRequest("classical", {"rock": 1.0}, amount=0.5)
    """

    start: str
    targets: dict[str, float]
    amount: float = 0.5  # share of the way from the start to the targets; past 1 goes beyond
    bars: int | None = None  # DEFAULT_BARS from a genre, all of a file
    count: int = 1
    seed: int = 0
    method: str = "transport"  # or "mean", the literal formula: see blend.move
    temperature: float = DEFAULT_TEMPERATURE  # 0: the likeliest notes; 1: drawn as the model believes

    @classmethod
    def from_words(cls, words: Sequence[str]) -> BlendRequest:
        """The request that a few words stand for. Raises RequestError where they say nothing that can be blended.

        >>> BlendRequest.from_words(["classical", "rock"])  # half way
        >>> BlendRequest.from_words(["song.mid", "rock=0.7", "jazz=0.3"])  # half way to that mixture
        >>> BlendRequest.from_words(["classical=0.5", "rock=0.3", "jazz=0.2"])  # that mixture, from classical bars
        """
        first, rest = words[0] if words else "", list(words[1:])
        if file := next((word for word in rest if is_midi_path(word)), None):
            raise RequestError(f"{file}: a file is where a blend starts; write it first, then the genres to go to")
        if "=" in first and not is_midi_path(first):
            targets = parse_weights(words)
            return cls(max(targets, key=lambda name: targets[name]), targets, amount=1.0)
        if not rest:
            raise RequestError("no genre to blend towards; name one, like groove blend classical rock")
        if len(rest) == 1 and "=" not in rest[0]:
            return cls(first, {rest[0]: 1.0})
        return cls(first, parse_weights(rest))

    def command(self, seed: int, *, model: str = "") -> str:
        """The command that makes the piece of one seed again, with the `model` of this path."""
        if len(self.targets) == 1:
            what = [self.start, *self.targets]
        else:
            what = [self.start, *(f"{name}={_number(weight)}" for name, weight in self.targets.items())]
        options = ["--amount", _number(self.amount), "--seed", str(seed), "--temperature", _number(self.temperature)]
        options += ["--method", self.method] if self.method != "transport" else []
        options += ["--bars", str(self.bars)] if self.bars is not None else []
        options += ["--model", model] if model else []
        return shlex.join(["groove", "blend", *what, *options])

    @property
    def stem(self) -> str:
        """A name for the files of this request, such as "classical-rock-0.5": safe in every file system."""
        start = Path(self.start).stem if is_midi_path(self.start) else self.start
        if len(self.targets) == 1:
            names = [start, *self.targets, _number(self.amount)]
        else:
            names = [f"{name}{_number(weight)}" for name, weight in self.targets.items()]
            if self.start not in self.targets or self.amount != 1:
                names = [start, *names, _number(self.amount)]
        stem = "-".join(re.sub(r"[^\w.]+", "_", name).strip("._") or "_" for name in names)
        return stem.encode()[:MAX_STEM].decode(errors="ignore")


@dataclass(frozen=True)
class Blend:
    """A new piece, blended or sampled: its bars, the MIDI file's bytes, and a line that says what was done."""

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
    plays: tuple[bool, ...]  # whether drums, bass, chords and lead play
    genre: str  # that it is moved away from
    name: str  # for the description


class Groove:
    """A model ready to encode, decode and blend. `path` is what the texts within MIDI files call it.

    >>> groove = load_model()
    >>> groove.blend(BlendRequest("classical", {"rock": 1.0}))[0].midi[:4]
    b'MThd'
    """

    def __init__(self, model: ModelFile, *, path: str = "") -> None:
        self.model = model
        self.path = path
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

    def sample(self, request: SampleRequest) -> list[Blend]:
        """`request.count` new phrases of a genre, of the seeds from `request.seed` on; the same request gives the same.

        Raises RequestError for a request that does not fit, and for a model without a prior over phrases.
        """
        request = request.checked(self._sampler.prior)
        return [self._sample_one(request, request.seed + number) for number in range(request.count)]

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(self.model, self.network)

    def _sample_one(self, request: SampleRequest, seed: int) -> Blend:
        song = self._sampler.song(request, seed)
        description = f"a new phrase of {request.genre} in {key_name(song.transpose, song.is_minor)}; "
        description += _playing(song.bars)
        text = f"groovevae {__version__}: {description}; {request.command(seed, model=self.path)}"
        return Blend(song, piece_to_midi(song_to_piece(song, text=_printable(text))), description, seed)

    def _sampled_start(self, request: SampleRequest, seed: int) -> _Start:
        """A new phrase as the start of a blend, in the place of one that a song gave."""
        song = self._sampler.song(request, seed)
        plays = tuple(bool(getattr(song.bars, role).any()) for role in ROLES)
        name = f"{request.genre} (a new phrase)"
        return _Start(self.encode(song.bars), song.bars, song, plays, request.genre, name)

    def _checked(self, request: BlendRequest) -> BlendRequest:
        """The request with the genres' true names; weights are as they were given."""
        check_amount(request.amount)
        _check_range("bars", request.bars if request.bars is not None else 1, 1, MAX_BARS)
        _check_range("count", request.count, 1, MAX_COUNT)
        _check_range("seed", request.seed, 0, 2**31 - 1)
        _check_range("temperature", request.temperature, 0, MAX_TEMPERATURE)
        if request.method not in METHODS:
            raise RequestError(f"no method {request.method!r}; there are {' and '.join(METHODS)}")
        if not request.targets:
            raise RequestError("no genre to blend towards; name one, like groove blend classical rock")
        genres = self.model.genres
        targets = {find_genre(name, genres): weight for name, weight in request.targets.items()}
        if len(targets) < len(request.targets):
            raise RequestError(f"a genre is named twice among {', '.join(request.targets)}; give it one weight")
        normalised_weights(targets)
        start = request.start if is_midi_path(request.start) else find_genre(request.start, genres)
        return replace(request, start=start, targets=targets)

    def _blend_one(self, request: BlendRequest, seed: int, file: Song | None) -> Blend:
        genres, rng = self.model.genres, np.random.default_rng(seed)
        targets = normalised_weights(request.targets)
        if file is None:
            start = phrase_start(self.model, request.start, seed=seed, num_bars=request.bars or DEFAULT_BARS)
        else:
            start = self._file_start(request.start, file, request.bars, targets)
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
        description = f"{start.name}, {_number(request.amount)} of the way to {_named(targets)}"
        if request.method == "mean":
            description = f"{start.name} + {_number(request.amount)} x ({_named(targets)} - {start.genre})"
        description += f"; {_playing(bars)}"
        text = f"groovevae {__version__}: {description}; {request.command(seed, model=self.path)}"
        return Blend(song, piece_to_midi(song_to_piece(song, text=_printable(text))), description, seed)

    def _file_start(self, path: str, song: Song, num_bars: int | None, targets: Mapping[str, float]) -> _Start:
        """All bars of a file, or `num_bars` from the first that sounds; more bars than it has repeat it.

        It is moved away from the genre it is nearest to, of those that are not where it goes to.
        """
        sounding = np.flatnonzero(song.bars.has_notes)
        if not len(sounding):
            raise MidiError("none of its notes has a place in the bars", path=path)
        if num_bars is None:
            bars = song.bars[:MAX_BARS]
        else:
            played = song.bars[int(sounding[0]) :]
            bars = played[np.arange(num_bars) % len(played)]
        z = self.encode(bars)
        others = {name: genre for name, genre in self.model.genres.items() if name not in targets}
        genre = nearest_genre(z[bars.has_notes] if bars.has_notes.any() else z, others or self.model.genres)
        is_cut = num_bars is None and len(bars) < len(song.bars)
        which = f"the first {len(bars):,} of {len(song.bars):,} bars, " if is_cut else ""
        plays = tuple(bool(getattr(bars, role).any()) for role in ROLES)
        return _Start(z, bars, song, plays, genre, f"{Path(path).name} ({which}taken for {genre})")


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
    return _Start(phrase.z[index].astype(np.float32), like, song, phrase.plays, genre, name)


def is_midi_path(start: str) -> bool:
    """Whether the start of a blend is meant as a file, and not as a genre."""
    return start.lower().endswith(MIDI_SUFFIXES)


def load_model(path: str | Path | None = None) -> Groove:
    """A model file, ready to use; the one that comes with the package without a `path`. Raises ModelFileError."""
    return Groove(load_model_file(path), path="" if path is None else str(path))


def _read_start(path: str) -> Song:
    return read_song(Path(path))


def _named(weights: Mapping[str, float]) -> str:
    if len(weights) == 1:
        return next(iter(weights))
    return "(" + " + ".join(f"{weight:.2g} {name}" for name, weight in weights.items()) + ")"


def output_paths(blends: list[Blend], folder: Path, stem: str) -> Iterator[tuple[Path, Blend]]:
    """Where each blend goes: STEM-SEED.mid, or with a further number where another file has that name already."""
    for blended in blends:
        path, number = folder / f"{stem}-{blended.seed}.mid", 1
        while path.exists() and not (path.is_file() and path.read_bytes() == blended.midi):
            number += 1
            path = folder / f"{stem}-{blended.seed}-{number}.mid"
        yield path, blended
