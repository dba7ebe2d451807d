"""What two processes agree on, printed line by line; for the tests of that.

python agree_in_processes.py COORDINATOR PROCESS
"""

import os
import sys
from collections.abc import Callable

from groovevae.errors import CorpusError, GrooveError, OutputError
from groovevae.training import processes
from groovevae.training.processes import (
    any_process,
    check_alike,
    check_versions,
    connect,
    gather_bytes,
    in_first_process,
    lost_processes_named,
    together,
)


def outcome(action: Callable[[], object]) -> None:
    try:
        print(action(), flush=True)
    except GrooveError as error:
        print(f"{type(error).__name__}: {error}", flush=True)


def main(coordinator: str, process: int) -> None:
    connect(coordinator, num_processes=2, process=process)

    def fail_in(number: int) -> None:
        with together():
            if process == number:
                raise CorpusError(f"of process {number}")

    def fail_to_write() -> None:
        raise OutputError("no room")

    processes.PIECE_BYTES = 4
    outcome(lambda: gather_bytes(b"nine byte" * process))
    outcome(lambda: any_process(False))
    outcome(lambda: any_process(process == 1))
    outcome(lambda: fail_in(0))
    outcome(lambda: fail_in(1))
    outcome(lambda: fail_in(2))
    outcome(lambda: in_first_process(print, "said once"))
    outcome(lambda: in_first_process(fail_to_write))
    outcome(lambda: check_alike({"corpus": "same", "settings": {"seed": 0}}))
    outcome(lambda: check_alike({"corpus": "same", "settings": {"seed": process}}))
    outcome(lambda: check_versions("version 0"))
    outcome(lambda: check_versions(f"version {process}"))
    sys.stdout.flush()
    if process == 1:
        os._exit(0)
    outcome(lost_processes_named()(lambda: any_process(False)))
    os._exit(0)  # JAX would wait for the other


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
