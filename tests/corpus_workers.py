"""Functions of a path that do what the file's name says, in a module of their own that workers can import."""

import os
import signal
import sys
import time
from pathlib import Path

from groovevae.corpus.reader import load_packed_data
from groovevae.errors import MidiError


def act(path: Path) -> bytes:
    match path.stem.split("-")[0]:
        case "crash":
            os._exit(3)
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hang":
            time.sleep(60)
        case "hoard":
            bytearray(2**31)
        case "refuse":
            raise MidiError("no notes")
        case "fault":
            raise KeyError("oops")
        case "print":
            os.write(1, b"noise on stdout")
            print("more noise", flush=True)
        case "big":
            return bytes(2**20)
    return path.name.encode("utf-8", "surrogateescape")


def names_of_modules(path: Path) -> bytes:
    return " ".join(sys.modules).encode()


def act_on_bytes(task: bytes) -> bytes:
    """Read a file whose bytes are given; of one that is called crash.mid, do that."""
    return act(Path("crash")) if task.startswith(b"crash\0") else load_packed_data(task)
