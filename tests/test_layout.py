"""Where code may stand, and how much of it in one place."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

MOST_LINES = 400
VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "tools", "stuff", "shared"}
WITHOUT_CODE = {"data"}
"""Folders of the package that hold files only, so no layer of imports applies to them."""


def _python(root: Path) -> Iterator[Path]:
    for folder in ("src", "tests", "scripts", "benchmarks"):
        yield from sorted((root / folder).rglob("*.py"))


def test_no_file_is_longer_than_four_hundred_lines(root: Path) -> None:
    lengths = {p.relative_to(root): len(p.read_text("utf-8").splitlines()) for p in _python(root)}
    assert not {str(p): n for p, n in lengths.items() if n > MOST_LINES}


def test_names_say_the_thing(root: Path) -> None:
    vague = [p for p in _python(root) if p.stem in VAGUE or VAGUE & set(p.relative_to(root).parts)]
    assert not vague


def test_every_folder_of_the_package_has_a_place(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    rows = project["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = {name.strip() for row in rows for name in row.split("|")}
    package = root / "src" / "zhiheng"
    folders = {p.name for p in package.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders - WITHOUT_CODE == placed
    assert not [p for name in WITHOUT_CODE for p in (package / name).rglob("*.py")]


def test_only_the_front_door_stands_beside_the_folders(root: Path) -> None:
    files = {p.name for p in (root / "src" / "zhiheng").glob("*.py")}
    assert files <= {"__init__.py", "__main__.py"}


def test_tests_mirror_the_package(root: Path) -> None:
    package = {p.name for p in (root / "src" / "zhiheng").iterdir() if p.is_dir()}
    own = {"cases", "reference", "semantics"}
    folders = {p.name for p in (root / "tests").iterdir() if p.is_dir() and p.name[0] not in "_."}
    assert folders <= package | own


def test_makers_of_stored_answers_do_not_import_us(root: Path) -> None:
    for maker in sorted((root / "tests" / "reference").glob("*/make*.py")):
        assert "zhiheng" not in set(_imported(maker)), maker


def test_every_reference_says_where_it_comes_from(root: Path) -> None:
    for folder in sorted(p for p in (root / "tests" / "reference").iterdir() if p.is_dir()):
        if folder.name[0] in "_.":
            continue
        assert (folder / "README.md").is_file(), folder
        cases = tomllib.loads((folder / "reference.toml").read_text("utf-8"))["case"]
        for case in cases:
            file, _, name = case["test"].partition("::")
            assert f"def {name}(" in (root / file).read_text("utf-8"), case["test"]


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]
