"""Draws latent points bar by bar from the prior over phrases, in NumPy. `training` has its twin in Flax and trains it.

This module never trains and decodes no notes.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.config import PriorConfig
from groovevae.model.genres import Genre
from groovevae.model.phrase_forms import NEW, SILENT, Coordinates, Form, Prior
from groovevae.network.flow import FARTHEST, NUM_TIMES, at_place, carried, velocity_of
from groovevae.network.forward import Layers, gelu
from groovevae.network.inputs import NUM_METRES, metre_rows

LAGS = (1, 2, 4)  # how many bars back lie the bars that the network sees directly, besides what its state remembers
NUM_SOURCES = len(LAGS) + len(ROLES) + 1  # points that a new bar may resemble: those, bars that roles repeat, the style
PERIOD = 8  # bars after which a place in the phrase counts as the same
NUM_KNOWN = 3 * len(ROLES) + PERIOD + 3  # features other than points: the plan, the place, the first bar, the setting
FLOW_STEPS = 16  # of the way from noise to a bar
NOISE = (
    0.85  # size of the noise that bars are drawn from, as a share of that in training: less is more typical of a genre
)


class PhraseNetwork(Layers):
    """A prior's network, ready to draw phrases. Raises ModelFileError where weights do not fit its config."""

    def __init__(self, prior: Prior, latent_size: int) -> None:
        super().__init__(prior.weights, prior_shapes(prior.config, latent_size, len(prior.genres)))
        self.size, self.state_size = latent_size, prior.config.state_size

    def draw(self, genre: Genre, number: int, form: Form, *, num_bars: int, seed: int) -> np.ndarray:
        """Draw the latent points (num_bars, Z) of a new phrase of this form; the prior knows the genre as `number`.

        With the same seed, a longer phrase begins with the bars of a shorter one.
        """
        coordinates = Coordinates(genre)
        style = coordinates.of(form.style.astype(np.float32))  # (Z,)
        metre = metre_rows(np.array(form.metre))
        played = self.weights["genre"][number] + self.weights["metre"][metre]  # (D,)
        setting = np.array([form.is_minor, np.log2(form.tempo / 120)], np.float32)
        plan, h = form.at(num_bars).astype(int), np.zeros((1, self.state_size), np.float32)
        past = np.zeros((num_bars, self.size), np.float32)
        for bar, whole in enumerate(whole_bars(plan)):
            lagged = np.stack([past[bar - lag] if bar >= lag else 0 * style for lag in LAGS])  # (3, Z)
            repeated = np.stack([past[bar - lag] if lag > NEW else 0 * style for lag in plan[bar]])  # (4, Z)
            points = np.concatenate([lagged.ravel(), repeated.ravel(), known_features(plan[bar], bar), setting, style])
            known = gelu(self.dense("read", points[None].astype(np.float32)) + played)  # (1, D)
            h = self._gru("gru", h, self.dense("to_gates", known))
            features = self.dense("head", np.concatenate([known, h], axis=-1))
            noise = np.random.default_rng([seed, bar]).standard_normal((1, self.size), np.float32)
            velocity = partial(self.velocity, features, self._sources(lagged, repeated, style))
            drawn = carried(NOISE * noise, velocity, np.linspace(0, 1, FLOW_STEPS + 1))[0]
            past[bar] = past[bar - whole] if whole else np.clip(drawn, -FARTHEST, FARTHEST)
        return coordinates.points(past)

    def _sources(self, lagged: np.ndarray, repeated: np.ndarray, style: np.ndarray) -> np.ndarray:
        """Return the points (8, Z) that a new bar may resemble."""
        of_role = [self.dense(f"up/{role}", self.dense(f"down/{role}", z[None])) for role, z in enumerate(repeated)]
        w = self.weights
        return np.concatenate([lagged * w["of_lag"], *of_role, (style * w["of_style"])[None]])

    def velocity(self, features: np.ndarray, sources: np.ndarray, x: np.ndarray, time: float) -> np.ndarray:
        """Return the velocity (1, Z) of x (1, Z) at `time`, as `prior_network.PriorNetwork` does."""
        hidden = gelu(features + self.dense("head_point", at_place(x, time)))
        hidden = hidden + gelu(self.dense("middle", hidden))
        gates = np.tanh(self.dense("gates", hidden))  # (1, 8)
        return velocity_of(x, time, self.dense("out", hidden) + gates @ sources)


def known_features(plan: np.ndarray, bar: int) -> np.ndarray:
    """Return as features what a form says of one bar (4,), and where in the phrase the bar lies."""
    does = np.stack([plan == SILENT, plan == NEW, plan > NEW], axis=-1).ravel()
    return np.concatenate([does, np.arange(PERIOD) == bar % PERIOD, [bar == 0]]).astype(np.float32)


def prior_shapes(config: PriorConfig, size: int, num_genres: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all the weights of a prior's network, by parameter path."""
    known, state, head = config.input_size, config.state_size, config.hidden_size
    dense = {
        "read": (NUM_SOURCES * size + NUM_KNOWN, known),
        "to_gates": (known, 3 * state),
        "head": (known + state, head),
        "head_point": (size + 2 * NUM_TIMES, head),
        "middle": (head, head),
        "out": (head, size),
        "gates": (head, NUM_SOURCES),
    }
    for role in range(len(ROLES)):
        dense |= {f"down/{role}": (size, config.role_rank), f"up/{role}": (config.role_rank, size)}
    shapes: dict[str, tuple[int, ...]] = {
        "genre": (num_genres, known),
        "metre": (NUM_METRES, known),
        "gru/kernel": (state, 3 * state),
        "gru/bias": (state,),
        "of_lag": (len(LAGS), size),
        "of_style": (size,),
    }
    for name, shape in dense.items():
        shapes |= {f"{name}/kernel": shape, f"{name}/bias": shape[1:]}
    return shapes


def whole_bars(plan: np.ndarray) -> np.ndarray:
    """Return how many bars ago lies the bar that each bar (T,) repeats in all playing roles; 0 where there is none."""
    highest = plan.max(1)
    return np.where(((plan == SILENT) | (plan == highest[:, None])).all(1), np.maximum(highest, 0), 0)
