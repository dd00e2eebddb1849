"""What the page of errors gives as an example raises that error."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main
from click.testing import CliRunner

from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.scope import scope
from zhiheng.cli.app import app
from zhiheng.core.errors import ZhihengError
from zhiheng.core.expression import evaluate

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "errors.md"
ENTRY = re.compile(r"### `([A-Z]\d{3})`.*?```text\n(.*?)\n```", flags=re.S)


def _examples(form: str) -> list[tuple[str, str]]:
    """Examples that can be run as they stand: a table, a command, or an expression."""
    found = {
        "table": lambda code, text: text.startswith("region,"),
        "command": lambda code, text: text.startswith("zhiheng ") and code[0] not in "RI",
        "expression": lambda code, text: (
            code[0] in "XU" and not re.search(r"zh\.|panel|columns=", text)
        ),
    }
    entries = ENTRY.findall(PAGE.read_text("utf-8"))
    notes = set(re.findall(r"### `([A-Z]\d{3})` .*（注记）", PAGE.read_text("utf-8")))
    forms = {c: next((f for f, fits in found.items() if fits(c, t)), "") for c, t in entries}
    return [(c, t) for c, t in entries if forms[c] == form and c not in notes]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples name."""
    codes = [11, 12, 13, 14, 21, 22, 23, 31, 32, 33, 34, 35]
    rows = ["region,year,rd,so2,a,b,y,x,coastal,gdp [亿元],rd_staff [人]"]
    for i, name in enumerate(codes):
        for year in (2019, 2020, 2021):
            y, x = (i * i * year) % 7 + i, "" if (i, year) == (3, 2020) else i + year % 3
            rows.append(
                f"{name},{year},{i + year - 2000},{i * 2 + 1},{i},{2 * i + year - 2010},"
                f"{y},{x},{i % 2},{i + 10},{i + 3}"
            )
    (tmp_path / "mine.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (tmp_path / "yearbook.xlsx").write_bytes(b"PK\x03\x04\xff\xfe\xfd\x80\x81")
    (tmp_path / "scan.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(words: list[str]) -> str:
    result = CliRunner().invoke(typer.main.get_command(app), words)
    assert isinstance(result.exception, ZhihengError), (words, result.output)
    return result.exception.code


@pytest.mark.parametrize(("code", "text"), _examples("table"))
def test_tables(code: str, text: str, folder: Path) -> None:
    (folder / "table.csv").write_text(text + "\n", "utf-8")
    assert _run(["check", "table.csv"]) == code


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("code", "text"), _examples("command"))
def test_commands(code: str, text: str) -> None:
    assert _run(shlex.split(text, comments=True)[1:]) == code


@pytest.mark.parametrize(("code", "text"), _examples("expression"))
def test_expressions(code: str, text: str) -> None:
    with pytest.raises(ZhihengError) as caught:
        evaluate(text.split("   #")[0], dataset("provinces"), scope("province"))
    assert caught.value.code == code


def test_most_bad_input_has_an_example_that_runs() -> None:
    assert sum(len(_examples(form)) for form in ("table", "command", "expression")) > 40
