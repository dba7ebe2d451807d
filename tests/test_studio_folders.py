"""Folders in the studio's HTTP API: they mean what they do on the command line, and nothing of them is opened."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra: python -m pip install '.[studio]'")

import corpus_workers
from command_line import Run
from corpus_files import TUNES, tune
from starlette.testclient import TestClient
from studio_client import REQUEST, error_of

from groovevae import Groove
from groovevae.corpus import reader
from groovevae.generation import reading
from groovevae.network.stopping import StoppedError
from groovevae.studio import folders, parsing, safety, takes
from groovevae.studio.folders import plain_folder_name
from groovevae.studio.takes import Takes
from groovevae.studio.uploads import Uploads


@pytest.fixture(scope="module")
def bands(band_corpus: Path) -> dict[str, bytes]:
    """What a folder of a genre holds, in a subfolder too."""
    paths = sorted(band_corpus.glob("jazz/*.mid"))
    return {f"{'deep/' * (number % 2)}{path.name}": path.read_bytes() for number, path in enumerate(paths)}


def body_of(name: Any, files: dict[str, bytes]) -> dict[str, Any]:
    return {"name": name, "files": {path: b64encode(data).decode() for path, data in files.items()}}


def upload_folder(client: TestClient, name: str, files: dict[str, bytes]) -> dict[str, Any]:
    response = client.post("/api/folders", json=body_of(name, files))
    assert response.status_code == 200, response.text
    return response.json()


def test_a_folder_is_what_the_command_line_makes_of_it(
    client: TestClient, groove: Groove, bands: dict[str, bytes], run: Run, tmp_path: Path
) -> None:
    folder = upload_folder(client, "my bossa", bands)
    assert (folder["name"], folder["files"], folder["unused"]) == ("my bossa", len(bands), [])
    assert folder["line"] == f"my bossa: {len(bands)} MIDI files read"
    [piece] = client.post("/api/pieces", json={**REQUEST, "targets": {folder["id"]: 1, "rock": 1}}).json()["pieces"]
    assert piece["command"].startswith("groove blend classical 'my bossa/=1' rock=1 ")
    assert "(0.5 my bossa + 0.5 rock)" in piece["description"]
    for path, data in bands.items():
        (tmp_path / "my bossa" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "my bossa" / path).write_bytes(data)
    written = run("blend", "classical", "my bossa/=1", "rock=1", "--bars", "2", "--model", groove.path)
    assert written.exit_code == 0
    [made] = tmp_path.glob("*.mid")
    assert client.get(f"/api/pieces/{piece['id']}.mid").content == made.read_bytes()


def test_what_is_not_used_of_a_folder_is_named(client: TestClient) -> None:
    files = {path: data for path, data in TUNES.items() if not path.endswith(".txt")}
    folder = upload_folder(client, "bossa", files)
    assert (folder["files"], folder["bars"]) == (3, 6)
    assert [one["path"] for one in folder["unused"]] == ["rock/broken.mid", "rock/empty.mid", "rock/twin.mid"]
    assert folder["unused"][2]["reason"] == "same notes as rock/c.mid"
    assert folder["line"].startswith("bossa: 3 of 6 MIDI files used; not used: rock/broken.mid: damaged MIDI file")
    more = upload_folder(client, "bossa", {**files, "z.mid": tune(0), "y.mid": b"x"})
    assert more["line"].endswith("; rock/twin.mid: same notes as rock/c.mid; and 2 more")


def test_the_same_folder_has_the_same_id_and_another_has_another(client: TestClient) -> None:
    files = {"a.mid": tune(0), "b.mid": tune(1)}
    ids = [
        upload_folder(client, name, files)["id"]
        for name, files in (
            ("bossa", files),
            ("bossa", dict(reversed(files.items()))),
            ("samba", files),
            ("bossa", {"a.mid": tune(0)}),
            ("bossa", {"a.mid": tune(0), "c.mid": tune(1)}),
        )
    ]
    assert len(set(ids)) == 4 and ids[0] == ids[1]
    assert client.get(f"/api/folders/{ids[0]}").json() == upload_folder(client, "bossa", files)


def test_two_folders_of_one_name_are_two(client: TestClient, bands: dict[str, bytes]) -> None:
    one, other = upload_folder(client, "x", bands), upload_folder(client, "x", {"a.mid": tune(0)})
    made = [
        client.post("/api/pieces", json={**REQUEST, "amount": 1, "method": "transport", "targets": targets}).json()
        for targets in (
            {one["id"]: 1},
            {other["id"]: 1},
            {one["id"]: 1, other["id"]: 2},
            {other["id"]: 1, one["id"]: 2},
        )
    ]
    assert len({json.dumps(each["pieces"][0]["roles"]) for each in made}) == 4
    commands = [each["pieces"][0]["command"].partition(" --")[0] for each in made]
    assert commands == ["groove blend classical x/"] * 2 + ["groove blend classical x/=1 'x (2)/=2'"] * 2
    assert "folder-" not in json.dumps(made)


@pytest.mark.parametrize(
    ("name", "files", "line"),
    [
        ("bossa", {}, "bossa: no MIDI files (.mid, .midi) in it"),
        ("bossa", {"a.wav": b"RIFF", "notes.txt": b""}, "bossa: no MIDI files (.mid, .midi) in it"),
        ("bossa", {"../../x.mid": tune(0), "/etc/x.mid": tune(0)}, "bossa: no MIDI files (.mid, .midi) in it"),
        ("bossa", {"in/.git/x.mid": tune(0), ".x.mid": tune(0)}, "bossa: no MIDI files (.mid, .midi) in it"),
        ("bossa", {"a.mid": b"no music"}, "bossa: no file that can be used; a.mid: not a MIDI file"),
        ("../../etc", {}, "etc: no MIDI files"),
        ("a\nb", {}, "a_b: no MIDI files"),
        ("C:\\x", {}, "x: no MIDI files"),
        ("", {}, "name: not the name of a folder"),
        ("a/..", {}, "name: not the name of a folder"),
        (3, {}, "name: not a short text"),
        ("x" * 201, {}, "name: not a short text"),
    ],
)
def test_a_folder_without_music_is_refused_in_one_line(
    client: TestClient, name: Any, files: dict[str, bytes], line: str
) -> None:
    assert error_of(client.post("/api/folders", json=body_of(name, files)), 422).startswith(line)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"files": {}}, "name: not a short text"),
        ({"name": "x"}, "files: not an object of paths"),
        ({"name": "x", "files": ["a.mid"]}, "files: not an object of paths"),
        ({"name": "x", "files": {"a.mid": "?"}}, "a.mid: what it holds is not in base64"),
        ({"name": "x", "files": {"a.mid": None}}, "a.mid: what it holds is not in base64"),
        ({"name": "x", "files": {"a.mid": [1]}}, "a.mid: what it holds is not in base64"),
        ({"name": "x", "files": {"a\ud800\0.mid": "é"}}, "a__.mid: what it holds is not in base64"),
        ({"name": "x", "files": {}, "path": "/etc"}, "there is no field 'path'; there are name, files"),
    ],
)
def test_what_is_wrong_with_an_upload_is_said_in_one_line(client: TestClient, fields: Any, line: str) -> None:
    headers = {"content-type": "application/json"}
    assert error_of(client.post("/api/folders", content=json.dumps(fields), headers=headers), 422).startswith(line)


def test_folders_have_limits(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MAX_FOLDER_FILES", 2)
    many = body_of("bossa", {f"{number}.mid": tune(0) for number in range(3)})
    line = error_of(client.post("/api/folders", json=many), 422)
    assert line == "bossa: 3 MIDI files; at most 2 of a folder can be read"
    monkeypatch.setattr(parsing, "MAX_BYTES", 2**20)
    large = body_of("bossa", {"a.mid": b"x" * 2**20, "b.mid": b"x"})
    line = error_of(client.post("/api/folders", json=large), 422)
    assert line == "bossa: 1.0 MiB of MIDI files; at most 1 MiB of a folder can be read"
    monkeypatch.setattr(safety, "MAX_BYTES", 2**18)
    assert "longer than" in error_of(client.post("/api/folders", json=large), 413)


def test_odd_names_are_read_and_never_opened(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reading, "load_genre", lambda *_, **__: pytest.fail("a folder was opened"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROOVEVAE_CACHE", str(tmp_path / "cache"))
    names = ["a\0b.mid", "C:\\x.mid", "ü\ud83d.mid", "n" * 300 + ".mid", "d/" * 200 + "x.mid", "x/./y//z.mid"]
    files = {name: b64encode(tune(number)).decode() for number, name in enumerate([*names, "../out.mid", "/abs.mid"])}
    body = json.dumps({"name": "$(x) 'q\" -f", "files": files})
    folder = client.post("/api/folders", content=body, headers={"content-type": "application/json"}).json()
    assert (folder["files"], folder["unused"]) == (len(names), [])
    [piece] = client.post("/api/pieces", json={**REQUEST, "targets": {folder["id"]: 1}}).json()["pieces"]
    assert folder["name"] == "$(x) 'q\" -f" and "folder-" not in json.dumps(piece)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_a_form_could_send_is_refused(client: TestClient) -> None:
    response = client.post("/api/folders", content=b"{}", headers={"content-type": "text/plain"})
    assert "content type" in error_of(response, 422)


@pytest.mark.parametrize(
    "word", ["folder-0123456789abcdef", "folder-0123456789abcdef/bossa/", "folder-/../..", "folder-"]
)
def test_a_folder_that_is_not_here_is_not_found(client: TestClient, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "load_genre", lambda *_, **__: pytest.fail("a word of a request was opened"))
    line = f"the folder {word[:40]} is no longer here; drop it once more"
    for fields in ({**REQUEST, "start": word}, {**REQUEST, "targets": {word: 1}}):
        assert error_of(client.post("/api/pieces", json=fields), 404) == line
    assert error_of(client.get("/api/folders/folder-1"), 404).startswith("the folder folder-1 is no longer here")


def test_a_folder_is_no_start_and_no_goal_of_bar_by_bar_methods(client: TestClient, bands: dict[str, bytes]) -> None:
    folder = upload_folder(client, "bossa", bands)["id"]
    line = error_of(client.post("/api/pieces", json={**REQUEST, "start": folder}), 422)
    assert line == "bossa is a folder; start from a genre or a MIDI file, and go to the folder"
    line = error_of(client.post("/api/pieces", json={**REQUEST, "targets": {folder: 1}, "method": "line"}), 422)
    assert line == "bossa/: method line goes from bar to bar, to a genre or a MIDI file, not a folder"
    fields = {**REQUEST, "together": [folder]}
    assert "no longer here" in error_of(client.post("/api/pieces", json=fields), 404)


def test_folders_make_room_for_newer_ones(groove: Groove, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_FOLDERS", 2)
    uploads = Uploads()
    made = Takes(groove, uploads)
    added = [made.add_folder(json.dumps(body_of("x", {"a.mid": tune(seed)})).encode()).id for seed in range(3)]
    assert [uploads.folders.find(one) is not None for one in added] == [False, True, True]
    uploads.close()
    assert uploads.folders.find(added[2]) is None


def test_a_folder_that_nobody_waits_for_is_given_up(groove: Groove, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takes, "genre_of_songs", lambda *_: pytest.fail("it was not given up"))
    body = json.dumps(body_of("x", {"a.mid": tune(0)})).encode()
    with pytest.raises(StoppedError):
        Takes(groove, Uploads()).add_folder(body, is_stopped=lambda: True)


def test_a_file_that_kills_its_reader_kills_nothing_else(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "load_packed_data", corpus_workers.act_on_bytes)
    folder = upload_folder(client, "bossa", {"a.mid": tune(5), "crash.mid": tune(6), "z.mid": tune(7)})
    assert folder["files"] == 2
    assert [one["path"] for one in folder["unused"]] == ["crash.mid"]
    assert folder["unused"][0]["reason"].startswith("the parser crashed on it")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("bossa", "bossa"),
        ("/home/me/bossa/", "bossa"),
        ("C:\\me\\bossa", "bossa"),
        ("..", ""),
        (".", ""),
        ("a\u2028", "a_"),
    ],
)
def test_names_of_folders_are_plain(given: str, name: str) -> None:
    assert plain_folder_name(given) == name
