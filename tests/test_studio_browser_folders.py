"""Folders in the studio's page: chosen or dropped, one becomes a corner of the pad, and its files are read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from corpus_files import tune
from studio_browser import Server, open_page, served, take_id, wait_for_another_take

FILES = {"a.mid": tune(0), "deep/b.MID": tune(1), "broken.mid": b"MThd", "notes.txt": b"no tune", ".c.mid": tune(2)}
LINE = "bossa: 2 of 3 MIDI files used; not used: broken.mid: damaged MIDI file"
CORNER = "() => studio.state.corners.some((word) => studio.files.name(word) === 'bossa')"
ENTRIES = """async () => {
    const { folderOf } = await import("/page/folders.js");
    const file = (name) => ({ name, isFile: true, file: (done) => done(new File(["x"], name)) });
    const folder = (name, ...batches) => {
        const readEntries = (done) => done(batches.shift() ?? []);
        return { name, isDirectory: true, createReader: () => ({ readEntries }) };
    };
    const found = await folderOf(folder("bossa", [file("a.mid"), folder("deep", [file("b.KAR"), file("c.wav")])],
        [file("d.midi"), file(".e.mid"), folder(".git", [file("f.mid")])]));
    const reading = (name, readEntries) => folderOf({ name, createReader: () => ({ readEntries }) }).catch(String);
    const refused = await reading("x", (_, fail) => fail(new Error("no right")));
    const endless = await reading("y", (done) => done(Array(9999).fill(file("a.wav"))));
    return [found.name, found.files.map(({ path }) => path), refused, endless];
}"""


@pytest.fixture(scope="module")
def bossa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two tunes, one of them in a folder of its own, and what is none."""
    folder = tmp_path_factory.mktemp("music") / "bossa"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def page(server: Server, browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    yield open_page(context, server.address)
    context.close()


def drop_folder(page: Any, folder: Path, on: str) -> None:
    """Drop a folder on an element, as a file manager does. No page can make one: Chromium itself is told to."""
    box = page.locator(on).bounding_box()
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})


def test_a_dropped_folder_is_a_corner(page: Any, bossa: Path) -> None:
    before = take_id(page)
    drop_folder(page, bossa, "#pad")
    dropped = wait_for_another_take(page, before)
    page.wait_for_function(CORNER)
    assert page.locator("#alert p").inner_text().startswith(LINE)
    assert page.locator("#pad text").last.text_content() == "bossa"
    assert " bossa/" in page.locator("#command").input_value()
    assert "bossa" not in page.locator("#start").inner_text()
    page.locator("body").press("Control+z")
    wait_for_another_take(page, dropped)
    assert not page.evaluate(CORNER[6:])
    page.locator("body").press("Control+y")
    wait_for_another_take(page, before)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate(CORNER[6:])
    assert not page.complaints


def test_a_folder_is_chosen_by_keys_and_leaves_the_pad_again(page: Any, bossa: Path) -> None:
    before = take_id(page)
    page.locator("#corners-fold summary").press("Enter")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open folder…").press("Enter")
    chooser.value.set_files(bossa)
    chosen = wait_for_another_take(page, before)
    assert page.evaluate(CORNER[6:])
    page.get_by_label("bossa").press("Space")
    wait_for_another_take(page, chosen)
    assert not page.evaluate(CORNER[6:])
    assert page.get_by_label("bossa").evaluate("(chip) => chip === document.activeElement")


def test_a_folder_beside_the_pad_and_one_without_music_are_told_of(page: Any, tmp_path: Path, bossa: Path) -> None:
    before, alert = take_id(page), page.locator("#alert p")
    drop_folder(page, bossa, "#takes-title")
    alert.get_by_text("bossa is a folder: drop it on the pad to blend towards it.").wait_for()
    drop_folder(page, tmp_path, "#pad")
    alert.get_by_text(f"{tmp_path.name}: no MIDI files (.mid, .midi) in it").wait_for()
    page.evaluate("studio.model.limits.folder_files = 1")
    drop_folder(page, bossa, "#pad")
    alert.get_by_text("bossa holds 3 MIDI files; at most 1 in a folder, and 32 MiB, can be read.").wait_for()
    page.evaluate("Object.assign(studio.model.limits, { folder_files: 9, folder_bytes: 9 })")
    drop_folder(page, bossa, "#pad")
    alert.get_by_text("bossa holds 1 MiB of MIDI files; at most").wait_for()
    assert take_id(page) == before


def test_the_files_of_a_folder_are_found(page: Any) -> None:
    name, paths, refused, endless = page.evaluate(ENTRIES)
    assert (name, paths) == ("bossa", ["a.mid", "deep/b.KAR", "d.midi"])
    assert refused == "Error: x cannot be read: no right"
    assert endless == "Error: y holds more than 20,000 files; drop a smaller folder."


def test_a_folder_outlives_the_studio_but_not_a_reload_after_it(
    tiny: Any, browser: Any, tmp_path: Path, bossa: Path
) -> None:
    context = browser.new_context()
    with served(tiny.path, tmp_path) as server:
        page = open_page(context, server.address)
        before = take_id(page)
        drop_folder(page, bossa, "#pad")
        dropped = wait_for_another_take(page, before)
    page.locator("#dice").click()
    page.locator("#alert").get_by_text("The studio does not answer.").wait_for()
    port = server.address.rsplit(":", 1)[1].strip("/")
    with served(tiny.path, tmp_path, port=port):
        wait_for_another_take(page, dropped)
        assert page.evaluate(CORNER[6:])
    with served(tiny.path, tmp_path, port=port):
        page.reload()
        page.locator("#alert").get_by_text("bossa is no longer here: drop it once more.").wait_for()
        assert not page.evaluate(CORNER[6:])
    context.close()
