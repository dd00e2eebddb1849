"""Studies without an index, about one region, with steps that stand on other data."""

from __future__ import annotations

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.study.ledger import Ledger
from zhiheng.study.plan import load_plan, parse_plan
from zhiheng.study.run import run_study
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Address

PLAN = """
id = "small"
title = { zh = "{region}的碳", en = "Carbon of {region}" }
subtitle = { zh = "副", en = "sub" }
question = { zh = "问", en = "question" }
seed = 1
[data]
dataset = "provinces"
level = "province"
region = "440000"
periods = [2013, 2022]
[[step]]
id = "whole"
method = "lmdi"
options = { identity = "kaya", gaps = "drop" }
[[step]]
id = "drivers"
method = "lmdi"
data = { entities = ["{region}"], periods = [2017, 2022] }
options = { identity = "kaya" }
[[step]]
id = "abroad"
method = "lmdi"
data = { dataset = "world", entities = ["CHN"], periods = [2005, 2020] }
options = { identity = "kaya-world" }
[report.carbon]
first = ["drivers.effects"]
drivers = [
  { step = "drivers", title = { zh = "{region}", en = "{region}" } },
  { step = "abroad", title = { zh = "中国", en = "China" } },
]
"""


@pytest.fixture(scope="module")
def small() -> StudyRun:
    return run_study(parse_plan(PLAN, "small"))


def test_a_study_needs_no_index(small: StudyRun) -> None:
    assert small.plan.report.index == ""
    assert {"whole", "drivers", "abroad", "data"} <= set(small.results)


def test_the_region_is_named_in_words_and_its_code_stands_in_the_steps(small: StudyRun) -> None:
    assert small.plan.title == Text("广东的碳", "Carbon of Guangdong")
    step = next(s for s in small.plan.steps() if s.id == "drivers")
    assert step.data is not None
    assert step.data.entities == ("440000",)
    assert small.plan.report.carbon.drivers[0].title.zh == "广东"


def test_a_step_stands_on_its_own_part_of_the_data(small: StudyRun) -> None:
    panel = small.panel_of("drivers")
    assert panel.entities == ("440000",)
    assert panel.periods == tuple(range(2017, 2023))
    assert small.panel_of("whole") is small.panel
    assert float(small.results["drivers"].tables["change"].columns["period_from"][0]) == 2017


def test_a_number_of_another_data_set_leads_to_the_cells_of_that_set(small: StudyRun) -> None:
    ledger = Ledger(small)
    selector = ledger.selector(Address("abroad", "effects", ("population",), "effect"))
    assert selector.entities == ("CHN",)
    assert "energy_use_per_capita" in selector.series
    cells = ledger.cells(selector)
    assert {c["entity"] for c in cells} == {"CHN"}
    assert all(c["publisher"] for c in cells)


def test_series_of_other_data_are_accounted_for_apart(small: StudyRun) -> None:
    tables = small.results["data"].tables
    assert "energy_use_per_capita" not in tables["series"].columns["series"]
    assert "energy_use_per_capita" in tables["beside"].columns["series"]
    assert set(tables["beside"].columns["dataset"]) == {"world"}


def test_another_region_takes_the_place_everywhere() -> None:
    plan = load_plan("carbon-province", region="510000")
    assert plan.data.region == "510000"
    assert "四川" in plan.title.zh
    assert "440000" not in plan.source_text
    assert all("440000" not in (s.data.entities if s.data else ()) for s in plan.steps())


def test_a_study_that_is_not_about_one_region_refuses_another() -> None:
    with pytest.raises(ZhihengError) as caught:
        load_plan("world", region="440000")
    assert caught.value.code == "P710"


def test_a_part_of_the_report_without_its_step_is_an_error() -> None:
    with pytest.raises(ZhihengError) as caught:
        parse_plan(PLAN.replace('step = "abroad", title', 'step = "nowhere", title'), "small")
    assert caught.value.code == "P704"
    assert "nowhere" in caught.value.message("en")
