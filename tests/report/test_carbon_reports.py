"""The two studies of carbon from plan to files: every number resolves, every fan has its record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhiheng.report.document import build_document
from zhiheng.report.model import FigureBlock
from zhiheng.report.write import write_report
from zhiheng.study.plan import load_plan
from zhiheng.study.run import run_study
from zhiheng.study.run_types import StudyRun

WANTED = {
    "carbon-province": {"sankey", "waterfall", "fan", "lever_board", "wedge", "gauge"},
    "carbon-country": {"sankey", "waterfall", "fan", "gauge"},
}


@pytest.fixture(scope="module", params=sorted(WANTED))
def run(request: pytest.FixtureRequest) -> StudyRun:
    return run_study(load_plan(request.param))


@pytest.mark.slow
def test_every_file_is_written_and_every_number_resolves(run: StudyRun, tmp_path: Path) -> None:
    paths = write_report(run, tmp_path / "out")  # refuses a number without a cell behind it
    names = {p.name for p in paths}
    wanted = {"report.html", "paper.docx", "tables.xlsx", "ledger.json", "replication.zip"}
    assert wanted <= names
    entries = json.loads((tmp_path / "out" / "ledger.json").read_text("utf-8"))["entries"]
    assert len(entries) > 100  # noqa: PLR2004  (a report, not a stub)
    assert all(e["result_hash"] and e["panel"] is not None for e in entries)


@pytest.mark.slow
def test_the_figures_of_carbon_are_all_there(run: StudyRun) -> None:
    document = build_document(run)
    blocks = [*document.first_figures, *(b for s in document.sections for b in s.blocks)]
    shown = [b for b in blocks if isinstance(b, FigureBlock)]
    kinds = {next(f.kind for f in run.results[b.step].figures if f.name == b.figure) for b in shown}
    assert kinds >= WANTED[run.plan.id]


@pytest.mark.slow
def test_a_fan_is_read_with_its_hindcast(run: StudyRun) -> None:
    for step, result in run.results.items():
        for figure in result.figures:
            if figure.kind == "fan" and result.method in ("peaked", "simulate"):
                assert "hindcast" in figure.reading.en, step
                assert "countries" in figure.reading.en, step
