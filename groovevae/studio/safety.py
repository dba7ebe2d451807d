"""Guards the studio's HTTP API: who may ask, from which page, how much, and what a page may load.

A browser lets any page send requests to 127.0.0.1. Host names are checked against DNS rebinding, Origin and
Sec-Fetch-Site against pages of other sites; whoever listens on a network address also needs a token.
"""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groovevae.studio.uploads import MAX_BYTES
from groovevae.wording import one_line

COOKIE = "groove-studio"
MAX_JSON = 64 * 2**10  # bytes
MAX_NAMES = 2**20  # bytes, of the files of a folder
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_READS = ("GET", "HEAD")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


class TooLargeError(Exception):
    """The body of a request that is longer than it may be."""


@dataclass(frozen=True)
class Access:
    """Who may use the studio: everybody on this machine, or with a `token` whoever knows it."""

    token: str = ""

    @classmethod
    def to_host(cls, host: str) -> Access:
        """Return who may use a studio that listens on this address: a network's needs a token, a new one each time."""
        return cls() if is_loopback(host) else cls(secrets.token_urlsafe(24))


def is_loopback(host: str) -> bool:
    """Tell whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """ASGI middleware that lets only such requests through as `Access` allows, and no body that is too long."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it in one line."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        refused = refusal(scope, Headers(scope=scope), self.access)
        if refused is not None:
            return await refused(scope, receive, _with_headers(send))
        limit = _most_bytes(scope["path"])
        try:
            await self.app(scope, _limited(receive, limit), _with_headers(send))
        except TooLargeError:
            answer = failure(413, f"the request is longer than {limit // 2**10:,} KiB")
            await answer(scope, receive, _with_headers(send))


def _most_bytes(path: str) -> int:
    """Return how long the body of a request to this path may be."""
    if path.startswith("/api/folders"):
        return MAX_BYTES * 4 // 3 + MAX_NAMES  # base64 takes four bytes for three
    return MAX_BYTES if path.startswith("/api/files") else MAX_JSON


def refusal(scope: Scope, headers: Headers, access: Access) -> Response | None:
    """Return the answer to a request that is not let through; None for one that is."""
    host = headers.get("host", "")
    if not access.token and host.rpartition(":")[0] not in _LOCAL_NAMES and host not in _LOCAL_NAMES:
        return failure(403, "the studio answers to 127.0.0.1 and localhost alone; open the address that it printed")
    if not _is_same_site(scope, headers, host):
        return failure(403, "another site's page may not use the studio")
    if not access.token or _knows(access.token, headers.get("authorization", "").removeprefix("Bearer ")):
        return None
    cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    if cookie is not None and _knows(access.token, cookie.value):
        return None
    given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
    if scope["path"] == "/" and _knows(access.token, given):
        return _signed_in(access.token)
    return failure(401, "the studio needs the token that it printed when it started, in ?token= of its address")


def _is_same_site(scope: Scope, headers: Headers, host: str) -> bool:
    """Tell whether a request comes from our own page, or from no page at all."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        return False
    is_page = scope["method"] in _READS and not scope["path"].startswith("/api/")  # a link from anywhere may lead to it
    return is_page or headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _knows(token: str, given: str) -> bool:
    return secrets.compare_digest(token.encode(), given.encode())


def _signed_in(token: str) -> Response:
    """Lead to the page without the token in its address, which a screen may show."""
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict")
    return answer


def failure(status: int, line: str) -> JSONResponse:
    """Return an answer that says in one line what is wrong."""
    return JSONResponse({"error": one_line(line)}, status_code=status)


def _limited(receive: Receive, limit: int) -> Receive:
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise TooLargeError
        return message

    return limited


def _with_headers(send: Send) -> Send:
    extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]

    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message["headers"]}
            message = {**message, "headers": [*message["headers"], *(pair for pair in extra if pair[0] not in own)]}
        await send(message)

    return sent
