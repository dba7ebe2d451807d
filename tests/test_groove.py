import io
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
from corpus_files import band_tune

from groovevae import BlendRequest, Groove, read_song
from groovevae.cli.common import free_path
from groovevae.errors import MidiError, RequestError
from groovevae.generation.sources import Sources
from midi_readers import same_notes_everywhere

REQUEST = BlendRequest("classical", {"rock": 1.0}, temperature=1.0)  # the tiny model is silent at its likeliest


@pytest.fixture
def song_path(tmp_path: Path) -> Path:
    """A rock tune of 8 bars."""
    path = tmp_path / "my song.mid"
    path.write_bytes(band_tune("rock", 99, num_bars=8))
    return path


@pytest.mark.parametrize(
    ("words", "start", "targets", "amount"),
    [
        (["classical", "rock"], "classical", {"rock": 1.0}, 0.5),
        (["a/song.MID", "rock"], "a/song.MID", {"rock": 1.0}, 0.5),
        (["x=1.mid", "rock"], "x=1.mid", {"rock": 1.0}, 0.5),
        (["classical=0.5", "rock=0.3", "jazz=0.2"], "classical", {"classical": 0.5, "rock": 0.3, "jazz": 0.2}, 1.0),
        (["jazz=1", "rock=2", "folk=2"], "rock", {"jazz": 1.0, "rock": 2.0, "folk": 2.0}, 1.0),
        (["classical", "rock=0.7", "jazz=0.3"], "classical", {"rock": 0.7, "jazz": 0.3}, 0.5),
        (["rock=1"], "rock", {"rock": 1.0}, 1.0),
        (["rock", "a/song.mid"], "rock", {"a/song.mid": 1.0}, 0.5),
        (["a.mid", "x=1.mid"], "a.mid", {"x=1.mid": 1.0}, 0.5),
        (["a.mid", "b.mid=1", "folder/in=2/=3"], "a.mid", {"b.mid": 1.0, "folder/in=2/": 3.0}, 0.5),
        (["a.mid", "folder/"], "a.mid", {"folder/": 1.0}, 0.5),
        (["a.mid", "in=2/folder"], "a.mid", {"in=2/folder": 1.0}, 0.5),
    ],
)
def test_requests_from_words(words: list[str], start: str, targets: dict[str, float], amount: float) -> None:
    assert BlendRequest.from_words(words) == BlendRequest(start, targets, amount=amount)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no genre to blend towards"),
        (["classical"], "no genre to blend towards"),
        (["classical", "rock", "jazz"], "write GENRE=NUMBER"),
        (["classical=1", "rock"], "write GENRE=NUMBER"),
        (["rock=loud"], "write GENRE=NUMBER"),
        (["rock", "song.mid", "b.mid"], "write GENRE=NUMBER"),
    ],
)
def test_words_that_are_no_request(words: list[str], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        BlendRequest.from_words(words)


@pytest.mark.parametrize(
    ("words", "options", "stem"),
    [
        (["classical", "rock"], {}, "classical-rock-0.5"),
        (["classical", "rock"], {"amount": 1.0}, "classical-rock-1"),
        (["in/my song.mid", "rock"], {}, "my_song-rock-0.5"),
        (["classical=0.5", "rock=0.3", "jazz=0.2"], {}, "classical0.5-rock0.3-jazz0.2"),
        (["classical", "rock=0.7", "jazz=0.3"], {}, "classical-rock0.7-jazz0.3-0.5"),
        (["../../x", "../r:c*k/"], {}, "x-r_c_k-0.5"),
        (["Músíc ünd.mid", "\udcff"], {}, "Músíc_ünd-_-0.5"),
        (["...", "rock"], {}, "_-rock-0.5"),
        (["classical", "a/my folder/"], {"amount": (0.0, 1.0)}, "classical-my_folder-0_to_1"),
        (
            ["classical", "rock"],
            {"roles": {"drums": 1.0, "lead": (0.0, 1)}},
            "classical-rock-0.5-drums1-lead0_to_1",
        ),
        (["a.mid", "b.mid"], {"vectors": {"density": 1.0, "x/my.safetensors": -0.5}}, "a-b-0.5-density1-my_0.5"),
    ],
)
def test_file_names(words: list[str], options: dict, stem: str) -> None:
    assert replace(BlendRequest.from_words(words), **options).stem == stem


def test_file_names_are_short_enough_for_every_file_system() -> None:
    assert len(BlendRequest("é" * 300, {"rock": 1.0}).stem.encode()) <= 150


def test_the_same_request_gives_the_same_bytes(groove: Groove) -> None:
    first, second = (groove.blend(replace(REQUEST, count=2)) for _ in range(2))
    assert [blended.midi for blended in first] == [blended.midi for blended in second]
    assert first[0].midi != first[1].midi


def test_one_of_many_is_the_same_as_that_one_alone(groove: Groove) -> None:
    many = groove.blend(replace(REQUEST, count=3, seed=5))
    assert [blended.seed for blended in many] == [5, 6, 7]
    for blended in many:
        assert groove.blend(replace(REQUEST, seed=blended.seed))[0].midi == blended.midi


def test_several_requests_together_are_the_same_as_each_alone(groove: Groove, song_path: Path) -> None:
    of_file = BlendRequest(str(song_path), {"jazz": 1.0}, temperature=1.0, count=2)
    kept, mean = replace(REQUEST, keep=("lead",), bars=3), replace(REQUEST, method="mean")
    requests = [replace(REQUEST, count=2), kept, mean, of_file, replace(REQUEST, targets={"classical": 1.0})]
    together = groove.blend_all(requests)
    alone = [piece for request in requests for piece in groove.blend(request)]
    assert [(one.name, one.midi) for one in together] == [(one.name, one.midi) for one in alone]


def test_what_sources_remember_changes_no_byte(groove: Groove, song_path: Path) -> None:
    sources = Sources(groove.model, groove.network)
    near, far = {"rock": 1.0}, {"rock": 0.5, "jazz": 0.5}
    for start in ("classical", str(song_path)):
        for targets, amount in ((near, 0.3), (far, 0.3), (far, 0.8), (near, 0.3)):
            request = BlendRequest(start, targets, amount=amount, bars=3, temperature=1.0)
            [made], [alone] = groove.blend_all([request], sources=sources), groove.blend(request)
            assert made.midi == alone.midi


def test_seeds_start_from_different_phrases(groove: Groove) -> None:
    names = {blended.description for blended in groove.blend(replace(REQUEST, count=7))}
    assert len(names) == len(groove.model.genres["classical"].phrases) == 7


def test_capitals_and_scaled_weights_are_the_same_request(groove: Groove) -> None:
    def notes(request: BlendRequest) -> list:
        return pretty_midi.PrettyMIDI(io.BytesIO(groove.blend(request)[0].midi)).instruments[0].notes

    one = notes(replace(REQUEST, targets={"rock": 0.25, "jazz": 0.75}))
    other = notes(replace(REQUEST, start="Classical", targets={"Rock": 1.0, "JAZZ": 3.0}))
    assert [str(note) for note in one] == [str(note) for note in other]


def test_what_comes_out(groove: Groove) -> None:
    """Type 1, tempo and metre and key at the start, named tracks, drums on channel 10, an end on the bar line."""
    for blended in groove.blend(replace(REQUEST, count=3)):
        file = mido.MidiFile(file=io.BytesIO(blended.midi))
        assert file.type == 1
        assert file.ticks_per_beat >= 480
        first = {message.type for message in file.tracks[0] if message.time == 0}
        assert {"text", "set_tempo", "time_signature", "key_signature"} <= first
        assert {sum(message.time for message in track) for track in file.tracks} == {8 * 4 * file.ticks_per_beat}
        assert [track.name for track in file.tracks[1:]] == ["Drums", "Bass", "Chords", "Lead"]
        channels = [{m.channel for m in track if m.type == "note_on"} for track in file.tracks[1:]]
        assert channels[0] == {9}
        assert 9 not in set.union(*channels[1:])


def test_every_note_ends_and_none_overlaps(groove: Groove) -> None:
    for track in mido.MidiFile(file=io.BytesIO(groove.blend(REQUEST)[0].midi)).tracks[1:]:
        sounding: dict[int, int] = {}
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on":
                assert message.velocity > 0
                assert message.note not in sounding
                sounding[message.note] = tick
            elif message.type == "note_off":
                assert tick > sounding.pop(message.note)
        assert not sounding


def test_it_reads_back_the_same_everywhere(groove: Groove) -> None:
    data = groove.blend(replace(REQUEST, amount=1.0))[0].midi
    assert same_notes_everywhere(data).total() > 100


def text_of(data: bytes) -> str:
    file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
    return next(message.text for message in file.tracks[0] if message.type == "text")


def test_the_text_says_how_to_make_it_again(tiny, groove: Groove, song_path: Path) -> None:
    text = text_of(groove.blend(replace(REQUEST, seed=3))[0].midi)
    assert ", 0.5 of the way to rock; plays drums, " in text
    options = f"--amount 0.5 --seed 3 --temperature 1 --model {tiny.path}"
    assert text.endswith(f"groove blend classical rock {options}")
    plain = text_of(groove.blend(replace(REQUEST, seed=3, method="mean"))[0].midi)
    assert " + 0.5 x (rock - classical); plays " in plain
    assert plain.endswith(
        f"groove blend classical rock --amount 0.5 --method mean --seed 3 --temperature 1 --model {tiny.path}"
    )
    weighted = BlendRequest.from_words(["classical=2", "rock=1"])
    assert "groove blend classical classical=2 rock=1 --amount 1 " in text_of(groove.blend(weighted)[0].midi)
    assert f"groove blend '{song_path}' jazz --amount 0.5" in text_of(
        groove.blend(BlendRequest(str(song_path), {"jazz": 1.0}))[0].midi
    )


def test_amount_0_keeps_key_metre_tempo_and_instruments(groove: Groove, tmp_path: Path) -> None:
    pm = pretty_midi.PrettyMIDI(io.BytesIO(band_tune("rock", 5, num_bars=8)))
    for track in pm.instruments:
        for note in track.notes:
            note.pitch += 0 if track.is_drum else 3
    pm.write(str(tmp_path / "in e flat.mid"))
    path = str(tmp_path / "in e flat.mid")
    song = read_song(path)
    assert song.transpose == -3
    [blended] = groove.blend(BlendRequest(path, {"jazz": 1.0}, amount=0.0, temperature=1.0))
    assert (blended.song.bars.metre == song.bars.metre).all()
    np.testing.assert_allclose(blended.song.bars.tempo, song.bars.tempo, rtol=1e-6)
    assert (blended.song.transpose, blended.song.is_minor) == (song.transpose, song.is_minor)
    assert (blended.song.programs, blended.song.kit) == (song.programs, song.kit)


def test_the_full_amount_takes_tempo_and_instruments_of_the_target(groove: Groove) -> None:
    [blended] = groove.blend(replace(REQUEST, start="rock", targets={"jazz": 1.0}, amount=1.0))
    jazz = groove.model.genres["jazz"]
    np.testing.assert_allclose(blended.song.bars.tempo, jazz.tempo, rtol=1e-5)
    assert blended.song.programs == tuple(role[0][0] for role in jazz.programs)


@pytest.mark.parametrize(
    ("start", "bars", "expected"), [("rock", None, 8), ("rock", 3, 3), ("rock", 20, 20), (None, None, 8)]
)
def test_how_many_bars(groove: Groove, song_path: Path, start: str | None, bars: int | None, expected: int) -> None:
    request = BlendRequest(start or str(song_path), {"jazz": 1.0}, bars=bars)
    assert len(groove.blend(request)[0].song.bars) == expected


def test_bars_of_a_file_begin_where_it_sounds_and_repeat(groove: Groove, tmp_path: Path) -> None:
    """A file of two silent bars and two that sound, of which 1 and 5 are asked for."""
    pm = pretty_midi.PrettyMIDI(io.BytesIO(band_tune("rock", 1, num_bars=2)))
    for track in pm.instruments:
        for note in track.notes:
            note.start, note.end = note.start + 4.0, note.end + 4.0  # two bars of 4/4 at 120
    path = tmp_path / "late.mid"
    pm.write(str(path))
    bars = read_song(path).bars
    assert bars.has_notes.tolist()[:4] == [False, False, True, True]
    request = BlendRequest(str(path), {"jazz": 1.0}, amount=0.0)
    assert len(groove.blend(request)[0].song.bars) == len(bars)
    [start] = Sources(groove.model, groove.network).starts_of([replace(request, bars=5)])
    assert (start.bars.bass == bars.bass[2:][np.arange(5) % (len(bars) - 2)]).all()


@pytest.mark.parametrize("target", ["rock", "jazz", "classical"])
def test_a_file_is_never_taken_for_what_it_goes_to(groove: Groove, song_path: Path, target: str) -> None:
    [blended] = groove.blend(BlendRequest(str(song_path), {target: 1.0}))
    assert "(taken for " in blended.description
    assert f"(taken for {target})" not in blended.description


def test_a_file_on_its_way_to_all_genres_is_taken_for_one_of_them(groove: Groove, song_path: Path) -> None:
    [blended] = groove.blend(BlendRequest(str(song_path), dict.fromkeys(groove.model.genres, 1.0)))
    assert "(taken for " in blended.description


def test_a_very_long_file_is_cut_and_says_so(groove: Groove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groovevae.generation.sources.MAX_BARS", 4)
    path = tmp_path / "long.mid"
    path.write_bytes(band_tune("rock", 1, num_bars=8))
    [blended] = groove.blend(BlendRequest(str(path), {"jazz": 1.0}))
    assert len(blended.song.bars) == 4
    assert "long.mid (the first 4 of 8 bars, taken for " in blended.description


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "clasical"}, "did you mean classical"),
        ({"targets": {"rok": 1.0}}, "did you mean rock"),
        ({"targets": {}}, "no genre to blend towards"),
        ({"targets": {"rock": 0.0}}, "all weights are 0"),
        ({"targets": {"rock": 0.5, "Rock": 0.5}}, "a genre is named twice among rock, Rock"),
        ({"amount": -1.0}, "amount -1 is outside 0 to 4"),
        ({"amount": float("nan")}, "amount nan is outside 0 to 4"),
        ({"count": 0}, "count 0 is outside 1 to"),
        ({"count": 10**9}, "count 1000000000 is outside 1 to"),
        ({"bars": 0}, "bars 0 is outside 1 to"),
        ({"bars": 10**6}, "bars 1000000 is outside 1 to"),
        ({"seed": -1}, "seed -1 is outside 0 to"),
        ({"method": "magic"}, "no method 'magic'; there are arranged, calibrated, transport, mean, line and sphere"),
        ({"method": " "}, "no method ' '; there are"),
        ({"temperature": float("nan")}, "temperature nan is outside 0 to"),
        ({"temperature": 99.0}, "temperature 99 is outside 0 to"),
    ],
)
def test_requests_that_do_not_fit(groove: Groove, changes: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        groove.blend(replace(REQUEST, **changes))


def test_starts_that_cannot_be_read(groove: Groove, tmp_path: Path) -> None:
    with pytest.raises(MidiError, match=r"none\.mid: No such file"):
        groove.blend(BlendRequest(str(tmp_path / "none.mid"), {"rock": 1.0}))


def test_files_of_other_pieces_are_not_written_over(groove: Groove, tmp_path: Path) -> None:
    blends = [replace(piece, name=f"x-{piece.seed}") for piece in groove.blend(replace(REQUEST, count=2))]

    def names() -> list[str]:
        return [free_path(piece, tmp_path).name for piece in blends]

    assert names() == ["x-0.mid", "x-1.mid"]
    (tmp_path / "x-0.mid").write_bytes(blends[0].midi)
    assert names() == ["x-0.mid", "x-1.mid"]
    (tmp_path / "x-0.mid").write_bytes(b"another")
    (tmp_path / "x-0-2.mid").mkdir()
    assert names() == ["x-0-3.mid", "x-1.mid"]
