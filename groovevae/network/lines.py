"""Draws the notes of bass and lead, so that they fit the chords; a new lead is drawn as a tune, note after note."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovevae.bars.constants import FIRST_PITCH, LOWEST_PITCH, NUM_PITCHES

# What is drawn is likelier than by its logits alone to sound together, since lines and chords are drawn independently.
# All were chosen on training songs.
KEEPS = 10.0  # added to the logit of a pitch of the chords where a bass keeps to a harmony, and times it to its pitches
FITS = 1.5  # added to the logit of a pitch of the chords, for bass and lead where they strike on a beat
CLASHES = 2.0  # taken from the logit of a pitch a semitone from the chords and not in them, for bass and new leads
NEAR = 0.2  # taken from the logit of a new lead's pitch for each semitone from the note before it in its bar
STEPS = 1.0  # added to the logit of a pitch one or two semitones from it: real tunes mostly go by steps


class NewLeads(NamedTuple):
    """Which of B bars get a lead of their own, drawn as a tune; others have one that is to keep its notes."""

    is_new: np.ndarray  # (B,) bool
    last: np.ndarray  # (B,) the token of the note before in the bar, REST where there is none

    def after(self, lead: np.ndarray) -> NewLeads:
        """Return the same after further tokens (B, S)."""
        last = self.last
        for token in lead.T:
            last = np.where(token >= FIRST_PITCH, token, last)
        return self._replace(last=last)

    def gains(self) -> np.ndarray:
        """Return what the logits of the pitches (B, P) gain where they are near the note before."""
        apart = np.abs(FIRST_PITCH + np.arange(NUM_PITCHES["lead"]) - self.last[:, None])
        gains = np.float32(STEPS) * ((apart == 1) | (apart == 2)) - np.float32(NEAR) * apart
        return np.where((self.is_new & (self.last >= FIRST_PITCH))[:, None], gains, np.float32(0))


def draw_bass(
    logits: np.ndarray,
    temperature: float,
    chance: np.ndarray | None,
    sounding: np.ndarray,
    on_beat: np.ndarray,
    harmony: np.ndarray | None = None,
) -> np.ndarray:
    """Return the tokens (B, S) of a bass over chords that sound, (B, S, 60): drawn by `chance`, else the likeliest.

    `logits` are (B, S, tokens), `chance` (B, S, 1); `on_beat` (B, S) are the steps that begin a beat. Where `harmony`
    (B, 12), from C, says how much it keeps to pitch classes, it keeps to those of the chords as well.
    """
    fits = _fits("bass", sounding, on_beat, np.ones(len(logits), bool))
    if harmony is not None:
        kept = np.maximum(harmony, _classes(sounding)) * harmony.any(-1, keepdims=True)
        fits = fits + np.float32(KEEPS) * _pitches("bass", kept)[:, None]
    return _draw_token(logits, temperature, chance, fits)


def draw_lead(
    logits: np.ndarray,
    temperature: float,
    chance: np.ndarray | None,
    sounding: np.ndarray,
    on_beat: np.ndarray,
    leads: NewLeads | None = None,
) -> np.ndarray:
    """Return the tokens (B, S) of a lead as `draw_bass` does; those of new leads one after another."""
    is_new = np.zeros(len(logits), bool) if leads is None else leads.is_new
    fits = _fits("lead", sounding, on_beat, is_new)
    if chance is None or leads is None or not is_new.any():
        return _draw_token(logits, temperature, chance, fits)
    tokens = np.empty(logits.shape[:2], np.int64)
    for step in range(logits.shape[1]):
        here = slice(step, step + 1)
        gains = fits[:, here] + leads.gains()[:, None]
        tokens[:, here] = _draw_token(logits[:, here], temperature, chance[:, here], gains)
        leads = leads.after(tokens[:, here])
    return tokens


def _draw_token(logits: np.ndarray, temperature: float, chance: np.ndarray | None, fits: np.ndarray) -> np.ndarray:
    """Choose tokens (B, S); where they are drawn, pitches gain the logits `fits`, (B, S, pitches)."""
    if chance is None:
        return logits.argmax(-1)
    reached = np.cumsum(_token_chances(logits, np.float32(temperature), fits), axis=-1)
    return (reached <= chance * reached[..., -1:]).sum(-1).clip(max=logits.shape[-1] - 1)  # clip: against rounding


def _token_chances(logits: np.ndarray, temperature: np.float32, fits: np.ndarray) -> np.ndarray:
    """Return how likely each token is, (B, S, tokens): first whether a line rests, holds or strikes, then which pitch.

    A temperature below 1 favours what is likely. Were all tokens weighed at once, a line that surely strikes, but might
    strike any of ten pitches, would rest or hold.
    """
    pitches = logits[..., FIRST_PITCH:]
    highest = pitches.max(-1, keepdims=True)
    strikes = highest + np.log(np.exp(pitches - highest).sum(-1, keepdims=True))
    does = _shares(np.concatenate([logits[..., :FIRST_PITCH], strikes], axis=-1) / temperature)
    which = _shares((pitches + fits) / temperature)
    return np.concatenate([does[..., :FIRST_PITCH], does[..., FIRST_PITCH:] * which], axis=-1)


def _shares(logits: np.ndarray) -> np.ndarray:
    """Return the softmax over the last axis."""
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(weights / weights.sum(-1, keepdims=True))


def _fits(line: str, sounding: np.ndarray, on_beat: np.ndarray, avoids: np.ndarray) -> np.ndarray:
    """Return the logits (B, S, pitches) that a line's pitches gain from the chords (B, S, 60) of these steps.

    In bars in which it `avoids` them, (B,) bool, pitches a semitone from the chords lose some.
    """
    classes = _classes(sounding)
    gains = np.float32(FITS) * (_pitches(line, classes)[:, None] & on_beat[..., None])
    beside = (np.roll(classes, 1, axis=-1) | np.roll(classes, -1, axis=-1)) & ~classes & avoids[:, None]
    return np.asarray(gains - np.float32(CLASHES) * _pitches(line, beside)[:, None])


def _classes(sounding: np.ndarray) -> np.ndarray:
    """Return the pitch classes, (B, 12) bool from C, of chords (B, S, 60): the lowest of their pitches is a C."""
    return np.any(sounding.reshape(len(sounding), -1, 12), axis=1)


def _pitches(line: str, classes: np.ndarray) -> np.ndarray:
    """Return what holds of the pitch class, (B, 12), of each pitch of a line, (B, pitches)."""
    return classes[:, (LOWEST_PITCH[line] + np.arange(NUM_PITCHES[line])) % 12]
