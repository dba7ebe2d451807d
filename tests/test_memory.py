"""Memory between training steps."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

FREED_AND_TAKEN_AGAIN = """
import resource, sys
import numpy as np
from groovevae.training.memory import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(2):
    np.ones(64 * 2**20, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    np.ones(64 * 2**20, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(word: str) -> int:
    command = [sys.executable, "-c", FREED_AND_TAKEN_AGAIN, word]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_memory_that_was_freed_is_not_mapped_anew():
    assert page_faults("keep") < 100 < page_faults("leave")


GIVEN_BACK = """
import numpy as np
from groovevae.training.memory import give_back_freed_memory, keep_freed_memory


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


keep_freed_memory()
np.ones(64 * 2**20, np.uint8)
before = resident()
give_back_freed_memory()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_memory_that_was_kept_is_given_back_when_asked_for():
    done = subprocess.run([sys.executable, "-c", GIVEN_BACK], check=True, capture_output=True, text=True)
    assert int(done.stdout) > 60 * 2**20
