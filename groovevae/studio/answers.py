"""Spells what the studio answers as JSON values: the model, files as they were read, takes with their notes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from groovevae import __version__
from groovevae.bars.constants import ROLES, VOICES
from groovevae.bars.key import key_name
from groovevae.generation.groove import Groove
from groovevae.generation.parsing import MAX_AMOUNT
from groovevae.generation.piece_requests import DEFAULT_BARS, MAX_TEMPERATURE, TEMPO_RANGE
from groovevae.generation.requests import MAX_STRENGTH, METHODS
from groovevae.generation.sources import metres_of
from groovevae.network.decoding import DEFAULT_TEMPERATURE
from groovevae.studio.folders import Folder
from groovevae.studio.parsing import MAX_BARS, MAX_COUNT, MAX_FOLDER_FILES
from groovevae.studio.takes import Take
from groovevae.studio.uploads import MAX_BYTES, Upload
from groovevae.tracks.summary import FileRead


def model_json(groove: Groove, *, folder: str) -> dict[str, Any]:
    """Return what a page must know of the model and of this studio."""
    model = groove.model
    genres = [
        {
            "name": name,
            "songs": genre.num_songs,
            "phrases": len(genre.phrases),
            "metres": [f"{numerator}/{denominator}" for numerator, denominator in metres_of(genre)],
            "tempo": round(genre.tempo, 1),
        }
        for name, genre in model.genres.items()
    ]
    vectors = [{"name": name, "about": one.about, "unit": one.unit} for name, one in model.vectors.items()]
    limits = {
        "bars": MAX_BARS,
        "default_bars": DEFAULT_BARS,
        "count": MAX_COUNT,
        "amount": MAX_AMOUNT,
        "strength": MAX_STRENGTH,
        "temperature": MAX_TEMPERATURE,
        "default_temperature": DEFAULT_TEMPERATURE,
        "tempo": list(TEMPO_RANGE),
        "file_bytes": MAX_BYTES,
        "folder_files": MAX_FOLDER_FILES,
        "folder_bytes": MAX_BYTES,
    }
    return {
        "version": __version__,
        "model": groove.path or "the model that comes with groovevae",
        "digest": model.digest,
        "genres": genres,
        "sampled": [name for name in model.genres if model.prior and model.prior.forms.get(name)],
        "vectors": vectors,
        "methods": list(METHODS) if model.arranger else [name for name in METHODS if name != "arranged"],
        "roles": list(ROLES),
        "voices": list(VOICES),
        "limits": limits,
        "keeps": bool(folder),  # whether takes can be kept; where is nobody's business but the user's
    }


def file_json(upload: Upload, read: FileRead) -> dict[str, Any]:
    """Return what was read of an uploaded file."""
    return {"id": upload.id, "name": upload.name, **{key: one for key, one in asdict(read).items() if key != "path"}}


def folder_json(folder: Folder) -> dict[str, Any]:
    """Return what was read of an uploaded folder."""
    return {
        "id": folder.id,
        "name": folder.name,
        "files": folder.num_files,
        "bars": folder.genre.num_bars,
        "unused": [{"path": path, "reason": reason} for path, reason in folder.unused],
        "line": folder.line,
    }


def take_json(take: Take) -> dict[str, Any]:
    """Return a take with its notes."""
    piece, roll, song = take.piece, take.roll, take.piece.song
    return {
        "id": take.id,
        "name": piece.name,
        "description": piece.description,
        "command": take.command,
        "seed": piece.seed,
        "key": key_name(song.transpose, song.is_minor),
        "quarters": round(roll.quarters, 4),
        "seconds": round(roll.seconds, 4),
        "bars": [{"quarter": quarter, "metre": metre} for quarter, metre in roll.bars],
        "tempos": [{"quarter": quarter, "tempo": tempo} for quarter, tempo in roll.tempos],
        "roles": roll.roles,
        "instruments": roll.instruments,
        "read": list(piece.read),
        "is_silent": not roll.roles,
    }
