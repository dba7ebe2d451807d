"""Settles where Windows, macOS and Linux differ: signals, quoting, file names. Never imports anything heavy.

Functions take the system as an argument where it matters, so that each system's behaviour is tested on all of them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

IS_WINDOWS = os.name == "nt"
# Ctrl-C, the request to end, and Windows' Ctrl-Break.
ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))
COMPILER = "compiler"  # name of a thread that no signal stops and that nobody has to wait for
# They play in the terminal until the end; none plays where no sound server and no sound card answers.
_TERMINAL_PLAYERS = (["pw-play"], ["paplay"], ["aplay", "-q"], ["ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"])
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


def player_command(
    path: str, environment: Mapping[str, str], *, which: Callable[[str], str | None], system: str = sys.platform
) -> list[str] | None:
    """Return the command that plays a sound here, or None: a desktop's own program, or a player of the terminal.

    >>> player_command("a.wav", {"DISPLAY": ":0"}, which=lambda name: f"/usr/bin/{name}", system="linux")
    ['xdg-open', 'a.wav']
    """
    if system == "darwin":
        return ["open", path]
    has_desktop = bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
    players = (*((["xdg-open"],) if has_desktop else ()), *_TERMINAL_PLAYERS)
    return next(([*player, path] for player in players if which(player[0])), None)


def open_in_player(path: str) -> bool:
    """Open a sound with the system's player, and tell whether there is one."""
    if IS_WINDOWS:
        try:
            os.startfile(path)  # type: ignore[attr-defined, unused-ignore]
        except OSError:  # no program is set for such files
            return False
        return True
    command = player_command(path, os.environ, which=shutil.which)
    if command is None:
        return False
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def is_same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Tell whether two paths lead to one file, through links, or in upper or lower case where that does not matter."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there
        return os.path.normcase(os.path.abspath(one)) == os.path.normcase(os.path.abspath(other))
