"""`groove corpus` and `groove train` with genres from a table."""

from pathlib import Path

from command_line import Run, error_of
from corpus_files import band_tune


def collection(root: Path) -> Path:
    """24 songs in folders that are no genres; of three in four, a table says the genre."""
    rows = ["path,genre"]
    for number in range(24):
        genre = ("classical", "rock")[number % 2]
        path = root / f"{number % 3}" / f"{genre} tune {'abcdefghijklmnopqrstuvwx'[number]}.mid"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(band_tune(genre, number, num_bars=36))
        if number % 4:
            rows.append(f"{path.relative_to(root)},{genre}")
    labels = root.parent / "labels.csv"
    labels.write_text("\n".join(rows), encoding="utf-8")
    return labels


def test_a_corpus_with_labels(run: Run, tmp_path: Path) -> None:
    labels = collection(tmp_path / "tunes")
    shown = run("corpus", tmp_path / "tunes", "--labels", labels)
    assert shown.exit_code == 0, shown.output
    assert [line.split()[:2] for line in shown.stdout.splitlines() if line.split()[1:2] in (["6"], ["12"])] == [
        ["classical", "6"],
        ["rock", "12"],
        ["unlabelled", "6"],
    ]
    assert "labels.csv" in error_of(run("corpus", tmp_path / "tunes", "--labels", tmp_path / "no labels.csv"))


def test_training_with_labels(tiny_train: Run, tmp_path: Path) -> None:
    labels = collection(tmp_path / "tunes")
    done = tiny_train("tunes", "--labels", labels, "--steps", 3)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("tunes: files used: 24, genres: 2, files without a genre: 6\n")
    assert "Try it: groove blend classical rock --model model.safetensors" in done.stdout
    assert "unlabelled" not in done.stdout
