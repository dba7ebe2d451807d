"""Goes on where a song ends: its last bars are read by the prior over phrases, which then draws what follows.

Which parts rest, repeat or play something new is what they did in the song's last bars before its ending.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from groovevae.arranging.register import PHRASE, in_register
from groovevae.arranging.tonality import in_tonality
from groovevae.bars import Bars, Song
from groovevae.bars.constants import ROLES
from groovevae.errors import MidiError
from groovevae.generation.phrase_prior import PhraseNetwork
from groovevae.generation.sampling import follow_plan
from groovevae.generation.song_requests import ContinueRequest
from groovevae.generation.sources import Sources
from groovevae.measures.phrases import role_digests
from groovevae.model.genres import nearest_genre
from groovevae.model.phrase_forms import FORM_BARS, NEW, Form, plan_of
from groovevae.network.decoding import decode, without_stray_holds
from groovevae.network.refining import close_points
from groovevae.tracks import NOWHERE, Rewriting

ENDING = 0.5  # share of the strikes of a usual bar: bars at a song's end that have fewer are its ending


def continued(request: ContinueRequest, sources: Sources) -> tuple[Song, str, Rewriting | None]:
    """Return the song of a checked request for one piece, what was done, and the file that it goes on from.

    Raises MidiError.
    """
    song, prior = sources.song(request.file), sources.model.prior
    assert prior is not None
    sounding = np.flatnonzero(song.bars.has_notes)
    if not len(sounding):
        raise MidiError("none of its notes has a place in the bars", path=request.start)
    whole = song.bars[: int(sounding[-1]) + 1]
    past = without_ending(_last_in_one_metre(whole))
    z = close_points(sources.network, past)
    known = {name: sources.model.genres[name] for name in prior.genres}
    genre = request.genre or nearest_genre(z, known)
    plan = plan_ahead(past, request.num_bars)
    form = _form(song, past, z, plan)
    drawn = PhraseNetwork(prior, z.shape[1]).draw(
        known[genre], prior.genres.index(genre), form, num_bars=len(past) + request.num_bars, seed=request.seed, past=z
    )
    like = Bars.empty(request.num_bars, metre=form.metre, tempo=form.tempo)
    new = decode(sources.network, drawn[len(past) :], like, temperature=request.temperature, seed=request.seed)
    together = follow_plan(Bars.concatenate([past, new]), plan)
    new = _like(past, together[len(past) :])
    text = f"{request.start} continued by {request.num_bars} bars of {genre}"
    if request.alone:
        return dataclasses.replace(song, bars=new), text, None
    index = np.concatenate([np.arange(len(whole)), np.full(len(new), NOWHERE)])
    fresh = np.tile((index == NOWHERE)[:, None], (1, len(ROLES)))
    rewriting = Rewriting(sources.original(request.file), index, fresh)
    joined = without_stray_holds(Bars.concatenate([whole, new]))
    return dataclasses.replace(song, bars=joined), text, rewriting


def plan_ahead(past: Bars, num_bars: int) -> np.ndarray:
    """Return the plan (L + num_bars, 4) of L past bars, as they are, and of those that follow.

    What follows does what the second half of the past did: it rests, repeats as many bars back, or is new.
    """
    then = plan_of(role_digests(past))[len(past) // 2 :]
    ahead = then[np.arange(num_bars) % len(then)]
    return np.concatenate([np.full((len(past), then.shape[1]), NEW, np.int8), ahead])


def _like(past: Bars, new: Bars) -> Bars:
    """Return new bars whose lines lie in the register of the last past ones, and whose lead keeps to their key.

    Each bar is heard after the past alone: it is the same however many follow.
    """
    tail = past[-(PHRASE - 1) :]
    is_last = np.arange(len(tail) + 1) == len(tail)
    out = []
    for bar in range(len(new)):
        heard = Bars.concatenate([tail, new[bar : bar + 1]])
        heard = in_tonality(in_register(heard, np.repeat(is_last[:, None], len(ROLES), axis=1)), is_last)
        out.append(heard[-1:])
    return Bars.concatenate(out)


def without_ending(bars: Bars) -> Bars:
    """Return bars without those at their end in which hardly anything is struck any more.

    A song's last chord, held, is where it stops; what follows goes on from the bars before it.
    """
    strikes = bars.pitched_strikes().sum((1, 2)) + bars.strikes("drums").sum(1)
    goes_on = np.flatnonzero(strikes >= ENDING * np.median(strikes))
    return bars[: int(goes_on[-1]) + 1]


def _last_in_one_metre(bars: Bars) -> Bars:
    """Return the last bars, up to FORM_BARS, in the metre of the last one."""
    other = np.flatnonzero((bars.metre != bars.metre[-1]).any(1))
    first = int(other[-1]) + 1 if len(other) else 0
    return bars[max(first, len(bars) - FORM_BARS) :]


def _form(song: Song, past: Bars, z: np.ndarray, plan: np.ndarray) -> Form:
    numerator, denominator = past.metre[-1].tolist()
    return Form(
        roles=plan,
        metre=(numerator, denominator),
        tempo=float(past.tempo[-1]),
        transpose=song.transpose,
        is_minor=song.is_minor,
        programs=song.programs,
        kit=song.kit,
        style=z.mean(0).astype(np.float16),
    )
