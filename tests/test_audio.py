"""Sound: lengths, levels, stems whose sum is the whole, formats, soundfonts."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scores import BASS, CHORDS, DRUMS, LEAD, Note, score_of

from groovevae.audio import Sound, encode, render
from groovevae.audio.encoding import FORMATS, format_of, samples_of
from groovevae.audio.levels import LOUDNESS, PEAK, decibels, gain, loudness, peak
from groovevae.audio.parts import TAIL_SECONDS, Part, split_midi
from groovevae.audio.render import faded, folded, heard_length, of_length
from groovevae.audio.soundfonts import check_soundfont, default_soundfont, read_soundfont
from groovevae.audio.synthesis import RATE, play_part
from groovevae.cli import sound as cli_sound
from groovevae.errors import AudioError, RequestError
from groovevae.midi.score import Track
from groovevae.midi.writing import score_to_midi

for name in ("midirenderer", "pyloudnorm", "soundfile"):
    pytest.importorskip(name, reason=f"{name}, of the extra studio, is not installed")

BAND: dict[Track, list[Note]] = {
    DRUMS: [(0, 0.5, 36, 100), (1, 0.5, 38, 100), (2, 0.5, 36, 100), (3, 0.5, 38, 100)],
    BASS: [(0, 2, 36, 90), (2, 2, 43, 90)],
    CHORDS: [(0, 4, 60), (0, 4, 64), (0, 4, 67)],
    LEAD: [(0, 1, 72), (1, 1, 74), (2, 2, 76)],
}  # one bar: 2 s


def midi_of(parts: dict[Track, list[Note]]) -> bytes:
    return score_to_midi(score_of(parts))


@pytest.fixture(scope="module")
def band() -> Sound:
    return render(midi_of(BAND), stems=True)


def test_sound_is_as_long_as_the_music_and_its_tail(band: Sound) -> None:
    assert band.mix.shape[1] == 2
    assert band.mix.dtype == np.float32
    assert 2.0 < band.seconds < 2.0 + TAIL_SECONDS
    assert band.seconds == len(band.mix) / 48_000


def test_something_is_heard_from_the_first_note_to_the_last(band: Sound) -> None:
    for second in (0.0, 0.5, 1.0, 1.5):
        start = int(second * RATE)
        assert peak(band.mix[start : start + RATE // 10]) > 0.05
    assert peak(band.mix[-10:]) < 0.001


def test_stems_are_as_long_as_the_mix_and_their_sum_is_the_mix(band: Sound) -> None:
    assert list(band.stems) == ["drums", "bass", "chords", "lead"]
    assert {stem.shape for stem in band.stems.values()} == {band.mix.shape}
    assert min(peak(stem) for stem in band.stems.values()) > 0.01
    np.testing.assert_allclose(sum(band.stems.values()), band.mix, atol=1e-6)


def test_a_stem_is_its_part_alone(band: Sound) -> None:
    alone = render(midi_of({BASS: BAND[BASS]})).mix
    count = min(len(alone), len(band.mix))
    scale = peak(alone) / peak(band.stems["bass"])
    np.testing.assert_allclose(alone[:RATE], band.stems["bass"][:RATE] * scale, atol=0.01)
    assert count > RATE


def test_stems_change_nothing_in_the_mix(band: Sound) -> None:
    np.testing.assert_array_equal(render(midi_of(BAND)).mix, band.mix)


def test_levels(band: Sound) -> None:
    assert peak(band.mix) <= 10 ** (PEAK / 20) + 1e-6
    assert loudness(band.mix) == pytest.approx(LOUDNESS, abs=0.1) or peak(band.mix) == pytest.approx(10 ** (PEAK / 20))


@pytest.mark.parametrize(
    ("amplitude", "seconds", "expected"),
    [(0.01, 2.0, LOUDNESS), (0.9, 2.0, LOUDNESS), (0.5, 0.1, None), (0.0, 1.0, 0.0)],
)
def test_gain_brings_a_tone_to_one_loudness(amplitude: float, seconds: float, expected: float | None) -> None:
    time = np.arange(round(seconds * RATE)) / RATE
    tone = np.stack([amplitude * np.sin(2 * np.pi * 440 * time)] * 2, axis=1).astype(np.float32)
    found = gain(tone, [])
    if amplitude == 0:
        assert found == 1.0
    elif expected is not None:
        assert loudness(tone * np.float32(found)) == pytest.approx(expected, abs=0.05)
    assert peak(tone) * found <= 10 ** (PEAK / 20) + 1e-6


def test_gain_stops_where_the_peak_of_a_stem_would_clip() -> None:
    click = np.zeros((RATE, 2), np.float32)
    click[100] = 0.5
    assert decibels(gain(click, []) * 0.5) == pytest.approx(PEAK, abs=1e-4)
    assert decibels(gain(click, [click * 4, -click * 3]) * 2.0) == pytest.approx(PEAK, abs=1e-4)


def part_of(velocity: int) -> Part:
    """Twenty saws at once."""
    notes: list[Note] = [(0, 2, 36 + index, velocity) for index in range(20)]
    [part] = split_midi(midi_of({Track("Saw", 81, is_drum=False): notes}), apart=True).parts
    return part


def test_a_quieter_part_has_a_quarter_of_the_amplitude() -> None:
    usual, quieter = (play_part(part, read_soundfont()) for part in (part_of(60), part_of(60).quieter()))
    assert peak(usual) < 1.0
    assert (usual * quieter).sum() / (quieter**2).sum() == pytest.approx(4.0, abs=0.02)


def test_a_part_that_would_clip_is_played_again_more_softly() -> None:
    sound = play_part(part_of(127), read_soundfont())
    assert peak(sound) > 1.0
    assert (np.abs(sound) > 0.999 * peak(sound)).sum() < 5  # where it is clipped, many frames are at the peak


def test_a_loop_is_exactly_as_long_as_the_bars() -> None:
    sound = render(midi_of(BAND), stems=True, loop=True)
    assert len(sound.mix) == 2 * RATE
    np.testing.assert_allclose(sum(sound.stems.values()), sound.mix, atol=1e-6)


def test_what_rings_on_is_folded_onto_the_start() -> None:
    sound = np.array([[1, 1], [2, 2], [4, 4], [8, 8], [16, 16]], np.float32)
    assert folded(sound, 2)[:, 0].tolist() == [1 + 4 + 16, 2 + 8]
    assert folded(sound, 5).tolist() == sound.tolist()
    assert folded(sound, 8)[:, 0].tolist() == [1, 2, 4, 8, 16, 0, 0, 0]


def test_silence_after_the_end_is_cut() -> None:
    sound = np.zeros((100, 2), np.float32)
    sound[10], sound[60, 1], sound[80] = 1.0, 0.01, 0.0001
    assert heard_length(sound, 50) == 61
    assert heard_length(sound, 70) == 70
    assert heard_length(np.zeros((100, 2), np.float32), 40) == 40


def test_parts_that_are_a_frame_off_are_made_equal() -> None:
    sound = np.array([[1, 1], [2, 2], [3, 3]], np.float32)
    assert [of_length(sound, length)[:, 0].tolist() for length in (2, 3, 4)] == [[1, 2], [1, 2, 3], [1, 2, 3, 0]]


def test_the_last_frames_fade_out() -> None:
    sound = faded(np.ones((RATE, 2), np.float32))
    assert sound[: RATE - 960].min() == 1.0
    assert sound[-1].tolist() == [0.0, 0.0]
    assert (np.diff(sound[-960:, 0]) < 0).all()


def test_formats_are_those_of_the_command_line() -> None:
    assert cli_sound.FORMATS == FORMATS


@pytest.mark.parametrize("audio", FORMATS)
def test_formats_hold_the_sound(band: Sound, audio: str) -> None:
    import soundfile

    data = encode(band.mix, audio)
    assert data == encode(band.mix, audio)
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    assert (rate, samples.shape) == (RATE, band.mix.shape)
    assert np.corrcoef(samples[:, 0], band.mix[:, 0])[0, 1] > 0.99
    assert peak(samples) <= 1.0
    if audio == "wav":
        np.testing.assert_allclose(samples, band.mix, atol=2 / 2**15)


def test_the_samples_of_a_wav_file_are_what_follows_its_header() -> None:
    sound = np.array([[0.5, -1.0], [0.0, 1.0]])
    samples = np.array([[16384, -32767], [0, 32767]], "<i2").tobytes()
    assert samples_of(encode(sound)) == encode(sound)[44:] == samples


def test_ogg_files_of_minutes_are_written() -> None:
    """Encoded at once, they would crash the encoder."""
    import soundfile

    sound = np.random.default_rng(0).normal(0, 0.1, (60 * RATE, 2)).astype(np.float32)
    assert soundfile.info(io.BytesIO(encode(sound, "ogg"))).frames == len(sound)


@pytest.mark.parametrize(("name", "audio"), [("a.wav", "wav"), ("x/b.OGG", "ogg"), ("c.d.mp3", "mp3")])
def test_names_ask_for_formats(name: str, audio: str) -> None:
    assert format_of(name) == audio


@pytest.mark.parametrize("name", ["a", "a.flac", ".wav", "a.wav/b"])
def test_names_that_ask_for_no_format(name: str) -> None:
    with pytest.raises(RequestError, match=r"a name for sound ends in \.wav, \.ogg or \.mp3"):
        format_of(name)


def test_an_unknown_format() -> None:
    with pytest.raises(RequestError, match="no audio format 'aiff'; there are wav, ogg and mp3"):
        encode(np.zeros((10, 2), np.float32), "aiff")


def test_soundfonts_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.sf2"
    path.write_bytes(default_soundfont().read_bytes())
    np.testing.assert_array_equal(render(midi_of(BAND), soundfont=str(path)).mix, render(midi_of(BAND)).mix)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "not a soundfont"), (b"RIFF\0\0\0\0WAVE", "not a soundfont"), (None, "No such file")],
)
def test_files_that_are_no_soundfonts(tmp_path: Path, data: bytes | None, reason: str) -> None:
    path = tmp_path / "mine.sf2"
    if data is not None:
        path.write_bytes(data)
    for read in (read_soundfont, check_soundfont):
        with pytest.raises(AudioError, match=rf"mine\.sf2: {reason}.*\.sf2"):
            read(path)


def test_soundfonts_that_cannot_be_played(tmp_path: Path) -> None:
    path, data = tmp_path / "mine.sf2", default_soundfont().read_bytes()
    path.write_bytes(data[:100_000])
    with pytest.raises(AudioError, match=r"mine\.sf2: cannot be played \(.+\); take another soundfont"):
        render(midi_of(BAND), soundfont=str(path))
    samples = data.index(b"smpl") + 8
    path.write_bytes(data[:samples] + b"OggS" + data[samples + 4 :])
    with pytest.raises(AudioError, match=r"mine\.sf2: SoundFont 3 is not read; save it as \.sf2"):
        render(midi_of(BAND), soundfont=str(path))


def test_a_synthesizer_that_panics(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def render_wave_from(soundfont: bytes, midi: bytes) -> bytes:
        raise PanicException("index out of bounds")

    monkeypatch.setitem(sys.modules, "midirenderer", SimpleNamespace(render_wave_from=render_wave_from))
    with pytest.raises(AudioError, match=r"TimGM6mb\.sf2: cannot be played \(damaged\)"):
        render(midi_of(BAND))
