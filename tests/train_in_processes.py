"""Trains a tiny network, as one of several processes where it is told to; for the tests of that.

    python train_in_processes.py CORPUS FOLDER [COORDINATOR PROCESSES PROCESS]

The first process writes the losses of each step to FOLDER/losses.json, and models: one trained at a stretch, one whose
run the last process stopped and that was gone on with, and one that goes on with what lies in FOLDER as "moved". It
leaves the state of the stopped run there as "left".
"""

import json
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path

from tiny import SETTINGS, describe_quickly, train_tiny

from groovevae.corpus import load_corpus
from groovevae.training import loop
from groovevae.training.processes import connect, is_first_process
from groovevae.training.state_folder import state_folder

STEPS, STOPPED_AT = 8, 4
CONFIG = replace(SETTINGS, steps=STEPS)


def losses_of(reports: list[loop.TrainingProgress]) -> list[dict]:
    """What each step's report says, but for the clock."""
    return [{k: v for k, v in asdict(progress).items() if "second" not in k} for progress in reports]


def main(corpus: str, folder: str, coordinator: str = "", processes: str = "1", process: str = "0") -> None:
    loop.REPORT_STEPS = 1
    describe_quickly()
    if coordinator:
        connect(coordinator, num_processes=int(processes), process=int(process))
    loaded = load_corpus(corpus)
    whole = train_tiny(loaded, Path(folder) / "whole.safetensors", config=CONFIG)
    asked = iter(range(STOPPED_AT))
    is_last = int(process) == int(processes) - 1
    path = Path(folder) / "halved.safetensors"
    first = train_tiny(loaded, path, config=CONFIG, stop=lambda: is_last and next(asked, None) is None)
    assert first.trained.steps_done == STOPPED_AT
    if is_first_process() and state_folder(path).exists():
        shutil.copytree(state_folder(path), Path(folder) / "left.checkpoints")
    rest = train_tiny(loaded, path, config=CONFIG)
    told = {"whole": whole.reports, "halved": first.reports + rest.reports}
    if (Path(folder) / "moved.training").exists():
        told["moved"] = train_tiny(loaded, Path(folder) / "moved.safetensors", config=CONFIG).reports
    if is_first_process():
        text = json.dumps({name: losses_of(reports) for name, reports in told.items()})
        (Path(folder) / "losses.json").write_text(text)
    else:
        assert not any(told.values())


if __name__ == "__main__":
    main(*sys.argv[1:])
