"""Runs the studio: finds a port, says where the page is, opens it, and serves until it is ended."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn

from groovevae.corpus.reader import num_processors
from groovevae.errors import OutputError
from groovevae.files import check_place
from groovevae.generation.groove import Groove
from groovevae.studio.app import create_app
from groovevae.studio.safety import Access
from groovevae.studio.sound import Player

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8765
_MORE_PORTS = 20  # tried after the default one, where another studio runs already
_LAST_PORT = 2**16 - 1
_MAX_PROCESSES = 4  # one for each role
_GRACE_SECONDS = 1


def serve(
    groove: Groove,
    *,
    host: str = DEFAULT_HOST,
    port: int | None = None,
    folder: str = "",
    soundfont: str | None = None,
    with_browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the studio of a model until the process is told to end.

    Raises OutputError where the port is taken, the address cannot be used, or the folder cannot be written to.
    """
    if folder:
        check_place(Path(folder) / "take.mid")
    access = Access.to_host(host)
    player = Player(soundfont=soundfont, processes=min(num_processors(), _MAX_PROCESSES))
    app = create_app(groove, player=player, access=access, folder=folder)
    with listening(host, port) as sock:
        address = address_of(host, sock.getsockname()[1], access)
        say(f"The studio is at {address} (Ctrl-C ends it)")
        player.warm_up()
        if with_browser:
            open_page(address)
        config = uvicorn.Config(
            app,
            log_config=None,  # warnings go to stderr
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="on",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        logging.getLogger("uvicorn.error").addFilter(is_told)
        uvicorn.Server(config).run(sockets=[sock])


def is_told(record: logging.LogRecord) -> bool:
    """Tell whether the server's log record is for the user: work that is given up at the end is no error."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, asyncio.CancelledError) and not record.getMessage().startswith("Cancel ")


def open_page(address: str) -> None:
    """Open a page in the user's browser. It waits for the studio, which need not answer yet."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def listening(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens on a port; without one, on the default or the next that is free.

    Raises OutputError where there is none.
    """
    if port is not None and not 0 <= port <= _LAST_PORT:
        raise OutputError(f"port {port} is outside 0 to {_LAST_PORT:,}")
    ports = range(DEFAULT_PORT, DEFAULT_PORT + _MORE_PORTS) if port is None else [port]
    for number in ports:
        try:
            return socket.create_server((host, number), family=_family(host))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port is not None:
                raise _not_bound(host, number, error) from None
    raise OutputError(f"the ports from {ports[0]} to {ports[-1]} are taken; name one with --port")


def address_of(host: str, port: int, access: Access) -> str:
    """Return the address of the page, with the token where one is needed."""
    name = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/" + (f"?token={access.token}" if access.token else "")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _not_bound(host: str, port: int, error: OSError) -> OutputError:
    if error.errno == errno.EADDRINUSE:
        return OutputError(f"port {port} is taken; name another with --port, or none")
    reason = error.strerror or os.strerror(error.errno or 0)
    return OutputError(f"{host}, port {port}: cannot be listened on ({reason}); name another with --host or --port")
