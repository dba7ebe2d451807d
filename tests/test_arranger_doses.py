"""How far roles are to go to where they are arranged, by what judges hear."""

import numpy as np
import pytest

from groovevae.bars import Bars
from groovevae.bars.constants import LEAD, ROLES
from groovevae.fitting.arranger_doses import FARTHER, FARTHEST, Ways, aims, chosen
from groovevae.fitting.calibration import PairHeard, TwoGenres
from groovevae.model.calibration import AMOUNTS


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (1.0, (0.25, 0.5, 0.75, 1.0)),
        (1.2, (0.25, 0.5, 0.75, 1.0)),  # past the target: the whole way is enough
        (0.64, (0.2, 0.4, 0.6, 0.64)),  # between 0.32, half of its own way, and 0.5
        (0.04, (0.04, 0.04, 0.04, 0.04)),  # it cannot be heard farther than that
        (0.0, (0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_aims(end: float, expected: tuple[float, ...]) -> None:
    assert aims(end) == pytest.approx(expected)


class Heard(PairHeard):
    """A pair whose roles are each heard by one coordinate of their points: 0 in the source, 1 in the target."""

    def heard(self, points):
        """Return the features of the bars at these points, without any network."""
        by_role = [np.broadcast_to(own, (len(ROLES), *self.z.shape)) for own in points]
        return [{role: own[column][:, [column]] for column, role in enumerate(ROLES)} for own in by_role]


def pair_heard() -> PairHeard:
    rng, count = np.random.default_rng(0), 200
    sides = [{role: rng.normal(place, 0.3, (count, 1)) for role in ROLES} for place in (0.0, 1.0)]
    half = np.arange(count) % 2
    genres = TwoGenres((sides[0], sides[1]), (half, half))
    z = np.concatenate([sides[0][role] for role in ROLES], axis=1)
    return Heard(None, "jazz", "rock", Bars.empty(count), half, z, genres, is_back=False)  # type: ignore[arg-type]


def ways_of(pair: PairHeard, arranged: np.ndarray, transported: np.ndarray, *, comes_in: tuple[str, ...] = ()) -> Ways:
    """Return ways on which some roles come in at once, in every run of four bars."""
    new = np.tile([role in comes_in for role in ROLES], (len(pair.z) // 4, 1))
    return Ways(arranged, transported, new, np.zeros_like(new))


def test_roles_that_are_not_heard_to_arrive_go_farther() -> None:
    """Each role is heard to arrive by itself, and all together only half way."""

    class HalfTogether(Heard):
        def shares(self, roles, steps):
            return np.linspace(0, 1.5 if len(roles) == 1 else 0.5, len(steps))

    pair = HalfTogether(**vars(pair_heard()))
    curves, _ = chosen(pair, ways_of(pair, pair.z, pair.z), share_songs=False)
    assert curves[:LEAD, -1].tolist() == [FARTHER] * 3


def test_all_but_the_lead_are_arranged_at_1_and_heard_half_way_at_half() -> None:
    """Each role would be heard far enough a third of the way to where it is arranged."""
    pair = pair_heard()
    far, near = np.full(pair.z.shape, 3.0), np.full(pair.z.shape, 1.0)
    curves, arranges = chosen(pair, ways_of(pair, far, near), share_songs=False)
    assert arranges.all()
    assert curves[:LEAD, -1].tolist() == [1.0, 1.0, 1.0]
    assert curves[:LEAD, 1] == pytest.approx([1 / 6] * 3, abs=0.08)
    assert curves[LEAD].tolist() == list(FARTHEST)


def test_a_role_that_is_clearly_heard_farther_by_the_other_way_takes_it() -> None:
    pair = pair_heard()
    far, near = np.full(pair.z.shape, 1.0), np.full(pair.z.shape, 0.1)
    _, arranges = chosen(pair, ways_of(pair, near, far), share_songs=False)
    assert arranges.tolist() == [False, False, False, True]  # but for the lead
    _, arranges = chosen(pair, ways_of(pair, near, near), share_songs=True)
    assert arranges.tolist() == [False, False, False, True]  # songs known in both genres go before


def test_parts_that_come_in_are_heard_to_do_so_as_in_a_blend() -> None:
    """At half they play in the second half of each run, all the way, while the others go there bar by bar."""
    made = []

    class Kept(Heard):
        def heard(self, points):
            made.append(points)
            return super().heard(points)

    pair = Kept(**vars(pair_heard()))
    arranged = np.ones(pair.z.shape, np.float32)
    chosen(pair, ways_of(pair, arranged, arranged, comes_in=("bass",)), share_songs=False)
    gone = made[-1][AMOUNTS.index(0.5)] - pair.z  # (4, N, Z)
    assert gone[ROLES.index("bass"), :8, 0] == pytest.approx([0, 0, 1, 1, 0, 0, 1, 1], abs=1e-6)
    assert gone[ROLES.index("chords"), :8, 0] == pytest.approx([gone[ROLES.index("chords"), 0, 0]] * 8)
