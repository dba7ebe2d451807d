"""Measures the studio in a headless Chromium: from letting go of the pad to new notes and new sound, and its page.

    python scripts/studio_speed.py --drags 60

It starts a studio with the bundled model, plays, and drags the point to random places. "New sound" is the moment when
the loops of the new take are rendered, decoded and planned for the next bar line; waiting for that line is not counted.
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
REQUEST = {"start": "classical", "targets": {"rock": 0.5, "jazz": 0.3, "latin": 0.2}}
PERCENTILES = (50, 95)


def measured(page, name: str) -> list[float]:
    """The durations of all measures of a name, in milliseconds."""
    return page.evaluate(f"performance.getEntriesByName({name!r}, 'measure').map((one) => one.duration)")


def show(name: str, milliseconds: list[float]) -> None:
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    told = ", ".join(f"{percent}th percentile {cuts[percent - 1]:,.0f} ms" for percent in PERCENTILES)
    print(f"{name}: {told} ({len(milliseconds)} drags)")


def run_drags(page, count: int) -> None:
    rng = np.random.default_rng(SEED)
    page.locator("#play").click()
    page.wait_for_function("() => studio.player.isPlaying")
    page.evaluate("performance.clearMeasures()")
    for _ in range(count):
        before, (angle, radius) = take_id(page), rng.uniform((0, 0.4), (2 * np.pi, 0.95))
        drag(page, radius * np.cos(angle), radius * np.sin(angle))
        wait_for_another_take(page, before)


def show_processor_time(count: int) -> None:
    """What the server itself does for a take, which other work on the machine slows less: one thread's time."""
    from groovevae import load_model
    from groovevae.studio.sound import play_loop, role_files
    from groovevae.studio.takes import Takes
    from groovevae.studio.uploads import Uploads

    takes, rows = Takes(load_model(), Uploads()), []
    for number in range(count + 1):
        start = time.process_time()
        [take] = takes.make({**REQUEST, "amount": 0.2 + 0.7 * number / count})
        made, loops = time.process_time(), []
        for midi in role_files(take, is_loop=True).values():
            before = time.process_time()
            play_loop(midi, take.roll.seconds, None)
            loops.append(time.process_time() - before)
        rows.append((made - start, max(loops), sum(loops)))
    make, longest, whole = np.median(rows[1:], axis=0) * 1000  # the first loads what all others use
    print(f"processor time: {make:.0f} ms to make 8 bars; loops: the longest {longest:.0f} ms, all {whole:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drags", type=int, default=60)
    drags = parser.parse_args().drags
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
        run_drags(page, drags)
        show("letting go to new notes", measured(page, "new-notes"))
        show("letting go to new sound", measured(page, "new-sound"))
        client = page.context.new_cdp_session(page)
        client.send("Performance.enable")
        metrics = {one["name"]: one["value"] for one in client.send("Performance.getMetrics")["metrics"]}
        print(f"script memory afterwards: {metrics['JSHeapUsedSize'] / 2**20:.0f} MiB; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
