"""The documentation is up to date: its command reference, the public names, links, and what its tutorials show."""

import ast
import contextlib
import io
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner
from command_line import COMMANDS

import groovevae
from groovevae.cli import main
from make_reference import PAGE, reference

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
ALL_PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("[!.]*/*.md"), *DOCS.glob("*/*.md")])
CALL = re.compile(r"^[ $]*(groove [a-z][^#\n]*)", re.MULTILINE)
BLOCK = re.compile(r"^(<!-- not run[^\n]*\n+)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")  # another processor may round one otherwise
PAGES_OF = {"blend": "steering.md", "morph": "steering.md", "genre": "add-genre.md", "vector": "vectors.md"}

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation does not come with the package")


def test_the_command_reference_is_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == reference(), "run python scripts/make_reference.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_on_a_page_written_by_hand(name: str) -> None:
    pages = [ROOT / "README.md", *DOCS.glob("*.md"), *TUTORIALS]
    assert f"groove {name}" in "".join(page.read_text("utf-8") for page in pages)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name.split()[0] in PAGES_OF])
def test_every_option_of_steering_stands_on_its_page(name: str) -> None:
    pages = {"steering.md", PAGES_OF[name.split()[0]]}
    text = "".join((DOCS / page).read_text("utf-8") for page in pages)
    options = [option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if not re.search(rf"{option}\b", text)] == []


def test_every_public_name_stands_in_the_python_reference() -> None:
    text = (DOCS / "reference" / "python.md").read_text("utf-8")
    documented = re.findall(r"^\.\. [\w:]+:: groovevae\.(\w+)$", text, re.MULTILINE)
    assert sorted(documented) == sorted(groovevae.__all__)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MyST make them; code blocks have none."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ +(.*?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path) -> list[str]:
    """The links of a page to files that are not there, or to headings that their page does not have."""
    broken = []
    for link in LINK.findall(page.read_text("utf-8")):
        place, _, anchor = link.partition("#")
        target = page.parent / place if place else page
        if re.match(r"\w+:", link):
            continue  # another site: not looked at
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_and_headings_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](other.md) [b](other.md#two-words-1) [c](#here) [d](https://x.org/y)\n# Here", []),
        ("[a](missing.md)", ["missing.md"]),
        ("[a](other.md#three)", ["other.md#three"]),
        ("```\n# there\n```\n[a](#there)", ["#there"]),
    ],
)
def test_broken_links_are_found(tmp_path: Path, text: str, broken: list[str]) -> None:
    (tmp_path / "page.md").write_text(text)
    (tmp_path / "other.md").write_text("# One\n\n## Two words: 1\n")
    assert broken_links(tmp_path / "page.md") == broken


def unknown_options(line: str) -> list[str]:
    """The options of a line that calls `groove` which its command does not have."""
    words = [word for word in re.split(r"\s+", line.removeprefix("groove ")) if word]
    command = max(
        (name for name in COMMANDS if words[: name.count(" ") + 1] == name.split()), key=len, default=words[0]
    )
    known = {option for parameter in COMMANDS[command].params for option in parameter.opts}
    return [word for word in words if word.startswith("--") and word not in {*known, "--help"}]


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_pages_show_have_their_options(page: Path) -> None:
    calls = CALL.findall(page.read_text("utf-8"))
    assert [(call, unknown) for call in calls if (unknown := unknown_options(call))] == []


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_that_pages_show_names_what_there_is(page: Path) -> None:
    blocks = [text for _, language, text in BLOCK.findall(page.read_text("utf-8")) if language == "python"]
    for node in (node for block in blocks for node in ast.walk(ast.parse(block))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("groovevae"):
            assert [name.name for name in node.names if not hasattr(import_module(str(node.module)), name.name)] == []
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "groovevae":
            assert node.attr in groovevae.__all__


def shown(page: Path) -> list[tuple[str, str]]:
    """What a page tells the reader to run, each with the output beside it; blocks marked as not run are left out."""
    runs: list[tuple[str, str]] = []
    for not_run, language, text in BLOCK.findall(page.read_text("utf-8")):
        if language == "console" and not not_run:
            for call in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, output = call.partition("\n")
                runs.append((f"$ {command}", output))
        elif language == "python":
            runs.append(("" if not_run else text, ""))
        elif language == "text" and runs and runs[-1][0] and not runs[-1][0].startswith("$ "):
            runs[-1] = (runs[-1][0], text)
    return [run for run in runs if run[0]]


def output_of(code: str, names: dict[str, object]) -> str:
    """What a `groove` command or a piece of Python prints."""
    if code.startswith("$ "):
        program, *words = shlex.split(code[2:])
        assert program == "groove", code
        return CliRunner().invoke(main, words, env={"COLUMNS": "100"}).output
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    return printed.getvalue()


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_tutorials_show_what_is_printed(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for code, output in shown(page):
        printed = output_of(code, names)
        assert NUMBER.sub("0", printed).split() == NUMBER.sub("0", output).split(), f"{code}\nprints\n{printed}"
        near = pytest.approx([float(number) for number in NUMBER.findall(output)], rel=0.1, abs=0.2)
        assert [float(number) for number in NUMBER.findall(printed)] == near, f"{code}\nprints\n{printed}"
