"""``zhiheng audit`` on files, with its errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import typer.main
from click.testing import CliRunner

from zhiheng.cli.app import app
from zhiheng.core.errors import ZhihengError


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(2)
    x = np.round(100 + rng.normal(0, 4, (12, 12)).cumsum(axis=1), 2)
    y = np.round(3 * x + rng.normal(0, 2, x.shape), 2)
    x[0, 3:8] = np.round(np.linspace(x[0, 2], x[0, 8], 7)[1:-1], 2)
    lines = ["entity,year,x [1],y [1]"]
    lines += [f"c{e},{2001 + t},{x[e, t]},{y[e, t]}" for e, t in np.ndindex(*x.shape)]
    (tmp_path / "mine.csv").write_text("\n".join(lines) + "\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> str:
    found = CliRunner().invoke(typer.main.get_command(app), ["audit", *words])
    if isinstance(found.exception, ZhihengError):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.output


@pytest.mark.usefixtures("mine")
def test_it_prints_the_verdict_and_tables() -> None:
    said = run("mine.csv", "--lang", "en", "--regression", "y ~ x")
    assert "Of 288 values, 5" in said
    assert "linear interpolation" in said


def test_it_writes_two_pages_and_the_tables(mine: Path) -> None:
    run("mine.csv", "--regression", "y ~ x", "-o", "out")
    names = {p.name for p in (mine / "out").iterdir()}
    assert names >= {
        "health.html",
        "health.docx",
        "health.cells.csv",
        "health_effect.coefficients.csv",
    }
    cells = (mine / "out" / "health.cells.csv").read_text("utf-8-sig")
    assert cells.count("mine.csv#") == 5  # noqa: PLR2004


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("D131", ["--confidence", "2"]),
        ("D133", ["--regression", "y = x"]),
        ("D113", ["--window", "1900"]),
    ],
)
def test_bad_options_are_refused(code: str, words: list[str]) -> None:
    with pytest.raises(ZhihengError) as caught:
        run("mine.csv", *words)
    assert caught.value.code == code
