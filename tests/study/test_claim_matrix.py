"""Claims over all computable systems: what is computed, what is left out, plan and command."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
import typer.main
from click.testing import CliRunner

import zhiheng as zh
from zhiheng.catalog.systems import load_system
from zhiheng.cli.app import app
from zhiheng.core.errors import ZhihengError
from zhiheng.core.result import Result
from zhiheng.study.claim_matrix import claim_matrix
from zhiheng.study.plan import parse_plan
from zhiheng.study.run import run_study

WINDOWS = ["2013-2022", "2013-2017", "2018-2022"]


@pytest.fixture(scope="module")
def found() -> Result:
    return claim_matrix(zh.data("provinces"), windows=WINDOWS, draws=100)


def test_every_claim_is_tested_for_every_system_weighting_and_window(found: Result) -> None:
    systems = found.tables["systems"]
    cells = len(systems) * 2 * len(WINDOWS)
    assert len(systems) >= 4
    assert found.tables["summary"].columns["tested"].tolist() == [cells] * 10
    assert len(found.tables["verdicts"]) == 10 * cells


def test_a_part_of_a_system_is_named_as_such_with_what_it_lacks(found: Result) -> None:
    systems = found.tables["systems"]
    whole = systems.row(systems.find("nqpf-triple-open"))
    assert whole["coverage"] == 1
    assert whole["skipped"] == "—"
    part = systems.row(systems.find("nqpf-consensus"))
    assert part["coverage"] < 1
    assert "labour_productivity" in part["skipped"]
    every = {i.id for i in load_system("nqpf-consensus").indicators}
    assert part["indicators"] + len(part["skipped"].split(", ")) == len(every)
    assert "P708" in {note.code for note in found.notes}


def test_who_lacks_an_item_of_any_system_is_left_out_of_all_by_name(found: Result) -> None:
    assert any("西藏" in note.text.zh for note in found.notes)
    table = found.tables["systems"]
    assert table.row(table.find("nqpf-triple-open"))["left_out_zh"] == "西藏"


def test_scores_are_those_of_the_index_itself() -> None:
    panel = zh.data("provinces").select(where=lambda e: e != "540000")
    window = panel.select(periods=range(2013, 2023))
    one = claim_matrix(panel, wanted=["nqpf-triple-open"], windows=WINDOWS, draws=50)
    scores = zh.methods["index"](window, system="nqpf-triple-open", draws=0).tables["scores"]
    first, last = (scores.where(period=y).columns["score"] for y in (2013, 2022))
    table = one.tables["tests"]
    key = ("gap-widens-absolute", "nqpf_triple_open_entropy", 2013, 2022, "change_sd", "as_is")
    np.testing.assert_allclose(
        table.row(table.find(*key))["estimate"], last.std() - first.std(), rtol=1e-9
    )


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("P706", {"wanted": ["nqpf-world"]}),
        ("P706", {"wanted": ["green-development-2016"], "windows": WINDOWS}),
        ("P707", {"windows": ["2013-2050"]}),
        ("P707", {"windows": ["now"]}),
        ("C404", {"wanted": ["nqpf-triple-opem"]}),
    ],
)
def test_systems_and_windows_that_are_not_there_are_refused(code: str, options: dict) -> None:
    with pytest.raises(ZhihengError) as caught:
        claim_matrix(zh.data("provinces"), draws=50, **options)
    assert caught.value.code == code
    assert caught.value.fix.zh


@pytest.mark.slow
def test_a_plan_can_list_claims_and_keeps_their_result() -> None:
    folder = resources.files("zhiheng.catalog").joinpath("data/studies")
    text = folder.joinpath("provinces.toml").read_text("utf-8")
    few = '[matrix]\nsystems = ["nqpf-triple-open"]\nwindows = ["2013-2022"]\ndraws = 50\n'
    text = text.replace('[matrix]\nclaims = "papers"\n', few)
    run = run_study(parse_plan(text, "provinces"))
    kept = run.results["claim_matrix"]
    assert kept.tables["summary"].columns["tested"].tolist() == [2] * 10
    assert set(kept.series) <= set(zh.data("provinces").series)


def test_the_command_prints_verdicts_and_writes_every_table(tmp_path) -> None:
    words = ["verdicts", "provinces", "--systems", "nqpf-triple-open", "--windows", "2013-2022"]
    command = typer.main.get_command(app)
    shown = CliRunner().invoke(command, [*words, "--draws", "50"])
    assert shown.exit_code == 0, shown.output
    assert "强者愈强" in shown.output
    done = CliRunner().invoke(command, [*words, "--draws", "50", "-o", str(tmp_path)])
    assert done.exit_code == 0, done.output
    names = {p.name for p in tmp_path.iterdir()}
    assert {f"claim_tests.{t}.csv" for t in ("verdicts", "tests", "summary", "systems")} <= names
