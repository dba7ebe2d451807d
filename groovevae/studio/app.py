"""The studio as an ASGI application: its page, its API, and how it answers what goes wrong."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from groovevae.errors import AudioError, GrooveError, OutputError
from groovevae.generation.groove import Groove
from groovevae.network.stopping import StoppedError
from groovevae.studio.api import HERE, Api
from groovevae.studio.parsing import UnknownError
from groovevae.studio.safety import Access, Guard, failure
from groovevae.studio.sound import Player
from groovevae.studio.takes import Takes
from groovevae.studio.turns import GoneError
from groovevae.studio.uploads import Uploads

mimetypes.add_type("text/javascript", ".js")  # Windows may say otherwise, and browsers then refuse modules

_UNPROCESSABLE, _GONE = 422, 499  # the second is what proxies note for a client that has left


def create_app(
    groove: Groove, *, player: Player | None = None, access: Access | None = None, folder: str = ""
) -> Starlette:
    """Return the studio of a model as an ASGI application. Kept takes are written to `folder`, if there is one.

    >>> uvicorn.run(create_app(groovevae.load_model()))
    """
    uploads, player = Uploads(), player or Player()
    api = Api(groove, Takes(groove, uploads), player, folder)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        player.close()
        uploads.close()

    page = [Route("/", _page), Mount("/page", StaticFiles(directory=HERE / "page"))]
    app = Starlette(
        routes=[*api.routes(), *page],
        middleware=[Middleware(Guard, access=access or Access())],
        exception_handlers={GrooveError: _failed, HTTPException: _refused, GoneError: _gone, StoppedError: _gone},
        lifespan=lifespan,
    )
    app.state.uploads, app.state.api = uploads, api
    return app


async def _page(request: Request) -> Response:
    return FileResponse(HERE / "page" / "index.html")


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, GrooveError)
    status = {UnknownError: 404, OutputError: 409, AudioError: 503}.get(type(error), _UNPROCESSABLE)
    return failure(status, request.app.state.uploads.without_folder(error.problem))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return failure(error.status_code, f"{request.method} {request.url.path[:80]}: {error.detail}")


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=_GONE)
