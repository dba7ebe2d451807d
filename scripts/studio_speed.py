"""Measures the studio in a headless Chromium: from letting go of the pad to new notes and new sound, and its page.

    python scripts/studio_speed.py --drags 60
    python scripts/studio_speed.py --drags 2 --loops 60  # memory: an hour of loops, another take every half a minute

It starts a studio with the bundled model, plays, and drags the point to random places. "New sound" is the moment when
the next bars of the new take are rendered, decoded and planned for the next bar line; waiting for that is not counted.
The point is let go of where it has just arrived, which is the hardest: where it rests before, more is there already.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from studio_browser import browser_of, drag, find_chromium, open_page, served, take_id, wait_for_another_take

SEED = 0
REQUEST = {"start": "classical", "amount": 0.6}
CORNERS = ("rock", "jazz", "latin")
PERCENTILES = (50, 95)
PORTION = 50  # takes after which memory is told
REST = 30  # seconds that a take is looped until the next one, of --loops
TOLD = 2  # minutes of loops after which memory is told
PATIENCE = 600_000  # milliseconds that a take may take meanwhile: other work may fill the machine within an hour


def measured(page, name: str) -> list[float]:
    """The durations of all measures of a name, in milliseconds."""
    return page.evaluate(f"performance.getEntriesByName({name!r}, 'measure').map((one) => one.duration)")


def show(name: str, milliseconds: list[float]) -> None:
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    told = ", ".join(f"{percent}th percentile {cuts[percent - 1]:,.0f} ms" for percent in PERCENTILES)
    print(f"{name}: {told} ({len(milliseconds)} drags)")


def run_drags(page, server, count: int) -> None:
    rng = np.random.default_rng(SEED)
    page.locator("#play").click()
    page.wait_for_function("() => studio.player.isPlaying")
    page.evaluate("performance.clearMeasures()")
    for number in range(count):
        if number and number % PORTION == 0:
            print(f"memory after {number} takes: {memory(page, server)}", flush=True)
        drag_anywhere(page, rng)


def drag_anywhere(page, rng: np.random.Generator) -> None:
    before, (angle, radius) = take_id(page), rng.uniform((0, 0.4), (2 * np.pi, 0.95))
    drag(page, radius * np.cos(angle), radius * np.sin(angle))
    wait_for_another_take(page, before)


def run_loops(page, server, minutes: int) -> None:
    """Let loops play on in real time, with another take now and then."""
    rng = np.random.default_rng(SEED + 1)
    page.set_default_timeout(PATIENCE)
    start, told = time.monotonic(), 0
    while (gone := time.monotonic() - start) < 60 * minutes:
        page.wait_for_timeout(1000 * REST)
        drag_anywhere(page, rng)
        if gone >= 60 * (told + TOLD):
            told = int(gone / 60)
            print(f"memory after {told} minutes of loops: {memory(page, server)}", flush=True)
    assert page.evaluate("studio.player.isPlaying"), "it stopped playing"
    takes = page.evaluate("studio.history.next - 1")
    print(f"memory after {gone / 60:.0f} minutes of loops, {takes} takes: {memory(page, server)}")


def memory(page, server) -> str:
    """What the page and the studio hold, as Linux counts it."""
    found = page.context.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = max(resident(one["id"]) for one in found if one["type"] == "renderer")
    studio = resident(server.process.pid) + sum(map(resident, children_of(server.process.pid)))
    return f"page {renderers:,.0f} MiB, studio with its processes {studio:,.0f} MiB"


def resident(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS")]
    return int(line.split()[1]) / 2**10


def children_of(process: int) -> list[int]:
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for file in lists for child in file.read_text("utf-8").split()]


def show_processor_time(count: int) -> None:
    """What the server itself does for a take, which other work on the machine slows less: one thread's time."""
    from groovevae import load_model
    from groovevae.studio.sound import play_loop, role_files
    from groovevae.studio.stretches import stretch
    from groovevae.studio.takes import Takes
    from groovevae.studio.uploads import Uploads

    def played(midi: bytes, seconds: float, *, is_loop: bool) -> float:
        before = time.process_time()
        play_loop(midi, seconds, None, is_loop=is_loop)
        return time.process_time() - before

    takes, rows, rng = Takes(load_model(), Uploads()), [], np.random.default_rng(SEED)
    for _ in range(count + 1):
        start = time.process_time()
        [take] = takes.make({**REQUEST, "targets": dict(zip(CORNERS, rng.dirichlet(np.ones(3)).tolist(), strict=True))})
        made, loops, soon = time.process_time(), [], []
        for midi in role_files(take, is_loop=True).values():
            loops.append(played(midi, take.roll.seconds, is_loop=True))
            soon.append(played(stretch(midi, 8, 4), take.roll.seconds_at(12) - take.roll.seconds_at(8), is_loop=False))
        rows.append((made - start, sum(soon), max(loops), sum(loops)))
    make, first, longest, whole = np.median(rows[1:], axis=0) * 1000  # the first loads what all others use
    print(f"processor time: {make:.0f} ms to make 8 bars; {first:.0f} ms to play one of them, all roles; ", end="")
    print(f"loops: the longest {longest:.0f} ms, all {whole:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drags", type=int, default=60)
    parser.add_argument("--loops", type=int, default=0, metavar="MINUTES", help="how long to let loops play on")
    drags, minutes = vars(parser.parse_args()).values()
    show_processor_time(20)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(None, Path(folder)) as server,
        browser_of(find_chromium()) as browser,
    ):
        page = open_page(browser.new_context(viewport={"width": 1360, "height": 900}), server.address)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        weight = page.evaluate(
            "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
            ".filter((one) => !one.name.includes('/api/')).reduce((sum, one) => sum + one.encodedBodySize, 0)"
        )
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} when it began")
        print(f"first paint: {paint:,.0f} ms; page: {weight / 1000:,.0f} kB without what the API answers")
        print(f"memory with the first take: {memory(page, server)}")
        run_drags(page, server, drags)
        show("letting go to new notes", measured(page, "new-notes"))
        show("letting go to new sound", measured(page, "new-sound"))
        print(f"memory after {drags} takes: {memory(page, server)}")
        if minutes:
            run_loops(page, server, minutes)
        print(f"load {os.getloadavg()[0]:.1f} when it ended")


if __name__ == "__main__":
    main()
