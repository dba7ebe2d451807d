"""The studio's HTTP API: what it makes, gives and refuses. Sound is only looked at from outside: `audio` makes it."""

import io
import json
import threading
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra: python -m pip install '.[studio]'")

import anyio
import mido
import numpy as np
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient

from groovevae import Groove
from groovevae.midi.events import read_events, write_events
from groovevae.midi.reading import midi_to_score
from groovevae.midi.score import NOTE_DTYPE, Score, Track
from groovevae.midi.writing import score_to_midi
from groovevae.studio import uploads
from groovevae.studio.api import HERE, Api
from groovevae.studio.app import create_app
from groovevae.studio.parsing import to_request
from groovevae.studio.parting import parted
from groovevae.studio.safety import Access, is_loopback
from groovevae.studio.sound import Player, role_files
from groovevae.studio.takes import Takes
from groovevae.studio.turns import GoneError, in_turn
from groovevae.studio.uploads import Uploads, plain_name

LOCAL = "http://127.0.0.1:8765"
MIDI = {"content-type": "audio/midi"}
REQUEST = {"start": "classical", "targets": {"rock": 1.0}, "bars": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def client(groove: Groove, folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(groove, folder=str(folder)), base_url=LOCAL) as client:
        yield client


@pytest.fixture(scope="module")
def midi(band_corpus: Path) -> bytes:
    return next(band_corpus.glob("rock/*.mid")).read_bytes()


@pytest.fixture(scope="module")
def piece(client: TestClient) -> dict[str, Any]:
    """A piece in which something sounds, whatever the tiny network has learned."""
    pieces = client.post("/api/pieces", json={**REQUEST, "count": 8, "temperature": 1}).json()["pieces"]
    return next(piece for piece in pieces if not piece["is_silent"])


def error_of(response: Any, status: int) -> str:
    """The one line that a refused request is answered with."""
    assert response.status_code == status, response.text
    assert list(response.json()) == ["error"]
    return response.json()["error"]


def upload(client: TestClient, data: bytes, name: str = "my song.mid") -> dict[str, Any]:
    response = client.post("/api/files", params={"name": name}, content=data, headers=MIDI)
    assert response.status_code == 200, response.text
    return response.json()


def wav_frames(data: bytes) -> int:
    with wave.open(io.BytesIO(data)) as file:
        return file.getnframes()


def test_the_model_says_what_a_page_must_know(client: TestClient) -> None:
    model = client.get("/api/model").json()
    assert [genre["name"] for genre in model["genres"]] == ["classical", "jazz", "rock"]
    assert model["roles"] == ["drums", "bass", "chords", "lead"]
    assert model["limits"]["file_bytes"] == 32 * 2**20
    assert model["keeps"]


def test_a_piece_is_what_the_library_makes(client: TestClient, groove: Groove) -> None:
    from groovevae import BlendRequest

    piece = client.post("/api/pieces", json=REQUEST).json()["pieces"][0]
    [made] = groove.blend(BlendRequest("classical", {"rock": 1.0}, bars=2))
    assert client.get(f"/api/pieces/{piece['id']}.mid").content == made.midi
    assert piece["description"] == made.description
    assert piece["command"] == BlendRequest("classical", {"rock": 1.0}, bars=2).command(model=groove.path)
    assert piece["quarters"] == 8
    assert [bar["quarter"] for bar in piece["bars"]] == [0, 4]


def test_the_same_request_has_the_same_id_and_another_has_another(client: TestClient) -> None:
    ids = [client.post("/api/pieces", json={**REQUEST, "seed": seed}).json()["pieces"][0]["id"] for seed in (5, 5, 6)]
    assert ids[0] == ids[1] != ids[2]


def test_notes_by_role_are_those_of_the_file(client: TestClient, piece: dict[str, Any]) -> None:
    file = mido.MidiFile(file=io.BytesIO(client.get(f"/api/pieces/{piece['id']}.mid").content))
    written = {
        track.name.lower(): sum(message.type == "note_on" for message in track)
        for track in file.tracks
        if any(message.type == "note_on" for message in track)
    }
    assert {role: len(rows) for role, rows in piece["roles"].items()} == written
    assert all((row[4] >= 0) == (role == "drums") for role, rows in piece["roles"].items() for row in rows)


def test_every_field_of_a_request_reaches_the_library(groove: Groove, tmp_path: Path) -> None:
    fields = {
        "start": "Classical", "targets": {"rock": 3, "jazz": 1}, "amount": [0, 1], "roles": {"drums": 0.25},
        "keep": ["lead"], "bars": 3, "key": "F#m", "tempo": 90, "temperature": 0.75, "seed": 4, "method": "mean",
        "choices": {"metre": "3/4", "roles": {"2": "bass"}, "beats": "estimate", "pickup": 1}, "only_roles": True,
    }  # fmt: skip
    command = to_request(fields, groove.model, Uploads()).command()
    assert command == (
        "groove blend classical rock=3 jazz=1 --only-roles --amount 0..1 --drums 0.25 --method mean --keep lead "
        "--roles 2=bass --metre 3/4 --pickup 1 --beats estimate --bars 3 --seed 4 --temperature 0.75 --tempo 90 "
        "--key 'F#m'"
    )


def test_a_file_is_read_and_blended_under_its_own_name(client: TestClient, midi: bytes) -> None:
    read = upload(client, midi, "../my songs/a tune.mid")
    assert read["name"] == "a tune.mid"
    assert {role for track in read["tracks"] for role in track["roles"]} == {"drums", "bass", "chords", "lead"}
    piece = client.post("/api/pieces", json={"start": read["id"], "targets": {"jazz": 1}}).json()["pieces"][0]
    assert piece["command"].startswith("groove blend 'a tune.mid' jazz ")
    assert piece["description"].startswith("a tune.mid (taken for ")
    assert piece["read"][0].startswith("a tune.mid: ")
    written = client.get(f"/api/pieces/{piece['id']}.mid").content
    assert b"groove blend 'a tune.mid' jazz" in written
    assert b"groove-studio" not in written
    assert "groove-studio" not in json.dumps(piece)


def test_roles_are_changed_by_hand(client: TestClient, midi: bytes) -> None:
    file = upload(client, midi)
    [bass] = [track["number"] for track in file["tracks"] if "bass" in track["roles"]]
    read = client.post(f"/api/files/{file['id']}", json={"roles": {str(bass): "lead"}}).json()
    [track] = [track for track in read["tracks"] if track["number"] == bass]
    assert list(track["roles"]) == ["lead"]
    fields = {**REQUEST, "start": file["id"], "choices": {"roles": {str(bass): "-"}}}
    piece = client.post("/api/pieces", json=fields).json()["pieces"][0]
    assert f"--roles {bass}=-" in piece["command"]


def test_a_take_can_be_the_start_of_another(client: TestClient, piece: dict[str, Any]) -> None:
    file = client.post(f"/api/pieces/{piece['id']}/file", json={}).json()
    assert file["name"] == f"{piece['name']}.mid"
    assert client.post("/api/pieces", json={"start": file["id"], "targets": {"jazz": 1}}).status_code == 200


def test_sound_can_be_had_whole_by_role_and_as_loops(client: TestClient, piece: dict[str, Any]) -> None:
    base = f"/api/pieces/{piece['id']}"
    whole = wav_frames(client.get(f"{base}.wav").content)
    assert whole >= piece["seconds"] * 48_000
    for role in piece["roles"]:
        assert wav_frames(client.get(f"{base}/stems/{role}.wav").content) == whole
        assert wav_frames(client.get(f"{base}/loops/{role}.wav").content) == round(piece["seconds"] * 48_000)
    assert client.get(f"{base}.ogg").content[:4] == b"OggS"
    with zipfile.ZipFile(io.BytesIO(client.get(f"{base}.zip").content)) as file:
        names = {Path(name).name for name in file.namelist()}
    name = piece["name"]
    files = {f"{name}-{role}.{kind}" for role in piece["roles"] for kind in ("mid", "wav")}
    assert names == {f"{name}.mid", f"{name}.wav", "command.txt", *files}


def test_a_loop_is_played_once(groove: Groove, monkeypatch: pytest.MonkeyPatch) -> None:
    from groovevae.studio import sound

    played: list[bytes] = []
    monkeypatch.setattr(sound, "play_loop", lambda midi, seconds, font: played.append(midi) or b"loop")
    player, takes = Player(), Takes(groove, Uploads())
    found = takes.make({**REQUEST, "count": 8, "temperature": 1})
    take = next(take for take in found if take.roll.roles)
    role = next(iter(take.roll.roles))
    assert [player.loop(take, role) for _ in range(3)] == [b"loop"] * 3
    assert played == [role_files(take, is_loop=True)[role]]
    assert b"groove blend" in role_files(take)[role] and b"groove" not in played[0]


def test_the_midi_of_a_role_has_its_notes_alone(groove: Groove) -> None:
    takes = Takes(groove, Uploads()).make({**REQUEST, "count": 8, "temperature": 1})
    take = max(takes, key=lambda take: len(take.roll.roles))
    for role, data in role_files(take).items():
        file = mido.MidiFile(file=io.BytesIO(data))
        notes = sum(message.type == "note_on" for track in file.tracks for message in track)
        assert notes == len(take.roll.roles[role])
        assert any(message.type == "set_tempo" for message in file.tracks[0])


def test_roles_that_share_a_track_are_taken_apart() -> None:
    notes = [(0.0, 1.0, 48, 80), (0.0, 1.0, 64, 90), (1.0, 1.0, 48, 70), (1.0, 1.0, 64, 60)]
    score = Score(np.array([(*note, 0) for note in notes], NOTE_DTYPE), (Track("Piano", 0, is_drum=False),))
    file, roles = parted(read_events(score_to_midi(score)), ["bass", "lead", "bass", "lead"])
    assert roles == ("", "bass", "lead")
    parts = midi_to_score(write_events(file))
    assert [track.name for track in parts.tracks] == ["bass", "lead"]
    assert parts.notes[["onset", "duration", "pitch", "velocity"]].tolist() == notes
    assert parts.notes["track"].tolist() == [0, 1, 0, 1]


def test_the_notes_of_a_file_have_the_roles_that_were_read(client: TestClient, midi: bytes) -> None:
    file = upload(client, midi)
    [piece] = client.post("/api/pieces", json={**REQUEST, "start": file["id"], "amount": 0, "bars": None}).json()[
        "pieces"
    ]
    read: dict[str, int] = {}
    for track in file["tracks"]:
        for role, count in track["roles"].items():
            read[role] = read.get(role, 0) + count
    assert {role: len(rows) for role, rows in piece["roles"].items()} == read


def test_kept_takes_are_in_the_folder(client: TestClient, folder: Path, piece: dict[str, Any]) -> None:
    name = client.post(f"/api/pieces/{piece['id']}/kept", json={}).json()["name"]
    assert (folder / name).read_bytes() == client.get(f"/api/pieces/{piece['id']}.mid").content


def test_without_a_folder_nothing_is_kept(groove: Groove) -> None:
    with TestClient(create_app(groove), base_url=LOCAL) as client:
        piece = client.post("/api/pieces", json=REQUEST).json()["pieces"][0]
        line = error_of(client.post(f"/api/pieces/{piece['id']}/kept", json={}), 409)
    assert line == "the studio has no folder to write to; start it with --folder DIR"


GENRES = "it has classical, jazz, rock"


@pytest.mark.parametrize("word", ["/etc/passwd", "songs/", "x.mid", "../x.mid", "C:\\songs", "x.safetensors", ".", ""])
def test_words_never_become_paths(client: TestClient, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from groovevae.generation import sources

    for name in ("load_genre", "read_song", "load_original", "check_readable"):
        monkeypatch.setattr(sources, name, lambda *_, **__: pytest.fail("a word of a request was opened"))
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


def test_files_and_roles_that_are_not_here_are_not_found(client: TestClient, piece: dict[str, Any]) -> None:
    assert "no longer here" in error_of(client.post("/api/pieces", json={**REQUEST, "start": "file-1"}), 404)
    assert "no longer here" in error_of(client.post("/api/files/file-1", json={}), 404)
    for kind in ("loops", "stems"):
        assert "does not play" in error_of(client.get(f"/api/pieces/{piece['id']}/{kind}/tuba.wav"), 404)
    assert error_of(client.get("/api/nothing"), 404) == "GET /api/nothing: Not Found"
    assert error_of(client.get("/api/pieces"), 405) == "GET /api/pieces: Method Not Allowed"


def test_a_file_that_is_none_is_refused_under_its_name(client: TestClient) -> None:
    response = client.post("/api/files", params={"name": "a.mid"}, content=b"no music", headers=MIDI)
    assert error_of(response, 422) == "a.mid: not a MIDI file (it has no MThd header)"


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


def test_a_hundred_requests_at_once_are_all_answered(client: TestClient) -> None:
    statuses: list[int] = []

    def ask(seed: int) -> None:
        fields = {**REQUEST, "bars": 1, "seed": 1000 + seed % 10, "method": "mean"}
        statuses.append(client.post("/api/pieces", json=fields).status_code)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 100


def test_who_has_gone_gets_no_more_pieces(groove: Groove) -> None:
    takes, asked = Takes(groove, Uploads()), 0

    def is_stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    assert len(takes.make({**REQUEST, "count": 16}, is_stopped=is_stopped)) == 2


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


def test_the_description_of_the_api_names_all_of_it(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    routes = {
        (route.path, method.lower())
        for route in Api.routes(client.app.state.api)
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == routes
    fields = set(described["components"]["schemas"]["Request"]["properties"])
    line = error_of(client.post("/api/pieces", json={"x": 1}), 422)
    assert fields == set(line.partition("there are ")[2].split(", "))


def test_answers_have_the_fields_that_are_described(client: TestClient, piece: dict[str, Any], midi: bytes) -> None:
    schemas = client.get("/api/openapi.json").json()["components"]["schemas"]
    assert set(piece) == set(schemas["Piece"]["properties"])
    assert set(upload(client, midi)) == set(schemas["File"]["properties"])
    assert set(client.get("/api/model").json()) == set(schemas["Model"]["properties"])
