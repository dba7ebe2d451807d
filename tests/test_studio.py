"""The studio's HTTP API: what it makes and gives. Sound is only looked at from outside: `audio` makes it."""

import io
import json
import wave
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra: python -m pip install '.[studio]'")

import mido
import numpy as np
from starlette.routing import Route
from starlette.testclient import TestClient
from studio_client import REQUEST, client_of, error_of, upload

from groovevae import Groove
from groovevae.audio import encode
from groovevae.midi.events import read_events, write_events
from groovevae.midi.reading import midi_to_score
from groovevae.midi.score import NOTE_DTYPE, Score, Track
from groovevae.midi.writing import score_to_midi
from groovevae.studio.api import Api
from groovevae.studio.parsing import to_request
from groovevae.studio.parting import parted
from groovevae.studio.sound import Player, role_files
from groovevae.studio.stretches import stretch
from groovevae.studio.takes import Takes
from groovevae.studio.uploads import Uploads

WAV = encode(np.array([[0.5, -0.5]]))


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
    """A piece in which something sounds, whatever the tiny network has learned."""
    pieces = client.post("/api/pieces", json={**REQUEST, "count": 8, "temperature": 1}).json()["pieces"]
    return next(piece for piece in pieces if not piece["is_silent"])


def wav_samples(data: bytes) -> bytes:
    with wave.open(io.BytesIO(data)) as file:
        return file.readframes(file.getnframes())


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


def test_a_stretch_of_a_loop_is_that_part_of_it(client: TestClient, piece: dict[str, Any]) -> None:
    base = f"/api/pieces/{piece['id']}/loops/{next(iter(piece['roles']))}.wav"
    frames_per_quarter = piece["seconds"] * 48_000 / piece["quarters"]
    for first, quarters in ((0, 8), (2, 3), (6, 4)):  # of 8; the last goes on at the start
        data = client.get(base, params={"from": first, "quarters": quarters}).content
        assert wav_frames(data) == pytest.approx(frames_per_quarter * quarters, abs=1)
    for wrong in ({"quarters": 9}, {"quarters": 0}, {"from": 8, "quarters": 1}, {"quarters": "nan"}):
        assert "are not in the 8 of the take" in error_of(client.get(base, params=wrong), 422)
    assert error_of(client.get(base, params={"quarters": "x"}), 422) == "quarters: not a number of quarter notes"


def test_the_samples_of_all_roles_are_those_of_their_loops(client: TestClient, piece: dict[str, Any]) -> None:
    base = f"/api/pieces/{piece['id']}"
    for stretch in ({}, {"from": 6, "quarters": 4}):
        params = {"from": 0, "quarters": 8} | stretch
        loops = [client.get(f"{base}/loops/{role}.wav", params=params).content for role in piece["roles"]]
        assert client.get(f"{base}/loops.pcm", params=stretch).content == b"".join(map(wav_samples, loops))
    assert "are not in the 8 of the take" in error_of(client.get(f"{base}/loops.pcm", params={"quarters": 9}), 422)


def test_a_stretch_is_begun_with_its_take_and_played_once(groove: Groove, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    coming: Future[bytes] = Future()
    player = Player(processes=1)
    monkeypatch.setattr(player, "_submit", lambda midi, seconds, is_loop: asked.append(midi) or coming)
    with client_of(groove, player=player) as client:
        made = [
            client.post("/api/pieces", json={**REQUEST, "seed": 3, "temperature": 1}, params=params).json()["pieces"][0]
            for params in ({}, {"from": 2, "quarters": 9}, {"from": 2, "quarters": 4})
        ]
        roles = made[0]["roles"]
        assert (
            len(asked) == len(roles) > 0
        )  # by the last alone: a take is made all the same where it has no such stretch
        coming.set_result(WAV)
        for _ in range(2):
            data = client.get(f"/api/pieces/{made[0]['id']}/loops.pcm", params={"from": 2, "quarters": 4}).content
            assert data == wav_samples(WAV) * len(roles)
    assert len(asked) == len(roles)


def test_processes_that_broke_are_replaced(groove: Groove, monkeypatch: pytest.MonkeyPatch) -> None:
    player, takes = Player(processes=1), Takes(groove, Uploads())
    take = next(take for take in takes.make({**REQUEST, "count": 8, "temperature": 1}) if take.roll.roles)
    broken: Future[bytes] = Future()
    broken.set_exception(BrokenProcessPool())
    answers = [broken] * len(take.roll.roles)

    def submit(midi: bytes, seconds: float, *, is_loop: bool) -> Future[bytes]:
        whole: Future[bytes] = Future()
        whole.set_result(WAV)
        return answers.pop() if answers else whole

    monkeypatch.setattr(player, "_submit", submit)
    player.begin(take, 0, 4)
    assert player.stretches(take, 0, 4) == wav_samples(WAV) * len(take.roll.roles)


def test_stretches_keep_controllers_and_pass_the_end() -> None:
    notes = [(note, kind, time) for note in (40, 50, 60, 70) for kind, time in (("note_on", 0), ("note_off", 480))]
    messages = [mido.Message("program_change", program=32)]
    messages += [mido.Message(kind, note=note, time=time) for note, kind, time in notes]
    file = mido.MidiFile(type=0, tracks=[mido.MidiTrack(messages)])
    buffer = io.BytesIO()
    file.save(file=buffer)
    midi = buffer.getvalue()

    def heard(first: float, quarters: float) -> list[tuple[int, int]]:
        [track] = mido.MidiFile(file=io.BytesIO(stretch(midi, first, quarters))).tracks
        times = np.cumsum([message.time for message in track]).tolist()
        events = list(zip(times, track, strict=True))
        assert events[0][1].program == 32
        return [(time, message.note) for time, message in events if message.type == "note_on"]

    assert heard(0, 4) == [(0, 40), (480, 50), (960, 60), (1440, 70)]
    assert heard(1.5, 1) == [(240, 60)]
    assert heard(3, 2) == [(0, 70), (480, 40)]
    assert stretch(midi, 1.25, 0.5) == b""


def test_a_loop_is_played_once(groove: Groove, monkeypatch: pytest.MonkeyPatch) -> None:
    from groovevae.studio import sound

    played: list[bytes] = []
    monkeypatch.setattr(sound, "play_loop", lambda midi, seconds, font, is_loop: played.append(midi) or b"loop")
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
