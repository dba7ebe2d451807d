"""The studio in a real browser: what a user does with a mouse, keys and files is done, shown and heard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from studio_browser import (
    AXE,
    Server,
    drag,
    drop,
    loudest,
    open_page,
    served,
    take_id,
    wait_for_another_take,
)

HEARD = 0.005  # of full scale
FAKE_MIDI = """
window.sent = [];
const send = (bytes, at) => sent.push({ bytes: [...bytes], at });
const port = { id: "synth", name: "Synth", state: "connected", send };
Navigator.prototype.requestMIDIAccess = async () => ({ outputs: new Map([["synth", port]]) });
"""
NO_DEVICE = """
AudioContext.prototype.resume = () => new Promise(() => {});
Object.defineProperty(BaseAudioContext.prototype, "state", { get: () => "suspended" });
"""  # as Firefox does
SIZES = {"wide": (1360, 900), "phone": (380, 800)}


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


def test_what_is_muted_fades_in_the_piano_roll(page: Any) -> None:
    darkness = """() => {
        const roll = document.getElementById("roll");
        const pixels = roll.getContext("2d").getImageData(0, 0, roll.width, roll.height).data;
        return pixels.reduce((sum, value) => sum + 255 - value, 0);
    }"""
    loud = page.evaluate(darkness)
    page.get_by_label("Solo lead").click()
    assert page.evaluate(darkness) < loud
    page.get_by_label("Solo lead").click()
    assert page.evaluate(darkness) == loud
    page.locator("#roll").hover(position={"x": 40, "y": 40})
    assert page.locator("#roll").get_attribute("title")[-1].isdigit()  # a pitch, such as C5


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
    at = page.evaluate("id => studio.player.voices.find(({ deck }) => deck.piece.id === id).offset", now)
    starts = page.evaluate(
        "(clock => clock.bars.map((_, bar) => clock.startOf(bar)))(studio.player.place().deck.clock)"
    )
    assert min(abs(at - start) for start in starts) < 1e-6
    page.wait_for_function("() => !studio.player.place().deck.stretch")  # all of it has come in
    page.locator("#ab").click()
    page.wait_for_function("() => studio.player.place().deck.piece.id === studio.other.id")


def test_the_next_bars_are_there_before_all_of_a_take_is(page: Any) -> None:
    loops = []
    page.on("request", lambda request: "/loops" in request.url and loops.append(request.url))
    page.locator("#play").click()
    page.wait_for_function("() => studio.player.isPlaying")
    page.evaluate("window.before = studio.player.place().deck.piece.id; null")
    loops.clear()
    page.locator("#dice").click()
    page.wait_for_function("() => studio.player.place().deck.piece.id !== before")
    page.wait_for_function("() => studio.player.voices.length && !studio.player.voices.at(-1).deck.stretch")
    roles = page.evaluate("Object.keys(studio.player.voices.at(-1).deck.piece.roles).length")
    assert ["quarters=" in url for url in loops[: 1 + roles]] == [True] + [False] * roles
    soon, whole = page.evaluate("studio.player.voices.slice(-2).map(({ at, offset, until }) => [at, offset, until])")
    seconds = page.evaluate("studio.player.voices.at(-1).deck.clock.seconds")
    assert whole[1] == pytest.approx((soon[1] + whole[0] - soon[0]) % seconds, abs=1e-6)
    assert soon[2] == whole[0]
    page.wait_for_function("() => !studio.player.place().deck.stretch")
    assert loudest(page, 2500) > HEARD


def test_a_take_goes_on_at_a_bar_line_that_it_can_reach(page: Any) -> None:
    page.locator("#play").click()
    page.wait_for_function("() => studio.player.isPlaying")
    gaps, counts, seconds, longest = page.evaluate(
        """() => {
            const { clock } = studio.player.place().deck, at = studio.player.place().seconds;
            const stretches = [[0, 1], [0, 1e3], [0.5, 1], [5, 1]].map((asked) => studio.player.nextBars(...asked));
            const bars = clock.bars.map((_, bar) => clock.startOf(bar + 1) - clock.startOf(bar));
            const gaps = stretches.map(({ begin }) => (begin - at + clock.seconds) % clock.seconds);
            return [gaps, stretches.map(({ count }) => count), clock.seconds, Math.max(...bars)];
        }"""
    )
    assert counts == [1, 8, 1, 1]
    for gap, wait in zip(gaps, [0, 0, 0.5, 5], strict=True):
        assert wait <= gap <= wait + longest + 0.1 < seconds
    page.evaluate("window.was = studio.piece; studio.player.decks.clear(); null")
    before = take_id(page)
    page.locator("#dice").click()
    wait_for_another_take(page, before)
    planned = page.evaluate(
        """async () => {
            const deck = await studio.player.loadSoon(was, undefined, { wait: 3, least: 1 });
            const isPlanned = studio.player.change(deck), voice = studio.player.voices.at(-1);
            return [isPlanned, voice.offset - deck.stretch.begin, voice.deck.piece.id];
        }"""
    )
    assert planned == [True, 0, before]  # it waits for its own bar line, and no other


def test_a_script_in_the_page_itself_does_not_run(page: Any) -> None:
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = true' }))"
    )
    assert page.evaluate("window.ran") is None
    assert "Content Security Policy" in page.complaints.pop()


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


def test_what_plays_is_sent_to_a_midi_port(server: Server, browser: Any) -> None:
    context = browser.new_context()
    context.add_init_script(FAKE_MIDI)
    page = open_page(context, server.address)
    page.locator("#midi-fold summary").click()
    page.locator("#midi-port").select_option("synth")
    page.locator("#play").click()
    page.wait_for_function("() => sent.filter(({ bytes }) => bytes[0] === 0xf8).length > 24 * 9", timeout=60_000)
    page.locator("#play").click()
    page.wait_for_function("() => sent.at(-1).bytes[0] === 0xfc")
    sent = [(one["bytes"], one["at"]) for one in page.evaluate("sent")]
    assert sent[0][0] == [0xFA]
    clocks = [at for bytes_, at in sent if bytes_ == [0xF8]]
    tempo = page.evaluate("studio.piece.tempos[0].tempo")
    assert np.median(np.diff(clocks)) == pytest.approx(60_000 / tempo / 24, abs=1)
    assert clocks[-1] - clocks[0] == pytest.approx((len(clocks) - 1) * 60_000 / tempo / 24, abs=100)
    begin, sounding, played = sent[0][1], [], []
    for (status, *data), at in sorted(sent, key=lambda one: one[1]):
        key = (status & 15, data[0]) if data else ()
        if status & 0xF0 == 0x90:
            sounding.append(key)
            played.append((*key, (at - begin) / 60_000 * tempo))
        elif status & 0xF0 == 0x80 and key in sounding:
            sounding.remove(key)
    assert not sounding
    assert {status[0] for status, _ in sent if status[1:] == [123, 0]} == {0xB0, 0xB1, 0xB2, 0xB3, 0xB9}
    channels = {"lead": 0, "chords": 1, "bass": 2, "drums": 9}
    roles = page.evaluate("studio.piece.roles")
    written = [(channels[role], row[2], row[0]) for role, rows in roles.items() for row in rows]
    played, written = (sorted(note for note in notes if note[2] < 7.5) for notes in (played, written))
    assert [note[:2] for note in played] == [note[:2] for note in written]
    assert [note[2] for note in played] == pytest.approx([note[2] for note in written], abs=0.2)
    page.locator("#play").click()
    page.wait_for_function("count => sent.length > count + 24", arg=len(sent))
    page.evaluate("dispatchEvent(new Event('pagehide'))")  # the tab is closed
    assert page.evaluate("sent.map(({ bytes }) => bytes[0]).lastIndexOf(0xfc)") > len(sent)
    context.close()


def test_without_web_midi_the_page_says_so(server: Server, browser: Any) -> None:
    context = browser.new_context()
    context.add_init_script("delete Navigator.prototype.requestMIDIAccess")
    page = open_page(context, server.address)
    assert page.locator("#midi-port").is_disabled()
    assert "no Web MIDI" in page.locator("#midi-hint").text_content()
    context.close()


def test_without_a_sound_device_the_page_says_so(server: Server, browser: Any) -> None:
    context = browser.new_context()
    context.add_init_script(NO_DEVICE)
    page = open_page(context, server.address)
    page.locator("#play").click()
    page.locator("#alert").get_by_text("The browser opens no sound device.").wait_for()
    assert page.locator("#play").get_attribute("aria-pressed") == "false"
    context.close()


def test_takes_are_taken_away(page: Any, server: Server) -> None:
    with page.expect_download() as download:
        page.locator("#get-mid").click()
    data = Path(download.value.path()).read_bytes()
    assert data[:4] == b"MThd"
    assert download.value.suggested_filename.endswith(".mid")
    for name, magic in (("wav", b"RIFF"), ("ogg", b"OggS"), ("zip", b"PK")):
        with page.expect_download() as download:
            page.locator(f"#get-{name}").click()
        assert Path(download.value.path()).read_bytes().startswith(magic)
    page.locator("#keep").click()
    page.wait_for_function("() => document.querySelector('#live').textContent.endsWith('is in the folder.')")
    assert data in [path.read_bytes() for path in server.folder.glob("*.mid")]


def test_a_new_phrase_is_the_start(page: Any) -> None:
    before = take_id(page)
    page.locator("#start").select_option("new jazz")
    wait_for_another_take(page, before)
    assert page.evaluate("studio.files.name(studio.state.start)").startswith("jazz-sample-")
    assert page.locator("#start").input_value() == page.evaluate("studio.state.start")


def test_several_files_are_one_start_and_its_tempo_can_be_kept(page: Any, midi: bytes) -> None:
    before = take_id(page)
    first, second = (midi[:-4] + bytes([wait]) + b"\xff\x2f\x00" for wait in (1, 2))  # files that no other test drops
    drop(page, "drums.mid", first, "body", second=("bass.mid", second))
    dropped = wait_for_another_take(page, before)
    assert page.locator("#tracks-name").inner_text() == "drums.mid and 1 more"
    assert "drums.mid bass.mid" in page.locator("#command").input_value()
    page.get_by_label("Keep the start’s tempo").check()
    wait_for_another_take(page, dropped)
    assert "--tempo keep" in page.locator("#command").input_value()
    page.get_by_label("Pickup, beats").fill("1")
    page.get_by_label("Pickup, beats").press("Tab")
    page.wait_for_function("() => document.querySelector('#command').value.includes('--pickup 1')")


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
    assert (
        page.locator("#alert p").inner_text() == "notes.txt: not a MIDI file (it has no MThd header); export it as MIDI"
    )
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
