"""`groove studio`: where it listens, what it says, and what it refuses before it loads a model into a page."""

import asyncio
import logging
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Run, error_of

pytest.importorskip("starlette", reason="needs the extra: python -m pip install '.[studio]'")

import uvicorn

from groovevae.errors import OutputError
from groovevae.studio import server
from groovevae.studio.safety import Access


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that a browser would have opened; nothing is served."""
    pages: list[str] = []
    monkeypatch.setattr(server, "open_page", pages.append)
    monkeypatch.setattr(server.Player, "warm_up", lambda self: None)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    return pages


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_it_says_where_it_is_and_opens_the_page(run: Run, opened: list[str]) -> None:
    line = run("studio", "--port", 0).output.strip()
    assert line == f"The studio is at {opened[0]} (Ctrl-C ends it)"
    assert opened[0].startswith("http://127.0.0.1:") and "token" not in opened[0]
    assert "http://" in run("studio", "--port", 0, "--no-browser").output
    assert len(opened) == 1


def test_on_a_network_its_address_holds_a_token(run: Run, opened: list[str]) -> None:
    run("studio", "--host", "0.0.0.0", "--port", 0)
    assert len(opened[0].partition("?token=")[2]) >= 32


def test_a_port_that_is_taken_is_named(run: Run, opened: list[str], taken: int) -> None:
    assert error_of(run("studio", "--port", taken)) == f"port {taken} is taken; name another with --port, or none"
    assert "outside 0 to 65,535" in error_of(run("studio", "--port", 70_000))
    assert not opened


def test_without_a_port_the_next_free_one_is_taken(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    monkeypatch.setattr(server, "DEFAULT_PORT", taken)
    with server.listening("127.0.0.1", None) as found:
        assert taken < found.getsockname()[1] < taken + 20
    monkeypatch.setattr(server, "_MORE_PORTS", 1)
    with pytest.raises(OutputError, match="are taken; name one with --port"):
        server.listening("127.0.0.1", None)


def test_an_address_of_another_machine_is_refused(run: Run, opened: list[str]) -> None:
    assert "cannot be listened on" in error_of(run("studio", "--host", "192.0.2.1"))


def test_a_folder_that_cannot_be_written_to_is_named_first(run: Run, opened: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in error_of(run("studio", "--folder", str(tmp_path / "file" / "takes")))


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "midirenderer"])
def test_a_missing_package_is_named(run: Run, opened: list[str], monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    from importlib import util

    find = util.find_spec
    monkeypatch.setattr("groovevae.audio.extra.find_spec", lambda name: None if name == package else find(name))
    for name in [name for name in sys.modules if name.startswith(("groovevae.studio", f"{package}."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    line = error_of(run("studio"))
    assert line.startswith(f"{package} is missing, ") and line.endswith("pip install 'groovevae[studio]'")


@pytest.mark.parametrize(
    ("host", "token", "address"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:1/"),
        ("::1", "", "http://[::1]:1/"),
        ("192.168.1.5", "x", "http://192.168.1.5:1/?token=x"),
    ],
)
def test_addresses_are_those_of_a_browser(host: str, token: str, address: str) -> None:
    assert server.address_of(host, 1, Access(token)) == address


@pytest.mark.parametrize(
    ("message", "error", "told"),
    [
        ("Cancel 1 running task(s), timeout graceful shutdown exceeded", None, False),
        ("Exception in ASGI application\n", asyncio.CancelledError(), False),
        ("Exception in ASGI application\n", ValueError(), True),
        ("Invalid HTTP request received.", None, True),
    ],
)
def test_work_that_ends_with_the_studio_is_no_error(message: str, error: BaseException | None, told: bool) -> None:
    cause = (type(error), error, None) if error else None
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, message, (), cause)
    assert server.is_told(record) is told
