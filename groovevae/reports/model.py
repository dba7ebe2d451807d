"""Reports what a model file holds, as lines, tables and JSON. Never runs the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from groovevae.bars.constants import PITCHED
from groovevae.model.file import ModelFile, vector_to_json
from groovevae.model.genres import Genre
from groovevae.reports import values
from groovevae.reports.table import Part, Table
from groovevae.reports.training import f1_text


def to_json(model: ModelFile, path: Path) -> str:
    """Return everything but the weights as indented JSON."""
    return values.to_json(_values(model, path), indent=2)


def model_held(model: ModelFile, path: Path) -> Iterator[Part]:
    """Say what a model file holds: sizes, figures, licences, vectors and genres."""
    about = _values(model, path)
    kind = "variational autoencoder" if model.config.variational else "plain autoencoder"
    yield f"{path}: {len(model.genres)} genres, {about['weights']:,} weights, {about['bytes'] / 2**20:.1f} MiB"
    yield f"A {kind} with {model.config.latent_size} latent dimensions per bar."
    yield from _past(model.provenance)
    if rests := list(_rests_on(model.provenance)):
        yield "What genres rest on (bars):"
        yield from rests
    if model.vectors:
        yield f"Vectors: {', '.join(model.vectors)}"
    if coded := [genre["name"] for genre in about["genres"] if genre["shares_songs"]]:
        yield f"Blends learned from songs that genres share: between {', '.join(coded)}"
    if model.arranger is not None:
        yield f"Arranges, for blends, groove arrange and groove infill: {len(model.arranger.genres)} genres"
    yield genre_table(model)


def parts_held(model: ModelFile, path: Path) -> str:
    """Say what a model file holds besides its network, in one line."""
    coded = sum(genre.code is not None for genre in model.genres.values())
    forms = sum(map(len, model.prior.forms.values())) if model.prior else 0
    counts = {
        "pairs of genres calibrated": len(model.calibration),
        "genres with song codes": coded,
        "vectors": len(model.vectors),
        "forms of phrases": forms,
        "pairs of genres arranged": len(model.arranger.doses) if model.arranger else 0,
    }
    listed = ", ".join(f"{name}: {count:,}" for name, count in counts.items())
    return f"{path}: {listed} ({path.stat().st_size / 2**20:.1f} MiB)"


def _past(past: Mapping[str, Any]) -> Iterator[str]:
    """Say what a model was trained on, and the models before it."""
    corpus = past.get("corpus", {})
    if past:
        songs = f"{corpus.get('training_songs', 0):,} songs ({corpus.get('held_out_songs', 0):,} more held out)"
        yield f"Trained {past.get('steps', 0):,} steps on {songs} with groovevae {past.get('groovevae', '?')}."
    if past.get("held_out_f1"):
        yield f"Held-out note F1: {f1_text(past['held_out_f1'])}"
    if licences := _licences(past):
        yield licences
    before = past.get("started_from")
    while before:
        yield f"Started from a model of {before.get('steps', 0):,} steps. {_licences(before)}".rstrip()
        before = before.get("started_from")


def _licences(past: Mapping[str, Any]) -> str:
    """Name the licences of the music of one training run."""
    licences = past.get("corpus", {}).get("licences", {})
    listed = ", ".join(f"{name} ({count:,})" for name, count in licences.items())
    return f"Licences of the music (files): {listed}" if listed else ""


def genre_table(model: ModelFile) -> Table:
    """Return a table of a model's genres: their songs and bars, tempo, phrases and usual instruments."""
    rows = []
    for genre in map(_genre_values, model.genres.values()):
        numbers = (f"{genre['songs']:,}", f"{genre['bars']:,}", f"{genre['tempo']:.0f}", str(genre["phrases"]))
        usual = (programs[0]["name"] if programs else "none" for programs in genre["instruments"].values())
        rows.append((genre["name"], *numbers, ", ".join(usual)))
    header = ("genre", "songs", "bars", "tempo", "phrases", "usual bass, chords and lead")
    return Table(header, tuple(rows), ends_in_words=True)


def _rests_on(past: Mapping[str, Any]) -> Iterator[str]:
    """Say of each genre what kinds of music it was learned from, as shares of its bars, where a manifest named them."""
    for genre, bars in past.get("corpus", {}).get("rests_on", {}).items():
        total = sum(bars.values())
        yield f"  {genre}: " + ", ".join(f"{kind} {count / total:.0%}" for kind, count in bars.items() if total)


def _values(model: ModelFile, path: Path) -> dict[str, Any]:
    """Return what a model file holds, by name."""
    return {
        "path": str(path),
        "bytes": path.stat().st_size,
        "weights": sum(array.size for array in model.weights.values()),
        "config": vars(model.config),
        "genres": [_genre_values(genre) for genre in model.genres.values()],
        "vectors": [vector_to_json(vector) for vector in model.vectors.values()],
        "provenance": model.provenance,
    }


def _genre_values(genre: Genre) -> dict[str, Any]:
    from pretty_midi import program_to_instrument_name

    return {
        "name": genre.name,
        "songs": genre.num_songs,
        "bars": genre.num_bars,
        "tempo": genre.tempo,
        "phrases": len(genre.phrases),
        "shares_songs": genre.code is not None,
        "instruments": {
            role: [
                {"program": program, "name": program_to_instrument_name(program), "share": round(share, 4)}
                for program, share in programs
            ]
            for role, programs in zip(PITCHED, genre.programs, strict=True)
        },
    }
