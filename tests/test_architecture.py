"""Imports point one way, and what needs no jax never loads it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "groovevae"

# Low to high: a module may import only those before it. A folder is one layer.
LAYERS = (
    "errors",
    "files",
    "config",
    "memory",
    "midi",
    "bars",
    "metrics",
    "attributes",
    "phrases",
    "novelty",
    "features",
    "judges",
    "corpus",
    "logits",
    "inference",
    "beats",
    "decoding",
    "latents",
    "forms",
    "doses",
    "drawing",
    "plausible",
    "checkpoint",
    "describe",
    "parallel",
    "directions",
    "blend",
    "request",
    "vectors",
    "starts",
    "sampling",
    "plans",
    "calibrate",
    "generate",
    "evaluation",
    "anomaly",
    "layers",
    "model",
    "losses",
    "weights",
    "devices",
    "processes",
    "training",
    "resume",
    "prior",
    "prior_fit",
    "learn",
    "display",
    "cli",
    "__init__",  # the package's own names, for users
    "__main__",
)
NO_JAX = LAYERS[: LAYERS.index("layers")]
JAX = {"jax", "jaxlib", "flax", "optax", "orbax"}
LAZY = JAX | {"mido", "numpy", "pretty_midi", "rich", "safetensors", "symusic"}


def layer_of(path: Path) -> str:
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


def imported_layers(names: set[str]) -> set[str]:
    """The layers of our own that `names` belong to; `groovevae.__version__` and its like belong to none."""
    layers = set()
    for package, _, rest in (name.partition(".") for name in names):
        if package == "groovevae" and not rest.startswith("__"):
            first = rest.split(".")[0]
            layers.add(first if first in LAYERS else "__init__")
    return layers


def sources(*layers: str) -> list[tuple[str, str, set[str]]]:
    """(layer, file, imported names) of every module in these layers; of all without arguments."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        layer = layer_of(path)
        if not layers or layer in layers:
            module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            found.append(
                (layer, str(path.relative_to(PACKAGE.parent)), imported_names(path.read_text("utf-8"), module))
            )
    return found


def existing(layers: tuple[str, ...]) -> list[str]:
    """Dotted names of every module in these layers."""
    files = (file for _, file, _ in sources(*layers))
    return [file.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for file in files]


@pytest.mark.parametrize(
    ("source", "module", "names", "layers"),
    [
        ("import groovevae.midi", "groovevae.cli", {"groovevae.midi"}, {"midi"}),
        ("from groovevae.bars.grid import f", "groovevae.cli", {"groovevae.bars.grid.f"}, {"bars"}),
        (
            "from groovevae import midi, encode",
            "groovevae.cli",
            {"groovevae.midi", "groovevae.encode"},
            {"midi", "__init__"},
        ),
        ("from groovevae import __version__", "groovevae.cli", {"groovevae.__version__"}, set()),
        ("import groovevae", "groovevae.cli", {"groovevae"}, {"__init__"}),
        ("from . import midi", "groovevae.cli", {"groovevae.midi"}, {"midi"}),
        ("from ..midi import Piece", "groovevae.bars.grid", {"groovevae.midi.Piece"}, {"midi"}),
        ("from .types import Bars", "groovevae.bars.__init__", {"groovevae.bars.types.Bars"}, {"bars"}),
        ("def f():\n    import jax.numpy as jnp", "groovevae.bars", {"jax.numpy"}, set()),
    ],
)
def test_imports_are_found(source: str, module: str, names: set[str], layers: set[str]) -> None:
    assert imported_names(source, module) == names
    assert imported_layers(names) == layers


def test_every_module_has_a_layer() -> None:
    unlisted = sorted({layer for layer, _, _ in sources()} - set(LAYERS))
    assert not unlisted, f"put {', '.join(unlisted)} where it belongs in LAYERS"


def test_imports_point_one_way() -> None:
    upward = [
        f"{file} imports {other}"
        for layer, file, names in sources()
        for other in sorted(imported_layers(names) - {layer})
        if layer in LAYERS and LAYERS.index(other) > LAYERS.index(layer)
    ]
    assert not upward, "\n".join(upward)


def test_low_layers_do_not_name_jax() -> None:
    named = [
        f"{file} imports {name}"
        for _, file, names in sources(*NO_JAX)
        for name in sorted(names)
        if name.split(".")[0] in JAX
    ]
    assert not named, "\n".join(named)


def test_low_layers_do_not_load_jax(run_python) -> None:
    loaded = run_python("-c", f"import sys, {', '.join(existing(NO_JAX))}; print(*sys.modules)").stdout.split()
    assert not JAX & set(loaded)


@pytest.mark.parametrize("module", ["groovevae", "groovevae.cli"])
def test_the_doors_load_nothing_heavy(run_python, module: str) -> None:
    loaded = run_python("-c", f"import sys, {module}; print(*sys.modules)").stdout.split()
    assert not LAZY & set(loaded)
