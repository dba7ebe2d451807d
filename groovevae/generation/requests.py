"""Requests for new music: checked against a model, and turned back into the command that makes them again.

This module opens no files: a word is a genre, or a path for others to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from groovevae.bars.choices import parse_metre
from groovevae.bars.constants import ROLES
from groovevae.errors import Cure, RequestError
from groovevae.generation.names import file_stem, is_midi_path, is_path, is_weight, short_name
from groovevae.generation.parsing import (
    KEEP,
    Amount,
    amount_text,
    check_amount,
    normalised_weights,
    number_text,
    parse_targets,
    parse_weights,
    target_words,
)
from groovevae.generation.piece_requests import (
    DEFAULT_BARS,
    PieceRequest,
    StartRequest,
    check_range,
    command_of,
    split_stems,
)
from groovevae.midi.suffixes import SUFFIXES
from groovevae.model.file import ModelFile
from groovevae.model.genres import find_genre

METHODS = ("arranged", "calibrated", "transport", "mean", "line", "sphere")
BAR_METHODS = ("line", "sphere")  # these go from bar to bar, not to a genre
MAX_STEPS = 64  # of a morph
MAX_STRENGTH = 10.0  # of a vector, in either direction


@dataclass(frozen=True)
class BlendRequest(StartRequest):
    """A request to blend. `start` is a genre or a MIDI file; `targets` are genres, MIDI files or folders, with weights.

    A word is a path where it ends in .mid or has a slash ("songs/"), else a genre.

    >>> BlendRequest("classical", {"rock": 1.0}, amount=0.5)
    >>> BlendRequest("song.mid", {"rock": 1.0}, amount=(0.0, 1.0), roles={"drums": 1.0}, keep=("lead",))
    """

    targets: dict[str, float] = field(default_factory=dict)
    amount: Amount = 0.5  # share of the way from the start to the targets; past 1 goes beyond; (first, last) of a ramp
    roles: dict[str, Amount] = field(default_factory=dict)  # by role, amounts that differ from `amount`
    keep: tuple[str, ...] = ()  # roles whose notes stay those of the start
    vectors: dict[str, float] = field(default_factory=dict)  # names in the model, or files, with strengths
    method: str = ""  # one of METHODS, or "" for the first that the model can; "mean" is the literal formula

    @classmethod
    def from_words(cls, words: Sequence[str], *, together: bool = False) -> BlendRequest:
        """Return the request that a few words stand for. Raises RequestError where they name nothing to blend.

        With `together`, all files that the words begin with sound together.

        >>> BlendRequest.from_words(["classical", "rock"])  # half way
        >>> BlendRequest.from_words(["song.mid", "rock=0.7", "other.mid=0.3"])  # half way to that mixture
        >>> BlendRequest.from_words(["classical=0.5", "rock=0.3", "jazz=0.2"])  # that mixture, from classical bars
        """
        first, stems, rest = split_stems(words, together=together)
        if is_weight(first):
            targets = parse_weights(words)
            return cls(max(targets, key=lambda name: targets[name]), targets, amount=1.0)
        if not rest:
            raise _no_target()
        return cls(first, parse_targets(rest), together=stems)

    def command(self, *, model: str = "") -> str:
        """Return the command that makes the first piece again, with the `model` of this path."""
        options = [
            ("--amount", amount_text(self.amount) if self.targets else ""),
            *((f"--{role}", amount_text(amount)) for role, amount in self.roles.items()),
            ("--method", self.method if self.method != METHODS[0] else ""),
            ("--keep", ",".join(self.keep)),
        ]
        vectors = [("--vector", f"{name}={number_text(strength)}") for name, strength in self.vectors.items()]
        return command_of([*self._words(), *self._flags], [*options, *self._options(model), *vectors])

    def _words(self) -> list[str]:
        """Return the command and the words before its options."""
        if not self.targets:
            return ["vector", "apply", *self.file.paths]
        return ["blend", *self.file.paths, *target_words(self.targets)]

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
        return file_stem([*names, *(f"{short_name(name)}{number_text(by)}" for name, by in self.vectors.items())])

    def amount_of(self, role: str) -> Amount:
        """Return the amount of a role."""
        return self.roles.get(role, self.amount)

    def checked(self, model: ModelFile) -> BlendRequest:
        """Return the request with genres spelt as in the model; weights stay as they were given.

        Raises RequestError for what is out of range or unknown.
        """
        self._check_piece()
        self._check_start()
        self._check_method()
        self._check_roles()
        if not self.targets and not self.vectors:
            raise _no_target()
        if self.method in BAR_METHODS and len(self.targets) != 1:
            raise RequestError(f"method {self.method} goes from bar to bar, to one genre or MIDI file")
        start, targets = spelt(self.start, self.targets, model)
        return replace(self, start=start, targets=targets, method=self._method_with(model))

    def _method_with(self, model: ModelFile) -> str:
        if self.method == "arranged":
            check_arranger(model)
        return self.method or ("calibrated" if model.arranger is None else "arranged")

    def _check_method(self) -> None:
        check_amount(self.amount)
        for name, strength in self.vectors.items():
            check_range(f"strength of vector {name}", strength, -MAX_STRENGTH, MAX_STRENGTH)
        if self.method not in ("", *METHODS):
            raise RequestError(f"no method {self.method!r}; there are {', '.join(METHODS[:-1])} and {METHODS[-1]}")

    def _check_roles(self) -> None:
        check_roles((*self.roles, *self.keep))
        for amount in self.roles.values():
            check_amount(amount)
        if both := [role for role in self.roles if role in self.keep]:
            raise RequestError(f"{both[0]} is kept as it is: give it no amount, or do not keep it")
        if self.roles and not self.targets:
            raise RequestError("amounts of roles need a genre to go to", cure=Cure.NAME_TARGET)


@dataclass(frozen=True)
class SampleRequest(PieceRequest):
    """A request to sample: a genre, and how long, how free, how fast and in which key the new phrases are to be.

    >>> SampleRequest("jazz", bars=16, key="Bb", seed=3)
    """

    genre: str
    metre: str | None = None  # such as "3/4"; None: that of the song whose form it takes

    @property
    def num_bars(self) -> int:
        """The bars of each piece."""
        return DEFAULT_BARS if self.bars is None else self.bars

    def command(self, *, model: str = "") -> str:
        """Return the command that makes the first piece again, with the `model` of this path."""
        options = dict(self._options(model)) | {"--bars": str(self.num_bars)}
        return command_of(["sample", self.genre], [*options.items(), ("--metre", self.metre or "")])

    @property
    def stem(self) -> str:
        """A name for the files of this request, such as "jazz-sample": safe in every file system."""
        return file_stem([self.genre, "sample"])

    def checked(self, model: ModelFile) -> SampleRequest:
        """Return the request with the genre spelt as in the model.

        Raises RequestError for what is out of range or unknown, and where the model cannot sample the genre.
        """
        self._check_piece()
        if model.prior is None:
            raise RequestError("this model has no prior over phrases to sample from", cure=Cure.ADD_PRIOR)
        if self.metre is not None:
            parse_metre(self.metre)
        if self.tempo == KEEP:
            raise RequestError("a sample has no start whose tempo it could keep; give a number, like 96")
        genre = find_genre(self.genre, model.prior.genres)
        if not model.prior.forms[genre]:
            raise RequestError(f"the songs of {genre!r} were too short to learn phrases from; blend from your own file")
        return replace(self, genre=genre)


def morph_requests(request: BlendRequest, steps: int) -> list[BlendRequest]:
    """Return the request at `steps` amounts from 0 to 1. Raises RequestError for steps outside 2 to MAX_STEPS."""
    check_range("steps", steps, 2, MAX_STEPS)
    return [replace(request, amount=number / (steps - 1)) for number in range(steps)]


def joined_morph(request: BlendRequest, steps: int) -> BlendRequest:
    """Return a request for one piece as long as all steps together, each bar a little further on than the last.

    Raises RequestError for steps outside 2 to MAX_STEPS.
    """
    check_range("steps", steps, 2, MAX_STEPS)
    return replace(request, amount=(0.0, 1.0), bars=steps * (request.bars or DEFAULT_BARS))


def spelt(start: str, targets: Mapping[str, float], model: ModelFile) -> tuple[str, dict[str, float]]:
    """Return a start and targets with genres spelt as in the model; weights stay as they were given.

    Raises RequestError for an unknown genre, one that is named twice, and weights that mean nothing.
    """
    genres = model.genres
    found = {name if is_path(name, genres) else find_genre(name, genres): weight for name, weight in targets.items()}
    if len(found) < len(targets):
        raise RequestError(f"a genre is named twice among {', '.join(targets)}; give it one weight")
    if found:
        normalised_weights(found)
    if start.endswith("/") and start not in genres:
        raise RequestError(f"{start} is a folder; start from a genre, a MIDI file, or a folder of stems together")
    if is_path(start, genres) and not is_midi_path(start):
        raise RequestError(
            f"{start} is no MIDI file: the name of one ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        )
    return start if is_midi_path(start) else find_genre(start, genres), found


def check_arranger(model: ModelFile) -> None:
    """Raise RequestError for a model that cannot arrange."""
    if model.arranger is None:
        raise RequestError("this model has no arranger", cure=Cure.ADD_ARRANGER)


def check_roles(roles: Iterable[str]) -> None:
    """Raise RequestError for a word that is no role."""
    for role in roles:
        if role not in ROLES:
            raise RequestError(f"no role {role!r}; there are {', '.join(ROLES[:-1])} and {ROLES[-1]}")


def _no_target() -> RequestError:
    return RequestError("no genre to blend towards", cure=Cure.NAME_TARGET)
