"""Puts the forms by which a genre arranges in the order of their turns: those that sound most like it come first.

A form carries the style of one song. How near that lies to the mean of its genre says little about what comes out, so
what comes out is listened to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from groovevae.arranging.arrangement import Arrangements, Brief, Setting
from groovevae.arranging.plans import make_plan
from groovevae.bars import Bars
from groovevae.bars.constants import LEAD, ROLES
from groovevae.fitting.heard_bars import phrase_bars
from groovevae.measures.features import Features, bar_features
from groovevae.measures.judges import forest
from groovevae.model.file import ModelFile
from groovevae.model.form_order import style_distances
from groovevae.model.genres import Genre, log_likelihood
from groovevae.model.phrase_forms import Form
from groovevae.network.decoding import Take, decode_takes
from groovevae.progress import Progress, quiet

TYPICAL = 0.5  # share of a genre's forms that take turns: those whose style is most typical of it
CENTRAL = 0.75  # share of a genre's forms among which these are: those whose style is nearest to its mean
LEAST_FORMS = 4
STARTS = 6  # other genres whose bars each form arranges
START_BARS = 4  # of each
TREES = 100
USUAL = (0.05, 0.95)  # quantiles of a genre's own bars between which a number is usual for it


def with_form_turns(model: ModelFile, *, progress: Progress = quiet) -> ModelFile:
    """Return the model whose arranger knows which forms of the prior take turns, and in what order.

    The most typical half of a genre's forms arrange bars of other genres. First come those whose bars a judge takes
    most surely for the genre, and in which least is unusual for it: a judge alone likes what is overdone. Both know
    each genre by its phrases; without any, the forms nearest to its mean come first.
    """
    if model.arranger is None or model.prior is None:
        return model
    arrangements = Arrangements(model.arranger, model.network())
    own = {name: heard.bars for name, heard in phrase_bars(arrangements.network, model.genres).items()}
    ear = Ear.of(own) if len(own) > 1 else None
    turns = {}
    for done, (name, forms) in enumerate(model.prior.forms.items()):
        progress("listening to forms", done, len(model.prior.forms))
        numbers = np.array(typical_forms(forms, name, model.genres), int)
        if ear is not None and name in own:
            starts = _starts(model, own, name)
            liked = [ear.likes(name, arranged(arrangements, name, forms[number], starts)) for number in numbers]
            numbers = numbers[np.argsort(-np.array(liked), kind="stable")]
        turns[name] = tuple(numbers.tolist())
    return replace(model, arranger=replace(model.arranger, typical=turns))


def typical_forms(forms: Sequence[Form], name: str, genres: Mapping[str, Genre]) -> tuple[int, ...]:
    """Return which forms have the styles most typical of a genre: much likelier in its Gaussian than in the others'.

    They come in the order of their distance from its mean. Those far from it do not count: what is unlike other genres
    may be unlike most of its own songs as well.
    """
    order = np.argsort(style_distances(forms, genres[name].mean), kind="stable")
    if len(forms) <= LEAST_FORMS:
        return tuple(order.tolist())
    styles = np.stack([form.style.astype(np.float64) for form in forms])
    likelihood = {other: log_likelihood(styles, genre) for other, genre in genres.items()}
    rest = [values for other, values in likelihood.items() if other != name]
    ratio = likelihood[name] - (np.logaddexp.reduce(rest, axis=0) if rest else 0.0)
    central = order[: max(round(CENTRAL * len(forms)), LEAST_FORMS)]
    best = central[np.argsort(-ratio[central], kind="stable")][: max(round(TYPICAL * len(forms)), LEAST_FORMS)]
    return tuple(number for number in order.tolist() if number in best)


class _Start(NamedTuple):
    """Bars of another genre: the beginning of a phrase."""

    genre: str
    z: np.ndarray  # (N, Z)
    bars: Bars


@dataclass(frozen=True)
class Ear:
    """What tells genres apart, and what is usual in each."""

    forest: Any
    usual: Mapping[str, np.ndarray]  # (2, F): the lowest and the highest that is usual

    @classmethod
    def of(cls, bars: Mapping[str, Bars]) -> Ear:
        """Fit the ear to bars of each genre."""
        heard = {name: bar_features(own[own.has_notes]) for name, own in bars.items()}
        values = np.concatenate([own.values for own in heard.values()])
        names = np.repeat(list(heard), [len(own.values) for own in heard.values()])
        usual = {name: np.quantile(_of_roles(own), USUAL, axis=0) for name, own in heard.items()}
        return cls(forest(TREES, seed=0).fit(values, names), usual)

    def likes(self, name: str, bars: Bars) -> float:
        """Return how likely bars are of a genre, less the share of what is unusual for it in them."""
        heard, (low, high) = bar_features(bars), self.usual[name]
        values = _of_roles(heard)
        unusual = (values < low) | (values > high)
        likely = self.forest.predict_proba(heard.values)[:, list(self.forest.classes_).index(name)]
        return round(float(likely.mean() - unusual.mean()), 6)  # threads add trees up in any order


def _of_roles(heard: Features) -> np.ndarray:
    """Return what drums, bass and chords do in all of each bar, (N, F): not where in it, nor in which keys."""
    left_out = (" at ", " class ", " interval ")
    names = [name for name in heard.names if not name.startswith("lead") and not any(part in name for part in left_out)]
    return heard.values[:, np.isin(heard.names, names)]


def _starts(model: ModelFile, own: Mapping[str, Bars], name: str) -> list[_Start]:
    """Return the first bars of a phrase of each of some other genres."""
    others = [other for other in own if other != name]
    chosen = np.unique(np.linspace(0, len(others) - 1, min(STARTS, len(others))).round().astype(int))
    found = []
    for other in (others[place] for place in chosen.tolist()):
        z = model.genres[other].phrases[0].z[:START_BARS].astype(np.float32)
        found.append(_Start(other, z, own[other][: len(z)]))
    return found


def brief_of(bars: Bars, target: str, forms: Sequence[Form], *, seed: int) -> Brief:
    """Return what is asked of the arranger for bars that one of these forms takes to a genre, under their own leads."""
    plan = make_plan({target: forms}, {target: 1.0}, bars, seed=seed)
    return Brief(bars, np.arange(len(ROLES)) == LEAD, plan, {target: 1.0}, Setting.of(bars))


def arranged(arrangements: Arrangements, name: str, form: Form, starts: Sequence[_Start]) -> Bars:
    """Return the bars of all starts as a form arranges them, under their own leads."""
    briefs = [brief_of(start.bars, name, [form], seed=number) for number, start in enumerate(starts)]
    z, genres = [start.z for start in starts], [start.genre for start in starts]
    points = arrangements.rearranged(briefs, arrangements.given(briefs), z, genres)
    takes = [Take(point, start.bars, keep=("lead",)) for point, start in zip(points, starts, strict=True)]
    return Bars.concatenate(decode_takes(arrangements.network, takes))
