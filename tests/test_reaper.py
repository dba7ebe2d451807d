"""The REAPER script blends a MIDI item through the studio's API: tried with a plain Lua in which REAPER is stubbed."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra: python -m pip install '.[studio]'")

from studio_browser import Server, served

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "extras" / "reaper" / "groove_blend.lua"
LUA = next(filter(None, map(shutil.which, ("lua5.4", "lua5.3", "lua"))), "")  # REAPER's own is 5.4

pytestmark = [
    pytest.mark.skipif(not LUA or not shutil.which("curl"), reason="needs Lua 5.3 or later, and curl"),
    pytest.mark.skipif(not SCRIPT.is_file(), reason="the script does not come with the package"),
]


@pytest.fixture(scope="module")
def server(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tiny.path, tmp_path_factory.mktemp("kept")) as server:
        yield server


def run(answer: str, address: str) -> list[list[str]]:
    """Run the script with this answer to its dialog; what it did, line by line."""
    command = [LUA, str(ROOT / "tests" / "reaper_stub.lua"), str(SCRIPT), answer, address.rstrip("/")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_at_no_distance_the_item_stays_as_it_was(server: Server) -> None:
    lines = run("rock,0,0", server.address)
    assert lines[0][0] == "undo" and lines[0][1].startswith("Blend with groove: item.mid (taken for ")
    pitches = [36] * 4 + [43] * 4 + [41] * 4 + [43] * 4
    expected = [["note", "Bass", f"{4.0 + beat}", "0", str(pitch), "100"] for beat, pitch in enumerate(pitches)]
    assert lines[1:] == expected


def test_other_roles_come_in_on_tracks_of_their_own(server: Server) -> None:
    found = {}
    for seed in range(4):
        for line in run(f"rock,1,{seed}", server.address)[1:]:
            found.setdefault(line[1], []).append(float(line[2]))
    assert set(found) - {"Bass"} <= {"groove drums", "groove chords", "groove lead"}
    assert len(found) > 1
    assert all(3.5 <= onset < 20 for onsets in found.values() for onset in onsets)  # the item: quarter notes 4 to 20


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("rocc,0.5,0", "no genre 'rocc' in this model; did you mean rock?"),
        ("/etc/passwd,0.5,0", "no genre '/etc/passwd' in this model; it has classical, jazz, rock"),
        ('a"b\\,0.5,0', "no genre 'a\"b\\\\' in this model; it has classical, jazz, rock"),
        ("rock,much,0", "write a genre, an amount like 0.5, and a seed like 0"),
    ],
)
def test_what_is_wrong_is_shown_and_nothing_changed(server: Server, answer: str, line: str) -> None:
    shown, *notes = run(answer, server.address)
    assert shown == ["box", line]
    assert len(notes) == 16


def test_a_studio_that_is_not_there_is_named() -> None:
    shown, *notes = run("rock,0.5,0", "http://127.0.0.1:9")
    assert shown == ["box", "the studio does not answer at http://127.0.0.1:9; start it with: groove studio"]
    assert len(notes) == 16
