"""`groove arrange`, `continue`, `infill` and `humanize`: what stays note for note, what is new, what goes wrong."""

import io
import re
import shlex
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from command_line import COMMANDS, Run, error_of, examples_of, midi_files, warnings_of
from corpus_files import band_tune
from midi_tracks import TICKS, beats, note, save_tracks, track
from scores import LEAD, score_of

from groovevae import Groove
from groovevae.bars import Bars
from groovevae.bars.choices import Choices
from groovevae.bars.constants import ROLES
from groovevae.corpus import read_song
from groovevae.errors import RequestError
from groovevae.generation.continuing import without_ending
from groovevae.generation.parsing import parse_bars
from groovevae.generation.song_requests import (
    ArrangeRequest,
    ContinueRequest,
    HumanizeRequest,
    InfillRequest,
)
from groovevae.midi.writing import score_to_midi
from groovevae.model.file import save_model

NAMES = ("arrange", "continue", "infill", "humanize")
EXAMPLES = [example for name in NAMES for example in examples_of(COMMANDS[name])]


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """A folder with a band's song of sixteen bars under several names, and a melody of four."""
    for name in ("song", "loop", "stiff"):
        (tmp_path / f"{name}.mid").write_bytes(band_tune("rock", 9, num_bars=16))
    tune = score_of({LEAD: [(float(beat), 1.0, 72 + beat % 5) for beat in range(16)]})
    (tmp_path / "melody.mid").write_bytes(score_to_midi(tune))
    return tmp_path


def onsets(bars: Bars, role: str) -> np.ndarray:
    grid = getattr(bars, role)
    return np.where(bars.onsets(role), 1 if role == "drums" else grid, 0)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_work(run: Run, songs: Path, example: str) -> None:
    before = set(midi_files(songs))
    added = ["--add", "bass"] if example.startswith("groove arrange") and "--add" not in example else []
    words = [*shlex.split(example.replace("soul", "jazz"))[1:], *added]
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert warnings_of(result) == []
    written = set(midi_files(songs)) - before
    assert len(written) == len(result.stdout.splitlines()) == (4 if "--count" in example else 1)


def test_the_command_in_each_file_makes_it_again(run: Run, songs: Path) -> None:
    for words in (
        ["arrange", "melody.mid", "rock=2", "jazz=1", "--seed", "3", "--tempo", "90", "--key", "D"],
        ["continue", "song.mid", "--bars", "4", "--alone", "--genre", "jazz", "--seed", "2"],
        ["infill", "song.mid", "--only-bars", "5..6", "--roles", "bass,chords", "--temperature", "1"],
        ["humanize", "stiff.mid", "--like", "jazz", "--amount", "0.5"],
    ):
        line = run(*words).stdout
        path = songs / line.split(": ")[0]
        made = path.read_bytes()
        texts = [m.text for m in mido.MidiFile(file=io.BytesIO(made)).tracks[0] if m.type == "text"]
        [command] = re.findall(r"groove (?:arrange|continue|infill|humanize) .*", texts[0])
        path.unlink()
        run(*shlex.split(command)[1:])
        assert path.read_bytes() == made, command


def test_arranging_keeps_what_is_there(groove: Groove, songs: Path) -> None:
    start = str(songs / "melody.mid")
    [piece] = groove.arrange(ArrangeRequest(start, {"rock": 1.0}))
    own = read_song(start)
    assert (onsets(piece.song.bars, "lead") == onsets(own.bars, "lead")).all()
    assert piece.song.transpose == own.transpose
    assert (piece.song.bars.tempo == own.bars.tempo).all()
    assert "with drums, bass, chords of rock" in piece.description
    first, second = groove.arrange(ArrangeRequest(start, {"rock": 1.0}, count=2, temperature=1.0))
    assert first.midi != second.midi


def test_arranging_writes_anew_what_is_asked_for(groove: Groove, songs: Path) -> None:
    start = str(songs / "song.mid")
    with pytest.raises(RequestError, match=r"plays all four roles already; name those .* add"):
        groove.arrange(ArrangeRequest(start, {"rock": 1.0}))
    [piece] = groove.arrange(ArrangeRequest(start, {"jazz": 1.0}, add=("bass",), temperature=1.0))
    own = read_song(start).bars
    for role in ROLES:
        is_same = (onsets(piece.song.bars, role) == onsets(own, role)).all()
        assert is_same == (role != "bass")


def test_a_song_goes_on_after_its_end(groove: Groove, songs: Path) -> None:
    start = str(songs / "song.mid")
    own = read_song(start).bars
    [whole] = groove.continue_song(ContinueRequest(start, bars=6, temperature=1.0))
    assert len(whole.song.bars) == len(own) + 6
    for role in ROLES:
        assert (onsets(whole.song.bars[: len(own)], role) == onsets(own, role)).all()
    [alone] = groove.continue_song(ContinueRequest(start, bars=6, temperature=1.0, alone=True))
    assert len(alone.song.bars) == 6
    for role in ROLES:
        assert (onsets(alone.song.bars, role) == onsets(whole.song.bars[-6:], role)).all()
    longer = groove.continue_song(ContinueRequest(start, bars=9, temperature=1.0, alone=True))[0].song.bars
    assert (onsets(longer[:6], "lead") == onsets(alone.song.bars, "lead")).all()


def test_infilling_touches_nothing_else(groove: Groove, songs: Path) -> None:
    start = str(songs / "song.mid")
    own = read_song(start).bars
    [piece] = groove.infill(InfillRequest(start, (5, 8), roles=("bass", "drums"), temperature=1.0))
    new, inside = piece.song.bars, np.isin(np.arange(16), range(4, 8))
    for role in ROLES:
        assert (onsets(new, role)[~inside] == onsets(own, role)[~inside]).all()
        is_same = (onsets(new, role)[inside] == onsets(own, role)[inside]).all()
        assert is_same == (role not in ("bass", "drums"))
    [piece] = groove.infill(InfillRequest(start, (16, 16), temperature=1.0))
    assert "new drums, bass, chords, lead in bar 16, like" in piece.description


def test_infilling_brings_parts_that_are_named(groove: Groove, songs: Path) -> None:
    """A melody alone gets a bass where one is asked for; without a word, it gets what plays around."""
    [piece] = groove.infill(InfillRequest(str(songs / "melody.mid"), (2, 3), roles=("bass",), temperature=1.0))
    assert piece.song.bars.role_plays[:, ROLES.index("bass")].tolist() == [False, True, True, False]
    [piece] = groove.infill(InfillRequest(str(songs / "melody.mid"), (2, 3), temperature=1.0))
    assert piece.song.bars.plays == (False, False, False, True)


def test_humanizing_changes_no_note(groove: Groove, songs: Path) -> None:
    start = str(songs / "stiff.mid")
    own = read_song(start).bars
    [felt] = groove.humanize(HumanizeRequest(start, like="jazz"))
    for role in ROLES:
        assert (onsets(felt.song.bars, role) == onsets(own, role)).all()
    assert (felt.song.bars.velocity != own.velocity).any()
    [still] = groove.humanize(HumanizeRequest(start, like="jazz", amount=0.0))
    assert (still.song.bars.velocity == own.velocity).all() and (still.song.bars.drums == own.drums).all()


def test_humanizing_ends_a_note_before_its_key_is_struck_again(run: Run, tmp_path: Path) -> None:
    """A synthesizer would take the end of the one for the end of the other."""
    hats = [row for at in range(64) for row in note(at * TICKS // 2, TICKS // 2, 42, channel=9)]
    tune = beats([60, 60, 62, 62, 60, 60, 60, 60] * 4, channel=0)
    save_tracks(tmp_path / "legato.mid", track("Hats", *hats), track("Tune", *tune))
    assert run("humanize", "legato.mid", "--like", "jazz", "--seed", "3", "--out", "felt").exit_code == 0
    [path] = (tmp_path / "felt").iterdir()
    file, moved = mido.MidiFile(path), 0
    for messages in file.tracks:
        tick, sounding = 0, set()
        for message in messages:
            tick += message.time
            if message.type == "note_on":
                assert message.note not in sounding
                sounding.add(message.note)
                moved += tick % (file.ticks_per_beat // 2) > 0
            elif message.type == "note_off":
                sounding.remove(message.note)
    assert moved > 20


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["arrange", "melody.mid"], "no genre to arrange in; name one, like groove arrange song.mid rock"),
        (["arrange", "song.mid", "rock"], "plays all four roles already; name those to write anew, like --add drums"),
        (["arrange", "melody.mid", "rock", "--add", "piano"], "no role 'piano'"),
        (["arrange", "melody.mid", "polka"], "polka"),
        (["arrange", "nothing.mid", "rock"], "nothing.mid"),
        (["continue", "rock"], "'rock' names no MIDI file"),
        (["continue", "song.mid", "--bars", "0"], "bars 0 is outside 1 to 1024"),
        (["continue", "song.mid", "--genre", "polka"], "polka"),
        (
            ["continue", "song.mid", "--genre", "loop.mid"],
            "'loop.mid' is a MIDI file, where a genre is wanted: one of",
        ),
        (["humanize", "song.mid", "--like", "loop.mid"], "'loop.mid' is a MIDI file, where a genre is wanted: one of"),
        (["infill", "song.mid", "--only-bars", "15..17"], "song.mid has 16 bars; bars 15 to 17 are not all among them"),
        (["infill", "song.mid", "--only-bars", "8..5"], "bars 8..5 end before they begin; write 5..8"),
        (["infill", "song.mid", "--only-bars", "0..3"], "bars 0..3 begin before the first one, which is bar 1"),
        (["infill", "song.mid", "--only-bars", "5-8"], "'5-8' names no bars; write the first and the last, like 5..8"),
        (["humanize", "song.mid", "--amount", "2"], "amount 2 is outside 0 to 1"),
        (
            ["arrange", "rock", "jazz", "--metre", "7/8"],
            "the model has no phrase of 'rock' in 7/8 to start from; it has",
        ),
        (["sample", "jazz", "--metre", "4"], "no metre '4'; write one like 3/4"),
        (["sample", "jazz", "--metre", "9/4"], "metre 9/4 is longer than a bar can be"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(run: Run, songs: Path, words: list[str], error: str) -> None:
    before = midi_files(songs)
    assert error in error_of(run(*words))
    assert midi_files(songs) == before


@pytest.mark.parametrize("words", [["arrange", "melody.mid", "rock"], ["humanize", "song.mid"]])
def test_a_model_without_an_arranger_says_how_to_add_one(
    run: Run, songs: Path, groove: Groove, words: list[str]
) -> None:
    save_model(songs / "old.safetensors", replace(groove.model, arranger=None))
    error = error_of(run(*words, "--model", "old.safetensors"))
    assert error == (
        "this model has no arranger; train it anew, or add one with groove refit MODEL CORPUS --only arranger --out OUT"
    )


def test_a_genre_starts_with_a_phrase_in_the_metre_that_is_asked_for(groove: Groove) -> None:
    rock = groove.model.genres["rock"]
    waltz = replace(rock.phrases[0], metre=np.full_like(rock.phrases[0].metre, 3) + np.array([0, 1], np.uint8))
    phrases = (rock.phrases[0], waltz, rock.phrases[0])
    model = replace(groove.model, genres={**groove.model.genres, "rock": replace(rock, phrases=phrases)})
    for seed in range(3):
        choices = Choices(metre=(3, 4))
        [piece] = Groove(model).arrange(ArrangeRequest("rock", {"jazz": 1.0}, ("bass",), seed=seed, choices=choices))
        assert (piece.song.bars.metre == (3, 4)).all()
        assert "--metre 3/4" in str(mido.MidiFile(file=io.BytesIO(piece.midi)).tracks[0])


@pytest.mark.parametrize(
    ("struck", "kept"),
    [
        ([8, 8, 8, 8], 4),
        ([8, 8, 8, 8, 3, 0], 4),  # a chord or two, and what is left of it
        ([8, 8, 1, 8, 8], 5),  # a break is no ending
        ([1], 1),
    ],
)
def test_a_song_goes_on_from_what_was_before_its_ending(struck: list[int], kept: int) -> None:
    bars = Bars.empty(len(struck))
    for bar, count in enumerate(struck):
        bars.drums[bar, :count, 0] = 100
    assert len(without_ending(bars)) == kept


@pytest.mark.parametrize(("text", "bars"), [("5..8", (5, 8)), ("7", (7, 7))])
def test_bars_are_parsed(text: str, bars: tuple[int, int]) -> None:
    assert parse_bars(text) == bars


def test_samples_take_the_metre_that_is_asked_for(run: Run, songs: Path) -> None:
    line = run("sample", "jazz", "--metre", "3/4", "--bars", "2").stdout
    song = read_song(songs / line.split(": ")[0])
    assert (song.bars.metre == (3, 4)).all()
