"""What tests of the studio's API share: a client of it, a request, what a refused one is answered with."""

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient

from groovevae import Groove
from groovevae.studio.app import create_app

LOCAL = "http://127.0.0.1:8765"
MIDI = {"content-type": "audio/midi"}
REQUEST = {"start": "classical", "targets": {"rock": 1.0}, "bars": 2}


@contextmanager
def client_of(groove: Groove, **options: Any) -> Iterator[TestClient]:
    """A client of a studio that runs in this process; `options` are those of `create_app`."""
    with TestClient(create_app(groove, **options), base_url=LOCAL) as client:
        yield client


def error_of(response: Any, status: int) -> str:
    """The one line that a refused request is answered with."""
    assert response.status_code == status, response.text
    assert list(response.json()) == ["error"]
    return response.json()["error"]


def upload(client: TestClient, data: bytes, name: str = "my song.mid") -> dict[str, Any]:
    response = client.post("/api/files", params={"name": name}, content=data, headers=MIDI)
    assert response.status_code == 200, response.text
    return response.json()


def sounding(client: TestClient) -> dict[str, Any]:
    """A piece in which something sounds, whatever the tiny network has learned."""
    pieces = client.post("/api/pieces", json={**REQUEST, "count": 8, "temperature": 1}).json()["pieces"]
    return next(piece for piece in pieces if not piece["is_silent"])


def wav_frames(data: bytes) -> int:
    with wave.open(io.BytesIO(data)) as file:
        return file.getnframes()


def wav_samples(data: bytes) -> bytes:
    with wave.open(io.BytesIO(data)) as file:
        return file.readframes(file.getnframes())
