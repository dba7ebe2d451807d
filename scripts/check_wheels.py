"""Tells on which systems every dependency has a wheel, so that nobody needs a compiler to install groovevae.

    python -m pip install uv
    python scripts/check_wheels.py

Asks the package index, installs nothing. Extras are not looked at.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
SYSTEMS = {
    "Linux x86-64": "x86_64-manylinux_2_28",
    "Linux ARM64": "aarch64-manylinux_2_28",
    "Windows x86-64": "x86_64-pc-windows-msvc",
    "Windows ARM64": "aarch64-pc-windows-msvc",
    "macOS Apple silicon": "aarch64-apple-darwin",
    "macOS Intel": "x86_64-apple-darwin",
}


def resolved(system: str, python: str) -> str:
    """What a system gets: the number of packages with wheels, with JAX or without, or who has none."""
    where = ["--python-platform", system, "--python-version", python]
    command = ["uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:", *where]
    done = subprocess.run([*command, str(PROJECT)], capture_output=True, encoding="utf-8")
    if done.returncode:
        missing = re.search(r"Wheels are required for `([\w-]+)`|Wheels are available for `([\w-]+)`", done.stderr)
        return f"no: {missing[1] or missing[2]}" if missing else f"no: {' '.join(done.stderr.split())[:60]}"
    packages = done.stdout.split()
    jax = [package for package in packages if package.startswith("jax==")]
    return f"{len(packages)} wheels, {jax[0] if jax else 'without JAX'}"


def main() -> None:
    print("|  |", " | ".join(f"Python {python}" for python in PYTHONS), "|")
    print("|---" * (len(PYTHONS) + 1) + "|")
    for name, system in SYSTEMS.items():
        print(f"| {name} |", " | ".join(resolved(system, python) for python in PYTHONS), "|")


if __name__ == "__main__":
    sys.exit(main())
