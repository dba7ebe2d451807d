"""What tests of the studio in a browser share: a studio in a process of its own, Chromium, a page that is ready."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = os.environ.get("GROOVEVAE_AXE", "")  # the path of axe.min.js, of the npm package axe-core
WAIT = 60_000  # milliseconds: the machine may be busy


class Server(NamedTuple):
    """A studio that runs in a process of its own."""

    address: str
    process: subprocess.Popen[str]
    folder: Path


def find_chromium() -> str:
    """The path of a Chromium; the tests that need one are skipped where there is none."""
    pytest.importorskip("playwright", reason="needs Playwright: python -m pip install '.[browser]'")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"needs a browser: none of {', '.join(BROWSERS)} is installed")
    return found


@contextmanager
def served(model: Path | None, folder: Path, *, port: str = "0") -> Iterator[Server]:
    """Run `groove studio` on a port, a free one by default; it is ended afterwards."""
    options = ["--no-browser", "--port", port, "--folder", str(folder), *(["--model", str(model)] if model else [])]
    command = [sys.executable, "-m", "groovevae", "studio", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert "http://" in line, line
        yield Server(line.split()[4], process, folder)
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


@contextmanager
def browser_of(chromium: str) -> Iterator[Any]:
    """A headless browser that may play sound before anybody has clicked."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        yield browser
        browser.close()


def open_page(context: Any, address: str) -> Any:
    """A page of the studio with its first take; whatever its scripts complain about is collected in `complaints`."""
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda told: told.type == "error" and page.complaints.append(told.text))
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def take_id(page: Any) -> str:
    """The id of the take that is shown."""
    return page.evaluate("studio.piece.id")


def wait_for_another_take(page: Any, before: str) -> str:
    """Wait until another take is shown and listed, and return its id."""
    page.wait_for_function("before => studio.history.current?.id !== before && !studio.maker.flight", arg=before)
    return take_id(page)


def drag(page: Any, x: float, y: float) -> None:
    """Drag the pad's point to a place, in radii from the middle, and let go."""
    box = page.locator("#pad .disc").bounding_box()
    radius = box["width"] / 2
    at = page.locator("#pad .point").bounding_box()
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + radius * (1 + x), box["y"] + radius * (1 + y), steps=4)
    page.mouse.up()


def drop(page: Any, name: str, data: bytes, on: str, *, second: tuple[str, bytes] | None = None) -> None:
    """Drop a file, or two, on an element, as a file manager does."""
    files = [(name, data), *([second] if second else [])]
    page.evaluate(
        """([files, on]) => {
            const transfer = new DataTransfer();
            for (const [name, bytes] of files)
                transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "audio/midi" }));
            for (const kind of ["dragenter", "dragover", "drop"]) {
                const event = new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer });
                document.querySelector(on).dispatchEvent(event);
            }
        }""",
        [[(name, list(data)) for name, data in files], on],
    )


def loudest(page: Any, milliseconds: int = 600) -> float:
    """The highest sample that the page's analyser sees in a while."""
    return page.evaluate(
        """async (milliseconds) => {
            let most = 0;
            for (const end = performance.now() + milliseconds; performance.now() < end; ) {
                most = Math.max(most, studio.player.level());
                await new Promise((done) => setTimeout(done, 20));
            }
            return most;
        }""",
        milliseconds,
    )
