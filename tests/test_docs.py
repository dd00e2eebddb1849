"""What users meet is described: methods, errors, commands, rules; generated pages are current."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

import build_docs
from zhiheng.cli.app import app
from zhiheng.core.registry import catalogue
from zhiheng.study.plan import parse_plan

CODE = re.compile(r"\b([ADUXCSMPRI]\d{3})\b")
ERROR_HEADINGS = (
    "意思 · What it means",
    "为什么要紧 · Why it matters",
    "怎么办 · What to do",
    "例 · Example",
)
RULES = range(1, 11)


def _page(root: Path, name: str) -> str:
    return (root / "docs" / name).read_text("utf-8")


def _codes_raised(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted((root / "src").rglob("*.py")):
        for code in re.findall(r'"([ADUXCSMPRI]\d{3})"|\[(I\d{3})\]', path.read_text("utf-8")):
            found.setdefault(code[0] or code[1], path.relative_to(root).as_posix())
    return found


def _errors_described(root: Path) -> dict[str, str]:
    pieces = re.split(r"^### `([A-Z]\d{3})`.*$", _page(root, "reference/errors.md"), flags=re.M)
    codes = pieces[1::2]
    assert len(codes) == len(set(codes)), "an error is described twice"
    return dict(zip(codes, pieces[2::2], strict=True))


def test_every_error_code_has_its_entry_and_no_entry_is_stale(root: Path) -> None:
    raised, described = _codes_raised(root), _errors_described(root)
    assert {code: raised[code] for code in raised.keys() - described.keys()} == {}
    assert described.keys() - raised.keys() == set()


def test_every_error_entry_has_the_four_headings(root: Path) -> None:
    for code, text in _errors_described(root).items():
        places = [text.find(f"**{heading}**") for heading in ERROR_HEADINGS]
        assert min(places) >= 0, code
        assert places == sorted(places), code


@pytest.mark.parametrize("page", ["methods_page", "validation_page", "systems_page"])
def test_generated_pages_are_current(root: Path, page: str) -> None:
    name = page.removesuffix("_page")
    wanted = getattr(build_docs, page)()
    assert _page(root, f"reference/{name}.md") == wanted, "run scripts/build_docs.py"


def test_every_method_has_its_heading_and_its_proof(root: Path) -> None:
    methods, validation = (_page(root, f"reference/{n}.md") for n in ("methods", "validation"))
    for name in catalogue():
        assert f"## `{name}`" in methods
        assert f"## `{name}`" in validation, f"no tests/reference/{name}/reference.toml"


def test_every_option_is_described() -> None:
    assert not re.findall(r"^\| `(\w+)` \|.*\|  \|$", build_docs.methods_page(), flags=re.M)


def test_every_verb_of_the_command_line_has_its_heading(root: Path) -> None:
    page = _page(root, "reference/cli.md")
    described = set(re.findall(r"^## `zhiheng ([a-z -]+)`", page, flags=re.M))
    assert described == set(_verbs())


def _verbs() -> Iterator[str]:
    methods = {form for name in catalogue() for form in (name, name.replace("_", "-"))}
    top = typer.main.get_group(app)
    for name, command in top.commands.items():
        if name in methods:
            continue
        below = getattr(command, "commands", None)
        yield from [name] if below is None else (f"{name} {verb}" for verb in below)


def test_each_of_the_ten_rules_has_a_test_of_its_number(root: Path) -> None:
    page = _page(root, "explanation/semantics.md")
    for number in RULES:
        files = list((root / "tests" / "semantics").glob(f"test_rule_{number:02d}_*.py"))
        assert len(files) == 1, number
        assert files[0].relative_to(root).as_posix() in page, number


def test_the_readme_starts_with_the_two_commands(root: Path) -> None:
    lines = (root / "README.md").read_text("utf-8").splitlines()
    assert [line.split("#")[0].strip() for line in lines[1:3]] == [
        "sh scripts/run.sh",
        "sh scripts/test.sh",
    ]


def test_python_in_the_readme_and_the_reference_runs(root: Path) -> None:
    guides = tuple(
        f"../how-to/{name}.md"
        for name in (
            "measure-efficiency",
            "follow-productivity",
            "measure-disparity",
            "evaluate-a-policy",
        )
    )
    pages = ("python.md", "expressions.md", *guides)
    for page in ("README.md", *(f"docs/reference/{name}" for name in pages)):
        blocks = re.findall(r"```python\n(.*?)```", (root / page).read_text("utf-8"), flags=re.S)
        assert blocks, page
        for block in blocks:
            exec(compile(block, page, "exec"), {})


def test_the_study_of_the_guide_is_a_sound_plan(root: Path) -> None:
    text = _page(root, "how-to/write-a-study.md")
    plan = parse_plan("\n".join(re.findall(r"```toml\n(.*?)```", text, flags=re.S)), "guide")
    assert [step.id for step in plan.steps()] == ["index", "main-levels", "main-differences"]


def test_links_between_files_lead_somewhere(root: Path) -> None:
    for path in [*root.glob("*.md"), *sorted((root / "docs").rglob("*.md"))]:
        prose = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.S)
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", prose):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_error_codes_named_in_the_docs_exist(root: Path) -> None:
    known = _codes_raised(root)
    for path in sorted((root / "docs").rglob("*.md")):
        assert set(CODE.findall(path.read_text("utf-8"))) <= known.keys(), path.name


def test_pages_are_not_tangled(root: Path) -> None:
    """Two changes to one page can be merged line by line without a conflict, and make no sense."""
    bad: list[str] = []
    for path in sorted((root / "docs").rglob("*.md")):
        before, fenced = "", False
        for n, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if line.startswith("```"):
                fenced = not fenced
            elif not fenced and re.match("#{1,4} ", line) and before.strip():
                bad.append(f"{path.name}:{n} a heading follows a line of text")
            before = line
        if fenced:
            bad.append(f"{path.name} ends inside a block of code")
    assert bad == []
