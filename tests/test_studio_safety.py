"""Whom and what the studio refuses: paths, wrong requests, other sites, and files that are too much."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra: python -m pip install '.[studio]'")

import corpus_workers
from starlette.testclient import TestClient
from studio_client import LOCAL, MIDI, REQUEST, error_of

from groovevae import Groove
from groovevae.corpus import reader
from groovevae.corpus.worker_pool import Limits
from groovevae.studio import uploads
from groovevae.studio.api import HERE
from groovevae.studio.app import create_app
from groovevae.studio.parsing import to_request
from groovevae.studio.safety import Access, is_loopback
from groovevae.studio.uploads import Uploads, plain_name

GENRES = "it has classical, jazz, rock"


@pytest.fixture(scope="module")
def midi(band_corpus: Path) -> bytes:
    return next(band_corpus.glob("rock/*.mid")).read_bytes()


@pytest.mark.parametrize("word", ["/etc/passwd", "songs/", "x.mid", "../x.mid", "C:\\songs", "x.safetensors", ".", ""])
def test_words_never_become_paths(client: TestClient, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from groovevae.generation import reading

    for name in ("load_genre", "read_song", "load_original", "check_readable"):
        monkeypatch.setattr(reading, name, lambda *_, **__: pytest.fail("a word of a request was opened"))
    for fields in ({**REQUEST, "start": word}, {**REQUEST, "targets": {word: 1}}):
        assert error_of(client.post("/api/pieces", json=fields), 422) == f"no genre {word!r} in this model; {GENRES}"
    assert "no vector" in error_of(client.post("/api/pieces", json={**REQUEST, "vectors": {word: 1}}), 422)


def test_a_genre_that_looks_like_a_path_is_refused(groove: Groove) -> None:
    from dataclasses import replace

    from groovevae.errors import RequestError

    genres = {"x.mid": groove.model.genres["rock"], **groove.model.genres}
    for fields in ({"start": "x.mid", "targets": {"rock": 1}}, {"start": "rock", "targets": {"x.mid": 1}}):
        with pytest.raises(RequestError, match="cannot be told from a file"):
            to_request(fields, replace(groove.model, genres=genres), Uploads())


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "start: name a genre, or the id of an upload"),
        ({"start": 3}, "start: not a short text"),
        ({"start": "x" * 201}, "start: not a short text"),
        ({**REQUEST, "path": "/etc"}, "there is no field 'path'"),
        ({**REQUEST, "targets": ["rock"]}, "targets: not an object of at most 64 entries"),
        ({**REQUEST, "targets": {"rock": "1"}}, "targets, rock: not a number"),
        ({**REQUEST, "targets": {"rock": True}}, "targets, rock: not a number"),
        ({**REQUEST, "amount": "0..1"}, "amount: write a number, like 0.5, or the two ends of a ramp, like [0, 1]"),
        ({**REQUEST, "amount": 9}, "amount 9 is outside 0 to 4"),
        ({**REQUEST, "bars": 2.5}, "bars: not a whole number"),
        ({**REQUEST, "bars": 257}, "bars 257 is more than 256"),
        ({**REQUEST, "bars": 0}, "bars 0 is outside 1 to 1024"),
        ({**REQUEST, "count": 17}, "count 17 is more than 16"),
        ({**REQUEST, "seed": -1}, "seed -1 is outside 0 to"),
        ({**REQUEST, "keep": "lead"}, "keep: not a list of names"),
        ({**REQUEST, "keep": ["voice"]}, "no role 'voice'"),
        ({**REQUEST, "key": "H"}, "no key 'H'"),
        ({**REQUEST, "method": "x"}, "no method 'x'"),
        ({**REQUEST, "only_roles": 1}, "only_roles: true or false"),
        ({**REQUEST, "choices": {"metre": "3/5"}}, "no metre '3/5'"),
        ({**REQUEST, "choices": {"roles": {"1": "tuba"}}}, "'1=tuba' gives no track a role"),
        ({**REQUEST, "targets": {}}, "no genre to blend towards"),
        ({**REQUEST, "targets": {"rocc": 1}}, "no genre 'rocc' in this model; did you mean rock?"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_one_line(
    client: TestClient, fields: dict[str, Any], line: str
) -> None:
    assert error_of(client.post("/api/pieces", json=fields), 422).startswith(line)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "genre: name the one that a new phrase is to be of"),
        ({"genre": "jaz"}, "no genre 'jaz' in this model; did you mean jazz?"),
        ({"genre": "/etc/passwd"}, f"no genre '/etc/passwd' in this model; {GENRES}"),
        ({"genre": "jazz", "bars": 1000}, "bars 1,000 is more than 256"),
        ({"genre": "jazz", "count": 2}, "there is no field 'count'; there are genre, metre, bars,"),
    ],
)
def test_what_is_wrong_with_a_new_phrase_is_said_in_one_line(client: TestClient, fields: Any, line: str) -> None:
    assert error_of(client.post("/api/phrases", json=fields), 422).startswith(line)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'{"amount": NaN}', b"[" * 50_000, b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(client: TestClient, body: bytes) -> None:
    line = error_of(client.post("/api/pieces", content=body, headers={"content-type": "application/json"}), 422)
    assert line.startswith("the request is not ")


@pytest.mark.parametrize(
    "path", ["", ".mid", ".wav", ".zip", "/loops/drums.wav", "/stems/drums.wav", "/midi/drums.mid"]
)
def test_what_is_not_here_is_not_found(client: TestClient, path: str) -> None:
    line = error_of(client.get(f"/api/pieces/0123{path}"), 404)
    assert line == "the take 0123 is no longer here; make it once more"


def test_files_and_roles_that_are_not_here_are_not_found(client: TestClient) -> None:
    [piece] = client.post("/api/pieces", json=REQUEST).json()["pieces"]
    assert "no longer here" in error_of(client.post("/api/pieces", json={**REQUEST, "start": "file-1"}), 404)
    assert "no longer here" in error_of(client.post("/api/files/file-1", json={}), 404)
    for kind in ("loops", "stems"):
        assert "does not play" in error_of(client.get(f"/api/pieces/{piece['id']}/{kind}/tuba.wav"), 404)
    assert error_of(client.get("/api/nothing"), 404) == "GET /api/nothing: Not Found"
    assert error_of(client.get("/api/pieces"), 405) == "GET /api/pieces: Method Not Allowed"


def test_a_file_that_is_none_is_refused_under_its_name(client: TestClient) -> None:
    response = client.post("/api/files", params={"name": "a.mid"}, content=b"no music", headers=MIDI)
    assert error_of(response, 422) == "a.mid: not a MIDI file (it has no MThd header); export it as MIDI"


def test_bodies_have_a_limit(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from groovevae.studio import safety

    monkeypatch.setattr(safety, "MAX_BYTES", 1000)
    assert "longer than" in error_of(client.post("/api/files", content=b"x" * 1001, headers=MIDI), 413)
    body = b'{"start": "' + b"x" * safety.MAX_JSON + b'"}'
    response = client.post("/api/pieces", content=body, headers={"content-type": "application/json"})
    assert "longer than 64 KiB" in error_of(response, 413)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:9000"}, 200),
        ({"host": "[::1]:9000"}, 200),
        ({"host": "studio.evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example:8765"}, 403),
        ({"host": ""}, 403),
        ({"origin": LOCAL}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_other_sites_are_not_let_in(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.get("/api/model", headers=headers).status_code == status
    assert client.post("/api/pieces", json=REQUEST, headers=headers).status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
def test_what_a_form_could_send_is_refused(client: TestClient, kind: str, midi: bytes) -> None:
    headers = {"content-type": kind}
    assert "content type" in error_of(client.post("/api/pieces", content=json.dumps(REQUEST), headers=headers), 422)
    assert "content type" in error_of(client.post("/api/files", content=midi, headers=headers), 422)


@pytest.mark.parametrize("path", ["/", "/api/model", "/page/main.js", "/api/nothing"])
def test_answers_carry_a_policy_without_inline_scripts(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_the_page_keeps_to_its_policy_and_its_own_files(client: TestClient) -> None:
    page = client.get("/").text
    assert "style=" not in page
    assert " on" + "click" not in page
    for file in (HERE / "page").iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text, file.name
    assert sum(file.stat().st_size for file in (HERE / "page").iterdir()) < 2**20


def test_modules_are_served_as_scripts(client: TestClient) -> None:
    assert client.get("/page/main.js").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("pc", False),
    ],
)
def test_a_network_address_needs_a_token(host: str, local: bool) -> None:
    assert is_loopback(host) == local
    assert (Access.to_host(host).token == "") == local
    assert local or len(Access.to_host(host).token) >= 32


def test_a_token_is_asked_for(groove: Groove) -> None:
    with TestClient(create_app(groove, access=Access("secret")), base_url="http://pc.lan:8765") as client:
        for path in ("/", "/api/model", "/page/main.js", "/?token=wrong", "/api/model?token=secret"):
            assert "token" in error_of(client.get(path), 401)
        assert client.get("/api/model", headers={"authorization": "Bearer secret"}).status_code == 200
        assert client.get("/api/model", headers={"authorization": "Bearer wrong"}).status_code == 401
        entered = client.get("/?token=secret", follow_redirects=False)
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        assert "HttpOnly" in entered.headers["set-cookie"] and "SameSite=strict" in entered.headers["set-cookie"]
        assert client.get("/api/model").status_code == 200  # with the cookie


@pytest.mark.parametrize(("name", "line"), [("crash", "the parser crashed on it"), ("hang", "took longer than 2 s")])
def test_a_file_that_kills_its_reader_kills_nothing_else(
    client: TestClient, midi: bytes, name: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "parse", corpus_workers.act)
    monkeypatch.setattr(reader, "LIMITS", Limits(timeout_seconds=2))
    response = client.post("/api/files", params={"name": f"{name}.mid"}, content=midi + name.encode(), headers=MIDI)
    assert error_of(response, 422).startswith(f"{name}.mid: {line}")
    assert client.get("/api/model").status_code == 200


def test_files_make_room_for_newer_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_FILES", 2)
    files = Uploads()
    added = [files.add("a.mid", bytes([number])) for number in range(3)]
    assert [files.find(one.id) is not None for one in added] == [False, True, True]
    assert [one.path.exists() for one in added] == [False, True, True]
    files.close()
    assert not added[2].path.exists()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("song.mid", "song.mid"),
        ("Song.MIDI", "Song.midi"),
        ("../../etc/passwd", "passwd.mid"),
        ("C:\\music\\a tune.mid", "a tune.mid"),
        ("a'b\"c;$(x).mid", "a_b_c_(x).mid"),
        ("con.mid", "con_.mid"),
        ("\0.mid", "song.mid"),
        ("", "song.mid"),
        ("n" * 300 + ".mid", "n" * 80 + ".mid"),
    ],
)
def test_names_of_files_are_plain(given: str, name: str) -> None:
    assert plain_name(given) == name
