"""Makes new phrases of a genre without a source file: picks a form, draws points from the prior, decodes, repeats.

The prior is drawn from in `phrase_prior`, and `arranging` plays what it drew more like the genre; this module turns
their points into a song and never trains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from groovevae.arranging.arrangement import Arrangements, Brief, Setting
from groovevae.arranging.plans import Plan
from groovevae.bars import Bars, Song
from groovevae.bars.choices import parse_metre
from groovevae.bars.constants import LEAD, PITCHED, ROLES
from groovevae.bars.key import parse_key, semitones_to_c
from groovevae.generation.parsing import KEEP
from groovevae.generation.phrase_prior import PhraseNetwork
from groovevae.generation.requests import SampleRequest
from groovevae.model.file import ModelFile
from groovevae.model.form_order import chosen_first, full_first
from groovevae.model.phrase_forms import NEW, SILENT, Form
from groovevae.network.decoding import decode, without_stray_holds
from groovevae.network.forward import Network

# How far a phrase is led towards its own genre, and how much of its noise it keeps. Chosen on training songs: led as
# far as a blend is, it would be more typical than real bars are.
GUIDANCE = 1.0
NOISE = 0.7


class Sampler:
    """A model's networks, ready to make phrases for checked requests; the model must have a prior."""

    def __init__(self, model: ModelFile, network: Network) -> None:
        assert model.prior is not None
        self.network, self.prior, self.genres = network, model.prior, model.genres
        self.phrases = PhraseNetwork(model.prior, model.config.latent_size)
        self.arrangements = None if model.arranger is None else Arrangements(model.arranger, network)

    def song(self, request: SampleRequest) -> Song:
        """Return the song of a request for one piece. What its form repeats is copied note by note, feel included."""
        form, num_bars, seed = form_of_piece(request, self._forms(request.genre)), request.num_bars, request.seed
        genre, number = self.genres[request.genre], self.prior.genres.index(request.genre)
        z = self.phrases.draw(genre, number, form, num_bars=num_bars, seed=seed)
        like = Bars.empty(num_bars, metre=form.metre, tempo=form.tempo)
        bars = decode(self.network, z, like, temperature=request.temperature, seed=seed)
        arrangements = self._arrangements_of(request.genre)
        if arrangements is not None:
            points = self._arranged(arrangements, bars, z, form, request)
            bars = decode(self.network, points, like, temperature=request.temperature, seed=seed)
        return Song(follow_plan(bars, form.at(num_bars)), form.transpose, form.is_minor, form.programs, form.kit)

    def _forms(self, genre: str) -> tuple[Form, ...]:
        """Return the forms of a genre in the order of their turns: those that its arranger takes for typical first."""
        arrangements = self._arrangements_of(genre)
        chosen = arrangements.arranger.typical.get(genre, ()) if arrangements else ()
        return chosen_first(self.prior.forms[genre], chosen)

    def _arrangements_of(self, genre: str) -> Arrangements | None:
        """Return the arranger, if there is one that knows a genre."""
        known = self.arrangements
        return known if known is not None and genre in known.arranger.genres else None

    def _arranged(
        self, arrangements: Arrangements, bars: Bars, z: np.ndarray, form: Form, request: SampleRequest
    ) -> np.ndarray:
        """Return points (4, N, Z) of a phrase that was drawn as z (N, Z), arranged in its own genre; the lead stays."""
        plan = Plan(form.at(len(bars)) != SILENT, form.style.astype(np.float32))
        setting = Setting(form.is_minor, form.tempo)
        brief = Brief(bars, np.arange(len(ROLES)) == LEAD, plan, {request.genre: 1.0}, setting)
        given = arrangements.given([brief])
        [arranged] = arrangements.rearranged([brief], given, [z], [request.genre], guidance=GUIDANCE, noise=NOISE)
        return np.stack([z if role == "lead" else arranged for role in ROLES])


def form_of_piece(request: SampleRequest, forms: Sequence[Form]) -> Form:
    """Return the form of a piece, with any requested tempo and key. Seeds take turns; thin forms come last."""
    forms = full_first(forms)
    form = forms[request.seed % len(forms)]
    if request.metre is not None:
        metre = parse_metre(request.metre)
        forms = tuple(form for form in forms if form.metre == metre) or forms
        form = replace(forms[request.seed % len(forms)], metre=metre)
    if request.tempo is not None and request.tempo != KEEP:  # which a checked request never is
        form = replace(form, tempo=request.tempo)
    if request.key is not None and (key := parse_key(request.key)) is not None:
        form = replace(form, transpose=semitones_to_c(*key), is_minor=key[1])
    return form


def follow_plan(bars: Bars, plan: np.ndarray) -> Bars:
    """Silence or repeat each role of each bar as a form's plan (N, 4) says; what is new stays as it is."""
    grids = {name: grid.copy() for name, grid in bars.grids.items()}

    def parts(role: str) -> list[np.ndarray]:
        """Return the arrays that hold a role, with bars as their first axis."""
        if role == "drums":
            return [grids["drums"], grids["drums_offset"]]
        column = PITCHED.index(role)
        return [grids[role], grids["velocity"][..., column], grids["offset"][..., column]]

    for column, role in enumerate(ROLES):
        for bar, lag in enumerate(plan[:, column].tolist()):
            for part in parts(role):
                if lag == SILENT:
                    part[bar] = 0
                elif lag > NEW:
                    part[bar] = part[bar - lag]
    return without_stray_holds(replace(bars, **grids))
