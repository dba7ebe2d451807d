"""How much of a blend already exists in training songs, compared with held-out songs and with plain copies.

This module only counts; `measures.novelty` finds the shared runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groovevae.bars import Bars
from groovevae.bars.constants import PITCHED
from groovevae.evaluation.dose_response import REAL
from groovevae.evaluation.excerpts import RUN_BARS, Excerpts
from groovevae.evaluation.versions import COPY, IDENTITY, RANDOM, SHUFFLED, SPLICE, blend_name
from groovevae.measures.novelty import bar_keys, copied_bars, longest_runs

MEASURED = (IDENTITY, blend_name(0.5), blend_name(1.0), RANDOM, SHUFFLED, SPLICE, COPY)


@dataclass(frozen=True)
class Novelty:
    """The runs of notes, in any key, that one version shares with some training song, over all pairs."""

    version: str
    num_phrases: int
    mean: dict[str, float]  # role -> mean over phrases of the longest run, in notes (for chords, in strikes)
    longest: dict[str, int]  # role -> the longest run of all
    copied_bars: float  # share of sounding bars that strike exactly what a training bar strikes


def measure_novelty(
    excerpts: Mapping[str, Excerpts], blends: Mapping[tuple[str, str, str], Bars], training: Sequence[Bars]
) -> list[Novelty]:
    """Measure each of MEASURED, and real bars, in phrases of RUN_BARS bars."""
    known = {key for bars in training for key in bar_keys(bars)}
    phrases: dict[str, list[Bars]] = {REAL: [run for own in excerpts.values() for run in own.runs]}
    for name in MEASURED:
        wholes = _once(name, blends)
        phrases[name] = [bars[at : at + RUN_BARS] for bars in wholes for at in range(0, len(bars), RUN_BARS)]
    runs = longest_runs([phrase for own in phrases.values() for phrase in own], training)
    found, start = [], 0
    for name, own in phrases.items():
        here = slice(start, start + len(own))
        start += len(own)
        lengths = {role: runs[role][here][runs[role][here] > 0] for role in PITCHED}
        found.append(
            Novelty(
                version=name,
                num_phrases=len(own),
                mean={role: float(values.mean()) if len(values) else float("nan") for role, values in lengths.items()},
                longest={role: int(values.max(initial=0)) for role, values in lengths.items()},
                copied_bars=float(copied_bars(Bars.concatenate(own), known).mean()),
            )
        )
    return found


def _once(name: str, blends: Mapping[tuple[str, str, str], Bars]) -> list[Bars]:
    """Return the bars of a version for every pair, or once for each source where they are the same for all targets."""
    own = {(source, target): bars for (source, target, version), bars in blends.items() if version == name}
    return list({source: bars for (source, _), bars in own.items()}.values() if name == IDENTITY else own.values())
