"""The arithmetic-null test on panels: stored answers, conditions, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from linearmodels.datasets import munnell

from zhiheng.catalog.embedded import dataset
from zhiheng.catalog.examples import example_panel
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.explain.arithmetic_input import read_clusters
from zhiheng.explain.arithmetic_null import arithmetic_null
from zhiheng.explain.overlap_audit import overlap_audit
from zhiheng.kernels.arithmetic_null import permuted_t, pieces
from zhiheng.kernels.panel_ols import absorber

REFERENCE = Path(__file__).parents[1] / "reference" / "arithmetic_null"
# statsmodels solves on all dummy variables, here on swept columns; both in double precision.
PROGRAM = 1e-9
SERIES = {"GSP": "gsp", "EMP": "emp", "PC": "pc", "P_CAP": "pcap", "HWY": "hwy", "UNEMP": "unemp",
          "UTIL": "util"}  # fmt: skip
INDEX = {"pc / emp": "more", "hwy / emp": "more", "unemp": "less", "util": "more"}


def produc():
    data = munnell.load().rename(columns={"ST_ABB": "state", "YR": "year", **SERIES})
    data = data[["state", "year", *SERIES.values()]]
    return Panel.from_frame(
        data.astype(dict.fromkeys(SERIES.values(), float)), entity="state", period="year"
    )


def run(panel=None, **more):
    options = {
        "outcome": "log(gsp / emp)", "columns": INDEX, "controls": ["log(pcap)"],
        "weights": "equal", "permutations": 199, "seed": 3,
    } | more  # fmt: skip
    return arithmetic_null(panel or produc(), **options)


def stored():
    return json.loads((REFERENCE / "expected.json").read_text())


def made(seed=1, entities=20, periods=9, **changes):
    """Positive unrelated series of a panel without a level."""
    rng = np.random.default_rng(seed)
    names = ("a", "b", "c", "y", "z")
    values = np.exp(0.1 * np.cumsum(rng.normal(size=(entities, periods, len(names))), axis=1))
    values += 0.1
    for name, value in changes.items():
        values[..., names.index(name)] = value(values) if callable(value) else value
    return Panel.of(
        {name: values[..., k] for k, name in enumerate(names)},
        entities=[f"e{i:02d}" for i in range(entities)],
        periods=range(2000, 2000 + periods),
        units=dict.fromkeys(names, "1"),
    )


SMALL = {"outcome": "log(y / z)", "columns": {"a / z": "more", "b": "more", "c": "less"},
         "weights": "equal", "permutations": 99}  # fmt: skip


def test_observed_and_permuted_statistics_equal_statsmodels():
    answer, panel = stored(), produc()
    ids = sorted(panel.entities)
    panel = panel.select(entities=ids)
    result = run(panel)
    row = result.tables["test"].row(0)
    assert row["estimate"] == pytest.approx(answer["slope"], rel=PROGRAM)
    rows, counted = 48 * 17, 2 + 16 + 1  # as Stata: regressors, period effects, constant
    factor = 48 / 47 * (rows - 1) / (rows - counted)
    assert row["statistic"] == pytest.approx(answer["t"] / np.sqrt(factor), rel=PROGRAM)
    np.testing.assert_allclose(
        result.tables["own"].columns["share"], answer["entity_shares"], rtol=1e-8
    )
    conditions = result.tables["conditions"]
    for name in ("own_share", "outcome_left"):
        found = conditions.row(conditions.find(name))["value"]
        assert found == pytest.approx(answer[name], rel=PROGRAM)
    z = {s: panel.array(s) for s in SERIES.values()}
    shared = (unit(z["pc"] / z["emp"]) + unit(z["hwy"] / z["emp"])) / 4
    rest = (1 - unit(z["unemp"]) + unit(z["util"])) / 4
    parts = pieces(
        np.log(z["gsp"] / z["emp"]), shared, rest, np.log(z["emp"])[..., None],
        np.log(z["pcap"])[..., None], absorber(np.ones((48, 17), bool), "twoway"),
    )  # fmt: skip
    for name in ("once", "each"):
        found = permuted_t(
            parts, np.array(answer["orders"]), cluster=np.arange(48), each=name == "each"
        )
        np.testing.assert_allclose(found, answer[name], rtol=PROGRAM)


def unit(x):
    return (x - x.min()) / (x.max() - x.min())


def test_the_tables_say_what_is_shared_and_the_split_sums():
    result = run()
    assert set(result.tables["shared"].columns["indicator"]) == {"pc / emp", "hwy / emp"}
    split = result.tables["split"]
    shared, rest, total = (split.row(i) for i in range(3))
    assert shared["estimate"] + rest["estimate"] == pytest.approx(total["estimate"])
    audit = overlap_audit(
        produc(), outcome="log(gsp / emp)", columns=INDEX, controls=["log(pcap)"], weights="equal"
    )
    assert audit.tables["split"].row(0) == pytest.approx(shared)
    slopes = audit.tables["slopes"]
    purged = result.tables["purged"]
    for i in range(2):
        for name in ("estimate", "std_error", "p_value", "weight"):
            assert purged.row(i)[name] == pytest.approx(slopes.row(i)[name], rel=1e-9)
        assert 0 < purged.row(i)["p_few"] < 1
    assert all(check.passed for check in result.checks)
    assert any("emp" in note.text.en and "logs" in note.text.en for note in result.notes)


def test_p_is_that_of_the_listed_draws():
    for sign in ("-", "+", "two-sided"):
        result = run(sign=sign)
        row, drawn = result.tables["test"].row(0), result.tables["null"].columns["statistic"]
        t = row["statistic"]
        extreme = {
            "-": drawn <= t, "+": drawn >= t,
            "two-sided": np.abs(drawn - np.median(drawn)) >= abs(t - np.median(drawn)),
        }[sign]  # fmt: skip
        assert row["p_arithmetic"] == pytest.approx((1 + extreme.sum()) / 200)
        assert row["p_limit"] == (0.05 if sign == "two-sided" else 0.025)
        assert row["null_median"] == pytest.approx(np.median(drawn))
        beyond = row["p_arithmetic"] <= row["p_limit"]
        assert row["arithmetic_decision"] == ("beyond" if beyond else "not_beyond")


def test_a_planted_effect_of_the_rest_is_found_and_its_absence_is_not():
    def follows(v):
        return v[..., 4] * np.exp(-3 * v[..., 1])

    result = arithmetic_null(made(y=follows), **SMALL, sign="-")
    assert result.tables["test"].row(0)["arithmetic_decision"] == "beyond"
    result = arithmetic_null(made(), **SMALL, sign="-")
    assert result.tables["test"].row(0)["arithmetic_decision"] == "not_beyond"


def test_when_nothing_is_shared_the_purged_index_is_the_index():
    result = arithmetic_null(made(), **{**SMALL, "outcome": "log(y)"})
    assert len(result.tables["shared"]) == 0
    full, purged = (result.tables["purged"].row(i) for i in range(2))
    for name in ("estimate", "std_error", "p_value", "p_few", "weight"):
        assert purged[name] == pytest.approx(full[name], rel=1e-9)
    assert result.tables["split"].row(0)["estimate"] == 0.0
    own = result.tables["conditions"]
    assert own.row(own.find("own_share"))["value"] == pytest.approx(1.0)
    both = [
        arithmetic_null(made(), **{**SMALL, "outcome": "log(y)"}, residualise=r).tables["null"]
        for r in ("once", "each")
    ]
    np.testing.assert_allclose(both[0].columns["statistic"], both[1].columns["statistic"])


def test_units_and_the_order_of_entities_do_not_matter():
    panel = made()
    values = panel.values.copy()
    values[..., 0] *= 7.0
    values[..., 4] *= 0.01
    one, two = (arithmetic_null(p, **SMALL) for p in (panel, replace(panel, values=values)))
    mixed = panel.select(entities=tuple(np.random.default_rng(0).permutation(panel.entities)))
    three = arithmetic_null(mixed, **SMALL)
    for other in (two, three):
        np.testing.assert_allclose(
            other.tables["null"].columns["statistic"],
            one.tables["null"].columns["statistic"],
            rtol=1e-8,
        )
        assert other.tables["test"].row(0)["p_arithmetic"] == pytest.approx(
            one.tables["test"].row(0)["p_arithmetic"]
        )


def test_kinship_that_the_catalog_does_not_name_can_be_declared():
    plain = arithmetic_null(made(), **SMALL)
    more = arithmetic_null(made(), **SMALL, also=["c"])
    shares = []
    for result in (plain, more):
        conditions = result.tables["conditions"]
        shares.append(conditions.row(conditions.find("own_share"))["value"])
    assert shares[1] < shares[0]
    assert any("c, z" in n.text.en or "z, c" in n.text.en for n in more.notes)


def test_a_derived_series_that_stands_on_shared_ones_is_taken_out_too():
    panel = example_panel("neighbours")
    result = arithmetic_null(
        panel, outcome="log(co2_final_use / gdp_real)", trends=True, permutations=99,
        columns={"tech_market_turnover / gdp_real": "more", "urbanisation_rate": "more",
                 "age65_share": "less"},
    )  # fmt: skip
    note = next(n.text.en for n in result.notes if "regressed, within" in n.text.en)
    assert "gdp_real" in note
    assert "gdp_current" in note
    assert "final_" not in note


def test_a_control_that_shares_is_named_apart_from_the_indicators():
    options = {**SMALL, "columns": {"b": "more", "c": "less"}}
    plain = arithmetic_null(made(), **options)
    with_control = arithmetic_null(made(), **options, controls=["log(z)"])
    assert any("No indicator and no control" in n.text.en for n in plain.notes)
    assert not any("No indicator and no control" in n.text.en for n in with_control.notes)
    assert any(n.text.en.startswith("A control shares") for n in with_control.notes)
    assert with_control.tables["shared"].row(0)["role"] == "control"


def test_clusters_coarser_than_entities_move_as_blocks():
    panel = made(entities=40)
    cluster = {e: f"g{i // 2:02d}" for i, e in enumerate(panel.entities)}
    result = arithmetic_null(panel, **SMALL, cluster=cluster)
    row = result.tables["conditions"].row(0)
    assert (row["arithmetic_condition"], row["value"], row["limit"]) == ("movable_clusters", 20, 15)
    assert result.tables["purged"].row(0)["p_few"] is None
    assert any("whole blocks" in note.text.en for note in result.notes)
    assert all(check.passed for check in result.checks)
    assert len(set(read_clusters(panel, cluster).tolist())) == 20


def test_trends_that_cluster_in_space_are_refused_and_trends_cure_it():
    panel = dataset("provinces").select(entities=example_panel("neighbours").entities,
                                        periods=range(2013, 2023))  # fmt: skip
    west = {e: e >= "500000" or e[:2] in ("15", "45") for e in panel.entities}
    rng = np.random.default_rng(3)
    path = np.array([float(west[e]) for e in panel.entities])[:, None] * np.arange(10.0)
    panel = panel.with_series("planted", 1 + path + rng.normal(size=path.shape), unit="1")
    options = {"outcome": "log(co2_final_use / gdp_real)", "permutations": 99,
               "columns": {"planted": "more", "age65_share": "less"}}  # fmt: skip
    with pytest.raises(ZhihengError) as caught:
        arithmetic_null(panel, **options)
    assert caught.value.code == "M762"
    assert caught.value.evidence[0]["p"] <= 0.05
    cured = arithmetic_null(panel, **options, trends=True)
    assert any("no unit trends" in note.text.en for note in cured.notes)
    untested = arithmetic_null(panel, **options, spatial="none")
    assert any(note.level == "caution" and "spatial weights" in note.text.en
               for note in untested.notes)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "panel", "options"),
    [
        ("M759", {}, {"level": 0.0}),
        ("M759", {}, {"permutations": 18}),
        ("M759", {}, {"permutations": 38, "sign": "-"}),
        ("M759", {}, {"cluster": {"e00": "x"}}),
        ("M760", {"entities": 14}, {}),
        ("M760", {}, {"cluster": {f"e{i:02d}": str(i % 10) for i in range(20)}}),
        ("M761", {}, {"columns": {"a / z": "more", "b": "more"}, "also": ["b"],
                      "normalise": "global"}),
        ("M763", {"b": lambda v: v[..., 1] * np.where(np.arange(20) == 3, 30.0, 0.1)[:, None],
                  "c": lambda v: v[..., 2] * np.where(np.arange(20) == 3, 30.0, 0.1)[:, None]}, {}),
        ("M764", {}, {"columns": {"a / z": "more", "y / b": "more"}}),
        ("M765", {"z": lambda v: np.where(v[..., 4] < 0.9, 0.0, v[..., 4])},
         {"outcome": "y * z", "columns": {"a * z": "more", "b": "more"}}),
        ("M766", {}, {"columns": {"y / z": "less", "b": "more"}}),
        ("M704", {"b": lambda v: np.where(np.arange(9) == 2, np.nan, v[..., 1])}, {}),
        ("M751", {}, {"columns": None}),
        ("M706", {}, {"controls": ["b", "b"]}),
        ("M701", {"entities": 9}, {"cluster": "entity"}),
    ],
)  # fmt: skip
def test_what_cannot_be_tested_is_refused_with_its_reason(code, panel, options):
    code = "M760" if code == "M701" else code  # fewer than ten is fewer than fifteen
    with pytest.raises(ZhihengError) as caught:
        arithmetic_null(made(**panel), **{**SMALL, **options})
    assert caught.value.code == code
    assert caught.value.fix.zh


def test_one_period_has_no_within_variation():
    with pytest.raises(ZhihengError):
        arithmetic_null(made(periods=1), **SMALL)
