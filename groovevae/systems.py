"""Settles where Windows, macOS and Linux differ: signals, quoting, file names. Never imports anything heavy.

Functions take the system as an argument where it matters, so that each system's behaviour is tested on all of them.
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
    """Spell a command as it is typed: quoted for a POSIX shell, or in double quotes, as cmd and PowerShell take them.

    >>> command_text(["groove", "blend", "my song.mid", "rock"], is_windows=True)
    'groove blend "my song.mid" rock'
    """
    return " ".join(map(_quoted_for_windows, words)) if is_windows else shlex.join(words)


def _quoted_for_windows(word: str) -> str:
    """Quote a word as C programs on Windows read it: a backslash stands for itself unless a double quote follows."""
    if _PLAIN_WORD.fullmatch(word):
        return word
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)$", r"\1\1", escaped) + '"'


def portable_stem(stem: str) -> str:
    """Return a file's name that Windows accepts too: there con, aux.x and their like name devices, in any folder.

    >>> portable_stem("aux.take-rock-0.5")
    'aux_.take-rock-0.5'
    """
    return _RESERVED.sub(r"\1_", stem, count=1) if _RESERVED.match(stem) else stem


def user_caches(environment: Mapping[str, str], *, home: str, system: str = sys.platform) -> str:
    """Return the folder where a user's programs keep what they can make again.

    >>> user_caches({}, home="/Users/me", system="darwin")
    '/Users/me/Library/Caches'
    """
    if system == "win32":
        return environment.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    own = ("Library", "Caches") if system == "darwin" else (".cache",)
    return environment.get("XDG_CACHE_HOME") or os.path.join(home, *own)


def is_same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Tell whether two paths lead to one file, through links, or in upper or lower case where that does not matter."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there
        return os.path.normcase(os.path.abspath(one)) == os.path.normcase(os.path.abspath(other))
