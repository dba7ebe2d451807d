"""Where Windows, macOS and Linux differ: signals, quoting, names of files. Imports nothing heavy: signals come first.

What depends on the system takes it as an argument, so that every system's way is tested on any of them.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence

IS_WINDOWS = os.name == "nt"
# Ctrl-C, the request to end, and Windows' Ctrl-Break.
ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))
_PLAIN_WORD = re.compile(r"[\w.,:=+/\\@-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)[\d¹²³])(?=\.|$)", re.IGNORECASE)


def command_text(words: Sequence[str], *, is_windows: bool = IS_WINDOWS) -> str:
    """A command as it is typed: quoted for a POSIX shell, or with double quotes, as both cmd and PowerShell take them.

    >>> command_text(["groove", "blend", "my song.mid", "rock"], is_windows=True)
    'groove blend "my song.mid" rock'
    """
    return " ".join(map(_quoted_for_windows, words)) if is_windows else shlex.join(words)


def _quoted_for_windows(word: str) -> str:
    """A word as C programs on Windows take it: a backslash counts as such unless a double quote follows."""
    if _PLAIN_WORD.fullmatch(word):
        return word
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)$", r"\1\1", escaped) + '"'


def portable_stem(stem: str) -> str:
    """A file's name that Windows takes too, which means devices by con, aux.x and their like, in any folder.

    >>> portable_stem("aux.take-rock-0.5")
    'aux_.take-rock-0.5'
    """
    return _RESERVED.sub(r"\1_", stem, count=1) if _RESERVED.match(stem) else stem


def user_caches(environment: Mapping[str, str], *, home: str, system: str = sys.platform) -> str:
    """The folder where a user's programs keep what they can make again.

    >>> user_caches({}, home="/Users/me", system="darwin")
    '/Users/me/Library/Caches'
    """
    if system == "win32":
        return environment.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    own = ("Library", "Caches") if system == "darwin" else (".cache",)
    return environment.get("XDG_CACHE_HOME") or os.path.join(home, *own)


def is_same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether two paths lead to one file, through links or spelled with other letters where these count for nothing."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there
        return os.path.normcase(os.path.abspath(one)) == os.path.normcase(os.path.abspath(other))
