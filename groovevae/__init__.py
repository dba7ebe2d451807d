"""groovevae learns what genres sound like from folders of MIDI, and blends them.

    from pathlib import Path

    import groovevae

    groove = groovevae.load_model()  # or load_model("my.safetensors")
    request = groovevae.BlendRequest("song.mid", {"rock": 1.0}, amount=0.5)
    for piece in groove.blend(request):
        print(piece.description)
        Path(f"song-rock-{piece.seed}.mid").write_bytes(piece.midi)

Below that door lies the latent space: `Groove.encode` and `decode`, `Groove.genre_vectors`, and `genre_arithmetic`,
the literal `z + amount * (rock - classical)`. Alone it does little, since it moves all bars alike.

Names are loaded when they are first used, so that importing the package takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groovevae.anomaly import Outlier, Outliers, find_outliers
    from groovevae.bars import Bars, Song
    from groovevae.bars.choices import Choices
    from groovevae.bars.conversions import pretty_midi_to_song, song_to_midi, song_to_pretty_midi
    from groovevae.config import ArrangerConfig, ModelConfig, PriorConfig, TrainConfig
    from groovevae.corpus import Cluster, Corpus, load_corpus, read_song
    from groovevae.errors import (
        AudioError,
        CorpusError,
        GrooveError,
        MidiError,
        ModelFileError,
        OutputError,
        RequestError,
    )
    from groovevae.evaluation import Evaluation, evaluate
    from groovevae.generation.groove import Groove, Piece, load_model
    from groovevae.generation.requests import BlendRequest, SampleRequest
    from groovevae.generation.song_requests import ArrangeRequest, ContinueRequest, HumanizeRequest, InfillRequest
    from groovevae.model.file import save_model
    from groovevae.model.latent_arithmetic import genre_arithmetic
    from groovevae.training.result import Trained
    from groovevae.training.train import train_model

__version__ = "0.1.0"

__all__ = [
    "ArrangeRequest",
    "ArrangerConfig",
    "AudioError",
    "Bars",
    "BlendRequest",
    "Choices",
    "Cluster",
    "ContinueRequest",
    "Corpus",
    "CorpusError",
    "Evaluation",
    "Groove",
    "GrooveError",
    "HumanizeRequest",
    "InfillRequest",
    "MidiError",
    "ModelConfig",
    "ModelFileError",
    "Outlier",
    "Outliers",
    "OutputError",
    "Piece",
    "PriorConfig",
    "RequestError",
    "SampleRequest",
    "Song",
    "TrainConfig",
    "Trained",
    "__version__",
    "evaluate",
    "find_outliers",
    "genre_arithmetic",
    "load_corpus",
    "load_model",
    "pretty_midi_to_song",
    "read_song",
    "save_model",
    "song_to_midi",
    "song_to_pretty_midi",
    "train_model",
]

_MODULES = {
    "anomaly": ("Outlier", "Outliers", "find_outliers"),
    "bars": ("Bars", "Song"),
    "bars.choices": ("Choices",),
    "bars.conversions": ("pretty_midi_to_song", "song_to_midi", "song_to_pretty_midi"),
    "config": ("ArrangerConfig", "ModelConfig", "PriorConfig", "TrainConfig"),
    "corpus": ("Cluster", "Corpus", "load_corpus", "read_song"),
    "errors": (
        "AudioError",
        "CorpusError",
        "GrooveError",
        "MidiError",
        "ModelFileError",
        "OutputError",
        "RequestError",
    ),
    "evaluation": ("Evaluation", "evaluate"),
    "generation.groove": ("Groove", "Piece", "load_model"),
    "generation.requests": ("BlendRequest", "SampleRequest"),
    "generation.song_requests": ("ArrangeRequest", "ContinueRequest", "HumanizeRequest", "InfillRequest"),
    "model.file": ("save_model",),
    "model.latent_arithmetic": ("genre_arithmetic",),
    "training.result": ("Trained",),
    "training.train": ("train_model",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'groovevae' has no attribute {name!r}")
    return getattr(import_module(f"groovevae.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *__all__})
