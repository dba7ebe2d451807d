"""Piano rolls: which note goes where, and SVG that any page can show."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from scores import BASS, CHORDS, DRUMS, LEAD, score_of

from groovevae.bars import song_to_score
from groovevae.bars.grid import score_to_song
from groovevae.drawing import score_to_roll, score_to_svg
from groovevae.drawing.piano_roll import COLOURS, LAYERS
from groovevae.midi.score import Track

BAND = {
    DRUMS: [(0.0, 0.5, 36), (1.0, 0.5, 38), (2.0, 0.5, 36)],
    BASS: [(0.0, 4.0, 36)],
    CHORDS: [(0.0, 2.0, 60), (0.0, 2.0, 64)],
    LEAD: [(4.0, 1.0, 72)],
}
SVG = "{http://www.w3.org/2000/svg}"


def test_notes_have_places_and_roles() -> None:
    roll = score_to_roll(score_of(BAND))
    table = sorted(zip([LAYERS[index] for index in roll.layer], roll.start, roll.end, roll.row, strict=True))
    assert table == [
        ("bass", 0.0, 4.0, 0),
        ("chords", 0.0, 2.0, 24),
        ("chords", 0.0, 2.0, 28),
        ("drums", 0.0, 0.5, 0),
        ("drums", 1.0, 1.5, 1),
        ("drums", 2.0, 2.5, 0),
        ("lead", 4.0, 5.0, 36),
    ]
    assert (roll.low, roll.num_rows, roll.drum_keys) == (36, 37, (36, 38))
    assert roll.bar_starts.tolist() == [0.0, 4.0]
    assert roll.layers == ["drums", "bass", "chords", "lead"]


def test_a_pickup_begins_before_the_file() -> None:
    melody = {LEAD: [(float(beat), 1.0, 72) for beat in range(7)]}
    score = score_of(melody, metres=[(0.0, 3, 4), (1.0, 3, 4)])
    assert score_to_roll(score).bar_starts.tolist() == [-2.0, 1.0, 4.0]
    [path] = [path for path in ET.fromstring(score_to_svg(score)).iter(f"{SVG}path") if not path.get("stroke-opacity")]
    assert path.get("d", "").startswith(f"M{44 + 2 * 24} ")  # two quarter notes from the left


def test_sound_effects_have_a_layer_of_their_own() -> None:
    effects = Track("Birds", 123, is_drum=False)
    assert score_to_roll(score_of({effects: [(0.0, 1.0, 60)], **BAND})).layers[-1] == "other"


def strokes(svg: str) -> dict[str, int]:
    """The number of notes drawn in each colour."""
    paths = ET.fromstring(svg).iter(f"{SVG}path")
    return {path.get("stroke", ""): path.get("d", "").count("M") for path in paths if not path.get("stroke-opacity")}


def test_every_note_is_drawn_in_the_colour_of_its_role() -> None:
    counts = strokes(score_to_svg(score_of(BAND)))
    assert counts == {COLOURS["drums"]: 3, COLOURS["bass"]: 1, COLOURS["chords"]: 2, COLOURS["lead"]: 1}


def test_bars_are_numbered_and_octaves_named() -> None:
    svg = score_to_svg(score_of({LEAD: [(0.0, 16.0, 60), (0.0, 1.0, 73)]}))
    labels = [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]
    assert labels == ["1", "2", "3", "4", "C4", "C5", "lead"]


def test_everything_lies_inside_the_picture() -> None:
    svg = ET.fromstring(score_to_svg(score_of(BAND)))
    width, height = float(svg.get("width", 0)), float(svg.get("height", 0))
    for path in svg.iter(f"{SVG}path"):
        for move in path.get("d", "").split("M")[1:]:
            x, y = move.replace("h", " ").replace("V", " ").replace("H", " ").split()[:2]
            assert 0 <= float(x) <= width
            assert 0 <= float(y) <= height


@pytest.mark.parametrize("parts", [{}, {LEAD: []}, {DRUMS: [(0.0, 1.0, 36)]}, {LEAD: [(0.0, 1.0, 0), (1.0, 1.0, 127)]}])
def test_scores_of_all_kinds_can_be_drawn(parts: dict) -> None:
    assert strokes(score_to_svg(score_of(parts))).keys() <= set(COLOURS.values())


def test_a_long_score_is_drawn_narrower() -> None:
    svg = score_to_svg(score_of({LEAD: [(4.0 * bar, 1.0, 72) for bar in range(2000)]}))
    root = ET.fromstring(svg)
    assert float(root.get("width", 0)) < 12_100
    assert len(list(root.iter(f"{SVG}text"))) < 500


def test_titles_are_escaped() -> None:
    svg = score_to_svg(score_of(BAND), title='<script>alert("&")</script>')
    assert "<script" not in svg
    assert ET.fromstring(svg).findtext(f"{SVG}title") == '<script>alert("&")</script>'


def test_a_song_is_drawn_as_it_is_written() -> None:
    song = score_to_song(score_of(BAND))
    assert strokes(score_to_svg(song_to_score(song))) == strokes(score_to_svg(score_of(BAND)))


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    value = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("layer", LAYERS)
def test_colours_are_seen_on_light_and_dark_pages(layer: str) -> None:
    own = luminance(COLOURS[layer]) + 0.05
    assert 1.05 / own >= 3
    assert own / (luminance("#1e1e1e") + 0.05) >= 3
