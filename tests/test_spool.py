"""Bytes on disk are the bytes that were kept, also while more are added and without `os.pread`, as on Windows."""

import os
from pathlib import Path

import pytest

from groovevae.corpus import spool
from groovevae.corpus.spool import Spool
from groovevae.errors import OutputError


@pytest.mark.parametrize("has_pread", [True, False])
def test_what_is_kept_comes_back(monkeypatch: pytest.MonkeyPatch, has_pread: bool) -> None:
    if not has_pread:
        monkeypatch.delattr(os, "pread")
    kept = Spool()
    one, two = kept.store(b"one"), kept.store(b"")
    assert (one.read(), two.read()) == (b"one", b"")
    three = kept.store(b"three")
    assert (three.read(), one.read(), kept.read(0, 5)) == (b"three", b"one", b"oneth")


def test_a_folder_that_cannot_be_written_does_not_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GROOVEVAE_CACHE", str(tmp_path / "file"))
    assert Spool().store(b"one").read() == b"one"


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    monkeypatch.setattr(spool.tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(
        OutputError, match=r"cannot be kept there \(No space left on device\); make room, or set GROOVE"
    ):
        Spool().append(b"one")
