"""`groove corpus` with genres from a table; tests/test_cli_train.py trains with one."""

from pathlib import Path

from command_line import Run, error_of
from corpus_files import make_labelled_corpus


def test_a_corpus_with_labels(run: Run, tmp_path: Path) -> None:
    labels = make_labelled_corpus(tmp_path / "tunes")
    shown = run("corpus", tmp_path / "tunes", "--labels", labels)
    assert shown.exit_code == 0, shown.output
    assert [line.split()[:2] for line in shown.stdout.splitlines() if line.split()[1:2] in (["6"], ["12"])] == [
        ["classical", "6"],
        ["rock", "12"],
        ["unlabelled", "6"],
    ]
    assert "labels.csv" in error_of(run("corpus", tmp_path / "tunes", "--labels", tmp_path / "no labels.csv"))
