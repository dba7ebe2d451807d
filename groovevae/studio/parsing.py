"""Turns the JSON of a request into one of the library, and refuses whatever is not exactly as the API says.

A word is the id of an upload, or else the name of a genre of the model: no word of a request ever leads to a file.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from groovevae.bars.choices import Choices
from groovevae.errors import RequestError
from groovevae.generation.names import is_path
from groovevae.generation.parsing import KEEP, Amount, Tempo
from groovevae.generation.requests import METHODS, BlendRequest, SampleRequest
from groovevae.model.file import ModelFile
from groovevae.model.genres import find_genre
from groovevae.model.vectors import find_vector
from groovevae.studio import folders
from groovevae.studio.folders import Folder, plain_folder_name, plain_path, words_of
from groovevae.studio.uploads import MAX_BYTES, PREFIX, Upload, Uploads
from groovevae.wording import shown_name

MAX_BARS = 256  # of one piece: what a page can show and a person can wait for
MAX_COUNT = 16
MAX_TARGETS = 64
MAX_FOLDER_FILES = 500
_CHOICES = ("roles", "metre", "pickup", "beats")


class UnknownError(RequestError):
    """A request for a file or a piece that is not, or no longer, here."""


def read_json(body: bytes) -> dict[str, Any]:
    """Return the object in the body of a request. Raises RequestError for anything else, NaN and Infinity included."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RequestError("the request is not JSON") from None
    if not isinstance(value, dict):
        raise RequestError("the request is not a JSON object")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)


def to_request(fields: Mapping[str, Any], model: ModelFile, uploads: Uploads) -> BlendRequest:
    """Return the request that the fields of a JSON object stand for, with uploads as paths.

    Raises RequestError, one line, for a field that there is not or that holds something else, and for an unknown name.
    """
    _check_names(fields, _READERS)
    values = {name: _READERS[name](name, value) for name, value in fields.items() if value is not None}
    if "start" not in values:
        raise RequestError("start: name a genre, or the id of an upload")
    weights = values.pop("targets", {})
    words = {folder.id: word for word, folder in to_folders(weights, model, uploads).items()}
    targets = {words.get(word) or _word(word, model, uploads): weight for word, weight in weights.items()}
    for word in values.get("vectors", {}):
        if word not in model.vectors:
            find_vector(word.removesuffix(".safetensors"), model)  # says which ones there are
            raise RequestError(f"no vector {word!r} in this model")
    start = values.pop("start")
    for folder in to_folders([start], model, uploads).values():
        raise RequestError(f"{folder.name} is a folder; start from a genre or a MIDI file, and go to the folder")
    start = _word(start, model, uploads)
    values["together"] = tuple(str(find_upload(file, uploads).path) for file in values.get("together", ()))
    return BlendRequest(start, targets, **values).checked(model)


def to_folders(targets: Iterable[str], model: ModelFile, uploads: Uploads) -> dict[str, Folder]:
    """Return the folders among the targets of a request by the words of `to_request` for them. Raises UnknownError."""
    ids = [word for word in targets if word.startswith(folders.PREFIX) and word not in model.genres]
    return words_of(find_folder(folder, uploads) for folder in ids)


def to_sample(fields: Mapping[str, Any], model: ModelFile) -> SampleRequest:
    """Return the request for a new phrase that the fields of a JSON object stand for. Raises what `to_request` does."""
    _check_names(fields, _SAMPLE)
    values = {name: _SAMPLE[name](name, value) for name, value in fields.items() if value is not None}
    if "genre" not in values:
        raise RequestError("genre: name the one that a new phrase is to be of")
    return SampleRequest(**values).checked(model)


def to_reading(fields: Mapping[str, Any], uploads: Uploads) -> tuple[list[Upload], Choices]:
    """Return the further files with which one is to be read, and the choices, of {"together": [IDS], "roles": ...}."""
    together = _texts("together", fields.get("together") or [])
    choices = to_choices({name: value for name, value in fields.items() if name != "together"})
    return [find_upload(file, uploads) for file in together], choices


def to_choices(fields: Mapping[str, Any]) -> Choices:
    """Return the choices that a JSON object stands for: {"roles": {"3": "drums"}, "metre": "3/4"}."""
    _check_names(fields, _CHOICES)
    roles = _texts_by_name("roles", fields.get("roles") or {})
    pickup = fields.get("pickup")
    return Choices.from_words(
        [f"{track}={role}" for track, role in roles.items()],
        metre=_optional_text("metre", fields.get("metre")),
        pickup=None if pickup is None else _number("pickup", pickup),
        beats=_optional_text("beats", fields.get("beats")),
    )


def to_folder(body: bytes) -> tuple[str, dict[str, bytes]]:
    """Return a folder's name and the bytes of its files by path in it, of {"name": NAME, "files": {PATH: BASE64}}.

    Raises RequestError for anything else, and for more than is read.
    """
    fields = read_json(body)
    _check_names(fields, ("name", "files"))
    name, coded = plain_folder_name(_text("name", fields.get("name"))), fields.get("files")
    if not name:
        raise RequestError("name: not the name of a folder")
    if not isinstance(coded, dict):
        raise RequestError("files: not an object of paths in the folder, with what each file holds in base64")
    if len(coded) > MAX_FOLDER_FILES:
        raise RequestError(f"{name}: {len(coded):,} MIDI files; at most {MAX_FOLDER_FILES} of a folder can be read")
    files = {plain_path(path): _bytes(path, text) for path, text in coded.items()}
    if (size := sum(map(len, files.values()))) > MAX_BYTES:
        most = f"at most {MAX_BYTES // 2**20} MiB of a folder can be read"
        raise RequestError(f"{name}: {size / 2**20:.1f} MiB of MIDI files; {most}")
    return name, files


def _bytes(path: str, text: Any) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise RequestError(f"{shown_name(plain_path(path))}: what it holds is not in base64") from None


def _word(word: str, model: ModelFile, uploads: Uploads) -> str:
    """Return the path of an upload, or a genre spelt as in the model. Raises RequestError for any other word."""
    if word.startswith(PREFIX) and word not in model.genres:
        return str(find_upload(word, uploads).path)
    genre = find_genre(word, model.genres)
    if is_path(genre, model.genres):  # a model may call a genre "x.mid", and the library would open that
        raise RequestError(f"{genre!r} cannot be told from a file; rename the genre")
    return genre


def find_upload(file: str, uploads: Uploads) -> Upload:
    """Return the file of an id. Raises UnknownError where it is not here."""
    upload = uploads.find(file)
    if upload is None:
        raise UnknownError(f"the file {file[:40]} is no longer here; drop it once more")
    return upload


def find_folder(folder: str, uploads: Uploads) -> Folder:
    """Return the folder of an id. Raises UnknownError where it is not here."""
    found = uploads.folders.find(folder)
    if found is None:
        raise UnknownError(f"the folder {folder[:40]} is no longer here; drop it once more")
    return found


def _check_names(fields: Mapping[str, Any], known: Collection[str]) -> None:
    for name in fields:
        if name not in known:
            raise RequestError(f"there is no field {name!r}; there are {', '.join(known)}")


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RequestError(f"{name}: not a number")
    return float(value)


def _whole(high: int) -> Callable[[str, Any], int]:
    """Return a reader of whole numbers up to `high`."""

    def read(name: str, value: Any) -> int:
        if _number(name, value) != int(value):
            raise RequestError(f"{name}: not a whole number")
        if value > high:
            raise RequestError(f"{name} {int(value):,} is more than {high:,}")
        return int(value)

    return read


def _tempo(name: str, value: Any) -> Tempo:
    return KEEP if value == KEEP else _number(name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise RequestError(f"{name}: not a short text")
    return value


def _optional_text(name: str, value: Any) -> str | None:
    return None if value is None else _text(name, value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise RequestError(f"{name}: true or false")
    return value


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > MAX_TARGETS:
        raise RequestError(f"{name}: not an object of at most {MAX_TARGETS} entries")
    return value


def _numbers_by_name(name: str, value: Any) -> dict[str, float]:
    return {_text(name, key): _number(f"{name}, {key[:40]}", one) for key, one in _object(name, value).items()}


def _texts_by_name(name: str, value: Any) -> dict[str, str]:
    return {_text(name, key): _text(name, one) for key, one in _object(name, value).items()}


def _amount(name: str, value: Any) -> Amount:
    if isinstance(value, list) and len(value) == 2:
        return _number(name, value[0]), _number(name, value[1])
    if isinstance(value, list | dict | str):
        raise RequestError(f"{name}: write a number, like 0.5, or the two ends of a ramp, like [0, 1]")
    return _number(name, value)


def _amounts(name: str, value: Any) -> dict[str, Amount]:
    return {_text(name, key): _amount(f"{name}, {key[:40]}", one) for key, one in _object(name, value).items()}


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_TARGETS:
        raise RequestError(f"{name}: not a list of names")
    return tuple(_text(name, one) for one in value)


def _method(name: str, value: Any) -> str:
    method = _text(name, value)
    if method not in ("", *METHODS):
        raise RequestError(f"no method {method!r}; there are {', '.join(METHODS)}")
    return method


def _choices(name: str, value: Any) -> Choices:
    return to_choices(_object(name, value))


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "start": _text,
    "targets": _numbers_by_name,
    "amount": _amount,
    "roles": _amounts,
    "keep": _texts,
    "vectors": _numbers_by_name,
    "method": _method,
    "bars": _whole(MAX_BARS),
    "key": _text,
    "tempo": _tempo,
    "temperature": _number,
    "seed": _whole(2**53),
    "count": _whole(MAX_COUNT),
    "together": _texts,
    "choices": _choices,
    "only_roles": _flag,
}
_SAMPLE: dict[str, Callable[[str, Any], Any]] = {"genre": _text, "metre": _text} | {
    name: _READERS[name] for name in ("bars", "key", "tempo", "temperature", "seed")
}
