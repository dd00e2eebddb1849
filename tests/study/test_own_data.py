"""A user's own plan on a user's own file, down to the document."""

from __future__ import annotations

from pathlib import Path

from zhiheng.report.write import write_report
from zhiheng.study.plan import load_plan
from zhiheng.study.run import run_study

PLAN = """
id = "mine"
title = { zh = "小研究", en = "small study" }
subtitle = { zh = "副题", en = "subtitle" }
question = { zh = "谁高谁低？", en = "who is high?" }
seed = 1
[data]
file = "mine.csv"
level = "province"
periods = [2020, 2022]
[[step]]
id = "index"
method = "index"
options = { columns = { a = "more", b = "less" }, weights = "equal", draws = 200 }
[step.add.score]
table = "scores"
column = "score"
title = { zh = "得分", en = "score" }
[[step]]
id = "gap"
method = "dagum"
options = { variable = "score", groups = "zones4" }
[report]
index = "index"
disparity = "gap"
"""
REGIONS = (
    "北京",
    "天津",
    "河北",
    "山西",
    "上海",
    "江苏",
    "河南",
    "湖北",
    "四川",
    "陕西",
    "吉林",
    "辽宁",
)


def test_a_plan_with_its_own_file_becomes_a_document(tmp_path: Path) -> None:
    rows = ["region,year,a [亿元],b"]
    rows += [
        f"{region},{year},{(7 * i + 3 * year) % 11 + 1},{(5 * i + year) % 7 + 1}"
        for i, region in enumerate(REGIONS)
        for year in (2020, 2021, 2022)
    ]
    (tmp_path / "mine.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "mine.toml").write_text(PLAN, "utf-8")
    run = run_study(load_plan(str(tmp_path / "mine.toml")))
    assert len(run.panel.entities) == len(REGIONS)
    assert not run.claims
    paths = write_report(run, tmp_path / "out", lang="zh")
    assert {"report.html", "paper.docx", "tables.xlsx", "ledger.json"} <= {p.name for p in paths}
