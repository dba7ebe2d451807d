"""Starts the command `groove`, also `python -m groovevae`: signals end it quietly, from its first import on."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from groovevae.systems import ENDING_SIGNALS


def run() -> None:
    """Run the command line."""
    end_on_signals()
    from groovevae.cli import main

    main(prog_name="groove")


def end_on_signals() -> None:
    """Let Ctrl-C and its like end this process with their status: no traceback, and half-written files are removed."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup, or in the background of a script
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    run()
