"""Measures how far roles go to where they are arranged until amount 0.5 is heard as half way, as `calibration` does.

It also measures how far a role goes that comes in, until half of its notes sound.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovevae.arranging.arrangement import Arrangements, Setting
from groovevae.arranging.lead_sheet import only_roles
from groovevae.arranging.plans import Plan, forms_of, make_plan
from groovevae.bars import Bars
from groovevae.bars.constants import LEAD, ROLES
from groovevae.corpus.dataset import Dataset
from groovevae.fitting.calibration import heard_bars, measure_doses
from groovevae.model.calibration import AMOUNTS
from groovevae.model.file import ModelFile
from groovevae.network.decoding import Take, decode_takes, encode
from groovevae.network.forward import Network

FARTHEST = {"lead": (0.0, 0.0, 0.4, 0.75)}  # the melody is what a piece is known by: up to half way it stays as it is
PRESENCE_BARS = 512
PRESENCE_SHARES = (0.25, 0.4, 0.5, 0.6, 0.75, 1.0)


def with_arranger_doses(model: ModelFile, *, data: Dataset | None = None) -> ModelFile:
    """Return the model with the doses of its arranger measured for all pairs of genres; without one, the model."""
    if model.arranger is None or model.prior is None:
        return model
    network = model.network()
    arrangements, is_lead = Arrangements(model.arranger, network), np.arange(len(ROLES)) == LEAD

    def displacement(source: str, target: str, like: Bars, z: np.ndarray) -> np.ndarray:
        """Arrange each bar by a plan of its own: they come from different songs."""
        forms = {target: forms_of(model.genres[target], model.prior)}
        plans = [make_plan(forms, {target: 1.0}, like[i : i + 1], seed=i, start=i % 8) for i in range(len(like))]
        plan = Plan(np.concatenate([own.plays for own in plans]), np.stack([own.style for own in plans]))
        setting = Setting(is_minor=False, tempo=float(np.median(like.tempo)))
        return arrangements.rearranged(z, like, is_lead, source, plan, {target: 1.0}, setting) - z

    doses = measure_doses(model, network, displacement, farthest=FARTHEST, data=data)
    presence = measure_presence(model, network, data=data)
    return replace(model, arranger=replace(model.arranger, doses=doses, presence=presence))


def measure_presence(model: ModelFile, network: Network, *, data: Dataset | None = None) -> np.ndarray:
    """Return for each role the shares (4, K) of the way from bars without it to bars with it at which it comes in.

    At the share for amount 0.5, half as many notes sound as at the end of the way.
    """
    bars = Bars.concatenate([own.bars for own in heard_bars(model, network, data).values()])
    bars = bars[np.random.default_rng(0).permutation(len(bars))[:PRESENCE_BARS]]
    z, _ = encode(network, bars)
    curves = []
    for column, role in enumerate(ROLES):
        without, _ = encode(network, only_roles(bars, np.tile(np.arange(len(ROLES)) != column, (len(bars), 1))))
        takes = [Take(without + np.float32(share) * (z - without), bars) for share in PRESENCE_SHARES]
        counts = np.array([out.onsets(role).sum() for out in decode_takes(network, takes)], float)
        sounding = np.maximum.accumulate(counts / max(counts[-1], 1.0)) + 1e-6 * np.arange(len(counts))
        curves.append(np.interp(AMOUNTS, [0.0, *sounding[:-1], 1.0], [0.0, *PRESENCE_SHARES]))
    return np.array(curves, np.float32)
