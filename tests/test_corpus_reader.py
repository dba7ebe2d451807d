import os
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import corpus_workers
import numpy as np
import pytest
from corpus_files import make_corpus, tune

from groovevae.bars import Song
from groovevae.bars.grid import score_to_song
from groovevae.corpus import read_song, read_songs
from groovevae.corpus.pack import head_of, is_whole, pack_song, unpack_song
from groovevae.corpus.worker_pool import Limits, map_isolated, map_numbered
from groovevae.errors import CorpusError, GrooveError, MidiError
from groovevae.midi.reading import midi_to_score

LIMITS = Limits(timeout_seconds=1.0, memory_bytes=2**29)


def results_of(names: list[str], *, jobs: int, function=corpus_workers.act) -> dict[str, bytes | str]:
    paths = [Path(name) for name in names]
    answers = list(map_isolated(function, paths, jobs=jobs, limits=LIMITS))
    assert sorted(index for index, _ in answers) == list(range(len(names)))  # each once
    return {names[index]: result for index, result in answers}


def same_song(one: Song, other: Song) -> bool:
    arrays = (
        np.array_equal(value, getattr(other.bars, name)) and value.dtype == getattr(other.bars, name).dtype
        for name, value in vars(one.bars).items()
    )
    rest = ({**vars(song), "bars": None} for song in (one, other))
    return all(arrays) and next(rest) == next(rest)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("refuse", "no notes"),
        ("crash", "the parser crashed on it"),
        ("segfault", "the parser crashed on it"),
        ("fault", "groovevae failed on it (KeyError: 'oops')"),
        ("hang", "took longer than 1 s"),
        pytest.param(
            "hoard",
            "needs more than 0.5 GiB of memory",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only"),
        ),
    ],
)
def test_only_the_guilty_file_is_lost(name: str, reason: str) -> None:
    names = [f"good-{index}" for index in range(8)]
    names[3:3] = [name]
    results = results_of(names, jobs=1)
    assert results.pop(name) == reason
    assert results == {name: name.encode() for name in results}


def test_many_bad_files_among_many_workers() -> None:
    names = [f"{'crash' if index % 5 == 0 else 'refuse' if index % 7 == 0 else 'good'}-{index}" for index in range(20)]
    results = results_of(names, jobs=2)
    expected = {"crash": "the parser crashed on it", "refuse": "no notes"}
    assert results == {name: expected.get(name.split("-")[0], name.encode()) for name in names}


def test_noise_big_answers_and_odd_names_pass() -> None:
    names = ["print", "big", "big-2", "月 ñ.mid", os.fsdecode(b"caf\xe9"), "line\nbreak"]
    results = results_of(names, jobs=1)
    assert len(results["big"]) == 2**20
    assert [results[name] for name in names if not name.startswith("big")] == [
        name.encode("utf-8", "surrogateescape") for name in names if not name.startswith("big")
    ]


def test_tasks_that_are_slow_to_come_are_no_slow_files() -> None:
    def tasks() -> Iterator[tuple[int, Path]]:
        yield from ((0, Path("one")), (1, Path("two")))
        time.sleep(1.5)
        yield 2, Path("three")

    answers = map_numbered(corpus_workers.act, tasks(), count=3, jobs=1, limits=Limits(timeout_seconds=1))
    assert list(answers) == [(0, b"one"), (1, b"two"), (2, b"three")]


def test_what_goes_wrong_with_the_tasks_is_raised() -> None:
    def tasks() -> Iterator[tuple[int, Path]]:
        yield 0, Path("one")
        raise CorpusError("the archive ends")

    with pytest.raises(CorpusError, match="the archive ends"):
        list(map_numbered(corpus_workers.act, tasks(), count=3, jobs=2, limits=LIMITS))


def test_no_paths_need_no_worker() -> None:
    assert results_of([], jobs=2) == {}


def test_closing_early_kills_the_workers() -> None:
    answers = map_isolated(corpus_workers.act, [Path("good"), Path("hang")], jobs=1, limits=Limits(timeout_seconds=60))
    assert next(answers) == (0, b"good")
    start = time.monotonic()
    answers.close()
    assert time.monotonic() - start < 5


def test_a_worker_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_workers.act, "__module__", "no_such_module")
    with pytest.raises(GrooveError, match="does not start"):
        results_of(["good"], jobs=1)


def test_workers_load_no_jax() -> None:
    loaded = results_of(["good"], jobs=1, function=corpus_workers.names_of_modules)["good"].decode().split()
    assert "numpy" in loaded
    assert not {"jax", "flax", "pytest", "corpus_files"} & set(loaded)


def test_a_script_without_a_guard_runs_once(tmp_path: Path, run_python) -> None:
    corpus = make_corpus(tmp_path / "corpus", "rock/a.mid", "rock/b.mid")
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
            import sys
            sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
            from groovevae.corpus import load_corpus, read_song
            print("started")
            print(len(load_corpus({str(corpus)!r}).songs), len(read_song({str(corpus / "rock/a.mid")!r}).bars))
        """)
    )
    assert run_python(str(script)).stdout == "started\n2 2\n"


def test_songs_come_out_as_they_are_read_in_this_process(tmp_path: Path) -> None:
    make_corpus(tmp_path, "a.mid", "b.mid")
    (tmp_path / "c.mid").write_bytes(b"MThd but no more")
    paths = [tmp_path / name for name in ("a.mid", "b.mid", "c.mid", "gone.mid")]
    results = dict(read_songs(paths))
    for index in range(2):
        assert same_song(results[index], score_to_song(midi_to_score(tune(index))))
    assert results[2].startswith("damaged MIDI file")
    assert results[3] == "No such file or directory"


def test_one_song(tmp_path: Path) -> None:
    path = make_corpus(tmp_path, "a.mid") / "a.mid"
    assert same_song(read_song(path), score_to_song(midi_to_score(tune(0))))
    path.write_bytes(b"")
    with pytest.raises(MidiError, match=r"a\.mid: empty file") as error:
        read_song(path)
    assert error.value.reason == "empty file"


def test_a_file_that_is_not_there_is_asked_for_by_the_nearest_name(tmp_path: Path) -> None:
    make_corpus(tmp_path, "melody.mid", "drums.kar")
    for name, hint in {
        "meldoy.mid": f"; did you mean {tmp_path / 'melody.mid'}?",
        "drums.mid": f"; did you mean {tmp_path / 'drums.kar'}?",
        "song.mid": "",
        "nowhere/melody.mid": "",
    }.items():
        with pytest.raises(MidiError) as error:
            read_song(tmp_path / name)
        assert error.value.reason == f"No such file or directory{hint}"


def test_packing_keeps_everything() -> None:
    song = score_to_song(midi_to_score(tune(0)))
    rng = np.random.default_rng(0)
    noise = {
        name: rng.integers(0, 120, value.shape).astype(value.dtype) if name != "tempo" else value
        for name, value in vars(song.bars).items()
    }
    full = Song(type(song.bars)(**noise), transpose=np.int64(3), lost={"lead": {"no voice": np.int64(2)}})
    for one in (song, full, Song(type(song.bars).empty(0))):
        packed = pack_song(one)
        assert is_whole(packed)
        assert same_song(unpack_song(packed), one)
    head, other_bars, other_key = (
        head_of(pack_song(one)) for one in (song, full, Song(song.bars, is_minor=not song.is_minor))
    )
    assert head.bars_digest != other_bars.bars_digest
    assert head.bars_digest == other_key.bars_digest
    assert head.song_digest != other_key.song_digest
    unpack_song(pack_song(song)).bars.drums[:] = 1  # writable


@pytest.mark.parametrize("position", [0, 5, 40, -1])
def test_damage_is_noticed(position: int) -> None:
    packed = bytearray(pack_song(score_to_song(midi_to_score(tune(0)))))
    packed[position] ^= 1
    assert not is_whole(bytes(packed))
    assert not is_whole(b"")
