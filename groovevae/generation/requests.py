"""What is asked for: a request, from words and back to a command. Opens no files and knows no model."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from groovevae.bars.constants import ROLES
from groovevae.bars.key import parse_key
from groovevae.config import MAX_SEED
from groovevae.errors import RequestError
from groovevae.model.moving import (
    BAR_METHODS,
    METHODS,
    Amount,
    check_amount,
    find_genre,
    normalised_weights,
    parse_numbers,
    parse_weights,
)
from groovevae.network.decoding import DEFAULT_TEMPERATURE
from groovevae.systems import command_text, portable_stem

MAX_BARS = 1024
MAX_COUNT = 1000
MAX_STEPS = 64  # of a morph
MAX_TEMPERATURE = 2.0
MAX_STRENGTH = 10.0  # of a vector, either way
TEMPO_RANGE = (20.0, 400.0)  # quarter notes a minute that may be asked for
DEFAULT_BARS = 8  # of a piece that starts from a genre
MIDI_SUFFIXES = (".mid", ".midi")
MAX_STEM = 150  # bytes of a file's name: every file system takes them, and a number behind them


@dataclass(frozen=True)
class BlendRequest:
    """What to blend. `start` is a genre or a MIDI file; `targets` are genres, MIDI files or folders, with weights.

    >>> BlendRequest("classical", {"rock": 1.0}, amount=0.5)
    >>> BlendRequest("song.mid", {"rock": 1.0}, amount=(0.0, 1.0), roles={"drums": 1.0}, keep=("lead",))
    """

    start: str
    targets: dict[str, float] = field(default_factory=dict)
    amount: Amount = 0.5  # share of the way from the start to the targets; past 1 goes beyond; (first, last) of a ramp
    roles: dict[str, Amount] = field(default_factory=dict)  # amounts of roles that go another share of the way
    keep: tuple[str, ...] = ()  # roles whose notes stay those of the start
    vectors: dict[str, float] = field(default_factory=dict)  # names in the model, or files, with strengths
    bars: int | None = None  # DEFAULT_BARS from a genre, all of a file
    key: str = ""  # "F#m"; empty: the start's
    tempo: float | None = None  # quarter notes a minute; None: between the start's and the targets'
    count: int = 1
    seed: int = 0
    method: str = "calibrated"  # or "transport", "mean" (the literal formula): see plans; "line", "sphere": bar to bar
    temperature: float = DEFAULT_TEMPERATURE  # 0: the likeliest notes; 1: drawn as the model believes

    @classmethod
    def from_words(cls, words: Sequence[str]) -> BlendRequest:
        """The request that a few words stand for. Raises RequestError where they say nothing that can be blended.

        >>> BlendRequest.from_words(["classical", "rock"])  # half way
        >>> BlendRequest.from_words(["song.mid", "rock=0.7", "other.mid=0.3"])  # half way to that mixture
        >>> BlendRequest.from_words(["classical=0.5", "rock=0.3", "jazz=0.2"])  # that mixture, from classical bars
        """
        first, rest = words[0] if words else "", list(words[1:])
        if _is_weight(first):
            targets = parse_weights(words)
            return cls(max(targets, key=lambda name: targets[name]), targets, amount=1.0)
        if not rest:
            raise RequestError("no genre to blend towards; name one, like groove blend classical rock")
        if len(rest) == 1 and not _is_weight(rest[0]):
            return cls(first, {rest[0]: 1.0})
        return cls(first, parse_weights(rest))

    def command(self, seed: int, *, model: str = "") -> str:
        """The command that makes the piece of one seed again, with the `model` of this path."""
        command = ["groove", "blend", self.start]
        if len(self.targets) == 1 and not _is_weight(next(iter(self.targets))):
            command += self.targets
        elif self.targets:
            command += [f"{name}={number_text(weight)}" for name, weight in self.targets.items()]
        else:
            command = ["groove", "vector", "apply", self.start]
        options = {
            "--amount": amount_text(self.amount) if self.targets else "",
            **{f"--{role}": amount_text(amount) for role, amount in self.roles.items()},
            "--seed": str(seed),
            "--temperature": number_text(self.temperature),
            "--method": self.method if self.method != "calibrated" else "",
            "--keep": ",".join(self.keep),
            "--bars": "" if self.bars is None else str(self.bars),
            "--key": self.key,
            "--tempo": "" if self.tempo is None else number_text(self.tempo),
            "--model": model,
        }
        for name, value in options.items():
            command += [name, value] if value else []
        for name, strength in self.vectors.items():
            command += ["--vector", f"{name}={number_text(strength)}"]
        return command_text(command)

    @property
    def stem(self) -> str:
        """A name for the files of this request, such as "classical-rock-0.5": safe in every file system."""
        by_role = [role + amount_text(amount) for role, amount in self.roles.items()]
        amounts = [text.replace("..", "_to_") for text in (amount_text(self.amount), *by_role)]
        if len(self.targets) == 1:
            names = [short_name(self.start), *map(short_name, self.targets), *amounts]
        else:
            names = [f"{short_name(name)}{number_text(weight)}" for name, weight in self.targets.items()]
            if self.start not in self.targets or self.amount != 1 or self.roles:
                names = [short_name(self.start), *names, *(amounts if self.targets else [])]
        names += [f"{short_name(name)}{number_text(strength)}" for name, strength in self.vectors.items()]
        stem = "-".join(re.sub(r"[^\w.]+", "_", name).strip("._") or "_" for name in names)
        return portable_stem(stem.encode()[:MAX_STEM].decode(errors="ignore"))

    def amount_of(self, role: str) -> Amount:
        """The amount of a role."""
        return self.roles.get(role, self.amount)

    def checked(self, genres: Collection[str]) -> BlendRequest:
        """The request with the true names of a model's genres; weights are as they were given.

        Raises RequestError for what is out of range or unknown.
        """
        self._check_ranges()
        self._check_roles()
        if not self.targets and not self.vectors:
            raise RequestError("no genre to blend towards; name one, like groove blend classical rock")
        if self.method in BAR_METHODS and len(self.targets) != 1:
            raise RequestError(f"method {self.method} goes from bar to bar, to one genre or MIDI file")
        targets = {
            name if is_path(name, genres) else find_genre(name, genres): weight for name, weight in self.targets.items()
        }
        if len(targets) < len(self.targets):
            raise RequestError(f"a genre is named twice among {', '.join(self.targets)}; give it one weight")
        if targets:
            normalised_weights(targets)
        start = self.start if is_midi_path(self.start) else find_genre(self.start, genres)
        return replace(self, start=start, targets=targets)

    def _check_ranges(self) -> None:
        check_amount(self.amount)
        check_range("bars", self.bars if self.bars is not None else 1, 1, MAX_BARS)
        check_range("tempo", self.tempo if self.tempo is not None else 120, *TEMPO_RANGE)
        check_range("count", self.count, 1, MAX_COUNT)
        check_range("seed", self.seed, 0, MAX_SEED)
        check_range("temperature", self.temperature, 0, MAX_TEMPERATURE)
        for name, strength in self.vectors.items():
            check_range(f"strength of vector {name}", strength, -MAX_STRENGTH, MAX_STRENGTH)
        if self.method not in METHODS:
            raise RequestError(f"no method {self.method!r}; there are {', '.join(METHODS[:-1])} and {METHODS[-1]}")
        if self.key and parse_key(self.key) is None:
            raise RequestError(f"no key {self.key!r}; write C, F#, Bbm, ...")

    def _check_roles(self) -> None:
        for role in (*self.roles, *self.keep):
            if role not in ROLES:
                raise RequestError(f"no role {role!r}; there are {', '.join(ROLES[:-1])} and {ROLES[-1]}")
        for amount in self.roles.values():
            check_amount(amount)
        if both := [role for role in self.roles if role in self.keep]:
            raise RequestError(f"{both[0]} is kept as it is: leave out its amount, or take it out of --keep")
        if self.roles and not self.targets:
            raise RequestError("amounts of roles need a genre to go to; name one, like groove blend song.mid rock")


def morph_requests(request: BlendRequest, steps: int) -> list[BlendRequest]:
    """The request at so many amounts from 0 to 1. Raises RequestError outside 2 to MAX_STEPS."""
    check_range("steps", steps, 2, MAX_STEPS)
    return [replace(request, amount=number / (steps - 1)) for number in range(steps)]


def joined_morph(request: BlendRequest, steps: int) -> BlendRequest:
    """One piece as long as all steps, of whose bars each is a little further. Raises RequestError like the steps."""
    check_range("steps", steps, 2, MAX_STEPS)
    return replace(request, amount=(0.0, 1.0), bars=steps * (request.bars or DEFAULT_BARS))


def parse_strengths(words: Sequence[str]) -> dict[str, float]:
    """{"density": 1.0} from ["density=1"]. Raises RequestError for words that name no strength, or one name twice."""
    return parse_numbers(
        words,
        no_number="is no vector; write NAME=STRENGTH, like density=1",
        no_name="each vector needs a name of its own, like density=1 swing=0.5",
    )


def parse_keep(text: str) -> tuple[str, ...]:
    """("lead", "bass") from "lead,bass"."""
    return tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))


def is_midi_path(word: str) -> bool:
    """Whether a word is meant as a MIDI file, and not as a genre."""
    return word.lower().endswith(MIDI_SUFFIXES)


def is_path(word: str, genres: Collection[str]) -> bool:
    """Whether a word means a MIDI file or a folder: no genre is called so, and it has a slash or is there."""
    return is_midi_path(word) or (word not in genres and (_holds_slash(word) or Path(word).is_dir()))


def _is_weight(word: str) -> bool:
    """Whether a word is meant as NAME=NUMBER: a file's or a folder's own name may hold a sign of equality."""
    return "=" in word and not is_midi_path(word) and not _holds_slash(word.rpartition("=")[2])


def short_name(name: str) -> str:
    """A genre's name, or a file's or folder's without the way to it."""
    if is_midi_path(name) or name.endswith(".safetensors"):
        return Path(name).stem
    return Path(name).resolve().name if _holds_slash(name) else name


def _holds_slash(word: str) -> bool:
    return "/" in word or "\\" in word


def number_text(value: float) -> str:
    """A number as short as can be and still the same when it is read again: 0.5, 1, 0.3333333333333333."""
    return short if float(short := f"{value:g}") == value else repr(float(value))


def amount_text(amount: Amount) -> str:
    """An amount as `parse_amount` reads it."""
    return "..".join(map(number_text, amount)) if isinstance(amount, tuple) else number_text(amount)


def strengths_text(vectors: Mapping[str, float]) -> str:
    """Vectors and their strengths, for a description."""
    return "".join(f", {strength:+g} {short_name(name)}" for name, strength in vectors.items())


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raises RequestError for a value out of range, NaN among them."""
    if not low <= value <= high:
        raise RequestError(f"{name} {value:g} is outside {low:g} to {high:g}")
