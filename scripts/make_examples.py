"""Makes the recordings that the README links to: a classical phrase as the model plays it, half way to rock, and there.

    python scripts/make_examples.py docs/examples

Needs the extra `studio`. They are played on the soundfont that comes with pretty_midi, TimGM6mb (GPL 2).
"""

from __future__ import annotations

from pathlib import Path

import click
import soundfile

from groovevae import BlendRequest, load_model
from groovevae.audio import render

START, TARGET, SEED = "classical", "rock", 0
AMOUNTS = (0.0, 0.5, 1.0)
COMPRESSION = 0.92  # of libsndfile's 0 to 1, which is 1 for the smallest file


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", default=SEED, show_default=True)
def main(folder: Path, seed: int) -> None:
    """Writes an Opus file for each amount, and prints what it is."""
    groove = load_model()
    folder.mkdir(parents=True, exist_ok=True)
    for amount in AMOUNTS:
        request = BlendRequest(START, {TARGET: 1.0}, amount=amount, seed=seed)
        [piece] = groove.blend(request)
        sound = render(piece.midi)
        path = folder / f"{START}-{TARGET}-{amount:g}.opus"
        soundfile.write(path, sound.mix, sound.rate, "OPUS", format="OGG", compression_level=COMPRESSION)
        print(f"{path}: {sound.seconds:.0f} s, {path.stat().st_size / 1000:.0f} kB; {request.command()}")


if __name__ == "__main__":
    main()
