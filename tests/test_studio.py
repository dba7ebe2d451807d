"""The studio's HTTP API: what it makes and gives. Sound is only looked at from outside: `audio` makes it."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra: python -m pip install '.[studio]'")

import mido
from command_line import Run
from starlette.routing import Route
from starlette.testclient import TestClient
from studio_client import REQUEST, client_of, error_of, sounding, upload, wav_frames

from groovevae import Groove
from groovevae.studio.api import Api
from groovevae.studio.parsing import to_request
from groovevae.studio.uploads import Uploads


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def client(groove: Groove, folder: Path) -> Iterator[TestClient]:
    with client_of(groove, folder=str(folder)) as client:
        yield client


@pytest.fixture(scope="module")
def midi(band_corpus: Path) -> bytes:
    return next(band_corpus.glob("rock/*.mid")).read_bytes()


@pytest.fixture(scope="module")
def piece(client: TestClient) -> dict[str, Any]:
    return sounding(client)


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


def test_every_field_of_a_request_reaches_the_library(groove: Groove, midi: bytes) -> None:
    uploads = Uploads()
    start, stem = (uploads.add(name, midi + name.encode()).id for name in ("song.mid", "stem.mid"))
    fields = {
        "start": start, "together": [stem], "targets": {"rock": 3, "Jazz": 1}, "amount": [0, 1], "bars": 3,
        "roles": {"drums": 0.25}, "keep": ["lead"], "key": "F#m", "tempo": 90, "temperature": 0.75, "seed": 4,
        "method": "mean", "only_roles": True,
        "choices": {"metre": "3/4", "roles": {"2": "bass"}, "beats": "estimate", "pickup": 1},
    }  # fmt: skip
    command = uploads.without_folder(to_request(fields, groove.model, uploads).command())
    assert command == (
        "groove blend song.mid stem.mid rock=3 jazz=1 --together --only-roles --amount 0..1 --drums 0.25 --method mean "
        "--keep lead --roles 2=bass --metre 3/4 --pickup 1 --beats estimate --bars 3 --seed 4 --temperature 0.75 "
        "--tempo 90 --key 'F#m'"
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


@pytest.mark.parametrize("way", [("FILE", "rock"), ("classical", "FILE")])
def test_a_piece_with_a_file_has_the_bytes_of_the_command(
    client: TestClient, groove: Groove, midi: bytes, run: Run, tmp_path: Path, way: tuple[str, str]
) -> None:
    file = upload(client, midi)
    start, target = (file["id"] if word == "FILE" else word for word in way)
    [piece] = client.post("/api/pieces", json={"start": start, "targets": {target: 1}}).json()["pieces"]
    (tmp_path / file["name"]).write_bytes(midi)
    words = [file["name"] if word == "FILE" else word for word in way]
    assert run("blend", *words, "--out", "out", "--model", groove.path).exit_code == 0
    [made] = (tmp_path / "out").glob("*.mid")
    assert client.get(f"/api/pieces/{piece['id']}.mid").content == made.read_bytes()


def test_roles_are_changed_by_hand(client: TestClient, midi: bytes) -> None:
    file = upload(client, midi)
    [bass] = [track["number"] for track in file["tracks"] if "bass" in track["roles"]]
    read = client.post(f"/api/files/{file['id']}", json={"roles": {str(bass): "lead"}}).json()
    [track] = [track for track in read["tracks"] if track["number"] == bass]
    assert list(track["roles"]) == ["lead"]
    fields = {**REQUEST, "start": file["id"], "choices": {"roles": {str(bass): "-"}}}
    piece = client.post("/api/pieces", json=fields).json()["pieces"][0]
    assert f"--roles {bass}=-" in piece["command"]


def test_files_that_sound_together_are_one_start(client: TestClient, midi: bytes) -> None:
    first, second = upload(client, midi + b"\1", "drums.mid"), upload(client, midi + b"\2", "bass.mid")
    fields = {**REQUEST, "start": first["id"], "together": [second["id"]], "tempo": "keep"}
    piece = client.post("/api/pieces", json=fields).json()["pieces"][0]
    assert piece["command"].startswith("groove blend drums.mid bass.mid rock --together ")
    assert "--tempo keep" in piece["command"]
    read = client.post(f"/api/files/{first['id']}", json={"together": [second["id"]]}).json()
    assert len(read["tracks"]) == 2 * len(first["tracks"])
    for words in (["file-0"], ["../song.mid"]):
        assert "no longer here" in error_of(client.post("/api/pieces", json={**fields, "together": words}), 404)


def test_a_new_phrase_can_be_the_start(client: TestClient, groove: Groove) -> None:
    from groovevae import SampleRequest

    file = client.post("/api/phrases", json={"genre": "Jazz", "bars": 2, "seed": 3, "key": None}).json()
    assert file["name"] == "jazz-sample-3.mid"
    [phrase] = groove.sample(SampleRequest("jazz", bars=2, seed=3))
    assert file["id"] == Uploads().add("x.mid", phrase.midi).id
    [piece] = client.post("/api/pieces", json={**REQUEST, "start": file["id"], "bars": None}).json()["pieces"]
    assert " jazz-sample-3.mid " in piece["command"]
    assert "jazz" in client.get("/api/model").json()["sampled"]


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
    with client_of(groove) as client:
        piece = client.post("/api/pieces", json=REQUEST).json()["pieces"][0]
        line = error_of(client.post(f"/api/pieces/{piece['id']}/kept", json={}), 409)
    assert line == "the studio has no folder to write to; start it with --folder DIR"


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
