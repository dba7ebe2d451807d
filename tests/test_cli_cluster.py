"""`groove corpus` and `groove train` on a cluster: what goes wrong is told in one line."""

from pathlib import Path

import pytest
from command_line import Run, error_of

from groovevae.corpus import cluster

NOBODY = "tcp://127.0.0.1:1"  # no scheduler answers there


@pytest.mark.parametrize("command", ["corpus", "train"])
@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (["--scheduler", "local"], "scheduler 'local'; give an address such as tcp://10.0.0.1:8786, or local:4"),
        (["--scheduler", "local:2", "--jobs", "2"], "--jobs is of no use to a cluster"),
        (["--shards", "shards"], "--shards is of use only to a cluster; name one with --scheduler"),
    ],
)
def test_options_that_cannot_be(run: Run, band_corpus: Path, command: str, options: list[str], shown: str) -> None:
    assert shown in error_of(run(command, band_corpus, *options))


@pytest.mark.parametrize("command", ["corpus", "train"])
def test_a_scheduler_that_does_not_answer(
    run: Run, band_corpus: Path, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="a cluster needs the extra cluster")
    monkeypatch.setenv("GROOVEVAE_CACHE", str(tmp_path / "cache"))  # or nothing is left to read
    monkeypatch.setattr(cluster, "_ANSWER_SECONDS", 1)
    assert f"{NOBODY}: no Dask scheduler answers within 1 s" in error_of(
        run(command, band_corpus, "--scheduler", NOBODY)
    )


def test_urls_that_cannot_be_read(run: Run) -> None:
    assert "s3://: names no folder; write such as s3://bucket/folder" in error_of(run("corpus", "s3://"))
    assert "nonsense://" in error_of(run("train", "nonsense://bucket/folder"))
