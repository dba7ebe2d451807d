"""Imports point one way, and what needs no jax never loads it."""

import ast
from pathlib import Path

import pytest
from conftest import LONGEST

PACKAGE = Path(__file__).parent.parent / "groovevae"

# Low to high: a room imports only from rooms before it. Whatever lies in a folder belongs to its room.
ROOMS = (
    "errors",
    "progress",
    "systems",
    "files",
    "wording",
    "config",
    "midi",
    "bars",
    "tracks",
    "drawing",
    "audio",
    "measures",
    "network",
    "model",
    "corpus",
    "arranging",
    "fitting",
    "generation",
    "anomaly",
    "evaluation",
    "training",
    "reports",
    "studio",
    "cli",
    "__init__",  # the package's own names, for users
    "__main__",
)
NO_JAX = tuple(room for room in ROOMS[: ROOMS.index("cli")] if room != "training")
JAX = {"jax", "jaxlib", "flax", "optax", "orbax"}
LAZY = JAX | {"mido", "numpy", "pretty_midi", "rich", "safetensors", "symusic"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(source: str, module: str) -> set[str]:
    """Full dotted names of all that `module` imports, inside functions too: `from a import b` is `a.b`."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            names |= {".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names}
    return names


def imported_rooms(names: set[str]) -> set[str]:
    """The rooms of our own that `names` belong to; `groovevae.__version__` and its like belong to none."""
    rooms = set()
    for package, _, rest in (name.partition(".") for name in names):
        if package == "groovevae" and not rest.startswith("__"):
            first = rest.split(".")[0]
            rooms.add(first if first in ROOMS else "__init__")
    return rooms


def sources(*rooms: str) -> list[tuple[str, str, set[str]]]:
    """(room, file, imported names) of every module in these rooms; of all without arguments."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        room = room_of(path)
        if not rooms or room in rooms:
            module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            found.append((room, str(path.relative_to(PACKAGE.parent)), imported_names(path.read_text("utf-8"), module)))
    return found


def existing(rooms: tuple[str, ...]) -> list[str]:
    """Dotted names of every module in these rooms."""
    files = (file for _, file, _ in sources(*rooms))
    return [file.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for file in files]


@pytest.mark.parametrize(
    ("source", "module", "names", "rooms"),
    [
        ("import groovevae.files", "groovevae.cli", {"groovevae.files"}, {"files"}),
        ("from groovevae.bars.grid import f", "groovevae.cli", {"groovevae.bars.grid.f"}, {"bars"}),
        (
            "from groovevae import bars, encode",
            "groovevae.cli",
            {"groovevae.bars", "groovevae.encode"},
            {"bars", "__init__"},
        ),
        ("from groovevae import __version__", "groovevae.cli", {"groovevae.__version__"}, set()),
        ("import groovevae", "groovevae.cli", {"groovevae"}, {"__init__"}),
        ("from . import files", "groovevae.cli", {"groovevae.files"}, {"files"}),
        ("from ..files import write_file", "groovevae.bars.grid", {"groovevae.files.write_file"}, {"files"}),
        ("from .types import Bars", "groovevae.bars.__init__", {"groovevae.bars.types.Bars"}, {"bars"}),
        ("def f():\n    import jax.numpy as jnp", "groovevae.bars", {"jax.numpy"}, set()),
    ],
)
def test_imports_are_found(source: str, module: str, names: set[str], rooms: set[str]) -> None:
    assert imported_names(source, module) == names
    assert imported_rooms(names) == rooms


def test_every_module_has_a_room() -> None:
    unlisted = sorted({room for room, _, _ in sources()} - set(ROOMS))
    assert not unlisted, f"put {', '.join(unlisted)} where it belongs in ROOMS"


def test_imports_point_one_way() -> None:
    upward = [
        f"{file} imports {other}"
        for room, file, names in sources()
        for other in sorted(imported_rooms(names) - {room})
        if room in ROOMS and ROOMS.index(other) > ROOMS.index(room)
    ]
    assert not upward, "\n".join(upward)


def test_low_rooms_do_not_name_jax() -> None:
    named = [
        f"{file} imports {name}"
        for _, file, names in sources(*NO_JAX)
        for name in sorted(names)
        if name.split(".")[0] in JAX
    ]
    assert not named, "\n".join(named)


def test_low_rooms_do_not_load_jax(run_python) -> None:
    loaded = run_python("-c", f"import sys, {', '.join(existing(NO_JAX))}; print(*sys.modules)").stdout.split()
    assert not JAX & set(loaded)


@pytest.mark.parametrize("module", ["groovevae", "groovevae.cli"])
def test_the_doors_load_nothing_heavy(run_python, module: str) -> None:
    loaded = run_python("-c", f"import sys, {module}; print(*sys.modules)").stdout.split()
    assert not LAZY & set(loaded)


def test_reports_alone_draw_on_terminals() -> None:
    drawing = {room for room, _, names in sources() for name in names if name.split(".")[0] == "rich"}
    assert drawing == {"reports"}


MAX_FILE, MAX_FUNCTION = 300, 40  # lines


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    long = [f"{path.relative_to(PACKAGE.parent)}: {lines} lines" for path, lines in lengths.items() if lines > MAX_FILE]
    assert not long, "\n".join(sorted(long))


def test_functions_are_short() -> None:
    long = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MAX_FUNCTION:
                    long.append(f"{path.relative_to(PACKAGE.parent)}: {node.name} has {lines} lines")
    assert not long, "\n".join(sorted(long))


def test_the_architecture_page_shows_the_rooms_in_their_order() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8")
    table = [line.split("`")[1].rstrip("/") for line in page.splitlines() if line.startswith("| `")]
    assert tuple(table) == ROOMS[: -len(("__init__", "__main__"))]


def test_the_longest_test_files_are_there() -> None:
    missing = [name for name in LONGEST if not (Path(__file__).parent / f"test_{name}.py").exists()]
    assert not missing, f"conftest.LONGEST names no test file: {', '.join(missing)}"
