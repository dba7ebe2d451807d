"""Lets requests do their work in threads, a few at a time; who has gone before their turn loses it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

Result = TypeVar("Result")


class GoneError(Exception):
    """A request whose sender no longer waits for the answer."""


async def in_turn(
    request: Request, limiter: CapacityLimiter, work: Callable[[], Result], *, gone: threading.Event | None = None
) -> Result:
    """Return the result of `work` in a thread, once it is its turn. `gone` tells work that its sender has left.

    Raises GoneError where that happens before there is a result, and whatever `work` raises.
    """
    results: list[Result] = []
    errors: list[Exception] = []
    gone = gone or threading.Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        try:
            results.append(await to_thread.run_sync(work, limiter=limiter))
        except Exception as error:  # raised below: a task group would wrap it
            errors.append(error)
        group.cancel_scope.cancel()
    if errors:
        raise errors[0]
    if not results or gone.is_set():
        raise GoneError
    return results[0]
