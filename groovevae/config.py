"""Frozen settings of a model and of a training run, to and from JSON. Holds values and runs nothing."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Self

from groovevae.errors import RequestError

MAX_SEED = 2**31 - 1  # the largest seed that every source of randomness takes


@dataclass(frozen=True)
class _Config:
    def to_json(self) -> str:
        """Return this config as one line of JSON with sorted keys."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the config that `to_json` wrote. Raises RequestError on unknown fields or a wrong type of value."""
        values: dict[str, Any] = json.loads(text)
        fields = {field.name: field for field in dataclasses.fields(cls)}
        for name, value in values.items():
            if name not in fields:
                raise RequestError(f"{cls.__name__} has no field {name!r}; it has {', '.join(fields)}")
            default = fields[name].default
            if isinstance(value, bool) != isinstance(default, bool) or not isinstance(value, (type(default), int)):
                raise RequestError(f"{cls.__name__}.{name} is {value!r}; a {type(default).__name__} is needed")
        return cls(**values)


@dataclass(frozen=True)
class ModelConfig(_Config):
    """Sizes of the network. `variational=False` is the plain autoencoder: no noise, no KL."""

    latent_size: int = 192
    step_size: int = 192  # features of one sixteenth
    encoder_size: int = 384
    decoder_size: int = 640
    num_genres: int = 0  # outputs of the genre head; 0 leaves it out
    variational: bool = True


@dataclass(frozen=True)
class TrainConfig(_Config):
    """How a model is trained. Weights multiply nats; the learning rate falls over the last `decay` share of steps."""

    steps: int = 6000
    batch_size: int = 256
    learning_rate: float = 2e-3
    warmup_steps: int = 200
    decay: float = 0.4
    clip_norm: float = 1.0
    ema_decay: float = 0.999  # of the average of the weights, which becomes the model; 0: the last weights themselves
    beta: float = 0.3
    beta_warmup_steps: int = 1000
    free_bits: float = 0.05  # nats for each latent dimension that cost nothing
    input_dropout: float = 0.5  # share of the decoder's input beats that are hidden from it
    drums_weight: float = 3.0  # of a role's nats in the loss; chords have the most nats, and so the least weight
    chords_weight: float = 2.0
    bass_weight: float = 3.0
    lead_weight: float = 3.0
    genre_weight: float = 1.0
    genre_balance: float = 0.5  # 0: genres as often as their bars; 1: every genre equally often
    mixed: float = 0.5  # share of bars whose roles come from several bars
    transposed: float = 0.5  # share of bars moved to another key
    low_precision: bool = True  # bfloat16 products with float32 accumulation
    seed: int = 0


@dataclass(frozen=True)
class PriorConfig(_Config):
    """Sizes of the network that draws phrases, and how it is fitted to a trained model."""

    input_size: int = 96  # features of what is known before a bar
    state_size: int = 128
    hidden_size: int = 320
    role_rank: int = 32  # rank of the map from a bar that a role repeats to the new bar
    steps: int = 2500
    batch_size: int = 64  # phrases
    learning_rate: float = 1e-3
    seed: int = 0


@dataclass(frozen=True)
class ArrangerConfig(_Config):
    """Sizes of the network that arranges bars, and how it is fitted to a trained model."""

    input_size: int = 640  # features of what is known of a bar
    hidden_size: int = 512
    steps: int = 5000
    batch_size: int = 512  # bars
    learning_rate: float = 3e-3
    seed: int = 0
