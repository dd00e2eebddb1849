"""Evidence on arrows: each status from data that were made to deserve it, and what is refused."""
# ruff: noqa: E501  a plan as its users write it

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import get_args

import numpy as np
import pytest

import zhiheng as zh
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.study.evidence_wording import reading
from zhiheng.study.plan import parse_plan
from zhiheng.study.run import run_study
from zhiheng.study.run_types import EdgeFinding, EdgeStatus, StudyRun

YEARS = range(2011, 2023)
STEPS = """
id = "made"
title = { zh = "造出来的数据", en = "made data" }
subtitle = { zh = "副题", en = "subtitle" }
question = { zh = "有没有证据？", en = "is there evidence?" }
seed = 3
[data]
dataset = "provinces"
level = "province"
periods = [2011, 2022]
[variables.outcome]
expression = "log(made_c / made_g)"
title = { zh = "结果", en = "the outcome" }
[[step]]
id = "index"
method = "index"
options = { columns = { "made_a / made_g" = "more", made_h = "more" }, weights = "equal", draws = 200 }
[step.add.score]
table = "scores"
column = "score"
title = { zh = "指数", en = "the index" }
[[step]]
id = "{direction}-{form}"
method = "panel_ols"
options = { cluster = "entity", draws = 99 }
[step.over.direction.main]
outcome = "outcome"
regressors = ["score"]
[step.over.direction.reverse]
outcome = "score"
regressors = ["outcome"]
[step.over.form.levels]
transform = "levels"
[step.over.form.differences]
transform = "first_difference"
[[step]]
id = "overlap"
method = "overlap_audit"
options = { columns = { "made_a / made_g" = "more", made_h = "more" }, weights = "equal", outcome = "outcome" }
[[step]]
id = "arithmetic"
method = "arithmetic_null"
may_refuse = true
options = { columns = { "made_a / made_g" = "more", made_h = "more" }, weights = "equal", outcome = "outcome", sign = "-", permutations = 199, spatial = "none" }
[[step]]
id = "survival"
method = "multiverse"
options = { outcomes = ["outcome"], treatments = ["score"], controls = {}, sign = "-", draws = 99 }
[[step]]
id = "instrument"
method = "iv"
may_refuse = true
options = { outcome = "outcome", endogenous = ["score"], instruments = ["made_z"] }
[[step]]
id = "policy"
method = "did"
may_refuse = true
options = { outcome = "outcome", treated = "made_treated", placebo = 99 }
[report]
index = "index"
[[edge]]
edge = "nqpf-dual_carbon"
term = "score"
sign = "-"
"""
ALL = {
    "levels": "main-levels",
    "differences": "main-differences",
    "reverse": "reverse-levels",
    "reverse_differences": "reverse-differences",
    "overlap": "overlap",
    "arithmetic": "arithmetic",
    "survival": "survival",
}


def plan_text(**steps: str) -> str:
    asked = ", ".join(f'{k} = "{v}"' for k, v in steps.items())
    return f"{STEPS}steps = {{ {asked} }}\n"


@cache
def base() -> Panel:
    full = zh.data("provinces")
    kept = full.select(where=lambda e: e != "540000")
    return kept.select(periods=[p for p in kept.periods if p in YEARS])


def made(
    *, h: float = 0.0, z: float = 0.0, hidden: float = 0.0, g: float = 0.0, policy: float = 0.0,
    alone: bool = False,
) -> Panel:  # fmt: skip
    """A panel where `h` is what the honest indicator does, `g` how much data are shared.

    `z` moves the indicator and nothing else, `hidden` moves indicator and outcome, `policy`
    is what a step of half the regions does; with `alone` one region has all the variation.
    """
    rng = np.random.default_rng(11)
    shape = len(base().entities), len(YEARS)
    noise, own, instrument, unseen, shared, extra = rng.normal(size=(6, *shape))
    treated = (np.arange(shape[0]) % 2 == 0)[:, None] & (np.arange(shape[1]) >= 6)
    honest = own + z * instrument + hidden * unseen
    if alone:
        honest *= np.where(np.arange(shape[0]) == 0, 30.0, 1.0)[:, None]
    level = np.exp(g * shared)
    cause = h * honest - hidden * unseen + policy * treated
    panel = base()
    for name, values in {
        "made_a": np.exp(0.05 * extra) * (level if g == 0 else 1.0),
        "made_g": level,
        "made_h": honest,
        "made_c": np.exp(cause + 0.3 * noise) * (level if g == 0 else 1.0),
        "made_z": instrument,
        "made_treated": treated.astype(float),
    }.items():
        panel = panel.with_series(name, values, unit="1")
    return panel


def run_of(panel: Panel, **steps: str) -> StudyRun:
    return run_study(parse_plan(plan_text(**(ALL | steps)), "made.toml"), panel=panel)


def edge_of(run: StudyRun) -> EdgeFinding:
    return next(e for e in run.edges if e.edge == "nqpf-dual_carbon")


def test_an_association_is_worded_as_one() -> None:
    edge = edge_of(run_of(made(h=-0.5)))
    assert edge.status == "association"
    assert edge.reading.zh == "指数较高之处，结果较低；这是相关，不说明作用"
    assert edge.numbers["estimate"] < 0
    # the made index acts in its own year: of lags 0 and 1 all three transforms of the first
    assert edge.numbers["share_survives"] == 0.5
    assert edge.numbers["p_arithmetic"] <= 0.025


def test_noise_is_insufficient_and_its_share_of_arithmetic_is_not_printed() -> None:
    edge = edge_of(run_of(made()))
    assert edge.status == "insufficient"
    assert "overlap_share" not in edge.numbers
    assert edge.reading.en == "not enough evidence that the index goes with the outcome"


def test_a_common_denominator_by_itself_is_arithmetic() -> None:
    """a/g and log(c/g) move together whatever a and c do; the index has the wrong sign for it."""
    panel = made(g=0.5)
    text = plan_text(**ALL).replace('"made_a / made_g" = "more"', '"made_a / made_g" = "less"')
    edge = edge_of(run_study(parse_plan(text, "made.toml"), panel=panel))
    assert edge.status == "arithmetic"
    assert abs(edge.numbers["overlap_share"]) > 0.7
    assert edge.reading.zh == "指数与结果的同动，主要是共用数据的算术"


def test_a_design_that_passes_its_own_tests_may_be_put_causally() -> None:
    edge = edge_of(run_of(made(h=-0.5, z=1.0, hidden=0.5), design="instrument"))
    assert edge.status == "identified"
    assert edge.reading.en.startswith("the index lowers the outcome, on the strength of ")


def test_a_weak_instrument_identifies_nothing_and_says_so() -> None:
    run = run_of(made(h=-0.5, z=0.0, hidden=0.5), design="instrument")
    assert edge_of(run).status != "identified"


def test_a_policy_with_an_effect_is_a_design_and_one_without_is_not() -> None:
    assert edge_of(run_of(made(policy=-1.0), design="policy")).status == "identified"
    assert edge_of(run_of(made(), design="policy")).status == "insufficient"


def test_a_refused_test_is_a_result_and_no_pass() -> None:
    run = run_of(made(h=-0.5, alone=True))
    refusals = run.results["refusals"].tables["refusals"]
    assert refusals.columns["code"][refusals.find("arithmetic")] == "M763"
    assert set(run.results["arithmetic"].tables) == {"refusal"}
    assert "M763" in edge_of(run).reason.zh
    assert edge_of(run).status == "insufficient"


def test_a_step_that_may_not_refuse_still_ends_the_run() -> None:
    text = plan_text(**ALL).replace("may_refuse = true\n", "")
    with pytest.raises(ZhihengError) as caught:
        run_study(parse_plan(text, "made.toml"), panel=made(h=-0.5, alone=True))
    assert caught.value.code == "M763"


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"reverse": ""}, "reverse"),
        ({"reverse_differences": ""}, "reverse_differences"),
        ({"overlap": "main-levels"}, "overlap_audit"),
        ({"design": "survival"}, "iv, did"),
        ({"levels": "overlap"}, "panel_ols"),
        ({"prose": "main-levels"}, "prose"),
    ],
)
def test_an_arrow_whose_steps_will_not_do_is_refused(changed: dict[str, str], shown: str) -> None:
    steps = {k: v for k, v in (ALL | changed).items() if v}
    with pytest.raises(ZhihengError) as caught:
        parse_plan(plan_text(**steps), "made.toml")
    assert caught.value.code == "P709"
    assert shown in str(caught.value)


def test_survival_counted_for_another_sign_is_refused() -> None:
    text = plan_text(**ALL).replace('controls = {}, sign = "-"', 'controls = {}, sign = "+"')
    with pytest.raises(ZhihengError) as caught:
        parse_plan(text, "made.toml")
    assert caught.value.code == "P709"


def test_an_instrument_for_another_variable_is_refused() -> None:
    text = plan_text(**ALL, design="instrument").replace('["score"], instr', '["made_h"], instr')
    with pytest.raises(ZhihengError) as caught:
        parse_plan(text, "made.toml")
    assert caught.value.code == "P709"


@pytest.mark.slow
def test_an_arrow_to_a_part_of_the_index_is_arithmetic_by_construction(
    provinces: StudyRun,
) -> None:
    found = {e.edge: e for e in provinces.edges}
    for part in ("technology", "factors", "industry"):
        assert found[f"nqpf-{part}"].status == "arithmetic"
        assert found[f"nqpf-{part}"].numbers == {"overlap_share": 1.0}


CAUSAL = re.compile(
    "导致|使得|致使|促进|推动|抑制|引起|造成|显著降低|"
    r"\b(?:cause[sd]?|leads? to|drives?|boosts?|promotes?|lowers|raises|thanks to|because of)\b"
)


def test_only_the_identified_reading_is_causal() -> None:
    """The sentence of a design is the only one with a causal verb; the report has no other."""
    cause, effect, design = Text.same("X"), Text.same("Y"), "iv"
    for status in get_args(EdgeStatus):
        for sign in "+-":
            said = reading(status, cause, effect, sign, design)
            causal = [bool(CAUSAL.search(said.en)), "使" in said.zh]
            assert causal == [status == "identified"] * 2, said
    texts = resources.files("zhiheng.report").joinpath("text/report.toml").read_text("utf-8")
    assert not CAUSAL.findall(texts)
