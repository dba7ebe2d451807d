"""Handles Ctrl-C and SIGTERM during a long run: it stops where it can be resumed, and ends with the signal's status."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import click

from groovevae.systems import ENDING_SIGNALS


class Stopper:
    """Tells a training run, which asks before each step, to stop after Ctrl-C or SIGTERM. A second signal kills it."""

    def __init__(self) -> None:
        self.signal = 0
        self.has_begun = False

    def __call__(self) -> bool:
        """Tell whether to stop."""
        self.has_begun = True
        return self.signal != 0

    def __enter__(self) -> Stopper:
        self.before = {number: signal.signal(number, self._stop) for number in ENDING_SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self.has_begun:  # there is nothing trained yet to save
            sys.exit(128 + number)
        self.signal = number
        for caught in self.before:
            signal.signal(caught, signal.SIG_DFL)
        message = b"\nStopping: the model is being written. Ctrl-C again ends at once.\n"
        os.write(2, message)  # a signal may come while click or rich is printing


def exit_if_stopped(stopper: Stopper, step: int, steps: int, *, is_quiet: bool) -> None:
    """End with the status of the signal that stopped the run, which another process may have got."""
    if stopper.signal == 0 and step >= steps:
        return
    if not is_quiet:
        click.echo(f"Stopped at step {step:,} of {steps:,}; the same command resumes it.")
    sys.exit(128 + (stopper.signal or signal.SIGTERM))
