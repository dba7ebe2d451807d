"""The studio's page in a browser: a control for each field of a request, pads of many genres, who asks for sound."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from studio_browser import (
    Server,
    drag,
    drop,
    open_page,
    take_id,
    wait_for_another_take,
)

MANY = [
    "blues",
    "classical",
    "country",
    "electronic",
    "folk",
    "game",
    "jazz",
    "latin",
    "march",
    "pop",
    "ragtime",
    "reggae",
    "rock",
    "soul",
    "gospel",
    "lounge",
    "metal",
    "waltz",
]
OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll("#pad text")].map((text) => text.getBoundingClientRect());
    const [frame] = document.querySelector("#pad svg").getClientRects();
    const isOut = (one) => one.left < frame.left || one.right > frame.right || one.top < 0;
    const meet = (one, other) => one.left < other.right && other.left < one.right
        && one.top + 2 < other.bottom && other.top + 2 < one.bottom;
    return boxes.filter((one, at) => isOut(one) || boxes.some((other, to) => to < at && meet(one, other))).length;
}"""


@pytest.fixture
def page(server: Server, browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    yield open_page(context, server.address)
    context.close()


def command_of(page: Any) -> str:
    return page.locator("#command").input_value()


def test_the_page_sends_every_field_of_a_request(page: Any, band_corpus: Path) -> None:
    before = take_id(page)
    drop(page, "tune.mid", next(band_corpus.glob("rock/*.mid")).read_bytes(), "body")
    wait_for_another_take(page, before)
    sent = page.evaluate("import('/page/state.js').then(({ toRequest }) => Object.keys(toRequest(studio.state)))")
    described = page.evaluate("fetch('/api/openapi.json').then((answer) => answer.json())")
    fields = described["components"]["schemas"]["Request"]["properties"]
    assert set(sent) == set(fields) - {"count"}  # one take at a time, with a dice


def test_a_role_may_go_its_own_way_over_the_bars(page: Any) -> None:
    before = take_id(page)
    page.locator("#roles-fold summary").click()
    page.get_by_label("drums: over the bars").click()
    grown = wait_for_another_take(page, before)
    assert " --drums 0..1 " in command_of(page)
    page.get_by_label("drums, last bar").fill("1.5")
    farther = wait_for_another_take(page, grown)
    assert " --drums 0..1.5 " in command_of(page)
    assert page.locator("#history .to").first.inner_text().endswith("drums 0.00 → 1.50")
    page.get_by_label("drums: over the bars").click()
    even = wait_for_another_take(page, farther)
    assert " --drums 1.5 " in command_of(page)
    page.get_by_label("drums: back to as the point").click()
    assert wait_for_another_take(page, even) == before
    assert "--drums" not in command_of(page)


def test_the_pad_reaches_beyond_a_corner_and_a_genre_has_metres(page: Any) -> None:
    before = take_id(page)
    corner = page.evaluate("studio.pad.dots.length") - 1
    x, y = page.evaluate(f"[studio.pad.dots[{corner}].cx.baseVal.value, studio.pad.dots[{corner}].cy.baseVal.value]")
    drag(page, x, y)
    at_corner = wait_for_another_take(page, before)
    page.locator("#roles-fold summary").click()
    page.locator("#reach").fill("1.5")
    beyond = wait_for_another_take(page, at_corner)
    assert " --amount 1.5 " in command_of(page)
    metres = page.locator("#metre option").all_text_contents()
    assert metres == ["any", *page.evaluate("studio.model.genres.find(({ name }) => name === 'classical').metres")]
    page.locator("#metre").select_option(metres[1])
    wait_for_another_take(page, beyond)
    assert f" --metre {metres[1]} " in command_of(page)


def test_a_link_with_wrong_amounts_is_mended(page: Any) -> None:
    mend = """(patch) => import('/page/state.js').then(({ fromHash, toHash }) =>
        fromHash(toHash({ ...studio.state, ...patch }), studio.model))"""
    state = page.evaluate(
        mend, {"own": {"drums": "x", "bass": [0, 1], "lead": [0]}, "vectors": {"swing": [0, 1]}, "reach": 9}
    )
    assert (state["own"], state["vectors"], state["reach"]) == ({"bass": [0, 1]}, {}, 1)


@pytest.mark.parametrize("width", [1360, 380])
@pytest.mark.parametrize("count", [2, 5, 14, 18])
def test_names_on_the_pad_do_not_meet(server: Server, browser: Any, width: int, count: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = open_page(context, server.address)
    page.evaluate("(corners) => studio.pad.layOut({ ...studio.state, corners }, (word) => word)", MANY[:count])
    assert page.locator("#pad text").count() == count + 1
    assert page.evaluate(OVERLAPS) == 0
    context.close()


def test_the_sound_of_a_new_take_is_asked_for_with_its_notes(page: Any) -> None:
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    page.locator("#play").click()
    page.wait_for_function("() => studio.player.isPlaying")
    page.evaluate("studio.change({}, false)")  # the point is taken up where it is: nothing new
    page.wait_for_timeout(300)
    assert not [url for _, url in asked if "loops.pcm" in url]
    before = take_id(page)
    page.locator("#dice").click()
    wait_for_another_take(page, before)
    [made] = [url for method, url in asked if method == "POST" and "quarters=" in url]
    heard = next(url for _, url in asked if "loops.pcm" in url)
    assert made.partition("?")[2] == heard.partition("?")[2]
