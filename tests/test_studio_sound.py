"""What the studio plays: loops, stretches of them, roles apart. `audio` makes the sound itself."""

import io
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra: python -m pip install '.[studio]'")

import mido
import numpy as np
from starlette.testclient import TestClient
from studio_client import REQUEST, client_of, error_of, sounding, wav_frames, wav_samples

from groovevae import Groove
from groovevae.audio import encode
from groovevae.midi.events import read_events, write_events
from groovevae.midi.reading import midi_to_score
from groovevae.midi.score import NOTE_DTYPE, Score, Track
from groovevae.midi.writing import score_to_midi
from groovevae.studio.parting import parted
from groovevae.studio.sound import Player, role_files
from groovevae.studio.stretches import stretch
from groovevae.studio.takes import Takes
from groovevae.studio.uploads import Uploads

WAV = encode(np.array([[0.5, -0.5]]))


@pytest.fixture(scope="module")
def piece(client: TestClient) -> dict[str, Any]:
    return sounding(client)


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
    for asked in ({}, {"from": 6, "quarters": 4}):
        params = {"from": 0, "quarters": 8} | asked
        loops = [client.get(f"{base}/loops/{role}.wav", params=params).content for role in piece["roles"]]
        assert client.get(f"{base}/loops.pcm", params=asked).content == b"".join(map(wav_samples, loops))
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
