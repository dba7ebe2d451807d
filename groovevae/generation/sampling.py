"""New phrases of a genre, without a source file: a form, points from the prior, their notes, and what repeats."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.bars.constants import PITCHED, ROLES
from groovevae.bars.key import parse_key, semitones_to_c
from groovevae.bars.midi import TEMPO_RANGE
from groovevae.errors import RequestError
from groovevae.generation.prior_sampling import PhraseNetwork
from groovevae.generation.requests import (
    DEFAULT_BARS,
    MAX_BARS,
    MAX_COUNT,
    MAX_SEED,
    MAX_TEMPERATURE,
    check_range,
    number_text,
)
from groovevae.generation.sources import Start
from groovevae.model.file import ModelFile
from groovevae.model.forms import NEW, SILENT, Form, Prior
from groovevae.model.moving import find_genre
from groovevae.network.decoding import DEFAULT_TEMPERATURE, decode, encode, without_stray_holds
from groovevae.network.forward import Network
from groovevae.systems import command_text, portable_stem


@dataclass(frozen=True)
class SampleRequest:
    """What to sample: a genre, and how long, how free, how fast and in which key it is to be.

    >>> SampleRequest("jazz", bars=16, key="Bb", seed=3)
    """

    genre: str
    bars: int = DEFAULT_BARS
    count: int = 1
    seed: int = 0
    temperature: float = DEFAULT_TEMPERATURE  # of the notes: 0 the likeliest, 1 drawn as the model believes
    tempo: float | None = None  # quarter notes a minute; None: that of one of the genre's songs
    key: str | None = None  # such as "Bb" or "F# minor"; None: that of one of the genre's songs

    def checked(self, prior: Prior) -> SampleRequest:
        """The request with the genre's true name. Raises RequestError where it does not fit."""
        check_range("bars", self.bars, 1, MAX_BARS)
        check_range("count", self.count, 1, MAX_COUNT)
        check_range("seed", self.seed, 0, MAX_SEED)
        check_range("temperature", self.temperature, 0, MAX_TEMPERATURE)
        check_range("tempo", self.tempo if self.tempo is not None else 120, *TEMPO_RANGE)
        if self.key is not None and parse_key(self.key) is None:
            raise RequestError(f"{self.key!r} is no key; write one like C, F#m, Bb or 'D minor'")
        genre = find_genre(self.genre, prior.genres)
        if not prior.forms[genre]:
            raise RequestError(f"the songs of {genre!r} were too short to learn phrases from; blend from your own file")
        return replace(self, genre=genre)

    def command(self, seed: int, *, model: str = "") -> str:
        """The command that makes the piece of one seed again, with the `model` of this path."""
        options = ["--bars", str(self.bars), "--seed", str(seed), "--temperature", number_text(self.temperature)]
        options += ["--tempo", number_text(self.tempo)] if self.tempo is not None else []
        options += ["--key", self.key] if self.key is not None else []
        options += ["--model", model] if model else []
        return command_text(["groove", "sample", self.genre, *options])

    @property
    def stem(self) -> str:
        """A name for the files of this request: safe in every file system."""
        name = re.sub(r"[^\w.]+", "_", self.genre).strip("._") or "_"
        return portable_stem(f"{name.encode()[:100].decode(errors='ignore')}-sample")

    def form(self, prior: Prior, seed: int) -> Form:
        """The form of one seed's piece, another for each seed until all have been used; tempo and key as asked for."""
        forms = prior.forms[self.genre]
        form = forms[seed % len(forms)]
        if self.tempo is not None:
            form = replace(form, tempo=self.tempo)
        if self.key is not None and (key := parse_key(self.key)) is not None:
            form = replace(form, transpose=semitones_to_c(*key), is_minor=key[1])
        return form


class Sampler:
    """A model's networks, ready to make phrases. Raises RequestError where it has no prior."""

    def __init__(self, model: ModelFile, network: Network) -> None:
        if model.prior is None:
            cure = "train it anew, or add one with python scripts/refit.py prior CORPUS MODEL"
            raise RequestError(f"this model has no prior over phrases to sample from; {cure}")
        self.network, self.prior, self.genres = network, model.prior, model.genres
        self.phrases = PhraseNetwork(model.prior, model.config.latent_size)

    def song(self, request: SampleRequest, seed: int) -> Song:
        """The piece of one seed. What its form repeats is repeated note by note, velocities and timing too."""
        form, num_bars = request.form(self.prior, seed), request.bars
        genre, number = self.genres[request.genre], self.prior.genres.index(request.genre)
        z = self.phrases.draw(genre, number, form, num_bars=num_bars, seed=seed)
        like = Bars.empty(num_bars, metre=form.metre, tempo=form.tempo)
        bars = decode(self.network, z, like, temperature=request.temperature, seed=seed)
        return Song(follow_plan(bars, form.at(num_bars)), form.transpose, form.is_minor, form.programs, form.kit)

    def start(self, request: SampleRequest, seed: int) -> Start:
        """A new phrase as the start of a blend, in the place of one that a song gave."""
        song = self.song(request, seed)
        z, _ = encode(self.network, song.bars)
        return Start(z, song.bars, song, song.bars.plays, request.genre, f"{request.genre} (a new phrase)")


def follow_plan(bars: Bars, plan: np.ndarray) -> Bars:
    """The bars with each role silent or repeated as the plan (N, 4) of a form says; what is new stays as it is."""
    grids = {name: getattr(bars, name).copy() for name in (*ROLES, "drums_offset", "velocity", "offset")}

    def parts(role: str) -> list[np.ndarray]:
        """The arrays that hold a role, bars first."""
        if role == "drums":
            return [grids["drums"], grids["drums_offset"]]
        column = PITCHED.index(role)
        return [grids[role], grids["velocity"][..., column], grids["offset"][..., column]]

    for column, role in enumerate(ROLES):
        for bar, lag in enumerate(plan[:, column].tolist()):
            for part in parts(role):
                if lag == SILENT:
                    part[bar] = 0
                elif lag > NEW:
                    part[bar] = part[bar - lag]
    return without_stray_holds(replace(bars, **grids))
