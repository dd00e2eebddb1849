"""A small study run and a document with every kind of block, for the writers of files."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Result, Table
from zhiheng.core.text import Text
from zhiheng.report.model import (
    Document,
    Equation,
    Facts,
    FigureBlock,
    Finding,
    Paragraph,
    References,
    RegressionBlock,
    RegressionColumn,
    Section,
    TableBlock,
    TableColumn,
)
from zhiheng.study.ledger import Ledger
from zhiheng.study.plan import parse_plan
from zhiheng.study.run_types import LeftOutEntity, StudyRun
from zhiheng.study.sentences import Sentence

PLAN = """
id = "sample"
title = { zh = "样例：指数与 CO2 强度", en = "Sample: index and CO2 intensity" }
subtitle = { zh = "三个地区", en = "Three regions" }
question = { zh = "得分高的地区强度更低吗？", en = "Is intensity lower where the score is higher?" }
seed = 7
[data]
dataset = "provinces"
level = "province"
periods = [2020, 2022]
[[step]]
id = "index"
method = "index"
[report]
index = "index"
"""

MATHML = (
    "<math><mrow><msub><mi>S</mi><mi>i</mi></msub><mo>=</mo>"
    "<munder><mo>∑</mo><mi>k</mi></munder><msub><mi>w</mi><mi>k</mi></msub>"
    "<mo>,</mo><mspace width='1em'/><mi>w</mi><mo>=</mo>"
    "<mfrac><mn>1</mn><mrow><mo>(</mo><msqrt><mi>n</mi></msqrt><mo>)</mo></mrow></mfrac>"
    "</mrow></math>"
)

ENTITIES = ("110000", "310000", "440000")
NAMES = (Text("北京", "Beijing"), Text("上海", "Shanghai"), Text("广东", "Guangdong"))


def say(zh: str, en: str, **bind: object) -> Sentence:
    return Sentence(Text(zh, en), bind)  # type: ignore[arg-type]


def scores() -> Table:
    periods = [2020, 2021, 2022]
    return Table.of(
        ["entity", "period"],
        entity=[e for e in ENTITIES for _ in periods],
        name_zh=[n.zh for n in NAMES for _ in periods],
        name_en=[n.en for n in NAMES for _ in periods],
        period=np.array(periods * 3),
        score=np.linspace(0.9, 0.1, 9),
        rank=np.array([1, 1, 1, 2, 2, 2, 3, 3, 3]),
    )


def regression(estimate: float, p: float) -> dict[str, Table]:
    return {
        "coefficients": Table.of(
            ["term"],
            term=["nqpf"],
            estimate=np.array([estimate]),
            std_error=np.array([0.1]),
            p_value=np.array([p]),
        ),
        "fit": Table.of([], n=np.array([90]), r2_within=np.array([0.456])),
    }


def make_panel() -> Panel:
    values = np.arange(9.0).reshape(3, 3) + 1
    values[2, 0] = np.nan
    return Panel.of(
        {"population": values, "gdp_current": values * 2},
        entities=ENTITIES,
        periods=[2020, 2021, 2022],
        units={"population": "person", "gdp_current": "CNY"},
        labels=dict(zip(ENTITIES, NAMES, strict=True)),
        level="province",
    )


def make_run() -> StudyRun:
    figure = Figure(
        "ranking",
        "bar",
        "scores",
        Text("得分", "Scores"),
        Text("横条越长得分越高。", "Longer bars are higher scores."),
        {"label": "entity", "value": "score", "where": {"period": "last"}},
    )
    results = {
        "index": Result({"scores": scores()}, (figure,), method="index", params={"draws": 2000}),
        "levels": Result(regression(-0.5, 0.004), method="panel_ols"),
        "differences": Result(regression(0.2, 0.06), method="panel_ols"),
    }
    panel = make_panel()
    return StudyRun(
        plan=parse_plan(PLAN, "sample"),
        panel=panel,
        results=results,
        left_out=(LeftOutEntity("540000", Text("西藏", "Tibet"), Text("缺数据", "no data")),),
        claims=(),
        edges=(),
        data_hash=panel.fingerprint,
        plan_hash="b" * 64,
        code_version="c" * 16,
        number_hash="d" * 64,
        byte_hash="e" * 64,
        seconds={},
    )


def score_table(columns: int = 1, *, times: int = 1) -> TableBlock:
    return TableBlock(
        "index",
        "scores",
        Text("2022 年得分", "Scores in 2022"),
        (TableColumn("entity", Text("地区", "Region")),),
        tuple(
            TableColumn("score", Text("综合得分（熵权法）", "Composite score"), ".3f")
            for _ in range(columns)
        ),
        (2, 5, 8) * times,
        (say("得分在零和一之间。", "Scores lie between zero and one."),),
    )


def regression_table() -> RegressionBlock:
    return RegressionBlock(
        Text("基准回归", "Baseline"),
        (("nqpf", Text("指数", "Index")), ("absent", Text("不存在的项", "Absent term"))),
        (
            RegressionColumn("levels", Text("水平值", "Levels"), {"entity_effects": True}),
            RegressionColumn("differences", Text("一阶差分", "First differences")),
        ),
        (("entity_effects", Text("地区固定效应", "Entity effects")),),
        (
            TableColumn("n", Text("观测数", "Observations"), "d"),
            TableColumn("r2_within", Text("组内 R²", "Within R²"), ".3f"),
        ),
        (
            say(
                "括号内为按地区聚类的稳健标准误；***、**、* 表示 {$a}。",
                "Errors clustered by entity in parentheses; ***, **, * are {$a}.",
                a="1 %, 5 %, 10 %",
            ),
        ),
    )


def make_document() -> Document:
    run = make_run()
    top = say(
        "{$name}得分 {index.scores[$e,2022].score:.3f}，“第一”——CO2",
        "{$name} scores {index.scores[$e,2022].score:.3f}, CO2",
        name=NAMES[0],
        e=ENTITIES[0],
    )
    finding = Finding(top, top, top, top, "insufficient", "data")
    blocks = (
        Paragraph((top, top)),
        Paragraph((top,), "caution"),
        score_table(),
        regression_table(),
        FigureBlock("index", "ranking"),
        Equation("", MATHML, Text("n 为 30 个地区", "n is 30 regions")),
        Facts(((Text("种子", "Seed"), say("{$s}", "{$s}", s="7")),)),
        References(("OECD. Handbook[M]. Paris: OECD, 2008.",)),
    )
    return Document(
        run.plan.title,
        run.plan.subtitle,
        run.plan.question,
        (finding,),
        (),
        (
            Section("data", Text("数据", "Data"), blocks),
            Section("wide", Text("宽表", "Wide"), (score_table(14),)),
        ),
    )


class PlainLedger(Ledger):
    """A ledger that needs no catalog: it only shows numbers."""

    def __init__(self, run: StudyRun) -> None:
        self.run = run


@pytest.fixture
def run() -> StudyRun:
    return make_run()


@pytest.fixture
def document() -> Document:
    return make_document()


@pytest.fixture
def ledger(run: StudyRun) -> Ledger:
    return PlainLedger(run)


@pytest.fixture
def long_table() -> TableBlock:
    """A table of sixty rows, longer than a page."""
    return score_table(times=20)


@pytest.fixture(scope="session")
def blocks():
    """The lines of a mirror by step; `mark` opens a remark."""

    def split(text: str, mark: str) -> dict[str, list[str]]:
        parts = text.split(f"{mark} --- ")[1:]
        return {p.split("\n", 1)[0]: p.split("\n", 1)[1].strip().splitlines() for p in parts}

    return split


@pytest.fixture(scope="session")
def run_mirror():
    """Write a mirror to a folder and run its R; skips where R or its packages are not there."""

    def run(files, folder) -> None:
        wanted = (
            'quit(status = !all(sapply(c("plm", "sandwich"), requireNamespace, quietly = TRUE)))'
        )
        there = shutil.which("Rscript") and subprocess.run(["Rscript", "-e", wanted], check=False)
        if not there or there.returncode != 0:
            pytest.skip("Rscript with plm and sandwich is not installed")
        (folder / "data").mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
        done = subprocess.run(
            ["Rscript", "mirror.R"], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    return run
