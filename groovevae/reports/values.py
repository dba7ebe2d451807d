"""Writes findings as JSON. Knows nothing of what they say."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

from groovevae.wording import printable


def to_json(found: Any, *, indent: int, digits: int | None = None) -> str:
    """Return a dataclass, or JSON values, as indented JSON; what could not be measured (NaN) is null.

    With `digits`, numbers are rounded to that many decimal places.
    """
    values = dataclasses.asdict(found) if dataclasses.is_dataclass(found) and not isinstance(found, type) else found
    return json.dumps(_plain(values, digits), indent=indent)


def _plain(value: Any, digits: int | None) -> Any:
    if isinstance(value, dict):
        return {_plain(name, digits): _plain(item, digits) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, digits) for item in value]
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, float):
        return (value if digits is None else round(value, digits)) if math.isfinite(value) else None
    return value
