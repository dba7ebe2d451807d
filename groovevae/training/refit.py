"""Refits what a model file holds besides its weights to the trained network. Never trains the network itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from groovevae.config import ArrangerConfig, PriorConfig
from groovevae.corpus import Corpus, CorpusSong, split_songs
from groovevae.errors import CorpusError, Cure, RequestError
from groovevae.fitting.arranger_doses import with_arranger_doses
from groovevae.fitting.attribute_vectors import find_attribute_vectors
from groovevae.fitting.calibration import with_calibration
from groovevae.fitting.form_turns import with_form_turns
from groovevae.fitting.song_codes import with_song_codes
from groovevae.measures.attributes import ATTRIBUTES
from groovevae.model.file import ModelFile
from groovevae.progress import Progress, quiet
from groovevae.training.arranger import with_arranger
from groovevae.training.data import dataset, rehearse, set_aside, songs_with_genres
from groovevae.training.prior import fit_prior

PARTS = ("blends", "vectors", "prior", "arranger", "doses")


def refit(
    model: ModelFile,
    corpus: Corpus,
    *,
    parts: Collection[str] = PARTS,
    seed: int = 0,
    prior_config: PriorConfig | None = None,
    arranger_config: ArrangerConfig | None = None,
    progress: Progress = quiet,
) -> ModelFile:
    """Return the model with some of PARTS fitted anew to the songs of the corpus that it was trained on.

    `seed` is the one it was trained with: it decides which songs are held out. Raises RequestError for a part that is
    not in PARTS, CorpusError for a corpus without training songs of the model's genres.

    >>> refit(load_model_file("old.safetensors"), load_corpus("my-midi"), parts=["prior"])
    """
    if unknown := sorted(set(parts) - set(PARTS)):
        raise RequestError(f"no part {unknown[0]!r} to fit anew; there are {', '.join(PARTS[:-1])} and {PARTS[-1]}")
    corpus.find_near_duplicates(progress=progress)
    if "blends" in parts:
        model = fit_blends(model, corpus, seed=seed, progress=progress)
    if "vectors" in parts:
        model = fit_vectors(model, corpus, seed=seed, progress=progress)
    if "prior" in parts:
        model = add_prior(model, corpus, seed=seed, config=prior_config, progress=progress)
    if "arranger" in parts:
        model = add_arranger(model, corpus, seed=seed, config=arranger_config, progress=progress)
    elif "doses" in parts and "blends" not in parts:  # which measures them as well
        model = fit_doses(model, corpus, seed=seed, progress=progress)
    return model


def fit_blends(model: ModelFile, corpus: Corpus, *, seed: int = 0, progress: Progress = quiet) -> ModelFile:
    """Return the model with song codes and calibration fitted anew; `seed` and errors as in `refit`.

    Genres that the corpus does not have lose their codes, and their calibration is measured on the model's own phrases.
    """
    songs = _trained_on(model, corpus, seed)
    genres = with_song_codes(model.genres, model.network(), songs, progress=progress)
    data = dataset(songs, _genres_of(songs), progress=progress)
    calibrated = with_calibration(replace(model, genres=genres), data=data, progress=progress)
    return with_arranger_doses(calibrated, data=data, set_aside=set_aside(songs), progress=progress)


def fit_doses(model: ModelFile, corpus: Corpus, *, seed: int = 0, progress: Progress = quiet) -> ModelFile:
    """Return the model with the doses of its arranger measured anew; `seed` and errors as in `refit`.

    Raises RequestError for a model without an arranger.
    """
    if model.arranger is None:
        raise RequestError("no doses without an arranger", cure=Cure.ADD_ARRANGER)
    songs = _trained_on(model, corpus, seed)
    data = dataset(songs, _genres_of(songs), progress=progress)
    return with_arranger_doses(model, data=data, set_aside=set_aside(songs), progress=progress)


def fit_vectors(model: ModelFile, corpus: Corpus, *, seed: int = 0, progress: Progress = quiet) -> ModelFile:
    """Return the model with vectors of attributes learned anew; `seed` and errors as in `refit`.

    Vectors of other names stay. An attribute that the model's latent space does not hold gets none.
    """
    songs = _trained_on(model, corpus, seed)
    data = dataset(songs, _genres_of(songs), progress=progress)
    found = find_attribute_vectors(model.network(), data, progress=progress)
    others = {name: vector for name, vector in model.vectors.items() if name not in ATTRIBUTES}
    return replace(model, vectors={vector.name: vector for vector in found} | others)


def add_prior(
    model: ModelFile,
    corpus: Corpus,
    *,
    seed: int = 0,
    config: PriorConfig | None = None,
    progress: Progress = quiet,
) -> ModelFile:
    """Return the model with a prior over phrases fitted to it; `seed` and errors as in `refit`.

    Genres that the corpus does not have are learned from the model's own phrases.
    """
    others = {name: genre for name, genre in model.genres.items() if name not in corpus.genres}
    songs, names = songs_with_genres(_trained_on(model, corpus, seed), rehearse(model, others))
    prior = fit_prior(model.network(), model.genres, songs, names, config=config, progress=progress)
    return with_form_turns(replace(model, prior=prior), progress=progress)


def add_arranger(
    model: ModelFile,
    corpus: Corpus,
    *,
    seed: int = 0,
    config: ArrangerConfig | None = None,
    progress: Progress = quiet,
) -> ModelFile:
    """Return the model with an arranger fitted to it, and its doses measured; `seed` and errors as in `refit`.

    Genres that the corpus does not have are learned from the model's own phrases. Raises RequestError for a model
    without a prior, whose forms an arranger needs.
    """
    if model.prior is None:
        raise RequestError("an arranger needs the forms of a prior over phrases", cure=Cure.ADD_PRIOR)
    others = {name: genre for name, genre in model.genres.items() if name not in corpus.genres}
    own = _trained_on(model, corpus, seed)
    data = dataset(own, _genres_of(own), progress=progress)
    return with_arranger(model, own, rehearse(model, others), data, config=config, progress=progress)


def _trained_on(model: ModelFile, corpus: Corpus, seed: int) -> list[CorpusSong]:
    """Return the songs of the corpus that training with this seed did not hold out, of the model's genres."""
    train_songs = (corpus.songs[i] for i in split_songs(corpus, seed=seed)[0])
    songs = [song for song in train_songs if song.entry.genre in model.genres]
    if not songs:
        raise CorpusError(f"{corpus.name}: no training song of the model's genres, which are {', '.join(model.genres)}")
    return songs


def _genres_of(songs: Sequence[CorpusSong]) -> tuple[str, ...]:
    return tuple(sorted({song.entry.genre for song in songs}))
