"""The arranger's network at work, in NumPy: draws the latent points of bars from what is known of them, and back.

`training.arranger_network` is its twin in Flax. This module decodes no notes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from groovevae.arranging.conditions import NUM_KNOWN, NUM_POINTS, Conditions
from groovevae.config import ArrangerConfig
from groovevae.errors import Cure, ModelFileError
from groovevae.model.arranger import Arranger
from groovevae.network.chunks import distinct, on_all_processors, padded
from groovevae.network.flow import FARTHEST, NUM_TIMES, Velocity, at_place, marched, velocity_of
from groovevae.network.forward import Layers, gelu
from groovevae.network.inputs import NUM_METRES

# On the way from noise to a bar. Four steps end about 0.1 spreads (root mean square) from where many would.
# That is not heard: judges know real bars as well by points that are off by 0.3.
TIMES = np.linspace(0, 1, 5)
GUIDED_FROM = 0.25  # time; guided before it too, bars take longer, and no more are heard to arrive
HARMONY = 1.5  # times as strong as it is: with 1, less of it is kept, and with 2, chords hold more notes than real ones
BLOCK = 32  # bars, guided, that are carried at once, always: so BLAS rounds a bar the same in any company

# What a context says: a shift of the points, and a shift and a scale of each of the two layers after them, as in
# Perez et al. 2018 (FiLM). A context that only shifted the points would leave more of the error in training.
NUM_HEADS = 5
SMALL = 1e-6  # added to a mean square, against division by 0


class ArrangerNetwork(Layers):
    """An arranger's network, ready to draw. Raises ModelFileError where weights do not fit its config."""

    def __init__(self, arranger: Arranger) -> None:
        shapes = arranger_shapes(arranger.config, len(arranger.mean), len(arranger.genres))
        try:
            super().__init__(arranger.weights, shapes)
        except ModelFileError as error:
            raise ModelFileError(
                f"the model's arranger is of another groovevae: {error.problem}", cure=Cure.ADD_ARRANGER
            ) from None
        self.arranger = arranger

    def draw(self, known: Conditions, noise: np.ndarray, *, guidance: float) -> np.ndarray:
        """Carry noise (N, K) to bars, (N, K) in the arranger's coordinates, on all processors.

        `guidance` says how much farther each step leads from what would be played without knowing genre and style
        (classifier-free guidance: Ho & Salimans 2022, eq. 6); 0: no farther. The first step is not guided
        (as Kynkäänniemi et al. 2024 propose for images). Harmony is read HARMONY times as strong as it is.
        """
        return self._in_blocks(lambda *block: self.draw_block(*block, guidance=guidance), known, noise, BLOCK)

    def invert(self, known: Conditions, x: np.ndarray) -> np.ndarray:
        """Carry bars (N, K) back to the noise (N, K) that `draw` without guidance would make them from.

        Here harmony is read as strong as it is. Drawn anew under other conditions, a bar keeps what those conditions
        leave open (Su et al. 2023, Dual diffusion implicit bridges).
        """
        return self._in_blocks(self._invert_block, known, x, 2 * BLOCK)  # never guided: as many rows

    def draw_block(self, known: Conditions, noise: np.ndarray, *, guidance: float | np.ndarray) -> np.ndarray:
        """Carry noise (N, K) to bars at once, as `draw` does; call it with one N and one thread for BLAS, always.

        `guidance` may differ from bar to bar, (N, 1).
        """
        bars = marched(noise, self._guided(known, guidance), TIMES)
        return np.clip(bars, -FARTHEST, FARTHEST)

    def _invert_block(self, known: Conditions, x: np.ndarray) -> np.ndarray:
        own = self.context(known)
        return marched(x, lambda x, time: self.velocity(own, x, time), TIMES[::-1])

    def _in_blocks(
        self, carry: Callable[[Conditions, np.ndarray], np.ndarray], known: Conditions, x: np.ndarray, size: int
    ) -> np.ndarray:
        """Carry points (N, K) in blocks of one size; the last bar fills up the last block.

        Bars that are alike in all, such as those of a start that several pieces share, are carried once.
        """
        if not len(x):
            return x
        first, equals = distinct(*known, x)

        def carried_block(start: int) -> np.ndarray:
            index = padded(first[start : start + size], size)
            return carry(known.rows(index), x[index])

        return np.concatenate(on_all_processors(carried_block, range(0, len(first), size)))[equals]

    def _guided(self, known: Conditions, guidance: float | np.ndarray) -> Velocity:
        """Return the guided velocity. With and without genre, velocities differ in contexts alone.

        So points are read once for both, and written out once, since the last layer is linear.
        """
        known, strength = known.with_harmony(HARMONY), np.float32(guidance)
        contexts = self.context(Conditions.concatenate([known, known.without_genre])).reshape(2, len(known.place), -1)

        def velocity(x: np.ndarray, time: float) -> np.ndarray:
            if time < GUIDED_FROM:
                return self.velocity(contexts[0], x, time)
            own, any_genre = self._hidden(contexts, self.dense("point", at_place(x, time)))  # (N, H) each
            return velocity_of(x, time, self.dense("out", own + strength * (own - any_genre)))

        return velocity

    def context(self, known: Conditions) -> np.ndarray:
        """Return what the velocities of bars depend on besides their points, (N, 5H)."""
        of_genre = known.genre.astype(np.float32) @ self.weights["genre"]
        hidden = gelu(self.dense("read", known.features) + of_genre + self.weights["metre"][known.metre])
        hidden = hidden + gelu(self.dense("mix", normalised(hidden, np)))
        return self.dense("head", normalised(hidden, np))

    def velocity(self, context: np.ndarray, x: np.ndarray, time: float) -> np.ndarray:
        """Return the velocity (N, K) of points x (N, K) at `time`, as `arranger_network.ArrangerFlow` does."""
        hidden = self._hidden(context, self.dense("point", at_place(x, time)))
        return velocity_of(x, time, self.dense("out", hidden))

    def _hidden(self, context: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Return what the last layer reads, (..., N, H); a context (..., N, 5H) shifts and scales what leads there."""
        start, *of_layers = np.split(context, NUM_HEADS, axis=-1)
        hidden = start + points
        for name, shift, scale in zip(("first", "second"), of_layers[:2], of_layers[2:], strict=True):
            hidden = hidden + gelu((1 + scale) * self.dense(name, normalised(hidden, np)) + shift)
        return normalised(hidden, np)


def normalised(x: Any, xp: Any) -> Any:
    """Return rows (..., H) at a root mean square of 1 (Zhang & Sennrich 2019, RMSNorm, without gains).

    `xp` is numpy or jax.numpy, whichever the rows are of.
    """
    return x / xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True) + np.float32(SMALL))


def arranger_shapes(config: ArrangerConfig, size: int, num_genres: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all the weights of an arranger's network, by parameter path."""
    wide, hidden = config.input_size, config.hidden_size
    dense = {
        "read": (NUM_POINTS * size + NUM_KNOWN, wide),
        "mix": (wide, wide),
        "head": (wide, NUM_HEADS * hidden),
        "point": (size + 2 * NUM_TIMES, hidden),
        "first": (hidden, hidden),
        "second": (hidden, hidden),
        "out": (hidden, size),
    }
    shapes: dict[str, tuple[int, ...]] = {"genre": (num_genres, wide), "metre": (NUM_METRES, wide)}
    for name, shape in dense.items():
        shapes |= {f"{name}/kernel": shape, f"{name}/bias": shape[1:]}
    return shapes
