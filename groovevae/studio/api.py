"""The endpoints of the studio's HTTP API, as openapi.json describes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from groovevae.errors import OutputError, RequestError
from groovevae.files import write_file
from groovevae.generation.groove import Groove
from groovevae.studio.answers import file_json, folder_json, model_json, take_json
from groovevae.studio.parsing import UnknownError, find_folder, read_json
from groovevae.studio.sound import Player, has_stretch, role_files, zipped
from groovevae.studio.takes import Take, Takes
from groovevae.studio.turns import in_turn

MIDI, WAV, OGG, ZIP, JSON = "audio/midi", "audio/wav", "audio/ogg", "application/zip", "application/json"
BYTES = "application/octet-stream"
UPLOAD_TYPES = (MIDI, "audio/x-midi", "audio/mid", BYTES)  # no form of another site sends these
HERE = Path(str(resources.files("groovevae.studio")))
Result = TypeVar("Result")


class Api:
    """The endpoints. One piece is made at a time, and a few sounds; all others wait for their turn."""

    def __init__(self, groove: Groove, takes: Takes, player: Player, folder: str) -> None:
        self.groove, self.takes, self.player, self.folder = groove, takes, player, folder
        self._blending, self._reading = CapacityLimiter(1), CapacityLimiter(2)
        self._receiving = CapacityLimiter(4)  # uploads that are held in memory at once
        self._playing = CapacityLimiter(max(player.processes, 1))
        self._soon = CapacityLimiter(max(2 * player.processes, 1))  # stretches wait for no whole loops

    def routes(self) -> list[Route]:
        """Return all routes of the API."""
        return [
            Route("/api/openapi.json", self.openapi),
            Route("/api/model", self.model),
            Route("/api/files", self.add_file, methods=["POST"]),
            Route("/api/files/{file}", self.read_file, methods=["POST"]),
            Route("/api/folders", self.add_folder, methods=["POST"]),
            Route("/api/folders/{folder}", self.show_folder),
            Route("/api/phrases", self.sample, methods=["POST"]),
            Route("/api/pieces", self.make, methods=["POST"]),
            Route("/api/pieces/{piece}.mid", self.midi),
            Route("/api/pieces/{piece}.wav", partial(self.sound, audio="wav", media=WAV)),
            Route("/api/pieces/{piece}.ogg", partial(self.sound, audio="ogg", media=OGG)),
            Route("/api/pieces/{piece}.zip", self.zip),
            Route("/api/pieces/{piece}", self.piece),
            Route("/api/pieces/{piece}/midi/{role}.mid", self.role_midi),
            Route("/api/pieces/{piece}/stems/{role}.wav", self.stem),
            Route("/api/pieces/{piece}/loops/{role}.wav", self.loop),
            Route("/api/pieces/{piece}/loops.pcm", self.stretches),
            Route("/api/pieces/{piece}/file", self.as_file, methods=["POST"]),
            Route("/api/pieces/{piece}/kept", self.keep, methods=["POST"]),
        ]

    async def openapi(self, request: Request) -> Response:
        """Describe the API."""
        return FileResponse(HERE / "openapi.json")

    async def model(self, request: Request) -> Response:
        """Describe the model."""
        return JSONResponse(model_json(self.groove, folder=self.folder))

    async def add_file(self, request: Request) -> Response:
        """Take a MIDI file, and tell what was read of it."""
        _check_type(request, UPLOAD_TYPES)
        name = request.query_params.get("name", "song.mid")
        async with self._receiving:
            data = await request.body()
            upload, read = await in_turn(request, self._reading, lambda: self.takes.add_file(name, data))
        return JSONResponse(file_json(upload, read))

    async def read_file(self, request: Request) -> Response:
        """Read an uploaded file anew, with a person's choices."""
        fields, file = await _fields(request), request.path_params["file"]
        upload, read = await in_turn(request, self._reading, lambda: self.takes.read_file(file, fields))
        return JSONResponse(file_json(upload, read))

    async def add_folder(self, request: Request) -> Response:
        """Take a folder of MIDI files, and tell how many were read."""
        _check_type(request, (JSON,))
        gone = threading.Event()
        async with self._receiving:
            work = partial(self.takes.add_folder, await request.body(), is_stopped=gone.is_set)
            return JSONResponse(folder_json(await in_turn(request, self._reading, work, gone=gone)))

    async def show_folder(self, request: Request) -> Response:
        """Tell what was read of an uploaded folder."""
        return JSONResponse(folder_json(find_folder(request.path_params["folder"], self.takes.uploads)))

    async def sample(self, request: Request) -> Response:
        """Make a file of a new phrase of a genre, so that pieces can start from it."""
        fields = await _fields(request)
        upload, read = await in_turn(request, self._blending, lambda: self.takes.sample(fields))
        return JSONResponse(file_json(upload, read))

    async def make(self, request: Request) -> Response:
        """Make takes; with a stretch, then start to play that of the first one, which will be asked for next."""
        fields, wanted, gone = await _fields(request), _stretch(request), threading.Event()
        work = partial(self.takes.make, fields, is_stopped=gone.is_set)
        takes = await in_turn(request, self._blending, work, gone=gone)
        then = None  # what is done once the notes are sent
        if wanted and takes and has_stretch(takes[0], *wanted):
            then = BackgroundTask(self.player.begin, takes[0], *wanted)
        return JSONResponse({"pieces": [take_json(take) for take in takes]}, background=then)

    async def piece(self, request: Request) -> Response:
        """Show a take."""
        return JSONResponse(take_json(self._take(request)))

    async def midi(self, request: Request) -> Response:
        """Give a take's MIDI file."""
        take = self._take(request)
        return _download(take.piece.midi, MIDI, f"{take.piece.name}.mid")

    async def role_midi(self, request: Request) -> Response:
        """Give the MIDI file of a role."""
        take, role = self._take(request), request.path_params["role"]
        files = await self._sounded(request, lambda: role_files(take))
        return _download(_of_role(files, role), MIDI, f"{take.piece.name}-{role}.mid")

    async def sound(self, request: Request, *, audio: str, media: str) -> Response:
        """Give a take as sound."""
        take = self._take(request)
        data = await self._sounded(request, lambda: self.player.sound(take, audio))
        return _download(data, media, f"{take.piece.name}.{audio}")

    async def stem(self, request: Request) -> Response:
        """Give the sound of a role, as it is in the mix."""
        take, role = self._take(request), request.path_params["role"]
        stems = await self._sounded(request, lambda: self.player.stems(take))
        return _download(_of_role(stems, role), WAV, f"{take.piece.name}-{role}.wav")

    async def loop(self, request: Request) -> Response:
        """Give the sound of a role as a loop, or a stretch of it."""
        take, role = self._take(request), request.path_params["role"]
        if wanted := _stretch(request):
            data = await in_turn(request, self._soon, lambda: self.player.stretch(take, role, *wanted))
        else:
            data = await self._sounded(request, lambda: self.player.loop(take, role))
        return Response(data, media_type=WAV)

    async def stretches(self, request: Request) -> Response:
        """Give the samples of a stretch of all roles, sooner than loop after loop."""
        take = self._take(request)
        first, quarters = _stretch(request) or (0.0, take.roll.quarters)
        data = await in_turn(request, self._soon, lambda: self.player.stretches(take, first, quarters))
        return Response(data, media_type=BYTES)

    async def zip(self, request: Request) -> Response:
        """Give a take with everything in one file."""
        take = self._take(request)
        data = await self._sounded(request, lambda: zipped(take, self.player))
        return _download(data, ZIP, f"{take.piece.name}.zip")

    async def as_file(self, request: Request) -> Response:
        """Make a file of a take, so that others can start from it."""
        _check_type(request, (JSON,))
        piece = self._take(request).piece
        add = partial(self.takes.add_file, f"{piece.name}.mid", piece.midi)
        return JSONResponse(file_json(*await in_turn(request, self._reading, add)))

    async def keep(self, request: Request) -> Response:
        """Write a take to the studio's folder."""
        _check_type(request, (JSON,))
        take = self._take(request)
        if not self.folder:
            raise OutputError("the studio has no folder to write to; start it with --folder DIR")
        name = f"{take.piece.name}-{take.id[:6]}.mid"
        await to_thread.run_sync(write_file, Path(self.folder) / name, take.piece.midi)
        return JSONResponse({"name": name})

    def _take(self, request: Request) -> Take:
        return self.takes.find(request.path_params["piece"])

    async def _sounded(self, request: Request, work: Callable[[], Result]) -> Result:
        return await in_turn(request, self._playing, work)


async def _fields(request: Request) -> dict[str, Any]:
    _check_type(request, (JSON,))
    return read_json(await request.body())


def _check_type(request: Request, types: tuple[str, ...]) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in types:
        raise RequestError(f"content type {given[:40] or 'none'!r}; send {' or '.join(types)}")


def _stretch(request: Request) -> tuple[float, float] | None:
    """Return where a stretch begins, and its length, in quarter notes; None where none is asked for."""
    if "quarters" not in request.query_params:
        return None
    return _quarters(request, "from"), _quarters(request, "quarters")


def _quarters(request: Request, name: str) -> float:
    try:
        return float(request.query_params.get(name, 0))
    except ValueError:
        raise RequestError(f"{name}: not a number of quarter notes") from None


def _of_role(files: Mapping[str, bytes], role: str) -> bytes:
    if role not in files:
        raise UnknownError(f"{role[:20]!r} does not play in this take; there are {', '.join(files)}")
    return files[role]


def _download(data: bytes, media: str, name: str) -> Response:
    quoted = name.encode("ascii", "replace").decode().replace('"', "").replace("?", "_")
    return Response(data, media_type=media, headers={"content-disposition": f'attachment; filename="{quoted}"'})
