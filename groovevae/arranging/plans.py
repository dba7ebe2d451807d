"""Plans who plays in each bar of an arrangement, and in which style: both from a form of the target genre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import DEFAULT_PROGRAMS, LEAD, PITCHED, ROLES
from groovevae.bars.states import bar_length
from groovevae.model.arranger import Arranger
from groovevae.model.form_order import most_usual_first, steady_first
from groovevae.model.genres import Genre, Phrase
from groovevae.model.phrase_forms import NEW, SILENT, Form, Prior

USUAL = 0.5  # a role is usual in a genre that plays it in more than this share of the bars of its forms


@dataclass(frozen=True)
class Plan:
    """Who plays in N bars, and the style of the song whose form it is."""

    plays: np.ndarray  # (N, 4) bool
    style: np.ndarray  # (Z,) float32, a latent point; or one for each bar, (N, Z)


def make_plan(
    forms: Mapping[str, Sequence[Form]],
    weights: Mapping[str, float],
    bars: Bars,
    *,
    seed: int,
    start: int = 0,
    wanted: np.ndarray | None = None,
) -> Plan:
    """Plan bars for genres by weight; seeds take turns through the forms, and `start` is the form's bar to begin with.

    A role that plays in the bars goes on playing where it does if the form has it at all, and comes in where the form
    lets it play; the lead only where the bars have none at all. Roles that are `wanted` (4,) play in any case: in all
    bars, if the form lets them play in less than half.
    """
    wanted = np.zeros(len(ROLES), bool) if wanted is None else wanted
    chosen = {name: pick_form(forms[name], bars, seed=seed, wanted=wanted) for name in weights}
    form = chosen[max(weights, key=lambda name: weights[name])]
    planned = form.at(start + len(bars))[start:] != SILENT  # (N, 4)
    playing = bars.role_plays
    plays = planned | (playing & planned.any(0))
    if playing[:, LEAD].any() and not wanted[LEAD]:
        plays[:, LEAD] = playing[:, LEAD]
    plays[:, wanted & (plays.mean(0) < USUAL)] = True
    styles = np.stack([own.style.astype(np.float32) for own in chosen.values()])
    return Plan(plays, np.average(styles, axis=0, weights=list(weights.values())).astype(np.float32))


def forms_of(genre: Genre, prior: Prior | None, arranger: Arranger | None = None) -> tuple[Form, ...]:
    """Return the forms of a genre in the order of their turns: as its arranger says, else the most usual style first.

    Where the prior has none, there is one for each phrase that the genre keeps; without phrases, one in which all play.
    """
    forms = prior.forms.get(genre.name, ()) if prior else ()
    if arranger is not None and genre.name in arranger.typical:
        forms = tuple(forms[number] for number in arranger.typical[genre.name])
    else:
        forms = most_usual_first(forms, genre.mean)
    return forms or tuple(map(_form_of_phrase, genre.phrases)) or (_form_of_all(genre),)


def _form_of_phrase(phrase: Phrase) -> Form:
    numerator, denominator = phrase.metre[0].tolist()
    return Form(
        roles=np.tile(np.where(phrase.plays, NEW, SILENT).astype(np.int8), (len(phrase.z), 1)),
        metre=(numerator, denominator),
        tempo=phrase.tempo,
        transpose=phrase.transpose,
        is_minor=phrase.is_minor,
        programs=phrase.programs,
        kit=phrase.kit,
        style=phrase.z.astype(np.float32).mean(0).astype(np.float16),
    )


def _form_of_all(genre: Genre) -> Form:
    pairs = zip(PITCHED, genre.programs, strict=True)
    usual = [played[0][0] if played else DEFAULT_PROGRAMS[role] for role, played in pairs]
    return Form(
        roles=np.full((1, len(ROLES)), NEW, np.int8),
        metre=(4, 4),
        tempo=genre.tempo,
        transpose=0,
        is_minor=False,
        programs=(usual[0], usual[1], usual[2]),
        kit=genre.kit,
        style=genre.mean.astype(np.float16),
    )


def usual_roles(forms: Sequence[Form]) -> np.ndarray:
    """Return which roles most bars of these forms play, (4,) bool."""
    return np.mean([form.playing for form in forms], axis=0) > USUAL


def pick_form(forms: Sequence[Form], bars: Bars, *, seed: int, wanted: np.ndarray) -> Form:
    """Return the form whose turn it is: one with all usual roles and those `wanted`, in a metre like that of the bars.

    Forms in which one of these roles rests for long come last, unless it is the lead. Where there is none, one that
    falls short takes its turn.
    """
    length, needed = int(bars.num_steps[0]), usual_roles(forms) | wanted
    whole = [form for form in forms if form.playing[needed].all()] or list(forms)
    alike = [form for form in whole if int(bar_length(form.metre)) == length] or whole
    turns = steady_first(alike, needed & (np.arange(len(ROLES)) != LEAD))
    return turns[seed % len(turns)]
