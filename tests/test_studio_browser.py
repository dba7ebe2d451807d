"""The studio in a real browser: what a user does with a mouse, keys and files is done, shown and heard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from studio_browser import (
    AXE,
    Server,
    browser_of,
    drag,
    drop,
    find_chromium,
    loudest,
    open_page,
    served,
    take_id,
    wait_for_another_take,
)

HEARD = 0.005  # of full scale
SIZES = {"wide": (1360, 900), "phone": (380, 800)}


@pytest.fixture(scope="module")
def server(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    find_chromium()
    with served(tiny.path, tmp_path_factory.mktemp("kept")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browser_of(find_chromium()) as browser:
        yield browser


@pytest.fixture
def page(server: Server, browser: Any) -> Iterator[Any]:
    """A page as a new user sees it."""
    width, height = SIZES["wide"]
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    page = open_page(context, server.address)
    yield page
    context.close()


@pytest.fixture(scope="module")
def midi(band_corpus: Path) -> bytes:
    return next(band_corpus.glob("rock/*.mid")).read_bytes()


def test_a_take_is_there_at_once(page: Any) -> None:
    assert page.locator("#history li").count() == 1
    assert page.locator("#roll").get_attribute("aria-label").startswith("Piano roll of 8 bars")
    assert page.locator("#command").input_value().startswith("groove blend classical ")
    assert not page.complaints


def test_the_pad_is_dragged_and_moved_by_keys(page: Any) -> None:
    before = take_id(page)
    corner = page.evaluate("studio.pad.dots.length") - 1
    x, y = page.evaluate(f"[studio.pad.dots[{corner}].cx.baseVal.value, studio.pad.dots[{corner}].cy.baseVal.value]")
    drag(page, x, y)
    dragged = wait_for_another_take(page, before)
    assert page.locator("#weights li").all_text_contents()[1:] == [
        f"{page.evaluate('studio.state.corners.at(-1)')}100 %"
    ]
    page.locator("#pad").press("Home")
    wait_for_another_take(page, dragged)
    assert page.locator("#weights li").all_text_contents() == ["classical (start)100 %"]
    page.locator("#pad").press("Shift+ArrowUp")
    page.wait_for_function("() => studio.state.y < -0.1")


def test_what_plays_is_heard_and_can_be_muted(page: Any) -> None:
    page.locator("body").press("Space")
    page.wait_for_function("() => studio.player.isPlaying")
    assert loudest(page, 2500) > HEARD
    assert page.locator("#head").is_visible()
    roles = page.evaluate("Object.keys(studio.piece.roles)")
    for role in roles:
        page.get_by_label(f"Mute {role}").click()
    page.wait_for_timeout(300)
    assert loudest(page) < HEARD
    page.get_by_label(f"Solo {roles[0]}").click()
    assert loudest(page, 2500) > HEARD
    page.locator("#play").click()
    page.wait_for_timeout(300)
    assert loudest(page) < HEARD


def test_a_new_take_goes_on_at_a_bar_line(page: Any) -> None:
    page.locator("#play").click()
    page.wait_for_function("() => studio.player.isPlaying")
    before = take_id(page)
    page.locator("#dice").click()
    now = wait_for_another_take(page, before)
    page.wait_for_function("id => studio.player.place().deck.piece.id === id", arg=now)
    at = page.evaluate("studio.player.place().voice.offset")
    starts = page.evaluate(
        "(clock => clock.bars.map((_, bar) => clock.startOf(bar)))(studio.player.place().deck.clock)"
    )
    assert min(abs(at - start) for start in starts) < 1e-6
    page.locator("#ab").click()
    page.wait_for_function("() => studio.player.place().deck.piece.id === studio.other.id")


def test_a_dropped_file_is_the_start_and_its_roles_can_be_changed(page: Any, midi: bytes) -> None:
    before = take_id(page)
    drop(page, "my tune.mid", midi, "body")
    dropped = wait_for_another_take(page, before)
    assert page.locator("#tracks-name").inner_text() == "my tune.mid"
    assert "'my tune.mid'" in page.locator("#command").input_value()
    select = page.locator("#tracks tbody select").last
    select.select_option("-")
    wait_for_another_take(page, dropped)
    assert "--roles" in page.locator("#command").input_value()
    drop(page, "other.mid", midi[:-4] + b"\x00\xff\x2f\x00", "#pad")
    page.wait_for_function("() => studio.state.corners.some((word) => word.startsWith('file-'))")


def test_takes_are_taken_away(page: Any, server: Server) -> None:
    with page.expect_download() as download:
        page.locator("#get-mid").click()
    data = Path(download.value.path()).read_bytes()
    assert data[:4] == b"MThd"
    assert download.value.suggested_filename.endswith(".mid")
    page.locator("#keep").click()
    page.wait_for_function("() => document.querySelector('#live').textContent.endsWith('is in the folder.')")
    assert data in [path.read_bytes() for path in server.folder.glob("*.mid")]


def test_takes_outlive_a_reload_and_can_be_undone(page: Any) -> None:
    first = take_id(page)
    page.locator("#dice").click()
    second = wait_for_another_take(page, first)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert take_id(page) == second
    assert page.locator("#history li").count() == 2
    page.locator("body").press("Control+z")
    assert wait_for_another_take(page, second) == first
    page.locator("#redo").click()
    assert wait_for_another_take(page, first) == second


def test_a_wrong_file_is_named_in_one_line(page: Any) -> None:
    before = take_id(page)
    drop(page, "notes.txt", b"this is no music", "body")
    page.wait_for_selector("#alert:not([hidden])")
    assert page.locator("#alert p").inner_text() == "notes.txt.mid: not a MIDI file (it has no MThd header)"
    assert take_id(page) == before


def test_a_studio_that_is_gone_is_missed(tiny: Any, browser: Any, tmp_path: Path) -> None:
    with served(tiny.path, tmp_path) as server:
        context = browser.new_context()
        page = open_page(context, server.address)
        server.process.kill()
        server.process.wait()
        page.locator("#dice").click()
        page.wait_for_selector("#alert:not([hidden])")
        assert page.locator("#alert p").inner_text().startswith("The studio does not answer.")
        context.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(server: Server, browser: Any, midi: bytes, theme: str, size: str) -> None:
    if not Path(AXE or "missing").is_file():
        pytest.skip("needs axe-core: set GROOVEVAE_AXE to the path of its axe.min.js")
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, bypass_csp=True)
    page = open_page(context, server.address)
    before = take_id(page)
    drop(page, "tune.mid", midi, "body")
    wait_for_another_take(page, before)
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    page.add_script_tag(path=AXE)
    for is_open in (False, True):
        if is_open:
            page.locator("#help-open").click()
        found = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] })")
        told = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]
        assert told == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
