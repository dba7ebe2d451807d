"""The model file: weights, config, genre statistics and provenance. No pickle: reading a file never runs code.

It is a safetensors file whose metadata holds JSON texts and a checksum over everything. Training states and vectors
are kept in files of the same form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.config import ModelConfig
from groovevae.errors import Cure, GrooveError, ModelFileError
from groovevae.files import write_file
from groovevae.model.arranger import Arranger, arranger_from_file, arranger_to_file
from groovevae.model.calibration import AMOUNTS, Calibration
from groovevae.model.genres import Genre, Phrase, SongCode, Vector
from groovevae.model.phrase_forms import Prior, prior_from_file, prior_to_file
from groovevae.model.validation import check_arranger, check_codes, check_finite, check_genre, check_prior, check_vector
from groovevae.network.forward import Network
from groovevae.wording import one_line

FORMAT_VERSION = 1
MODEL_KIND, STATE_KIND = "groovevae model", "groovevae training state"
MAX_HEADER_BYTES = 16 * 2**20


@dataclass(frozen=True)
class ModelFile:
    """The content of a model file. `weights` are arrays by parameter path; `network()` builds the network they fit.

    They are float16 as a file holds them, and float32 after training.
    """

    config: ModelConfig
    weights: dict[str, np.ndarray]
    genres: dict[str, Genre]
    provenance: dict[str, Any] = field(default_factory=dict)  # JSON values: data, licences, steps, seed, figures
    vectors: dict[str, Vector] = field(default_factory=dict)  # of attributes, and those users added; may be empty
    calibration: Calibration = field(default_factory=dict)  # how far bars move for an amount; may be empty
    prior: Prior | None = None  # over phrases; None in a file that was written without one
    arranger: Arranger | None = None  # of bars; it takes forms from the prior, and is None without one

    @cached_property
    def digest(self) -> str:
        """A hash of the config and weights: it names this network, whatever genres and vectors the file holds."""
        digest = hashlib.sha256(self.config.to_json().encode())
        for name in sorted(self.weights):
            digest.update(self.weights[name].astype(np.float16).tobytes())
        return digest.hexdigest()[:16]

    def network(self) -> Network:
        """Build the NumPy network that encodes and decodes with these weights.

        `weights.build_network` builds a Flax module. Raises ModelFileError where shapes do not fit the config.
        """
        return Network(self.config, self.weights)


def default_model_path() -> Path:
    """Return the path of the model that comes with the package."""
    return Path(str(resources.files("groovevae") / "assets" / "default.safetensors"))


def save_model(path: str | Path, model: ModelFile) -> None:
    """Write a model file atomically: `path` holds the old file or the whole new one. Weights become float16."""
    tensors = {f"weights/{name}": array.astype(np.float16) for name, array in model.weights.items()}
    genres = []
    for index, genre in enumerate(model.genres.values()):
        tensors[f"genres/{index}/mean"] = genre.mean.astype(np.float32)
        rows, columns = np.tril_indices(len(genre.mean))
        tensors[f"genres/{index}/covariance"] = genre.covariance[rows, columns].astype(np.float32)
        if genre.code is not None:
            tensors[f"genres/{index}/read"] = genre.code.read.astype(np.float16)
            tensors[f"genres/{index}/write"] = genre.code.write.astype(np.float16)
        for number, phrase in enumerate(genre.phrases):
            tensors[f"genres/{index}/phrases/{number}"] = phrase.z.astype(np.float16)
        genres.append(_genre_to_json(genre))
    for vector in model.vectors.values():
        tensors[f"vectors/{vector.name}"] = vector.z.astype(np.float32)
    texts: dict[str, Any] = {"config": model.config.to_json(), "genres": genres, "provenance": model.provenance}
    if model.vectors:
        texts["vectors"] = [vector_to_json(vector) for vector in model.vectors.values()]
    if model.calibration:
        tensors["doses"] = np.stack(list(model.calibration.values())).astype(np.float32)  # (pairs, 4, K)
        texts["doses"] = {"pairs": list(model.calibration), "amounts": AMOUNTS}
    if model.prior is not None:
        arrays, texts["prior"] = prior_to_file(model.prior)
        tensors |= {f"prior/{name}": array for name, array in arrays.items()}
    if model.arranger is not None:
        arrays, texts["arranger"] = arranger_to_file(model.arranger)
        tensors |= {f"arranger/{name}": array for name, array in arrays.items()}
    write_tensors(path, tensors, kind=MODEL_KIND, texts=texts)


def load_model_file(path: str | Path | None = None) -> ModelFile:
    """Read a model file; without a `path`, the one that comes with the package.

    Raises ModelFileError for a file that is missing, damaged, of another version, or not a model file.
    """
    path = default_model_path() if path is None else Path(path)
    tensors, texts = read_tensors(path, kind=MODEL_KIND)
    try:
        model = _model_from_file(tensors, texts)
        _check(model, tensors)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, GrooveError) as error:
        raise ModelFileError(f"{path}: damaged model file ({_said(error)})") from None
    return model


def _model_from_file(tensors: Mapping[str, np.ndarray], texts: Mapping[str, Any]) -> ModelFile:
    genres = [_genre_from_json(values, index, tensors) for index, values in enumerate(texts["genres"])]
    weights = {name.removeprefix("weights/"): array for name, array in tensors.items() if name.startswith("weights/")}
    vectors = [Vector(**values, z=tensors[f"vectors/{values['name']}"]) for values in texts.get("vectors", [])]
    return ModelFile(
        config=ModelConfig.from_json(texts["config"]),
        weights=weights,
        genres={genre.name: genre for genre in genres},
        provenance=dict(texts.get("provenance", {})),
        vectors={vector.name: vector for vector in vectors},
        calibration=_calibration_from_file(tensors, texts),
        prior=prior_from_file(tensors, texts["prior"]) if "prior" in texts else None,
        arranger=arranger_from_file(tensors, texts["arranger"]) if "arranger" in texts else None,
    )


def _check(model: ModelFile, tensors: Mapping[str, np.ndarray]) -> None:
    """Raise ValueError where a whole file holds values that cannot be used."""
    check_finite(tensors.values())
    size = model.config.latent_size
    for genre in model.genres.values():
        check_genre(genre, size)
    check_codes(model.genres.values(), size)
    for vector in model.vectors.values():
        check_vector(vector, size)
    if model.prior is not None:
        check_prior(model.prior, model.genres, size)
    if model.arranger is not None:
        check_arranger(model.arranger, model.prior, model.genres, size)


def _said(error: Exception) -> str:
    """Return an error's message in one line; one of Python's own makes sense only with its class name in front."""
    return one_line(str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}")


def _calibration_from_file(tensors: Mapping[str, np.ndarray], texts: Mapping[str, Any]) -> Calibration:
    if "doses" not in texts:
        return {}
    pairs, curves = texts["doses"]["pairs"], tensors["doses"]
    if tuple(texts["doses"]["amounts"]) != AMOUNTS or curves.shape != (len(pairs), len(ROLES), len(AMOUNTS)):
        raise ValueError("calibration of another shape")
    return {(source, target): curve for (source, target), curve in zip(pairs, curves, strict=True)}


def vector_to_json(vector: Vector) -> dict[str, str]:
    """Return a vector's name, description and unit: everything but its numbers."""
    return {"name": vector.name, "about": vector.about, "unit": vector.unit}


def _genre_to_json(genre: Genre) -> dict[str, Any]:
    arrays = ("mean", "covariance", "phrases", "code")
    values = {f.name: getattr(genre, f.name) for f in fields(Genre) if f.name not in arrays}
    phrases = []
    for phrase in genre.phrases:
        metre = phrase.metre.tolist()
        same = all(row == metre[0] for row in metre)
        phrases.append({**{k: v for k, v in asdict(phrase).items() if k != "z"}, "metre": metre[:1] if same else metre})
    return {**values, "phrases": phrases}


def _genre_from_json(values: dict[str, Any], index: int, tensors: Mapping[str, np.ndarray]) -> Genre:
    mean = tensors[f"genres/{index}/mean"]
    triangle = np.zeros((len(mean), len(mean)), np.float32)
    triangle[np.tril_indices(len(mean))] = tensors[f"genres/{index}/covariance"]
    phrases = []
    for number, phrase in enumerate(values["phrases"]):
        z = tensors[f"genres/{index}/phrases/{number}"]
        metre = np.broadcast_to(np.array(phrase["metre"], np.uint8), (len(z), 2))
        played = {name: tuple(phrase[name]) for name in ("programs", "kit", "plays")}
        phrases.append(Phrase(**{**phrase, **played, "z": z, "metre": metre}))
    programs = tuple(tuple((int(program), float(share)) for program, share in role) for role in values["programs"])
    read, write = (tensors.get(f"genres/{index}/{name}") for name in ("read", "write"))
    code = None if read is None or write is None else SongCode(read, write)
    rest = {"programs": programs, "kit": tuple(values["kit"]), "phrases": tuple(phrases), "code": code}
    return Genre(**{**values, **rest, "mean": mean, "covariance": triangle + np.tril(triangle, -1).T})


def write_tensors(path: str | Path, tensors: Mapping[str, np.ndarray], *, kind: str, texts: Mapping[str, Any]) -> None:
    """Write arrays and JSON values to one safetensors file: first a temporary file, flushed, then moved into place.

    Raises OutputError where the folder cannot be written to.
    """
    from safetensors.numpy import save

    arrays = {name: np.asarray(array, order="C") for name, array in tensors.items()}  # 0-d stays 0-d
    metadata = {"kind": kind, "version": str(FORMAT_VERSION), **{k: json.dumps(v) for k, v in texts.items()}}
    data = save(arrays, metadata={**metadata, "checksum": _checksum(arrays, metadata)})
    write_file(path, *_in_order(data))


def _in_order(data: bytes) -> tuple[bytes, memoryview]:
    """Return a safetensors file as its header, sorted, and its arrays: the library orders metadata anew each time.

    Arrays are not copied: the state of a run has a hundred megabytes of them.
    """
    size = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + size]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)  # the arrays begin on a multiple of 8
    return len(header).to_bytes(8, "little") + header, memoryview(data)[8 + size :]


def read_tensors(path: Path, *, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read the arrays and JSON values that `write_tensors` wrote. Raises ModelFileError for any other file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(f"{path}: no such file") from None
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})") from None
    metadata = _metadata(path, data, kind)
    try:
        arrays = load(data)
        found = metadata.pop("checksum", "")
        texts = {k: json.loads(v) for k, v in metadata.items() if k not in ("kind", "version")}
    except (SafetensorError, ValueError, KeyError, TypeError, MemoryError, RecursionError) as error:
        reason = one_line(str(error))
        raise _damaged(path, kind, reason) from None
    if found != _checksum(arrays, metadata):
        raise _damaged(path, kind, "its checksum does not fit")
    return arrays, texts


def _damaged(path: Path, kind: str, reason: str) -> ModelFileError:
    problem = f"{path}: damaged {kind} file ({reason})"
    if kind == STATE_KIND:
        return ModelFileError(problem, cure=Cure.RESTART)
    return ModelFileError(f"{problem}; {'get or train' if kind == MODEL_KIND else 'make'} it anew")


def read_texts(path: Path, *, kind: str) -> dict[str, Any]:
    """Read only the JSON values that `write_tensors` wrote, without verifying the checksum."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            head += file.read(min(int.from_bytes(head, "little"), MAX_HEADER_BYTES))
        metadata = _metadata(path, head, kind)
        return {k: json.loads(v) for k, v in metadata.items() if k not in ("kind", "version", "checksum")}
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise ModelFileError(f"{path}: damaged {kind} file") from None


def _metadata(path: Path, data: bytes, kind: str) -> dict[str, str]:
    """Return the metadata of a file. Raises ModelFileError for a file of another kind or version."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(MAX_HEADER_BYTES, len(data) - 8):
        raise ModelFileError(f"{path}: not a groovevae model file, or one cut short ({len(data):,} bytes)")
    try:
        metadata = json.loads(data[8 : 8 + size])["__metadata__"]
        found, version = metadata["kind"], int(metadata["version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ModelFileError(f"{path}: not a groovevae model file") from None
    if found != kind:
        raise ModelFileError(f"{path}: a {found} file; a {kind} file is needed")
    if version != FORMAT_VERSION:
        raise ModelFileError(
            f"{path}: model format {version}, and this groovevae reads {FORMAT_VERSION}; "
            + ("update groovevae" if version > FORMAT_VERSION else "train the model anew")
        )
    return metadata


def _checksum(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    for name in sorted(metadata):
        digest.update(f"{name}={metadata[name]}\n".encode())
    return digest.hexdigest()
