"""Takes the pictures of the studio that the documentation shows, in a headless Chromium, with the bundled model.

python scripts/studio_pictures.py docs/images
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from studio_browser import browser_of, drag, find_chromium, open_page, served, take_id, wait_for_another_take

PICTURES = {  # name -> colours, width and height in pixels
    "studio-dark": ("dark", 1360, 880),
    "studio-light": ("light", 1360, 880),
    "studio-phone": ("dark", 380, 1180),
}
POINT = (0.25, -0.45)  # of the pad, in radii
SECONDS = 3.0  # how far the take has played


def take_picture(browser, address: str, path: Path, colours: str, width: int, height: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colours)
    page = open_page(context, address)
    before = take_id(page)
    drag(page, *POINT)
    before = wait_for_another_take(page, before)
    page.get_by_label("Keep the start's lead").click()
    wait_for_another_take(page, before)
    page.locator("#play").click()
    page.wait_for_function(f"() => studio.player.place()?.seconds > {SECONDS}")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=path)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    with (
        tempfile.TemporaryDirectory() as kept,
        served(None, Path(kept)) as server,
        browser_of(find_chromium()) as browser,
    ):
        for name, (colours, width, height) in PICTURES.items():
            take_picture(browser, server.address, folder / f"{name}.png", colours, width, height)


if __name__ == "__main__":
    main()
