"""Plans: every fault is named with its field, and steps multiply as declared."""

from __future__ import annotations

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.study.plan import load_plan, parse_plan, shipped_plans

PLAN = """
id = "x"
title = { zh = "题", en = "title" }
subtitle = { zh = "副", en = "sub" }
question = { zh = "问", en = "question" }
seed = 1
[data]
dataset = "provinces"
level = "province"
periods = [2013, 2022]
[[step]]
id = "index"
method = "index"
[[step]]
id = "{a}-{b}"
method = "panel_ols"
options = { cluster = "entity" }
[step.over.a.one]
outcome = "y1"
[step.over.a.two]
outcome = "y2"
[step.over.b.levels]
effects = "twoway"
[step.over.b.trends]
trends = true
[report]
index = "index"
"""


def refused(source: str) -> ZhihengError:
    with pytest.raises(ZhihengError) as caught:
        parse_plan(source, "p.toml")
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize("name", shipped_plans())
def test_every_shipped_plan_is_sound(name: str) -> None:
    plan = load_plan(name)
    assert plan.id == name
    assert plan.claim or plan.report.carbon.steps()


def test_over_multiplies_a_step_and_merges_its_options() -> None:
    steps = {s.id: s.options for s in parse_plan(PLAN, "p.toml").steps()}
    assert list(steps) == ["index", "one-levels", "one-trends", "two-levels", "two-trends"]
    assert steps["two-trends"] == {"cluster": "entity", "outcome": "y2", "trends": True}


def test_an_unknown_plan_names_the_shipped_ones() -> None:
    with pytest.raises(ZhihengError) as caught:
        load_plan("provinzes")
    assert caught.value.code == "P701"
    assert "provinces" in caught.value.fix.en


@pytest.mark.parametrize(
    ("old", "new", "code", "shown"),
    [
        ("seed = 1", "seed = ", "P702", "p.toml"),
        ("seed = 1", "sead = 1", "P703", "sead"),
        ('en = "title"', 'en = ""', "P703", "title"),
        ('id = "{a}-{b}"', 'id = "{a}"', "P704", "one"),
        ('index = "index"', 'index = "indx"', "P704", "indx"),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, code: str, shown: str) -> None:
    error = refused(PLAN.replace(old, new))
    assert error.code == code
    assert shown in str(error)
