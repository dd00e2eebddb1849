"""Tests of differences between groups, against R, brute force and planted differences."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.heterogeneity import heterogeneity, holm

REFERENCE = Path(__file__).parents[1] / "reference" / "heterogeneity"

PROGRAM = 1e-8
# CR2 by roots of large matrices.
ROOTS = 1e-6


def produc_panel():
    data = munnell.load()
    made = data[["ST_ABB", "YR"]].copy()
    for name, source in {"y": "GSP", "x": "P_CAP", "w": "EMP"}.items():
        made[name] = np.log(data[source].astype(float))
    return Panel.from_frame(made, entity="ST_ABB", period="YR")


def thirds():
    """State in alphabetical order of names, modulo 3."""
    names = munnell.load().ST_ABB.unique()
    return {name: str(i % 3) for i, name in enumerate(names)}


def run(**more):
    options = {"outcome": "y", "treatment": "x", "controls": ["w"], "groups": thirds()}
    return heterogeneity(produc_panel(), **options | more)


def planted(slopes, *, seed, entities=24, periods=8):
    rng = np.random.default_rng(seed)
    x, u = rng.normal(size=(2, entities, periods))
    number = np.arange(entities) % len(slopes)
    y = np.array(slopes)[number][:, None] * x + u
    names = [f"e{i:02d}" for i in range(entities)]
    panel = Panel.of({"y": y, "x": x}, entities=names, periods=range(periods), units={})
    return panel, {n: f"g{g}" for n, g in zip(names, number, strict=True)}


def test_slopes_and_differences_equal_r():
    result = run(small_sample="cr1", permutations=99)
    slopes, pairs = result.tables["slopes"], result.tables["differences"]
    with (REFERENCE / "expected.csv").open() as lines:
        for row in csv.DictReader(lines):
            want = {k: float(v) for k, v in row.items() if k != "quantity" and v.strip() != "NA"}
            name = row["quantity"]
            if name == "equality":
                found = result.tables["equality"].row(0)
                assert found["f_statistic"] == pytest.approx(want["estimate"], rel=PROGRAM)
                assert found["p_value"] == pytest.approx(want["p_few"], rel=PROGRAM)
                continue
            key = name.removeprefix("slope_").split("-")
            table = slopes if name.startswith("slope") else pairs
            found = table.row(table.find(*key))
            value = found["estimate" if table is slopes else "difference"]
            assert value == pytest.approx(want["estimate"], rel=PROGRAM)
            assert found["std_error"] == pytest.approx(want["se_cr1"], rel=PROGRAM)
            assert found["std_error_cr2"] == pytest.approx(want["se_cr2"], rel=ROOTS)
            assert found["df_few"] == pytest.approx(want["df_few"], rel=ROOTS)
            assert found["p_few"] == pytest.approx(want["p_few"], rel=ROOTS)


def test_a_planted_difference_is_found_and_equal_slopes_are_not():
    panel, groups = planted([0.2, 1.0], seed=2)
    found = heterogeneity(panel, outcome="y", treatment="x", groups=groups).tables
    assert found["differences"].columns["p_permutation"][0] < 0.01
    assert found["equality"].columns["p_permutation"][0] < 0.01
    panel, groups = planted([0.6, 0.6, 0.6], seed=3)
    found = heterogeneity(panel, outcome="y", treatment="x", groups=groups).tables
    assert found["equality"].columns["p_permutation"][0] > 0.05


def test_stars_do_not_decide():
    """A slope that stands out in one group and not in another need not differ."""
    panel, groups = planted([0.35, 0.35], seed=31, entities=24, periods=4)
    result = heterogeneity(panel, outcome="y", treatment="x", groups=groups)
    assert any("no evidence" in n.text.en for n in result.notes)
    assert "p_permutation" in result.tables["differences"].columns


def test_small_groups_are_named():
    panel, groups = planted([0.5, 0.5], seed=1)
    groups = groups | dict.fromkeys(panel.entities[:3], "few")
    result = heterogeneity(panel, outcome="y", treatment="x", groups=groups)
    named = [n for n in result.notes if n.level == "caution" and "few" in n.text.en]
    assert named
    assert result.tables["slopes"].where(group="few").columns["entities"][0] == 3


def test_row_order_and_seed():
    panel = produc_panel()
    mixed = panel.select(entities=panel.entities[::-1])
    options = {"outcome": "y", "treatment": "x", "groups": thirds(), "seed": 4}
    one, two = heterogeneity(panel, **options), heterogeneity(mixed, **options)
    for name, values in one.tables["differences"].columns.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(two.tables["differences"].columns[name], values, rtol=1e-7)


def test_holm_steps_down_and_never_falls():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.5, 0.9])), [1.0, 1.0])


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M750", {"permutations": 20}),
        ("M750", {"level": 2.0}),
        ("M750", {"groups": dict.fromkeys(thirds(), "all")}),
        ("M810", {"groups": {"AL": "south"}}),
        ("M811", {"groups": "AL=,b"}),
        ("M708", {"outcome": "2 * x", "controls": []}),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_reason(code, options):
    with pytest.raises(ZhihengError) as caught:
        run(**options)
    assert caught.value.code == code
    assert caught.value.fix.en
