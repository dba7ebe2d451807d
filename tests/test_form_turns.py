"""Which forms arrange first: those whose bars an ear takes for the genre, and finds usual in it."""

from dataclasses import replace

import numpy as np
import pytest
from test_phrase_forms import genre as made_genre

from groovevae.arranging.plans import forms_of
from groovevae.bars import Bars
from groovevae.bars.constants import CHORD_LOW, HOLD, LOWEST_PITCH, ONSET
from groovevae.fitting import form_turns
from groovevae.fitting.form_turns import Ear, typical_forms, with_form_turns
from groovevae.generation.groove import Groove
from groovevae.model.phrase_forms import Form

MIDDLE = 55 - CHORD_LOW


def bars_of(step: int, *, seed: int, width: int = 7, count: int = 60) -> Bars:
    """Bars whose bass strikes on every quarter note, so many steps late, under chords of so many semitones."""
    bars, rng = Bars.empty(count), np.random.default_rng(seed)
    for bar in range(count):
        bars.bass[bar, step : 16 + step : 4] = ONSET + rng.integers(36, 43, 4) - LOWEST_PITCH["bass"]
        bars.chords[bar, 0, [MIDDLE, MIDDLE + width]] = ONSET
        bars.chords[bar, 1:8, [MIDDLE, MIDDLE + width]] = HOLD
    return bars


def test_typical_forms_are_unlike_other_genres_and_not_far_from_their_own() -> None:
    """Of styles -2 to 10, rock lies at 0 and jazz at -5."""
    size = 2
    at_zero = replace(made_genre(0, size), covariance=np.eye(size, dtype=np.float32))
    rock, jazz = (replace(at_zero, mean=np.full(size, at, np.float32)) for at in (0.0, -5.0))
    one = Form(np.zeros((4, 4), np.int8), (4, 4), 120.0, 0, False, (0, 0, 0), (), np.zeros(size, np.float16))
    forms = [replace(one, style=np.full(size, at, np.float16)) for at in (3, 0, 1, 2, -1, 9, 10, -2)]
    assert typical_forms(forms, "rock", {"rock": rock, "jazz": jazz}) == (1, 2, 3, 0)
    assert typical_forms(forms[:4], "rock", {"rock": rock, "jazz": jazz}) == (1, 2, 3, 0)  # too few to choose from


def test_the_ear_likes_what_is_of_a_genre_and_usual_in_it() -> None:
    ear = Ear.of({"rock": bars_of(0, seed=0), "reggae": bars_of(2, seed=1)})
    own, other, overdone = bars_of(0, seed=2), bars_of(2, seed=3), bars_of(0, seed=2, width=24)
    assert ear.likes("rock", own) > ear.likes("rock", overdone) > ear.likes("rock", other)
    assert ear.likes("reggae", other) > ear.likes("reggae", own)


def test_forms_take_turns_as_they_are_liked(groove: Groove, monkeypatch: pytest.MonkeyPatch) -> None:
    prior, genres = groove.model.prior, groove.model.genres
    assert prior is not None
    number = {id(form): n for forms in prior.forms.values() for n, form in enumerate(forms)}
    monkeypatch.setattr(form_turns, "arranged", lambda arrangements, name, form, starts: number[id(form)])
    monkeypatch.setattr(Ear, "likes", lambda self, name, liked: liked)  # the later, the better
    turned = with_form_turns(groove.model)
    assert turned.arranger is not None
    for name, forms in prior.forms.items():
        numbers = sorted(typical_forms(forms, name, genres), reverse=True)
        assert turned.arranger.typical[name] == tuple(numbers)
        assert forms_of(genres[name], prior, turned.arranger) == tuple(forms[n] for n in numbers)


def test_real_arrangements_are_heard(groove: Groove) -> None:
    turned = with_form_turns(groove.model)
    assert groove.model.prior is not None
    assert turned.arranger is not None
    for name, forms in groove.model.prior.forms.items():
        assert sorted(turned.arranger.typical[name]) == sorted(typical_forms(forms, name, groove.model.genres))
    assert turned.arranger.typical == with_form_turns(groove.model).arranger.typical  # type: ignore[union-attr]


def test_without_phrases_the_most_usual_form_comes_first(groove: Groove) -> None:
    genres = {name: replace(genre, phrases=()) for name, genre in groove.model.genres.items()}
    turned = with_form_turns(replace(groove.model, genres=genres))
    assert groove.model.prior is not None
    assert turned.arranger is not None
    for name, forms in groove.model.prior.forms.items():
        assert turned.arranger.typical[name] == typical_forms(forms, name, genres)
