"""What is asked for: a request, from words and back to a command. Reads no files and knows no model."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from groovevae.blend import METHODS, check_amount, find_genre, normalised_weights, parse_weights
from groovevae.config import MAX_SEED
from groovevae.errors import RequestError

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
            what = [self.start, *(f"{name}={number_text(weight)}" for name, weight in self.targets.items())]
        options = [
            "--amount",
            number_text(self.amount),
            "--seed",
            str(seed),
            "--temperature",
            number_text(self.temperature),
        ]
        options += ["--method", self.method] if self.method != "transport" else []
        options += ["--bars", str(self.bars)] if self.bars is not None else []
        options += ["--model", model] if model else []
        return shlex.join(["groove", "blend", *what, *options])

    @property
    def stem(self) -> str:
        """A name for the files of this request, such as "classical-rock-0.5": safe in every file system."""
        start = Path(self.start).stem if is_midi_path(self.start) else self.start
        if len(self.targets) == 1:
            names = [start, *self.targets, number_text(self.amount)]
        else:
            names = [f"{name}{number_text(weight)}" for name, weight in self.targets.items()]
            if self.start not in self.targets or self.amount != 1:
                names = [start, *names, number_text(self.amount)]
        stem = "-".join(re.sub(r"[^\w.]+", "_", name).strip("._") or "_" for name in names)
        return stem.encode()[:MAX_STEM].decode(errors="ignore")

    def checked(self, genres: Iterable[str]) -> BlendRequest:
        """The request with the true names of a model's genres; weights are as they were given.

        Raises RequestError for what is out of range or unknown.
        """
        check_amount(self.amount)
        check_range("bars", self.bars if self.bars is not None else 1, 1, MAX_BARS)
        check_range("count", self.count, 1, MAX_COUNT)
        check_range("seed", self.seed, 0, MAX_SEED)
        check_range("temperature", self.temperature, 0, MAX_TEMPERATURE)
        if self.method not in METHODS:
            raise RequestError(f"no method {self.method!r}; there are {' and '.join(METHODS)}")
        if not self.targets:
            raise RequestError("no genre to blend towards; name one, like groove blend classical rock")
        targets = {find_genre(name, genres): weight for name, weight in self.targets.items()}
        if len(targets) < len(self.targets):
            raise RequestError(f"a genre is named twice among {', '.join(self.targets)}; give it one weight")
        normalised_weights(targets)
        start = self.start if is_midi_path(self.start) else find_genre(self.start, genres)
        return replace(self, start=start, targets=targets)


def is_midi_path(start: str) -> bool:
    """Whether the start of a blend is meant as a file, and not as a genre."""
    return start.lower().endswith(MIDI_SUFFIXES)


def number_text(value: float) -> str:
    """A number as short as can be and still the same when it is read again: 0.5, 1, 0.3333333333333333."""
    return short if float(short := f"{value:g}") == value else repr(float(value))


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raises RequestError for a value out of range, NaN among them."""
    if not low <= value <= high:
        raise RequestError(f"{name} {value:g} is outside {low:g} to {high:g}")
