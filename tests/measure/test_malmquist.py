"""Productivity, metafrontier and windows as methods: what they print and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.measure.dea_metafrontier import dea_metafrontier
from zhiheng.measure.dea_window import dea_window
from zhiheng.measure.malmquist import malmquist

ROUNDING = 1e-9
# Five units of two periods, from the tests of DataEnvelopmentAnalysis.jl.
X = np.ones((5, 2))
Y = np.array([[7, 8], [5, 5.5], [1, 2], [3, 2], [4, 4]], dtype=float)
B = np.array([[2, 1], [5, 3], [3, 2], [3, 4], [2, 1]], dtype=float)


def panel(unit="t", entities=None, **series):
    values = {k: np.asarray(v, dtype=float) for k, v in series.items()}
    rows, cols = next(iter(values.values())).shape
    return Panel.of(
        values,
        entities=entities or [f"e{i}" for i in range(rows)],
        periods=list(range(2019, 2019 + cols)),
        units=dict.fromkeys(values, unit),
    )


def five():
    return panel(x=X, y=Y, b=B)


def random_panel(rows=9, cols=4, seed=1):
    rng = np.random.default_rng(seed)
    return panel(**{k: rng.lognormal(2, 0.5, (rows, cols)) for k in ("k", "w", "y", "b")})


def refused(method, given, **options):
    with pytest.raises(ZhihengError) as caught:
        method(given, **options)
    assert caught.value.evidence
    return caught.value.code


ALL = {"inputs": ["k", "w"], "outputs": ["y"], "undesirable": ["b"]}
GOOD = {"inputs": ["k", "w"], "outputs": ["y"]}
FIVE = {"inputs": ["x"], "outputs": ["y"], "undesirable": ["b"]}


def test_the_index_is_that_of_the_named_convention():
    apz = malmquist(five(), **FIVE, kind="ml").table("scores")
    expected = [1.3702375781, 1.1, 1.125977836, 0.91624569458, 1.2792042981]
    np.testing.assert_allclose(apz["productivity_change"], expected, rtol=ROUNDING)
    gml = malmquist(five(), **FIVE, kind="gml").table("scores")
    np.testing.assert_allclose(gml["productivity_change"][4], 1.2, rtol=ROUNDING)


def test_an_infeasible_cell_is_named_and_stays_empty():
    found = malmquist(five(), **FIVE, kind="ml", convention="cfg")
    scores = found.table("scores").set_index("entity")
    assert scores.loc["e1", "status"] == "infeasible"
    assert np.isnan(scores.loc["e1", ["productivity_change", "technical_change", "cumulated"]]
                    .astype(float)).all()  # fmt: skip
    assert (scores["status"] == "solved").sum() == 4
    note = next(n for n in found.notes if n.code == "M673")
    assert "e1 2019–2020" in note.text.en
    means = found.table("means")
    assert means["infeasible"][0] == 1
    assert means["n"][0] == 4
    behind = found.table("distances").query("entity == 'e1' and frontier == 'previous'")
    assert {*behind["status"]} <= {"solved", "infeasible"}


def test_the_cap_on_undesirable_outputs_is_obeyed_and_said():
    """A unit that pollutes more than anybody in the other period has no answer there."""
    y = np.array([[4.0, 4.0], [3.0, 8.0], [5.0, 5.0]])
    b = np.array([[1.0, 1.0], [1.0, 9.0], [2.0, 2.0]])
    found = malmquist(panel(x=np.ones((3, 2)), y=y, b=b), **FIVE, kind="ml")
    scores = found.table("scores").set_index("entity")
    before = found.table("distances").set_index(["entity", "frontier"])
    assert before.loc[("e1", "previous"), "status"] == "infeasible"
    assert scores.loc["e1", "status"] == "infeasible"


def test_a_pooled_index_chains_and_the_checks_hold():
    for options in ({"kind": "gml"}, {"kind": "gml", "measure": "sbm"}):
        found = malmquist(random_panel(), **ALL, **options)
        assert len(found.checks) == 2
        assert all(check.passed for check in found.checks)
        scores = found.table("scores")
        parts = scores["pure_efficiency_change"] * scores["scale_change"]
        np.testing.assert_allclose(parts, scores["efficiency_change"], rtol=ROUNDING)
        last = scores.groupby("entity")["productivity_change"].prod()
        total = found.table("by_entity").set_index("entity")["cumulated"]
        np.testing.assert_allclose(total, last, rtol=ROUNDING)


def test_a_pooled_index_without_undesirable_outputs_is_the_global_malmquist_index():
    found = malmquist(random_panel(), **GOOD, kind="gml").table("scores")
    assert np.isfinite(found["productivity_change"]).all()


def test_the_path_is_the_product_of_the_geometric_means():
    found = malmquist(random_panel(), **GOOD)
    means, path = found.table("means"), found.table("paths")
    np.testing.assert_allclose(
        path["productivity_change"][1:], means["productivity_change"].cumprod(), rtol=ROUNDING
    )
    both = path["efficiency_change"] * path["technical_change"]
    np.testing.assert_allclose(path["productivity_change"], both, rtol=ROUNDING)


def test_varying_returns_are_cautioned_against_and_have_no_scale_part():
    found = malmquist(random_panel(), **GOOD, returns="vrs")
    assert "M677" in {note.code for note in found.notes}
    assert "scale_change" not in found.table("scores")


def test_money_of_different_years_is_named():
    nominal = panel(unit="CNY", x=X, y=Y)
    found = malmquist(nominal, inputs=["x"], outputs=["y"])
    assert "M675" in {note.code for note in found.notes}


def test_single_zeros_are_borne_and_a_unit_without_output_is_refused():
    given = random_panel()
    values = {k: given.array(k).copy() for k in ("k", "w", "y", "b")}
    values["b"][2, 1] = values["k"][4, 0] = 0.0
    found = malmquist(panel(**values), **ALL, kind="gml")
    assert np.isfinite(found.table("scores")["productivity_change"]).all()
    values["y"][3, 2] = 0.0
    assert refused(malmquist, panel(**values), **GOOD) == "M664"


def test_productivity_needs_two_periods_and_fitting_options():
    given = random_panel()
    one = given.select(periods=[2019])
    assert refused(malmquist, one, **GOOD) == "M660"
    assert refused(malmquist, given, **ALL) == "M661"
    assert refused(malmquist, given, **GOOD, kind="ml") == "M661"
    for options in (
        {"convention": "cfg"},
        {"measure": "sbm"},
        {"direction": "all"},
        {"kind": "gml", "convention": "cfg"},  # without undesirable outputs it says nothing
    ):
        assert refused(malmquist, given, **GOOD, **options) == "M662"
    assert refused(malmquist, given, **ALL, kind="ml", measure="sbm") == "M662"
    assert refused(malmquist, given, **ALL, kind="ml", orientation="input") == "M662"
    mixed = {"kind": "gml", "measure": "sbm", "convention": "cfg"}
    assert refused(malmquist, given, **ALL, **mixed) == "M662"


# ------------------------------------------------------------------ metafrontier

HALVES = {f"e{i}": "one" if i < 5 else "two" for i in range(9)}


def test_the_gap_is_the_ratio_and_losses_sum():
    found = dea_metafrontier(random_panel(), **ALL, groups=HALVES).table("scores")
    ratio = found["meta_efficiency"] / found["group_efficiency"]
    np.testing.assert_allclose(found["technology_gap"], ratio, rtol=ROUNDING)
    assert (found["technology_gap"] <= 1 + ROUNDING).all()
    lost = found["loss_technology"] + found["loss_management"]
    np.testing.assert_allclose(lost, 1 - found["meta_efficiency"], atol=ROUNDING)


def test_small_groups_are_named_and_pooling_makes_them_larger():
    found = dea_metafrontier(random_panel(), **ALL, groups=HALVES)
    note = next(n for n in found.notes if n.code == "M674")
    assert "one (5)" in note.text.en
    pooled = dea_metafrontier(random_panel(), **ALL, groups=HALVES, frontier="pooled")
    assert "M674" not in {n.code for n in pooled.notes}
    assert set(pooled.table("group_sizes")["n"]) == {20, 16}


def test_one_period_has_a_metafrontier():
    one = random_panel().select(periods=[2020])
    found = dea_metafrontier(one, **GOOD, groups=HALVES, measure="radial", returns="vrs")
    assert [f.kind for f in found.figures] == ["bar"]
    assert len(found.table("scores")) == 9


def test_groups_that_do_not_do_are_refused():
    given = random_panel()
    assert refused(dea_metafrontier, given, **ALL, groups={"e0": "a"}) == "M810"
    assert refused(dea_metafrontier, given, **ALL, groups="e0=a,e1") == "M811"
    assert refused(dea_metafrontier, given, **ALL, groups={}) == "M811"
    alike = dict.fromkeys(HALVES, "a")
    assert refused(dea_metafrontier, given, **ALL, groups=alike) == "M665"
    with pytest.raises(ZhihengError) as caught:
        dea_metafrontier(given, **ALL, groups={"nobody": "a"})
    assert caught.value.code == "M811"
    radial = {"groups": HALVES, "measure": "radial"}
    assert refused(dea_metafrontier, given, **ALL, **radial) == "M661"
    assert refused(dea_metafrontier, given, **GOOD, **radial, orientation="none") == "M662"


# ------------------------------------------------------------------ windows


def test_windows_of_all_periods_are_one_frontier_and_of_one_are_single_periods():
    given = random_panel()
    whole = dea_window(given, **ALL, width=4)
    meta = dea_metafrontier(given, **ALL, groups=HALVES, frontier="pooled")
    np.testing.assert_allclose(
        whole.table("scores")["efficiency"], meta.table("scores")["meta_efficiency"], rtol=ROUNDING
    )
    single = dea_window(given, **ALL, width=1).table("by_period")
    own = dea_metafrontier(given, **ALL, groups=HALVES).table("scores")
    np.testing.assert_allclose(single["efficiency"], own["meta_efficiency"], rtol=ROUNDING)


def test_every_window_and_period_has_its_row_and_the_means_are_theirs():
    found = dea_window(random_panel(), **ALL, width=3)
    scores = found.table("scores")
    assert len(scores) == 9 * 2 * 3
    assert ((scores["period"] >= scores["window_from"])
            & (scores["period"] <= scores["window_to"])).all()  # fmt: skip
    mean = scores.groupby(["entity", "period"])["efficiency"].agg(["mean", "min", "max", "count"])
    table = found.table("by_period").set_index(["entity", "period"])
    np.testing.assert_allclose(table["efficiency"], mean["mean"], rtol=ROUNDING)
    np.testing.assert_allclose(table["window_highest"], mean["max"], rtol=ROUNDING)
    np.testing.assert_array_equal(table["windows"], mean["count"])
    apart = (mean["max"] - mean["min"]).groupby("entity").max()
    stability = found.table("stability").set_index("entity")
    np.testing.assert_allclose(stability["gap_between_windows"], apart, atol=ROUNDING)
    np.testing.assert_allclose(
        stability["efficiency"], scores.groupby("entity")["efficiency"].mean(), rtol=ROUNDING
    )


def test_a_window_wider_than_the_panel_is_refused():
    for width in (0, 5):
        assert refused(dea_window, random_panel(), **ALL, width=width) == "M663"


def test_a_frontier_of_too_few_is_named_and_one_of_hardly_any_blocks_claims():
    given = random_panel()
    few = malmquist(given, **ALL, kind="gml")
    assert {n.level for n in few.notes if n.code == "M644"} == {"caution"}
    hardly = malmquist(given.select(entities=given.entities[:4]), **ALL, kind="gml")
    assert hardly.blocked
    enough = dea_window(given, **ALL, width=2)
    assert "M644" not in {n.code for n in enough.notes}
