"""The one door to new music, for the command line and for Python users alike: a request in, pieces out.

It returns MIDI as bytes and never writes a file. What a blend of genres does not need is imported where it is used:
such a blend takes half a second, and every module counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from groovevae import __version__
from groovevae.arranging.loudness import about_as_loud
from groovevae.bars import Bars, Song, song_to_score
from groovevae.bars.constants import ROLES
from groovevae.bars.key import key_name
from groovevae.generation.blending import PreparedPiece, prepare_arrangements, prepare_pieces
from groovevae.generation.descriptions import describe_playing
from groovevae.generation.instruments import played
from groovevae.generation.piece_requests import PieceRequest
from groovevae.generation.requests import BlendRequest, SampleRequest
from groovevae.generation.song_requests import ArrangeRequest, ContinueRequest, HumanizeRequest, InfillRequest
from groovevae.generation.sources import Sources, make_vector
from groovevae.midi.events import write_events
from groovevae.midi.writing import score_to_midi
from groovevae.model.file import ModelFile, load_model_file
from groovevae.model.genres import Vector
from groovevae.network.decoding import Posterior, decode, decode_takes, encode
from groovevae.network.forward import Network
from groovevae.network.refining import close_points
from groovevae.wording import printable

if TYPE_CHECKING:
    from groovevae.tracks import Rewriting

    SongMade = tuple[Song, str, Rewriting | None]  # a song, what was done, what of its file is new

AnySong = TypeVar("AnySong", ContinueRequest, InfillRequest, HumanizeRequest)


@dataclass(frozen=True)
class Piece:
    """A new piece, blended or sampled: its bars, the MIDI file's bytes, and a line that says what was done."""

    name: str  # for a file, such as "classical-rock-0.5-3": what was asked for, and the seed
    song: Song
    midi: bytes
    description: str
    seed: int
    read: tuple[str, ...] = ()  # what was read of each file that it is made from, a line each

    def audio(self, audio: str = "wav", *, soundfont: str | None = None) -> bytes:
        """Return the piece as sound: the bytes of a "wav", "ogg" or "mp3" file, played on a soundfont (.sf2).

        Raises AudioError where the extra `studio` is not installed or the soundfont cannot be played.
        """
        from groovevae.audio import encode, render

        return encode(render(self.midi, soundfont=soundfont).mix, audio)

    def _repr_html_(self) -> str:
        """Return the piece as notebooks show it: a piano roll, and a player where the extra `studio` is installed."""
        from groovevae.generation.notebook import piece_html

        return piece_html(self)


class Groove:
    """A loaded model, ready to encode, decode, blend and sample; `evaluate` and `find_outliers` take one too.

    `path` is the model's name in the texts inside MIDI files.

    >>> groove = load_model()
    >>> groove.blend(BlendRequest("classical", {"rock": 1.0}))[0].midi[:4]
    b'MThd'
    """

    def __init__(self, model: ModelFile, *, path: str = "") -> None:
        self.model = model
        self.path = path
        self.network = Network(model.config, model.weights)

    @property
    def genre_vectors(self) -> dict[str, np.ndarray]:
        """The genre vectors by name, (Z,) each: the mean of the posterior means of a genre's bars."""
        return {name: genre.mean for name, genre in self.model.genres.items()}

    def encode(self, bars: Bars) -> np.ndarray:
        """Return the posterior means (N, Z) of bars; `posterior` gives the spread too."""
        return self.posterior(bars).mean

    def close_points(self, bars: Bars) -> np.ndarray:
        """Return the points (N, Z) from which bars come back best, as a file's bars get them; slower than `encode`.

        Bars whose notes all come back from their posterior means keep those.
        """
        return close_points(self.network, bars)

    def posterior(self, bars: Bars) -> Posterior:
        """Return mean and log-variance, (N, Z) each, of the posterior of each bar."""
        return encode(self.network, bars)

    def decode(
        self, z: np.ndarray, like: Bars, *, temperature: float = 0.0, seed: int = 0, keep: tuple[str, ...] = ()
    ) -> Bars:
        """Return the bars decoded from latent points (N, Z), in the metres and tempos of `like`.

        Points (4, N, Z) give each role its own. Temperature 0 takes the likeliest notes; roles in `keep` come out as
        they are in `like`.
        """
        return decode(self.network, z, like, temperature=temperature, seed=seed, keep=keep)

    def blend(self, request: BlendRequest) -> list[Piece]:
        """Return `request.count` pieces, with seeds from `request.seed` on. The same request gives the same bytes.

        Raises RequestError for a request that does not fit, MidiError for a file that cannot be read, and CorpusError
        for a folder without songs.
        """
        return self.blend_all([request])

    def blend_all(self, requests: Sequence[BlendRequest], *, sources: Sources | None = None) -> list[Piece]:
        """Return the pieces of several requests, as `blend` would, but read each file once and work on all together.

        `sources` may have read the files of earlier requests; none of these may have changed since.
        """
        sources = sources or Sources(self.model, self.network)
        prepared = prepare_pieces([one.checked(self.model) for one in requests], sources)
        stems = [one.stem for one in requests for _ in range(one.count)]
        return self._decoded(list(zip(stems, prepared, strict=True)), sources)

    def sample(self, request: SampleRequest) -> list[Piece]:
        """Return `request.count` new phrases of a genre, with seeds from `request.seed` on, like `blend`.

        Raises RequestError for a request that does not fit, and for a model without a prior over phrases.
        """
        from groovevae.generation.sampling import Sampler

        checked = request.checked(self.model)
        sampler = Sampler(self.model, self.network)
        loudness = Sources(self.model, self.network).loudness(checked.genre)
        return [self._sampled(request.stem, sampler.song(single), loudness, single) for single in checked.singles]

    def arrange(self, request: ArrangeRequest) -> list[Piece]:
        """Return `request.count` arrangements: the start with parts that it lacks. Raises what `blend` raises.

        >>> groove.arrange(ArrangeRequest("melody.mid", {"rock": 1.0}))
        """
        sources = Sources(self.model, self.network)
        pieces = prepare_arrangements(request.checked(self.model), sources)
        return self._decoded([(request.stem, piece) for piece in pieces], sources)

    def continue_song(self, request: ContinueRequest) -> list[Piece]:
        """Return `request.count` songs that go on after their end. Raises RequestError, MidiError."""
        from groovevae.generation.continuing import continued

        return self._of_song(request, continued)

    def infill(self, request: InfillRequest) -> list[Piece]:
        """Return `request.count` songs with some bars written anew. Raises RequestError, MidiError."""
        from groovevae.generation.infilling import infilled

        return self._of_song(request, infilled)

    def humanize(self, request: HumanizeRequest) -> list[Piece]:
        """Return `request.count` songs with other velocities and micro-timing. Raises RequestError, MidiError."""
        from groovevae.generation.humanizing import humanized

        return self._of_song(request, humanized)

    def make_vector(self, name: str, before: Sequence[str], after: Sequence[str]) -> Vector:
        """Return the mean of the bars of genres, MIDI files and folders `after`, less the mean of those `before`.

        Raises RequestError for an unknown genre, MidiError and CorpusError for what cannot be read.
        """
        return make_vector(Sources(self.model, self.network), name, before, after)

    def _decoded(self, prepared: Sequence[tuple[str, PreparedPiece]], sources: Sources) -> list[Piece]:
        """Decode pieces together; each comes with the stem of its name."""
        decoded = decode_takes(self.network, [piece.take for _, piece in prepared])
        told = sources.told
        return [
            self._finished(
                stem,
                piece.request,
                replace(piece.song, bars=piece.heard(bars)),
                piece.description,
                rewriting=piece.rewriting,
                read=told,
            )
            for (stem, piece), bars in zip(prepared, decoded, strict=True)
        ]

    def _of_song(self, request: AnySong, make: Callable[[AnySong, Sources], SongMade]) -> list[Piece]:
        sources = Sources(self.model, self.network)
        made = [(single, make(single, sources)) for single in request.checked(self.model).singles]
        told = sources.told
        return [
            self._finished(
                request.stem,
                single,
                played(song, single),
                text,
                rewriting=None if single.only_roles else rewriting,
                read=told,
            )
            for single, (song, text, rewriting) in made
        ]

    def _sampled(self, stem: str, song: Song, loudness: np.ndarray, request: SampleRequest) -> Piece:
        song = replace(song, bars=about_as_loud(song.bars, loudness, np.ones((len(song.bars), len(ROLES)), bool)))
        key = key_name(song.transpose, song.is_minor)
        return self._finished(stem, request, song, f"a new phrase of {request.genre} in {key}")

    def _finished(
        self,
        stem: str,
        request: PieceRequest,
        song: Song,
        description: str,
        *,
        rewriting: Rewriting | None = None,
        read: tuple[str, ...] = (),
    ) -> Piece:
        """Return the finished piece of a request; its MIDI file names the command that makes it again."""
        described = f"{description}; {describe_playing(song.bars)}"
        text = printable(f"groovevae {__version__}: {described}; {request.command(model=self.path)}")
        name = f"{stem}-{request.seed}"  # genres spelled as they were asked for
        if rewriting is None:
            is_kept = "bass" in getattr(request, "keep", ())  # a kept bass is the file's own, on five strings too
            midi = score_to_midi(song_to_score(song, text=text, in_range=not is_kept))
        else:
            from groovevae.tracks import composed

            midi = write_events(composed(rewriting, song, text=text))
        return Piece(name, song, midi, described, request.seed, read)


def load_model(path: str | Path | None = None) -> Groove:
    """Load a model file, ready to use; without a `path`, the one that comes with the package. Raises ModelFileError."""
    return Groove(load_model_file(path), path="" if path is None else str(path))
