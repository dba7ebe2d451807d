"""A small version of scripts/check_files.py, and that it finds what is wrong."""

import io
import itertools
from collections.abc import Callable
from dataclasses import replace

import mido
import pytest

from check_files import faults, is_alone, random_pieces
from groovevae import Groove, Piece
from random_requests import METRES, Request


@pytest.fixture(scope="module")
def pieces(groove: Groove, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Request, Piece]]:
    folder = tmp_path_factory.mktemp("starts")
    return list(itertools.islice(random_pieces(groove, seed=0, folder=folder), 120))


def test_random_files_are_read_alike_everywhere(pieces: list[tuple[str, Request, Piece]]) -> None:
    for _, request, piece in pieces:
        assert faults(piece, is_alone=is_alone(request)) == [], request
    assert len({kind for kind, *_ in pieces}) == 6
    assert {tuple(metre) for *_, piece in pieces for metre in piece.song.bars.metre.tolist()} == set(METRES)


def hanging(track: mido.MidiTrack) -> None:
    track.remove(next(message for message in reversed(track) if message.type == "note_off"))


def doubled(track: mido.MidiTrack) -> None:
    at = next(number for number, message in enumerate(track) if message.type == "note_on")
    track.insert(at, track[at])


def elsewhere(track: mido.MidiTrack) -> None:
    for number, message in enumerate(track):
        if message.type in ("note_on", "note_off"):
            track[number] = message.copy(channel=3 if message.channel == 9 else 9)


def longer(track: mido.MidiTrack) -> None:
    track[-1] = track[-1].copy(time=track[-1].time + 1)


def other_pitch(track: mido.MidiTrack) -> None:
    for number, message in enumerate(track):
        if message.type in ("note_on", "note_off"):
            track[number] = message.copy(note=message.note ^ 1)


@pytest.mark.parametrize("spoil", [hanging, doubled, elsewhere, longer, other_pitch])
def test_what_is_wrong_is_found(
    pieces: list[tuple[str, Request, Piece]], spoil: Callable[[mido.MidiTrack], None]
) -> None:
    piece = next(piece for *_, piece in pieces if any(piece.song.bars.plays))
    file = mido.MidiFile(file=io.BytesIO(piece.midi))
    spoil(file.tracks[1])
    buffer = io.BytesIO()
    file.save(file=buffer)
    assert faults(replace(piece, midi=buffer.getvalue()))
