"""Starts the command `groove`, also `python -m groovevae`: signals end it quietly, from its first import on."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType

from groovevae.systems import COMPILER, ENDING_SIGNALS


def run() -> None:
    """Run the command line."""
    end_on_signals()
    from groovevae.cli import main

    try:
        main(prog_name="groove")
    except SystemExit as end:
        if end.code and any(thread.name == COMPILER for thread in threading.enumerate()):
            _end_without_waiting(end.code)
        raise


def end_on_signals() -> None:
    """Let Ctrl-C and its like end this process with their status: no traceback, and half-written files are removed."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup, or in the background of a script
            signal.signal(number, _end)


def _end_without_waiting(status: int | str) -> None:
    """End this process with its threads: Python would wait for them."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # nobody reads
            stream.flush()
    os._exit(status if isinstance(status, int) else 1)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    run()
