"""Moderation against R, planted bends, and what it refuses."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.moderation import moderation

REFERENCE = Path(__file__).parents[1] / "reference" / "moderation"

# R goes through all dummy variables; the product of two trends is nearly a combination of them.
PROGRAM = 1e-7
# CR2 by roots of large matrices.
ROOTS = 1e-6


def produc_panel():
    data = munnell.load()
    made = data[["ST_ABB", "YR"]].assign(m=data.UNEMP.astype(float))
    for name, source in {"y": "GSP", "x": "PC", "w": "EMP"}.items():
        made[name] = np.log(data[source].astype(float))
    made["coast"] = made.ST_ABB.isin(["CA", "FL", "MA", "NJ", "NY", "OR", "WA"]).astype(float)
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


def run(**more):
    options = {"outcome": "y", "treatment": "x", "moderator": "m", "controls": ["w"]}
    return moderation(produc_panel(), **options | more)


def planted(bend, *, seed=5, entities=40, periods=12):
    rng = np.random.default_rng(seed)
    x, m, u = rng.normal(size=(3, entities, periods))
    y = (0.5 + bend(m)) * x + 0.2 * m + 0.5 * u + rng.normal(size=(entities, 1))
    names = [f"e{i:02d}" for i in range(entities)]
    return Panel.of(
        {"y": y, "x": x, "m": m}, entities=names, periods=range(2000, 2000 + periods), units={}
    )


def test_slopes_marginal_effects_limits_and_bins_equal_r():
    with (REFERENCE / "expected.csv").open() as lines:
        want = {r["quantity"]: float(r["value"]) for r in csv.DictReader(lines)}
    result = run(small_sample="cr1")
    c = result.tables["coefficients"].where(term="treatment:moderator").columns
    first = result.tables["coefficients"].columns
    marginal, bins = result.tables["marginal"].columns, result.tables["bins"].columns
    forms = result.tables["interaction"].where(form="double_demeaned").columns
    found = {
        "x": first["estimate"][0],
        "se_x": first["std_error"][0],
        "xm": c["estimate"][0],
        "se_xm": c["std_error"][0],
        "dd": forms["estimate"][0],
        "se_dd": forms["std_error"][0],
        "root_1": result.tables["regions"].columns["to_value"][0],
        "roots": len(result.tables["regions"]) - 1,
    }
    for i, row in enumerate((0, 5, 10)):
        found |= {f"me_{i}": marginal["estimate"][row], f"se_me_{i}": marginal["std_error"][row]}
    for j in range(3):
        found |= {
            f"bin_{j + 1}": bins["estimate"][j],
            f"se_bin_{j + 1}": bins["std_error"][j],
        }
    for quantity, value in found.items():
        assert value == pytest.approx(want[quantity], rel=PROGRAM), quantity
    assert c["p_few"][0] == pytest.approx(want["p_few_xm"], rel=ROOTS)


def test_a_straight_line_passes_the_bins_and_a_bend_fails_them():
    straight = moderation(planted(lambda m: 0.4 * m), outcome="y", treatment="x", moderator="m")
    bent = moderation(planted(lambda m: 0.6 * m**2), outcome="y", treatment="x", moderator="m")
    assert straight.tables["line"].columns["p_value"][0] > 0.05
    assert bent.tables["line"].columns["p_value"][0] < 0.001
    assert any("do not lie on a line" in n.text.en for n in bent.notes)
    slope = straight.tables["coefficients"].columns["estimate"][1]
    assert slope == pytest.approx(0.4, abs=0.1)


def test_regions_partition_the_observed_range_at_the_johnson_neyman_limits():
    result = moderation(planted(lambda m: 0.6 * m), outcome="y", treatment="x", moderator="m")
    table = result.tables["regions"].columns
    assert table["conclusion"].tolist() == ["negative", "undecided", "positive"]
    assert table["cells"].sum() == 480
    np.testing.assert_array_equal(table["to_value"][:-1], table["from_value"][1:])
    marginal = result.tables["marginal"].columns
    sure = (marginal["ci_low"] > 0) | (marginal["ci_high"] < 0)
    low, high = table["to_value"][0], table["to_value"][1]
    outside = (marginal["moderator_value"] < low) | (marginal["moderator_value"] > high)
    np.testing.assert_array_equal(sure, outside)
    assert all(check.passed for check in result.checks)


def test_the_unit_of_the_moderator_does_not_matter():
    one = run()
    two = run(moderator="100 * m")
    for table, column in (
        ("marginal", "estimate"),
        ("marginal", "std_error"),
        ("bins", "estimate"),
        ("regions", "share"),
    ):
        a, b = one.tables[table].columns[column], two.tables[table].columns[column]
        np.testing.assert_allclose(b, a, rtol=1e-6)


def test_a_moderator_that_the_effects_absorb_keeps_its_product():
    result = run(moderator="coast", bins=2)
    terms = result.tables["coefficients"].columns["term"].tolist()
    assert terms == ["x", "treatment:moderator", "w"]
    assert any("absorb the moderator" in n.text.en for n in result.notes)


def test_thin_ends_are_said_and_marked():
    result = run()
    marginal = result.tables["marginal"].columns
    assert "no" in marginal["in_support"]
    assert marginal["cells"].sum() == 816
    assert any("extrapolation" in n.text.en and n.level == "caution" for n in result.notes)


def test_without_entity_effects_there_is_no_double_demeaning():
    result = run(interaction="double_demeaned", effects="period")
    assert len(result.tables["interaction"]) == 1
    assert any(n.level == "caution" and "Without entity effects" in n.text.en for n in result.notes)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M749", {"moderator": "x"}),
        ("M749", {"moderator": "abs(-1) * 1"}),
        ("M749", {"bins": 9}),
        ("M749", {"support": 0.7}),
        ("M749", {"level": 0}),
        ("M749", {"moderator": "coast", "bins": 5}),
        ("M706", {"controls": ["m"]}),
        ("M702", {"treatment": "coast"}),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_reason(code, options):
    with pytest.raises(ZhihengError) as caught:
        run(**options)
    assert caught.value.code == code
    assert caught.value.fix.en
