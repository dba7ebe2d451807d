"""groovevae learns what genres sound like from folders of MIDI, and blends them.

    import groovevae

    groove = groovevae.load_model()
    song = groovevae.read_song("song.mid")
    z = groove.encode(song.bars)  # (N, Z)
    vector = groove.genre_vectors["rock"] - groove.genre_vectors["classical"]  # (Z,)
    bars = groove.decode(z + 0.5 * vector, like=song.bars)

Names are loaded when they are first used, so that importing the package takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groovevae.anomaly import find_outliers
    from groovevae.bars import Bars, Song
    from groovevae.bars.pretty import pretty_midi_to_song, song_to_midi, song_to_pretty_midi
    from groovevae.config import ModelConfig, TrainConfig
    from groovevae.corpus import load_corpus, read_song
    from groovevae.errors import GrooveError
    from groovevae.evaluation import evaluate
    from groovevae.generation.groove import Groove, Piece, load_model
    from groovevae.generation.requests import BlendRequest
    from groovevae.generation.sampling import SampleRequest
    from groovevae.model.file import load_model_file
    from groovevae.training.train import train_model

__version__ = "0.1.0"

__all__ = [
    "Bars",
    "BlendRequest",
    "Groove",
    "GrooveError",
    "ModelConfig",
    "Piece",
    "SampleRequest",
    "Song",
    "TrainConfig",
    "__version__",
    "evaluate",
    "find_outliers",
    "load_corpus",
    "load_model",
    "load_model_file",
    "pretty_midi_to_song",
    "read_song",
    "song_to_midi",
    "song_to_pretty_midi",
    "train_model",
]

_MODULES = {
    "anomaly": ("find_outliers",),
    "bars": ("Bars", "Song"),
    "bars.pretty": ("pretty_midi_to_song", "song_to_midi", "song_to_pretty_midi"),
    "config": ("ModelConfig", "TrainConfig"),
    "corpus": ("load_corpus", "read_song"),
    "errors": ("GrooveError",),
    "evaluation": ("evaluate",),
    "generation.groove": ("Piece", "Groove", "load_model"),
    "generation.requests": ("BlendRequest",),
    "generation.sampling": ("SampleRequest",),
    "model.file": ("load_model_file",),
    "training.train": ("train_model",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """The public name, loaded from its module."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'groovevae' has no attribute {name!r}")
    return getattr(import_module(f"groovevae.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
