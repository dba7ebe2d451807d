"""Ramps, amounts by role, kept roles, files and folders as targets, keys, tempos, morphs, vectors: what they do."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from corpus_files import band_tune
from scores import note_rows

from groovevae import BlendRequest, Groove, read_song
from groovevae.bars import song_to_score
from groovevae.bars.constants import PITCHED, ROLES
from groovevae.bars.types import Bars
from groovevae.errors import CorpusError, RequestError
from groovevae.generation.blending import prepare_pieces
from groovevae.generation.instruments import nearest_octave
from groovevae.generation.requests import SampleRequest, joined_morph, morph_requests
from groovevae.generation.sources import Sources
from groovevae.midi.reading import load_score
from groovevae.midi.writing import score_to_midi
from groovevae.model.genres import Vector

REQUEST = BlendRequest("classical", {"rock": 1.0}, temperature=1.0)  # the tiny model is silent at its likeliest


@pytest.fixture
def song_path(tmp_path: Path) -> str:
    """A rock tune of 8 bars."""
    path = tmp_path / "my song.mid"
    path.write_bytes(band_tune("rock", 99, num_bars=8))
    return str(path)


@pytest.fixture
def steered(groove: Groove) -> Groove:
    """The tiny model with two vectors."""
    size = groove.model.config.latent_size
    vectors = {name: Vector(name, np.eye(size, dtype=np.float32)[axis]) for axis, name in enumerate(("up", "down"))}
    return Groove(replace(groove.model, vectors=vectors))


def points_of(groove: Groove, request: BlendRequest) -> np.ndarray:
    """The points of the first piece of a request."""
    return prepare_pieces([request.checked(groove.model)], Sources(groove.model, groove.network))[0].take.z


def role_of(bars: Bars, role: str) -> list:
    """A role's notes, velocities and micro-timing."""
    if role == "drums":
        return [bars.drums.tolist(), bars.drums_offset.tolist()]
    column = PITCHED.index(role)
    return [getattr(bars, role).tolist(), bars.velocity[..., column].tolist(), bars.offset[..., column].tolist()]


def test_a_ramp_goes_evenly_from_bar_to_bar(groove: Groove) -> None:
    straight = replace(REQUEST, method="transport")
    at_0, at_1, ramp = (points_of(groove, replace(straight, amount=amount)) for amount in (0.0, 1.0, (0.0, 1.0)))
    share = np.linspace(0, 1, 8)[:, None]
    np.testing.assert_allclose(ramp, (1 - share) * at_0 + share * at_1, atol=1e-5)
    [blended] = groove.blend(replace(REQUEST, amount=(0.0, 1.0)))
    tempo = blended.song.bars.tempo
    start, rock = groove.blend(replace(REQUEST, amount=0.0))[0].song.bars.tempo[0], groove.model.genres["rock"].tempo
    assert (tempo[0], tempo[-1]) == pytest.approx((start, nearest_octave(rock, start)), rel=1e-5)
    assert (np.diff(tempo) > 0).all() or (np.diff(tempo) < 0).all()
    assert ", 0 to 1 of the way to rock; " in blended.description


def test_roles_go_shares_of_their_own(groove: Groove) -> None:
    straight = replace(REQUEST, method="transport")
    by_role = points_of(groove, replace(straight, amount=0.5, roles={"drums": 1.0, "lead": (0.0, 1.0)}))
    assert by_role.shape == (4, 8, groove.model.config.latent_size)
    for role, amount in zip(ROLES, (1.0, 0.5, 0.5, (0.0, 1.0)), strict=True):
        alone = points_of(groove, replace(straight, amount=amount))
        assert (by_role[ROLES.index(role)] == alone).all(), role
    [blended] = groove.blend(replace(REQUEST, roles={"drums": 1.0, "lead": 0.0}))
    assert ", 0.5 of the way to rock (drums 1, lead 0); " in blended.description


def test_each_role_goes_by_its_own_dose(groove: Groove) -> None:
    """A calibrated amount is a share of the way that depends on the role; at 0 all stay where they are."""
    curves = np.array([[0.5, 1.0, 1.5, 2.0], [0.1, 0.2, 0.3, 0.4], [0.25, 0.5, 0.75, 1.0], [1.0, 1.0, 1.0, 1.0]])
    dosed = Groove(replace(groove.model, calibration={("jazz", "rock"): curves.astype(np.float32)}))
    request = replace(REQUEST, start="jazz", method="calibrated")
    straight = replace(request, method="transport")
    by_role = points_of(dosed, replace(request, amount=0.5))
    for role, share in enumerate((1.0, 0.2, 0.5, 1.0)):
        np.testing.assert_allclose(by_role[role], points_of(groove, replace(straight, amount=share)), atol=1e-5)
    still = points_of(dosed, replace(request, amount=0.0))
    np.testing.assert_allclose(still, points_of(groove, replace(straight, amount=0.0)), atol=1e-6)


def test_roles_of_one_amount_are_one_stream(groove: Groove) -> None:
    """So that saying the same in other words gives the same notes."""
    [plain] = groove.blend(replace(REQUEST, amount=1.0))
    [said] = groove.blend(replace(REQUEST, amount=0.2, roles=dict.fromkeys(ROLES, 1.0)))
    for role in ROLES:
        assert role_of(plain.song.bars, role) == role_of(said.song.bars, role)


@pytest.mark.parametrize("keep", [("lead",), ("bass", "drums"), ROLES])
@pytest.mark.parametrize("roles", [{}, {"chords": 2.0}])
def test_what_is_kept_of_a_file_are_its_own_notes(
    groove: Groove, song_path: str, keep: tuple[str, ...], roles: dict
) -> None:
    roles = {} if "chords" in keep else roles
    song = read_song(song_path)
    [blended] = groove.blend(
        BlendRequest(song_path, {"jazz": 1.0}, amount=1.0, keep=keep, roles=roles, temperature=1.0)
    )
    for role in ROLES:
        assert (role_of(blended.song.bars, role) == role_of(song.bars, role)) == (role in keep), role
    before, after = (
        {row for row in note_rows(song_to_score(s)) if row[0].lower() in keep} for s in (song, blended.song)
    )
    assert before == after != set()
    assert blended.description.count(f", keeping {', '.join(keep)}; ") == 1
    for column, role in enumerate(PITCHED):
        if role in keep:
            assert blended.song.programs[column] == song.programs[column]


def test_what_is_kept_of_a_phrase_is_what_amount_0_plays(groove: Groove) -> None:
    request = replace(REQUEST, amount=1.0, seed=2)
    [kept] = groove.blend(replace(request, keep=("lead", "chords")))
    [start] = groove.blend(replace(request, amount=0.0))
    for role in ("lead", "chords"):
        assert role_of(kept.song.bars, role) == role_of(start.song.bars, role)
    assert role_of(kept.song.bars, "drums") != role_of(start.song.bars, "drums")


@pytest.mark.parametrize(
    ("key", "transpose", "is_minor", "signature"),
    [("C", 0, False, "C"), ("F#m", 3, True, "F#m"), ("Bb", 2, False, "Bb"), ("e minor", 5, True, "Em")],
)
def test_keys(groove: Groove, key: str, transpose: int, is_minor: bool, signature: str) -> None:
    [blended] = groove.blend(replace(REQUEST, key=key))
    assert (blended.song.transpose, blended.song.is_minor) == (transpose, is_minor)
    assert pretty_midi.PrettyMIDI(io.BytesIO(blended.midi)).key_signature_changes[
        0
    ].key_number == pretty_midi.key_name_to_key_number(
        signature.replace("m", " minor") if is_minor else f"{signature} Major"
    )
    [plain] = groove.blend(REQUEST)
    assert all(role_of(plain.song.bars, role) == role_of(blended.song.bars, role) for role in ROLES)


def test_a_tempo_that_is_asked_for(groove: Groove, song_path: str) -> None:
    for start in ("classical", song_path):
        [blended] = groove.blend(BlendRequest(start, {"jazz": 1.0}, tempo=96.5))
        assert set(blended.song.bars.tempo.tolist()) == {96.5}


def test_a_tempo_that_is_kept(groove: Groove, song_path: str) -> None:
    [start] = groove.blend(BlendRequest(song_path, {"jazz": 1.0}, amount=0.0))
    for method in ("arranged", "line"):
        [kept] = groove.blend(BlendRequest(song_path, {"jazz": 1.0}, amount=1.0, tempo="keep", method=method))
        assert kept.song.bars.tempo.tolist() == start.song.bars.tempo.tolist()
    with pytest.raises(RequestError, match="a sample has no start whose tempo it could keep; give a number, like 96"):
        groove.sample(SampleRequest("jazz", tempo="keep"))


@pytest.mark.parametrize(("tempo", "goes_to"), [(70.0, 80.0), (140.0, 160.0), (310.0, 320.0)])
def test_a_start_goes_to_the_nearest_octave_of_a_tempo(
    groove: Groove, song_path: str, tmp_path: Path, tempo: float, goes_to: float
) -> None:
    """The jazz of these songs goes at 160."""
    score = load_score(song_path)
    start = tmp_path / "start.mid"
    start.write_bytes(score_to_midi(replace(score, tempos=np.array([[0.0, tempo]]))))
    [blended] = groove.blend(BlendRequest(str(start), {"jazz": 1.0}, amount=1.0))
    np.testing.assert_allclose(blended.song.bars.tempo, goes_to, rtol=1e-4)
    octaves = {80.0: ", tempo of jazz (160) halved", 160.0: "", 320.0: ", tempo of jazz (160) doubled"}[goes_to]
    assert f", 1 of the way to jazz{octaves}; " in blended.description


def test_like_this_song_and_like_my_folder(groove: Groove, song_path: str, band_corpus: Path) -> None:
    """A file is a genre of its own: all the way there, classical bars lie where its bars do."""
    song = groove.encode(read_song(song_path).bars)
    at_1 = points_of(groove, BlendRequest("classical", {song_path: 1.0}, amount=1.0, bars=16, method="mean"))
    at_0 = points_of(groove, BlendRequest("classical", {song_path: 1.0}, amount=0.0, bars=16))
    np.testing.assert_allclose((at_1 - at_0)[0], song.mean(0) - groove.genre_vectors["classical"], atol=1e-4)
    folder = str(band_corpus / "jazz")
    [blended] = groove.blend(BlendRequest("classical", {folder: 1.0}, amount=1.0))
    np.testing.assert_allclose(blended.song.bars.tempo, 80.0, rtol=1e-4)  # half of 160: nearer to the start
    assert blended.song.programs == (33, 27, 73)
    assert ", 1 of the way to jazz, tempo of jazz (160) halved; " in blended.description
    both = BlendRequest("classical", {"rock": 0.5, folder: 0.25, song_path: 0.25})
    text = " of the way to (0.5 rock + 0.25 jazz + 0.25 my song.mid), tempo of jazz (160) halved; "
    assert text in groove.blend(both)[0].description


def test_a_genre_goes_before_a_folder_of_its_name(
    groove: Groove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rock").mkdir()
    monkeypatch.chdir(tmp_path)
    assert groove.blend(REQUEST)
    with pytest.raises(CorpusError, match="rock: no MIDI files"):
        groove.blend(replace(REQUEST, targets={"./rock": 1.0}))


@pytest.mark.parametrize(("method", "phrase"), [("line", "in a line"), ("sphere", "on the sphere")])
def test_a_morph_goes_from_bar_to_bar(groove: Groove, song_path: str, method: str, phrase: str) -> None:
    request = BlendRequest("classical", {song_path: 1.0}, method=method, temperature=1.0)
    steps = morph_requests(request, 3)
    assert [step.amount for step in steps] == [0.0, 0.5, 1.0]
    first, middle, last = (points_of(groove, step) for step in steps)
    song = groove.close_points(read_song(song_path).bars)
    np.testing.assert_allclose(last, song, atol=1e-5)
    np.testing.assert_allclose(first, groove.model.genres["classical"].phrases[0].z[:8], atol=1e-5)
    lengths = np.linalg.norm([first, middle, last], axis=-1)
    if method == "line":
        np.testing.assert_allclose(middle, (first + last) / 2, atol=1e-5)
    else:
        assert (lengths[1] > 0.9 * lengths[[0, 2]].min(0)).all()
    pieces = groove.blend_all(steps)
    assert [piece.midi for piece in pieces] == [groove.blend(step)[0].midi for step in steps]
    assert f", 0.5 of the way {phrase} to my song.mid; " in pieces[1].description
    joined = joined_morph(request, 3)
    [piece] = groove.blend(joined)
    assert len(piece.song.bars) == 24
    assert points_of(groove, joined)[-1] == pytest.approx(last[-1], abs=1e-5)


def test_a_morph_within_a_genre_goes_to_another_phrase(groove: Groove) -> None:
    request = BlendRequest("rock", {"rock": 1.0}, method="line", amount=1.0)
    assert np.abs(points_of(groove, request) - points_of(groove, replace(request, amount=0.0))).max() > 0.01


def test_vectors_are_added(steered: Groove, song_path: str) -> None:
    plain = points_of(steered, REQUEST)
    moved = points_of(steered, replace(REQUEST, vectors={"up": 2.0, "down": -1.0}))
    expected = np.zeros(plain.shape[1])
    expected[:2] = 2, -1
    np.testing.assert_allclose(moved - plain, np.broadcast_to(expected, plain.shape), atol=1e-6)
    alone = BlendRequest(song_path, vectors={"up": 1.0})
    np.testing.assert_allclose(points_of(steered, alone)[:, 0], groove_points(steered, song_path)[:, 0] + 1, atol=1e-6)
    [blended] = steered.blend(alone)
    assert ", +1 up; " in blended.description
    assert blended.song.bars.tempo.tolist() == read_song(song_path).bars.tempo.tolist()


def groove_points(groove: Groove, path: str) -> np.ndarray:
    return groove.close_points(read_song(path).bars)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": (0.0, 9.0)}, "amount 9 is outside 0 to 4"),
        ({"roles": {"drums": -1.0}}, "amount -1 is outside 0 to 4"),
        ({"roles": {"flute": 1.0}}, "no role 'flute'; there are drums, bass, chords and lead"),
        ({"keep": ("flute",)}, "no role 'flute'; there are"),
        ({"keep": ("lead",), "roles": {"lead": 1.0}}, "lead is kept as it is: give it no amount"),
        ({"targets": {}, "vectors": {"up": 1.0}, "roles": {"lead": 1.0}}, "amounts of roles need a genre to go to"),
        ({"key": "H"}, "no key 'H'; write one like C, F#m"),
        ({"tempo": 1000.0}, "tempo 1000 is outside 20 to 400"),
        ({"tempo": float("nan")}, "tempo nan is outside 20 to 400"),
        ({"vectors": {"density": 1.0}}, "no vector 'density': this model has none; groovevae.fitting.attribute"),
        ({"vectors": {"density": 11.0}}, "strength of vector density 11 is outside -10 to 10"),
        ({"vectors": {"x.safetensors": 1.0}}, "x.safetensors: no such file"),
        (
            {"targets": {"rock": 1.0, "jazz": 1.0}, "method": "line"},
            "method line goes from bar to bar, to one genre or",
        ),
        ({"targets": {"none/": 1.0}}, "none/: no such folder; name a folder of MIDI files"),
        ({"targets": {"tests/": 1.0}, "method": "line"}, "tests/: no MIDI files"),
    ],
)
def test_requests_that_do_not_fit(groove: Groove, changes: dict, message: str) -> None:
    from groovevae.errors import GrooveError

    with pytest.raises(GrooveError, match=message):
        groove.blend(replace(REQUEST, **changes))


def test_a_line_does_not_go_to_a_folder(groove: Groove, band_corpus: Path) -> None:
    with pytest.raises(RequestError, match="goes from bar to bar, to a genre or a MIDI file, not a folder"):
        groove.blend(replace(REQUEST, targets={str(band_corpus / "jazz"): 1.0}, method="sphere"))


def test_vectors_of_other_names(steered: Groove) -> None:
    for name, message in {"upp": "did you mean up?", "swing": "it has up, down"}.items():
        with pytest.raises(RequestError, match=message.replace("?", r"\?")):
            steered.blend(replace(REQUEST, vectors={name: 1.0}))


@pytest.mark.parametrize("steps", [1, 65])
def test_morphs_of_no_steps(steps: int) -> None:
    for make in (morph_requests, joined_morph):
        with pytest.raises(RequestError, match=f"steps {steps} is outside 2 to 64"):
            make(REQUEST, steps)


def test_drums_that_come_in_stay(groove: Groove) -> None:
    model = groove.model
    start = next(phrase for phrase in model.genres["classical"].phrases if not phrase.plays[0])
    assert len(np.unique(start.z, axis=0)) > 1
    seed = model.genres["classical"].phrases.index(start)
    drums, bass, *_ = points_of(groove, BlendRequest("classical", {"rock": 1.0}, seed=seed, method="calibrated"))
    assert (drums == drums[0]).all()
    assert len(np.unique(bass, axis=0)) > 1
