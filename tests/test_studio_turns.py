"""The studio under load: a hundred requests at once, closed tabs, and work that nobody waits for."""

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra: python -m pip install '.[studio]'")

import anyio
import httpx2
import numpy as np
from starlette.requests import Request
from starlette.testclient import TestClient
from studio_browser import served
from studio_client import REQUEST

from groovevae import Bars, Groove
from groovevae.generation.groove import Piece
from groovevae.network.stopping import StoppedError, stoppable
from groovevae.studio import rolls, takes
from groovevae.studio.takes import Takes
from groovevae.studio.turns import GoneError, in_turn
from groovevae.studio.uploads import Uploads


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> list[Piece]:
    """The pieces that were made to their end."""
    pieces: list[Piece] = []
    monkeypatch.setattr(takes, "roll_of", lambda piece: pieces.append(piece) or rolls.roll_of(piece))
    return pieces


def test_a_hundred_requests_at_once_are_all_answered(client: TestClient) -> None:
    statuses: list[int] = []

    def ask(seed: int) -> None:
        fields = {**REQUEST, "bars": 1, "seed": 1000 + seed % 10, "method": "mean"}
        statuses.append(client.post("/api/pieces", json=fields).status_code)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(100)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert client.get("/api/model").status_code == 200
    assert statuses == [200] * 100


def test_a_tab_that_is_closed_stops_its_work(tiny: Any, groove: Groove, tmp_path: Path) -> None:
    fields = {**REQUEST, "bars": 32, "count": 16}
    last = Takes(groove, Uploads()).make({**REQUEST, "bars": 32, "seed": 15})[0].id
    body = json.dumps(fields).encode()
    head = f"POST /api/pieces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    with served(tiny.path, tmp_path) as server, httpx2.Client(base_url=server.address, timeout=60) as client:
        client.post("/api/pieces", json=REQUEST)  # loads what the first piece needs
        with socket.create_connection(("127.0.0.1", client.base_url.port)) as tab:
            tab.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        assert client.post("/api/pieces", json={**REQUEST, "seed": 5}).status_code == 200  # its turn comes after
        assert client.get(f"/api/pieces/{last}").status_code == 404
        assert client.post("/api/pieces", json={**fields, "count": 1, "seed": 15}).json()["pieces"][0]["id"] == last


def test_who_has_gone_gets_no_more_pieces(groove: Groove, finished: list[Piece]) -> None:
    made = Takes(groove, Uploads()).make({**REQUEST, "count": 16}, is_stopped=lambda: len(finished) == 2)
    assert [take.piece for take in made] == finished


def test_a_piece_that_nobody_waits_for_is_given_up_half_made(groove: Groove, finished: list[Piece]) -> None:
    told = iter([False, False, *[True] * 100])
    assert Takes(groove, Uploads()).make(REQUEST, is_stopped=lambda: next(told)) == []
    assert not finished
    with stoppable(lambda: True), pytest.raises(StoppedError):
        groove.encode(groove.decode(np.zeros((1, 8), np.float32), Bars.empty(1)))


def test_who_leaves_before_their_turn_loses_it() -> None:
    done: list[bool] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def leave_while_another_works() -> None:
        limiter = anyio.CapacityLimiter(1)
        async with limiter:
            await in_turn(Request({"type": "http"}, receive), limiter, lambda: done.append(True))

    with pytest.raises(GoneError):
        anyio.run(leave_while_another_works)
    assert not done


def test_work_that_has_begun_is_told_that_nobody_waits() -> None:
    gone, told = threading.Event(), list[bool]()

    async def receive() -> dict[str, str]:
        await anyio.to_thread.run_sync(begun.wait)
        return {"type": "http.disconnect"}

    def work() -> None:
        begun.set()
        told.append(gone.wait(timeout=30))

    begun = threading.Event()
    with pytest.raises(GoneError):
        anyio.run(lambda: in_turn(Request({"type": "http"}, receive), anyio.CapacityLimiter(1), work, gone=gone))
    assert told == [True]
