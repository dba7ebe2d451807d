import numpy as np
import pytest

from groovevae.bars.key import find_key, key_name, parse_key, semitones_to_c

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)


def scale(tonic: int, steps: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A scale up, its tonic and fifth held longer."""
    pitch = np.array([60 + tonic + step for step in steps])
    return pitch, np.where(np.isin(steps, (0, 7)), 2.0, 1.0)


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize(("steps", "is_minor"), [(MAJOR, False), (MINOR, True)])
def test_every_key_is_found(tonic: int, steps: tuple[int, ...], is_minor: bool) -> None:
    pitch, duration = scale(tonic, steps)
    assert find_key(pitch, duration) == (tonic, is_minor)
    shift = semitones_to_c(tonic, is_minor)
    assert -5 <= shift <= 6
    assert find_key(pitch + shift, duration) == ((9, True) if is_minor else (0, False))
    assert parse_key(key_name(shift, is_minor)) == (tonic, is_minor)


def test_no_notes_are_c_major() -> None:
    assert find_key(np.array([]), np.array([])) == (0, False)


def test_a_drone_does_not_drown_the_scale() -> None:
    """A note counts for at most four quarter notes."""
    pitch, duration = scale(0, MAJOR)
    assert find_key(np.append(pitch, 61), np.append(duration, 400.0)) != (1, False)


@pytest.mark.parametrize(
    ("transpose", "is_minor", "name"),
    [(0, False, "C"), (0, True, "Am"), (6, False, "F#"), (-1, False, "Db"), (2, True, "Gm"), (-1, True, "Bbm")],
)
def test_key_name(transpose: int, is_minor: bool, name: str) -> None:
    assert key_name(transpose, is_minor) == name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("C", (0, False)),
        ("f#", (6, False)),
        ("Bbm", (10, True)),
        ("A minor", (9, True)),
        ("Es", None),
        ("E♭ major", (3, False)),
        ("Cb", (11, False)),
        ("Dmin", (2, True)),
        ("Gmaj", (7, False)),
        ("", None),
        ("H", None),
        ("minor", None),
    ],
)
def test_parse_key(name: str, key: tuple[int, bool] | None) -> None:
    assert parse_key(name) == key
