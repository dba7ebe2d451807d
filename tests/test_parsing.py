import pytest

from groovevae.errors import RequestError
from groovevae.generation.parsing import (
    Amount,
    Tempo,
    amount_of_bars,
    amount_text,
    check_amount,
    normalised_weights,
    parse_amount,
    parse_tempo,
    parse_weights,
    share_of,
    tempo_text,
)


@pytest.mark.parametrize(
    ("weights", "normalised"),
    [
        ({"rock": 2.0}, {"rock": 1.0}),
        ({"rock": 1.0, "jazz": 3.0}, {"rock": 0.25, "jazz": 0.75}),
        ({"rock": 0.0, "jazz": 3.0}, {"rock": 0.0, "jazz": 1.0}),
    ],
)
def test_weights_are_scaled_to_one(weights: dict[str, float], normalised: dict[str, float]) -> None:
    assert normalised_weights(weights) == normalised


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"rock": -1.0, "jazz": 2.0}, "weights are numbers from 0 up"),
        ({"rock": float("nan")}, "weights are numbers from 0 up"),
        ({"rock": float("inf")}, "weights are numbers from 0 up"),
        ({"rock": 1e308, "jazz": 1e308}, "too large"),
        ({"rock": 0.0}, "all weights are 0"),
    ],
)
def test_weights_that_are_none(weights: dict[str, float], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        normalised_weights(weights)


def test_weights_from_words() -> None:
    assert parse_weights(["classical=0.5", "rock=.3", "a=b=1"]) == {"classical": 0.5, "rock": 0.3, "a=b": 1.0}


@pytest.mark.parametrize("words", [["rock"], ["rock="], ["rock=loud"], ["=0.5"], ["rock=1", "rock=2"]])
def test_words_that_are_no_weights(words: list[str]) -> None:
    with pytest.raises(RequestError, match=r"GENRE=NUMBER|genre of its own"):
        parse_weights(words)


@pytest.mark.parametrize("amount", [-0.1, 4.1, float("nan"), float("inf"), (0.0, 5.0), (-1.0, 1.0)])
def test_parsing_out_of_range(amount: Amount) -> None:
    with pytest.raises(RequestError, match="outside 0 to 4"):
        check_amount(amount)


@pytest.mark.parametrize(
    ("text", "amount"), [("0.5", 0.5), ("0..1", (0.0, 1.0)), ("1..0.25", (1.0, 0.25)), ("0...5", (0.0, 0.5))]
)
def test_parsing_from_words(text: str, amount: Amount) -> None:
    assert parse_amount(text) == amount
    assert parse_amount(amount_text(amount)) == amount


@pytest.mark.parametrize("text", ["", "loud", "0..", "..1", "0..1..2", "0-1"])
def test_words_that_are_no_amount(text: str) -> None:
    with pytest.raises(RequestError, match=r"is not an amount; write a number, like 0.5, or a ramp, like 0\.\.1"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("amount", "num_bars", "each", "share"),
    [
        (0.5, 3, [0.5, 0.5, 0.5], 0.5),
        ((0.0, 1.0), 5, [0, 0.25, 0.5, 0.75, 1], 0.5),
        ((1.0, 0.0), 2, [1, 0], 0.5),
        ((0.0, 2.0), 1, [0], 0.5),
        (3.0, 1, [3], 1.0),
    ],
)
def test_parsing_of_bars(amount: Amount, num_bars: int, each: list[float], share: float) -> None:
    assert amount_of_bars(amount, num_bars).tolist() == each
    assert share_of(amount) == share


@pytest.mark.parametrize(("text", "tempo"), [("96", 96.0), ("96.5", 96.5), ("keep", "keep"), (" Keep ", "keep")])
def test_tempos_from_words(text: str, tempo: Tempo) -> None:
    assert parse_tempo(text) == tempo
    assert parse_tempo(tempo_text(tempo)) == tempo


@pytest.mark.parametrize("text", ["", "fast", "96..120"])
def test_words_that_are_no_tempo(text: str) -> None:
    with pytest.raises(RequestError, match="is not a tempo; write quarter notes per minute, like 96, or keep"):
        parse_tempo(text)
