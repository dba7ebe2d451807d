"""`groove --help` answers at once: within three times the time of importing click, and without the heavy libraries."""

import statistics
import time

import click
import pytest

FACTOR = 3.0  # times the time of `python -c "import click"`
ROUNDS = 5
ATTEMPTS = 3  # other work on the machine may spoil one
HEAVY = {
    *("flax", "jax", "jaxlib", "matplotlib", "midirenderer", "mido", "numpy", "optax", "orbax"),
    *("pretty_midi", "pyloudnorm", "rich", "safetensors", "scipy", "sklearn", "soundfile", "symusic"),
}


def help_calls() -> list[tuple[str, ...]]:
    """The arguments after `python` that ask for each help page."""
    from groovevae.cli import main

    commands = main.list_commands(click.Context(main))
    return [("-m", "groovevae", "--help"), *(("-m", "groovevae", command, "--help") for command in commands)]


def median_seconds(run_python, calls: list[tuple[str, ...]]) -> dict[tuple[str, ...], float]:
    """The median time of each call, taken in turn so that a busy moment hits all alike."""
    seconds: dict[tuple[str, ...], list[float]] = {call: [] for call in calls}
    for _ in range(ROUNDS):
        for call in calls:
            start = time.perf_counter()
            run_python(*call)
            seconds[call].append(time.perf_counter() - start)
    return {call: statistics.median(times) for call, times in seconds.items()}


def test_help_answers_at_once(run_python) -> None:
    base = ("-c", "import click")
    for _ in range(ATTEMPTS):
        medians = median_seconds(run_python, [base, *help_calls()])
        limit = FACTOR * medians.pop(base)
        slow = {" ".join(call): round(seconds, 3) for call, seconds in medians.items() if seconds > limit}
        if not slow:
            return
    pytest.fail(f"slower than {limit:.3f} s: {slow}")


def test_help_loads_nothing_heavy(run_python) -> None:
    for call in help_calls():
        lines = run_python("-X", "importtime", *call).stderr.splitlines()
        loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in lines if line.startswith("import time:")}
        assert "click" in loaded
        assert not HEAVY & loaded, f"{' '.join(call)} loads {', '.join(sorted(HEAVY & loaded))}"
