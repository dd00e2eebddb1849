"""A run: selection, what was left out, arms, evidence, and the same numbers again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import zhiheng as zh
from zhiheng.core.errors import ZhihengError
from zhiheng.sources.tables import parse
from zhiheng.study.cache import Cache
from zhiheng.study.plan import load_plan, parse_plan
from zhiheng.study.run import run_study
from zhiheng.study.run_types import StudyRun


def test_tibet_is_named_as_left_out_with_its_reason(provinces: StudyRun) -> None:
    assert [item.name.zh for item in provinces.left_out] == ["西藏"]
    assert len(provinces.panel.entities) == 30
    assert provinces.panel.periods == tuple(range(2013, 2023))


def test_the_account_that_may_not_ship_is_named_and_nothing_rests_on_it(
    provinces: StudyRun,
) -> None:
    absent = provinces.results["data"].tables["absent"]
    assert absent.columns["variable"].tolist() == ["ln_co2_edgar"]
    assert not [step for step in provinces.results if "edgar" in step]


def test_an_arm_and_the_rest_together_stand_on_all_indicators(provinces: StudyRun) -> None:
    """Both are weighted means, so the group's own weight mixes them to the index."""
    panel = provinces.panel
    weights = provinces.results["index"].tables["weights"].columns
    for group in ("technology", "factors", "industry"):
        own = float(weights["nominal"][weights["group"] == group].sum())
        mixed = own * panel.array(group) + (1 - own) * panel.array(f"other_than_{group}")
        # 1e-12: sums of thirteen products of order one
        np.testing.assert_allclose(mixed, panel.array("nqpf"), atol=1e-12)


def test_the_claim_is_not_carried_and_says_which_criteria_fail(provinces: StudyRun) -> None:
    (claim,) = provinces.claims
    assert claim.verdict == "insufficient"
    assert not claim.blocks
    failed = {c.name.en for c in claim.criteria if not c.passed}
    assert "first differences: few-cluster p value small enough" in failed
    assert "no entity dominates the within variance" in failed


def test_every_arrow_of_the_theory_has_a_status_of_this_run(provinces: StudyRun) -> None:
    edges = provinces.results["evidence"].tables["edges"]
    tested = edges.columns["status"] != "untested"
    by_construction = {f"nqpf-{part}" for part in ("technology", "factors", "industry")}
    asked = {e.edge for e in provinces.plan.edge}
    assert set(edges.columns["edge"][tested]) == asked | by_construction
    assert np.isnan(edges.columns["estimate"][~tested]).all()


def test_every_check_of_every_step_passes(provinces: StudyRun) -> None:
    assert all(c.passed for r in provinces.results.values() for c in r.checks)


@pytest.mark.slow
def test_a_second_run_has_the_same_hashes(provinces: StudyRun, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    first = run_study(load_plan("provinces"), cache=cache)
    assert list(tmp_path.glob("*.json"))
    again = run_study(load_plan("provinces"), cache=cache)
    for name in ("number_hash", "byte_hash", "data_hash", "plan_hash", "code_version"):
        assert getattr(again, name) == getattr(first, name) == getattr(provinces, name), name


def test_a_damaged_cache_file_is_computed_anew(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    first = run_study(load_plan("world"), cache=cache)
    for path in tmp_path.glob("*.json"):
        path.write_text("{", "utf-8")
    assert run_study(load_plan("world"), cache=cache).number_hash == first.number_hash


@pytest.mark.slow
def test_both_accounts_stand_side_by_side_when_the_user_brings_the_other(
    provinces: StudyRun,
) -> None:
    """Territorial emissions that move like the final-use account, only to try the door."""
    full = zh.data("provinces")
    from zhiheng.catalog.scope import scope
    from zhiheng.core.expression import evaluate

    co2 = evaluate("co2_final_use", full, scope("province")).values
    rows = ["region,year,series,value,unit,status"]
    rows += [
        f"{e},{p},co2_edgar,{2 * float(co2[i, t])!r},t_CO2,estimated"
        for i, e in enumerate(full.entities)
        for t, p in enumerate(full.periods)
        if not np.isnan(co2[i, t])
    ]
    own = parse("\n".join(rows).encode(), "edgar.csv").panel()
    run = run_study(load_plan("provinces"), panel=full.join(own))
    assert [claim.claim for claim in run.claims] == ["final", "edgar"]
    one, two = (run.results[f"main-{a}-levels"].tables["coefficients"] for a in ("final", "edgar"))
    # twice the emissions is a constant in logs, which the fixed effects take out
    np.testing.assert_allclose(one.columns["estimate"], two.columns["estimate"], rtol=1e-8)


def test_the_world_study_leaves_out_incomplete_economies_by_name() -> None:
    run = run_study(load_plan("world"))
    assert len(run.panel.entities) == 38
    assert all("gaps in the window" in item.why.en for item in run.left_out)
    (claim,) = run.claims
    assert claim.verdict == "insufficient"


def test_an_error_in_a_step_names_the_step() -> None:
    source = load_plan("provinces").source_text.replace('groups = "zones4"', 'groups = "zones9"')
    with pytest.raises(ZhihengError) as caught:
        run_study(parse_plan(source, "p.toml"))
    assert caught.value.evidence[0] == {"step": "gap", "method": "dagum"}
