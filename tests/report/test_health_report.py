"""The two pages of a health check, in both media and both languages."""

from __future__ import annotations

import io
import re

import docx
import pytest

from zhiheng.catalog.embedded import dataset
from zhiheng.core.registry import methods
from zhiheng.report.health import HealthReport, health_report
from zhiheng.report.health_files import render_page, render_word, write_health
from zhiheng.study.health_effect import health_effect


@pytest.fixture(scope="module")
def report() -> HealthReport:
    panel = dataset("provinces")
    found = methods["health"](panel)
    effect = health_effect(
        panel, found, outcome="log(wastewater)", regressors=("log(consumption_coal)",)
    )
    return health_report(panel, found, effect, "provinces")


def test_the_page_stands_alone_in_both_languages(report: HealthReport) -> None:
    page = render_page(report, lang="zh")
    assert not re.findall(r"(?:src|href)=\"https?:", page)
    assert "线性插值" in page
    assert "linear interpolation" in page
    assert page.count('class="caption"') == 4  # noqa: PLR2004


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_word_file_holds_the_same_rows(report: HealthReport, lang: str) -> None:
    content = render_word(report, lang=lang)
    assert content == render_word(report, lang=lang)
    file = docx.Document(io.BytesIO(content))
    assert [len(t.rows) - 1 for t in file.tables] == [len(t.rows) for t in report.tables]
    assert file.tables[0].cell(1, 0).text == report.tables[0].rows[0][0][lang]


def test_the_effect_on_the_regression_is_printed(report: HealthReport) -> None:
    table = report.tables[3]
    assert len(table.rows) == 3  # noqa: PLR2004  three samples of one regressor
    sizes = [int(row[-1].en.replace(",", "")) for row in table.rows]
    assert sizes[0] > sizes[1] >= sizes[2]


def test_every_kind_is_looked_at_before_a_second_of_one_kind(report: HealthReport) -> None:
    kinds = [row[0].en for row in report.tables[0].rows]
    first = {row[0].en for row in report.tables[2].rows}
    assert first >= {k for k in kinds if k != "known break"}


def test_a_healthy_file_is_said_to_be_so(tmp_path) -> None:
    panel = dataset("provinces").select(series=("gdp_index_prev_100",))
    report = health_report(panel, methods["health"](panel, kinds=["linear"]), None, "x.csv")
    assert "no cell was found" in report.verdict.en
    assert [p.name for p in write_health(report, tmp_path, lang="en")] == [
        "health.html",
        "health.docx",
    ]
