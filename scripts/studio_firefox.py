"""Tries the studio's page in Firefox, headless, as a user would: moves the pad, plays, changes takes, drops a file.

    apt-get install firefox-esr pulseaudio && python -m pip install marionette_driver
    pulseaudio -n --load=module-null-sink --load=module-native-protocol-unix --exit-idle-time=-1 --daemonize=yes
    python scripts/studio_firefox.py song.mid

Playwright drives only a Firefox of its own, so Mozilla's client Marionette drives the one that is installed. Without a
sound device, Firefox opens none, and the page says so: hence PulseAudio with a sink that is silent.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from marionette_driver import By
from marionette_driver.marionette import ActionSequence, Marionette
from studio_browser import served

PORT = 2829
SIZE = ("-width", "1360", "-height", "900")
PATIENCE = 120  # seconds that a step may take: the machine may be busy
HEARD = 0.005  # of full scale
DROP = """
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(arguments[0])], "tune.mid", { type: "audio/midi" }));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
    }"""
IS_SETTLED = "studio.history.current && studio.history.current.id !== {0!r} && !studio.maker.flight"


def opened(profile: str) -> Marionette:
    """Start Firefox, and return what drives it."""
    found = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None) or sys.exit(
        "no Firefox is installed"
    )
    wishes = f'user_pref("marionette.port", {PORT});\nuser_pref("media.autoplay.default", 0);'
    Path(profile, "user.js").write_text(wishes, encoding="utf-8")
    log = str(Path(profile, "gecko.log"))
    browser = Marionette(port=PORT, bin=found, profile=profile, headless=True, app_args=list(SIZE), gecko_log=log)
    browser.start_session()
    browser.timeout.script = PATIENCE
    return browser


def ask(browser: Marionette, expression: str) -> object:
    return browser.execute_script(f"return {expression}", sandbox=None)


def step(browser: Marionette, name: str, expression: str) -> None:
    """Wait until something is so in the page, and say it; it ends the script where it never is."""
    end = time.monotonic() + PATIENCE
    while not ask(browser, expression):
        if time.monotonic() > end:
            sys.exit(f"{name}: never")
        time.sleep(0.2)
    print(f"{name}: yes")


def drag(browser: Marionette) -> None:
    """Drag the pad's point to the lower right."""
    disc, point = (f'document.querySelector("#pad .{name}").getBoundingClientRect()' for name in ("disc", "point"))
    left, top, wide = (ask(browser, f"{disc}.{name}") for name in ("x", "y", "width"))
    x, y = (ask(browser, f"{point}.{name}") for name in ("x", "y"))
    mouse = ActionSequence(browser, "pointer", "mouse", {"pointerType": "mouse"})
    mouse.pointer_move(int(x + wide / 30), int(y + wide / 30)).pointer_down(button=0)
    mouse.pointer_move(int(left + 0.6 * wide), int(top + 0.7 * wide), duration=200).pointer_up(button=0).perform()


def try_all(browser: Marionette, midi: bytes) -> None:
    def another_take(name: str, work) -> None:
        before = ask(browser, "studio.piece.id")
        work()
        step(browser, name, IS_SETTLED.format(before))

    def click(place: str) -> None:
        browser.find_element(By.CSS_SELECTOR, place).click()

    step(browser, "a take is there at once", "document.documentElement.dataset.ready === 'true'")
    another_take("the point is dragged", lambda: drag(browser))
    click("#play")
    step(browser, "it is heard", f"studio.player.isPlaying && studio.player.level() > {HEARD}")
    another_take("another seed", lambda: click("#dice"))
    step(browser, "it goes on with that", "studio.player.place().deck.piece.id === studio.piece.id")
    click('#mixer [aria-label="Solo lead"]')
    click("#ab")
    step(browser, "the other is heard", "studio.player.place().deck.piece.id === studio.other.id")
    another_take("a file is dropped", lambda: browser.execute_script(DROP, script_args=[list(midi)], sandbox=None))
    browser.refresh()
    step(
        browser,
        "it is there after a reload",
        "window.studio?.piece && studio.files.name(studio.state.start) === 'tune.mid'",
    )
    another_take("undo", lambda: click("#undo"))
    browser.set_window_rect(width=450, height=850)
    step(browser, "it fits a narrow window", "document.documentElement.scrollWidth <= innerWidth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("song", type=Path)
    midi = parser.parse_args().song.read_bytes()
    with (
        tempfile.TemporaryDirectory() as kept,
        served(None, Path(kept)) as server,
        tempfile.TemporaryDirectory() as profile,
    ):
        browser = opened(profile)
        try:
            print(f"Firefox {browser.session_capabilities['browserVersion']}")
            browser.navigate(server.address)
            try_all(browser, midi)
        finally:
            browser.quit()


if __name__ == "__main__":
    main()
