"""The package's own names: what the README shows, and that they are there."""

import io
from pathlib import Path

import mido
import pretty_midi
import pytest
from corpus_files import band_tune

import groovevae
from groovevae import _MODULES


def test_every_public_name_is_there() -> None:
    assert set(groovevae.__all__) == {"__version__", *(name for names in _MODULES.values() for name in names)}
    for name in groovevae.__all__:
        assert getattr(groovevae, name) is not None
        assert name in dir(groovevae)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = groovevae.nothing


def test_the_latent_space_in_a_few_lines(groove: groovevae.Groove, tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    path.write_bytes(band_tune("rock", 0, num_bars=8))

    song = groovevae.read_song(path)
    z = groove.encode(song.bars)
    rock, classical = groove.genre_vectors["rock"], groove.genre_vectors["classical"]
    bars = groove.decode(groovevae.genre_arithmetic(z, classical, rock, 0.5), like=song.bars)

    assert z.shape == (8, 8)
    assert rock.shape == (8,)
    assert (groove.posterior(song.bars).mean == z).all()
    assert groove.posterior(song.bars).logvar.shape == (8, 8)
    assert len(bars) == 8
    assert bars.tempo.tolist() == song.bars.tempo.tolist()


def test_pretty_midi_in_and_out() -> None:
    pm = pretty_midi.PrettyMIDI(io.BytesIO(band_tune("rock", 0, num_bars=4)))
    song = groovevae.pretty_midi_to_song(pm)
    assert len(song.bars) == 4
    back = groovevae.song_to_pretty_midi(song)
    assert [(i.is_drum, len(i.notes)) for i in back.instruments] == [(i.is_drum, len(i.notes)) for i in pm.instruments]
    assert back.get_end_time() <= pm.get_end_time() + 1e-6


def test_a_song_to_the_bytes_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    path.write_bytes(band_tune("rock", 0, num_bars=4))
    song = groovevae.read_song(path)
    data = groovevae.song_to_midi(song)
    assert data == groovevae.song_to_midi(song)
    path.write_bytes(data)
    again = groovevae.read_song(path)
    for name in vars(song.bars):
        assert (getattr(again.bars, name) == getattr(song.bars, name)).all(), name
    assert (again.programs, again.kit, again.transpose) == (song.programs, song.kit, song.transpose)
    file = mido.MidiFile(file=io.BytesIO(data))
    assert {sum(message.time for message in track) for track in file.tracks} == {4 * 4 * file.ticks_per_beat}
