"""Encodes bars and decodes latent points, beat by beat: the decoder hears the beat that it has just played."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import HOLD, OFF, ONSET, PITCHED, ROLES, STEPS_PER_BEAT
from groovevae.bars.types import Bars
from groovevae.errors import RequestError
from groovevae.network.beats import chances, logits_to_beat, merge_streams, put_in, with_feel
from groovevae.network.chunks import CHUNK, FEW, SHORT, of_chunks, padded
from groovevae.network.forward import Network
from groovevae.network.inputs import MAX_BEATS, metre_index
from groovevae.network.lines import NewLeads
from groovevae.network.stopping import stop_if_told

DEFAULT_TEMPERATURE = 0.5  # for new music, and wherever new music is measured


class Take(NamedTuple):
    """A run of bars to decode."""

    z: np.ndarray  # (N, Z), or (4, N, Z): one point each for drums, bass, chords and lead
    like: Bars  # N bars: their metres and tempos, and the notes of the roles in `keep`
    seed: int = 0
    keep: tuple[str, ...] = ()  # roles that keep the notes they have in `like`
    temperature: float = 0.0
    still: np.ndarray | None = None  # (N, 4) bool: further places whose notes stay those of `like`
    feel_alone: bool = False  # all roles keep the notes of `like`, and get new velocities and micro-timing
    new_lead: bool = False  # the lead is not one that is to keep its notes: it is drawn as a tune
    harmony: np.ndarray | None = None  # (N, 6, 12) from C: how much a bass keeps to each pitch class of each beat


def decode(
    network: Network,
    z: np.ndarray,
    like: Bars,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    keep: tuple[str, ...] = (),
) -> Bars:
    """Decode latent points (N, Z) into bars, in the metres and tempos of the N bars of `like`.

    Points (4, N, Z) are those of drums, bass, chords and lead: each role is decoded from its own point, and all hear
    the beat before, which they played together. Roles in `keep` keep the notes they have in `like`.
    Temperature 0 takes the likeliest state of every step; above, states are drawn, each bar from `seed` and its index.
    Raises RequestError unless there are as many points as bars, of the network's size.
    """
    return decode_takes(network, [Take(z, like, seed, keep, temperature)])[0]


def decode_takes(network: Network, takes: Sequence[Take]) -> list[Bars]:
    """Decode several runs of bars together, each as `decode` would alone. Raises RequestError like `decode`."""
    groups: dict[_Alike, list[int]] = {}
    for number, take in enumerate(takes):
        size = FEW if len(take.like) < SHORT else CHUNK
        alike = _Alike(_num_streams(network, take), take.temperature, take.feel_alone, size)
        groups.setdefault(alike, []).append(number)
    out = [take.like for take in takes]
    for alike, group in groups.items():
        numbers = [number for number in group if len(takes[number].like)]
        if numbers:
            together = _decode_alike(network, [takes[number] for number in numbers], alike)
            end = 0
            for number in numbers:
                start, end = end, end + len(takes[number].like)
                out[number] = without_stray_holds(together[start:end])
    return out


def _num_streams(network: Network, take: Take) -> int:
    shape, bar_shape = np.shape(take.z), (len(take.like), network.config.latent_size)
    if shape not in (bar_shape, (len(ROLES), *bar_shape)):
        raise RequestError(f"points of shape {shape} for {bar_shape[0]} bars of {bar_shape[1]} dimensions")
    return len(ROLES) if len(shape) == 3 else 1


class _Alike(NamedTuple):
    """What takes have in common that are decoded in the same chunks. It does not depend on other takes."""

    num_streams: int
    temperature: float
    feel_alone: bool
    chunk_size: int


def _decode_alike(network: Network, takes: Sequence[Take], alike: _Alike) -> Bars:
    """Decode the bars of all takes, one after another."""
    num_streams, temperature, feel_alone, size = alike
    like = Bars.concatenate([take.like for take in takes])
    z = np.concatenate(
        [np.reshape(np.asarray(take.z, np.float32), (num_streams, len(take.like), -1)) for take in takes], axis=1
    )
    counts = [len(take.like) for take in takes]
    seed = np.repeat(np.array([take.seed for take in takes], np.uint32), counts)
    bar = np.concatenate([np.arange(count) for count in counts])
    is_kept = np.repeat([[role in take.keep for role in ROLES] for take in takes], counts, axis=0)
    is_new_lead = np.repeat(np.array([take.new_lead for take in takes]), counts)
    still = [_nowhere(len(take.like)) if take.still is None else take.still for take in takes]
    harmony = np.concatenate([_no_harmony(len(take.like)) if take.harmony is None else take.harmony for take in takes])
    is_kept |= np.concatenate(still)

    def decoded(start: int) -> Bars:
        here = slice(start, start + size)
        chunk = like[here]
        slots = _Slots(
            z=padded(z[:, here].swapaxes(0, 1), size).swapaxes(0, 1),
            given=BarBatch(*(padded(part, size) for part in chunk.batch())),
            is_kept=padded(is_kept[here], size),
            seed=padded(seed[here], size),
            bar=padded(bar[here], size),
            has_new_lead=padded(is_new_lead[here], size),
            harmony=padded(harmony[here], size),
            feel_alone=feel_alone,
        )
        out = _decode(network, slots, int(chunk.num_beats.max()), temperature)
        grids = {name: part[: len(chunk)] for name, part in out.grids.items()}
        return dataclasses.replace(chunk, **grids)

    return Bars.concatenate(of_chunks(decoded, len(like), size))


def _nowhere(num_bars: int) -> np.ndarray:
    return np.zeros((num_bars, len(ROLES)), bool)


def _no_harmony(num_bars: int) -> np.ndarray:
    return np.zeros((num_bars, MAX_BEATS, 12), np.float32)


class _Slots(NamedTuple):
    """The bars that one call decodes, each from S streams of points."""

    z: np.ndarray  # (S, B, Z)
    given: BarBatch  # (B, 24, ...)
    is_kept: np.ndarray  # (B, 4) roles that are taken from `given`
    seed: np.ndarray  # (B,) uint32
    bar: np.ndarray  # (B,) its number within its take
    has_new_lead: np.ndarray  # (B,) bool
    harmony: np.ndarray  # (B, 6, 12) as in Take; zeros where there is none to keep to
    feel_alone: bool  # as in Take, for all bars


def _decode(network: Network, slots: _Slots, num_beats: int, temperature: float) -> BarBatch:
    """Decode beat after beat, all streams together: each hears the beat before, which was merged from all of them."""
    num_streams, num_bars, size = slots.z.shape
    metre = slots.given.metre
    z = slots.z.reshape(num_streams * num_bars, size)  # (S * B, Z)
    projected, h = network.project(z, np.tile(metre_index(*metre), num_streams), num_beats)
    drawn = chances(slots.seed, slots.bar) if temperature > 0 else None
    out = slots.given.map_grids(np.zeros_like)
    before, leads = None, NewLeads(slots.has_new_lead, np.zeros(num_bars, np.uint8))
    for number in range(num_beats):
        stop_if_told()
        first = number * STEPS_PER_BEAT
        h, logits = network.step(h, projected[:, number], network.hear(before, num_bars), num_streams)
        of_beat = None if drawn is None else drawn.steps(first, STEPS_PER_BEAT)
        merged, given = merge_streams(logits, num_streams), slots.given.steps(first, STEPS_PER_BEAT)
        if slots.feel_alone:
            before = with_feel(given, merged)
        else:
            kept = (given, slots.is_kept)
            harmony = slots.harmony[:, number]
            beat = logits_to_beat(merged, metre, first, temperature, of_beat, kept=kept, leads=leads, harmony=harmony)
            before = put_in(beat, given, slots.is_kept)
            leads = leads.after(before.lead)
        for name, whole in out.grids.items():
            whole[:, first : first + STEPS_PER_BEAT] = getattr(before, name)
    return out


def without_stray_holds(bars: Bars) -> Bars:
    """Return the same bars with every HOLD that follows silence made silent, so that each HOLD continues a note.

    Bars are taken to follow each other, so a HOLD at step 0 may continue a note of the bar before.
    """
    bar = np.repeat(np.arange(len(bars)), bars.num_steps)
    step = np.concatenate([np.arange(count) for count in bars.num_steps])
    out = {}
    for role in PITCHED:
        states = getattr(bars, role).copy()
        flat = states[bar, step]  # (S,) or (S, P)
        at = np.arange(len(flat)).reshape(-1, *(1,) * (flat.ndim - 1))
        last = np.maximum.accumulate(np.where(flat == HOLD, 0, at), axis=0)  # the last step that is not a hold
        stray = (flat == HOLD) & (np.take_along_axis(flat, last, axis=0) < ONSET)
        states[bar, step] = np.where(stray, OFF, flat)
        out[role] = states
    return dataclasses.replace(bars, **out)


class Posterior(NamedTuple):
    """The encoder's posterior over each bar's latent point: a Gaussian with diagonal covariance."""

    mean: np.ndarray  # (N, Z)
    logvar: np.ndarray  # (N, Z)


def encode(network: Network, bars: Bars, *, size: int = CHUNK) -> Posterior:
    """Return the posterior of each bar, encoded `size` at a time."""

    def encoded(start: int) -> np.ndarray:
        chunk = bars[start : start + size]
        batch = BarBatch(*(padded(part, size) for part in chunk.batch(int(chunk.num_beats.max()))))
        return np.stack(network.encode(batch))[:, : len(chunk)]

    nothing = np.zeros((2, 0, network.config.latent_size), np.float32)
    return Posterior(*np.concatenate([nothing, *of_chunks(encoded, len(bars), size)], axis=1))
