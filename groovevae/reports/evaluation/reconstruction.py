"""Makes tables of how well a model reconstructs bars."""

from __future__ import annotations

import math

from groovevae.bars.constants import ROLES
from groovevae.evaluation.reconstruction import NUM_BARS, Reconstruction
from groovevae.reports.evaluation.figures import number
from groovevae.reports.table import Table


def means(found: Reconstruction) -> Table:
    """Return note F1 by role, how full the latent space is, and errors of feel."""
    rows = [(name, *(number(mean[role], 3) for role in ROLES)) for name, mean in found.means.items()]
    feel = [
        (
            f"{role}: errors of velocity and timing",
            f"{one.velocity:.1f}",
            f"(median {one.velocity_of_median:.1f})",
            f"{one.offset:.3f}",
            f"(median {one.offset_of_median:.3f})",
        )
        for role, one in found.feel.items()
    ]
    nats = f"{found.latent_nats:.0f} nats per bar, " if math.isfinite(found.latent_nats) else ""
    note = (
        f"Note F1 of bars decoded greedily and freely from their points, mean of {len(found.held_out)} genres, up to "
        f"{NUM_BARS} bars of each. Points are those of a file's bars, or, of the encoder alone, posterior means. "
        f"Latent space: {nats}{found.active_units} of {found.latent_size} units active. Mean absolute errors of "
        "velocity (1 to 127) and timing (sixteenths) where both strike, and of always saying the role's median."
    )
    return Table(("", *ROLES), (*rows, *feel), title="Reconstruction", note=note)


def by_genre(found: Reconstruction) -> Table:
    """Return note F1 of each genre's held-out songs."""
    rows = tuple(
        (name, str(found.num_songs[name]), str(found.num_bars[name]), *(number(row[role], 3) for role in ROLES))
        for name, row in found.held_out.items()
    )
    title = "Reconstruction of held-out songs by genre, note F1"
    return Table(("genre", "songs", "bars", *ROLES), rows, title=title)
