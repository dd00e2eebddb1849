"""Claims as tests: the files, planted truths, error rates, and what must agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zhiheng.catalog.claims import NEEDS, load_claims
from zhiheng.catalog.theory import theory
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.registry import methods

YEARS = range(2013, 2023)
ALL_TYPES = [
    "gap_widens", "group_gap_widens", "leaders_pull_away", "converges", "diverges", "low_trap",
    "middle_rises", "high_persists",
]  # fmt: skip
FILE = """
title = { zh = "试", en = "trial" }
shifts = [0.0]
"""
ONE = """
[[claim]]
id = "%s"
type = "%s"
text = { zh = "句", en = "sentence" }
quotation = { zh = "原句", en = "quoted" }
paper = "own"
reading = { zh = "读法", en = "reading" }
%s
"""
PARAMETERS = {
    "gap_widens": 'measures = ["gini", "cv", "sd_log"]',
    "leaders_pull_away": 'growth = "log"\nshare = 0.34',
    "low_trap": "threshold = 0.25",
    "high_persists": "threshold = 0.75",
}


def written(folder: Path, *types: str) -> str:
    """A file of claims of one's own, one of each type."""
    parts = [ONE % (t.replace("_", "-"), t, PARAMETERS.get(t, "")) for t in types]
    path = folder / "claims.toml"
    path.write_text(FILE + "".join(parts), "utf-8")
    return str(path)


def panel_of(y, **more):
    series = {"y": np.asarray(y, dtype=float), **more}
    return Panel.of(
        series,
        entities=[f"e{i:02d}" for i in range(len(y))],
        periods=range(2013, 2013 + np.shape(y)[1]),
        units={},
    )


def judged(panel, claims, **options):
    given = {"variables": ["y"], "claims": claims, "draws": 200, **options}
    return methods["claim_tests"](panel, **given)


def verdicts(result):
    table = result.tables["verdicts"]
    return {table.row(i)["claim"]: table.row(i)["verdict"] for i in range(len(table))}


def gaps(seed, *, rate, entities=30, noise=0.02):
    """Log gaps that grow by `rate` over the window, with noise of each year."""
    rng = np.random.default_rng(seed)
    gap = rng.normal(0, 0.4, (entities, 1)) * (1 + rate * np.linspace(0, 1, len(YEARS)))
    return np.exp(gap + noise * rng.normal(size=(entities, len(YEARS))))


def chain(seed, *, leave, entities=40):
    """Three levels; the chance to move one level up or down each year is `leave`."""
    rng = np.random.default_rng(seed)
    state = np.repeat([0, 1, 2], entities // 3 + 1)[:entities]
    out = np.empty((entities, len(YEARS)))
    for t in range(len(YEARS)):
        out[:, t] = 1 + state + 0.01 * rng.random(entities)
        step = np.where(rng.random(entities) < leave, rng.choice([-1, 1], entities), 0)
        state = np.clip(state + step, 0, 2)
    return out


# ------------------------------------------------------------------ files


def test_the_shipped_claims_quote_known_papers_and_say_how_they_are_read():
    file = load_claims("papers")
    known = {p.id for p in theory().papers}
    assert {c.paper for c in file.claim} <= known
    assert 0.0 in file.shifts
    assert len(file.shifts) == 3
    quoted = {c.quotation.zh for c in file.claim}
    assert {"强者愈强", "低韧性状态在短期内难以实现跨越式发展"} <= quoted


@pytest.mark.parametrize("kind", sorted(NEEDS))
def test_a_claim_without_what_its_type_needs_is_refused(kind, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(FILE + ONE % ("bad", kind, ""), "utf-8")
    with pytest.raises(ZhihengError) as caught:
        load_claims(str(path))
    assert caught.value.code == "M785"
    assert caught.value.evidence[0]["lacks"] == NEEDS[kind][0]


def test_an_unknown_file_names_the_known_one():
    with pytest.raises(ZhihengError) as caught:
        load_claims("paper")
    assert caught.value.code == "M784"
    assert "papers" in caught.value.fix.en


# ------------------------------------------------------------------ planted truths


def test_gaps_that_grow_shrink_or_stay_get_the_three_verdicts(tmp_path):
    claims = written(tmp_path, "gap_widens", "leaders_pull_away", "converges", "diverges")
    wide = verdicts(judged(panel_of(gaps(1, rate=1.0)), claims))
    narrow = verdicts(judged(panel_of(gaps(1, rate=-0.5)), claims))
    noise = verdicts(judged(panel_of(gaps(3, rate=0.0, noise=0.2)), claims))
    assert wide == {
        "gap-widens": "supported",
        "leaders-pull-away": "supported",
        "converges": "not_supported",
        "diverges": "supported",
    }
    assert narrow == {
        "gap-widens": "not_supported",
        "leaders-pull-away": "not_supported",
        "converges": "supported",
        "diverges": "not_supported",
    }
    assert noise["gap-widens"] == noise["converges"] == "insufficient"


def test_traps_and_persistence_follow_the_planted_chain(tmp_path):
    claims = written(tmp_path, "low_trap", "high_persists")
    firm = verdicts(judged(panel_of(chain(1, leave=0.02)), claims))
    loose = verdicts(judged(panel_of(chain(1, leave=0.95)), claims))
    assert set(firm.values()) == {"supported"}
    assert set(loose.values()) == {"not_supported"}


def test_a_relative_gap_that_depends_on_the_zero_is_insufficient_and_said_to_conflict(tmp_path):
    """Equal amounts are added to all: ratios shrink; with a large constant they all but stand."""
    y = (
        np.linspace(1, 5, 30)[:, None]
        + np.linspace(0, 4, len(YEARS)) * np.linspace(1, 1.6, 30)[:, None]
    )
    claims = written(tmp_path, "gap_widens")
    found = judged(panel_of(y), claims, shifts=[0, 100])
    assert verdicts(found) == {"gap-widens": "insufficient"}
    summary = found.tables["summary"].row(0)
    assert summary["conflicting"] == 1
    assert summary["holds_en"] == "holds in 0 of 1"
    assert "contradict" in found.tables["verdicts"].row(0)["reason_en"]


def test_a_counterpart_in_natural_units_has_a_say(tmp_path):
    claims = written(tmp_path, "gap_widens")
    panel = panel_of(gaps(1, rate=1.0), other=gaps(1, rate=-0.5))
    alone = verdicts(judged(panel, claims))
    both = verdicts(judged(panel, claims, natural={"y": "other"}))
    assert (alone["gap-widens"], both["gap-widens"]) == ("supported", "insufficient")


def test_claims_on_transitions_need_both_ways_of_cutting():
    """Everybody rises past the pooled cuts while ranks stand: the low class is left and is not."""
    y = np.arange(30.0)[:, None] + 1 + 40 * np.linspace(0, 1, len(YEARS))
    found = judged(panel_of(y), "papers", shifts=[0])
    rows = found.tables["tests"]
    odds = {
        rows.row(i)["variant"]: rows.row(i)
        for i in range(len(rows))
        if rows.row(i)["claim"] == "low-trap"
    }
    assert odds["pooled"]["estimate"] > 0.1
    assert odds["per_period"]["estimate"] == 0
    assert odds["per_period"]["side_of_claim"] == 1


def test_what_zeros_leave_undefined_decides_nothing_and_is_counted(tmp_path):
    y = gaps(1, rate=1.0)
    y[0, 0] = 0.0
    found = judged(panel_of(y), written(tmp_path, "gap_widens", "leaders_pull_away"))
    rows = {r["claim"]: r for r in map(found.tables["verdicts"].row, range(2))}
    assert (rows["gap-widens"]["statistics"], rows["gap-widens"]["not_computed"]) == (2, 1)
    assert rows["leaders-pull-away"]["verdict"] == "untested"
    assert "M786" in {note.code for note in found.notes}


def test_a_claim_on_provinces_is_untested_elsewhere_and_not_counted():
    found = judged(panel_of(gaps(1, rate=1.0)), "papers", shifts=[0])
    assert verdicts(found)["east-pulls-away"] == "untested"
    table = found.tables["summary"]
    assert table.row(table.find("east-pulls-away"))["tested"] == 0
    assert table.row(table.find("east-pulls-away"))["supported_share"] is None


def test_windows_cut_the_same_numbers(tmp_path):
    claims = written(tmp_path, *ALL_TYPES[2:])
    panel = panel_of(gaps(2, rate=0.5))
    whole = judged(panel, claims, windows=["2013-2017", "2018-2022"]).tables["verdicts"]
    part = judged(panel.select(periods=range(2013, 2018)), claims).tables["verdicts"]
    first = whole.where(period=2017)
    for name in ("verdict", "estimate", "ci_low", "ci_high"):
        np.testing.assert_array_equal(first.columns[name], part.columns[name])


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("M787", {"windows": ["2013-2030"]}),
        ("M787", {"windows": ["2017-2013"]}),
        ("M787", {"windows": ["all"]}),
        ("M787", {"windows": ["2013-2017", "2013-2017"]}),
        ("M788", {"variables": ["y", "y"]}),
        ("M788", {"natural": {"x": "y"}}),
        ("M788", {"shifts": [-1]}),
        ("M788", {"draws": 0}),
        ("M820", {"level": 2.0}),
    ],
)
def test_options_at_odds_are_refused(code, options):
    with pytest.raises(ZhihengError) as caught:
        judged(panel_of(gaps(1, rate=0.0)), "papers", **options)
    assert caught.value.code == code


# ------------------------------------------------------------------ error rates


@pytest.mark.slow
def test_wrong_verdicts_are_rare_and_right_ones_common(tmp_path):
    """Verdicts on gaps over 120 panels each.

    Where nothing changes, a claim is supported in at most 2.5 % + 3 standard errors = 6.8 %
    (one side of a 95 % interval; all measures have to agree, so fewer). Where gaps grow by a
    half, it is supported in at least 90 % and never refuted.
    """
    claims = written(tmp_path, "gap_widens")
    still = [verdicts(judged(panel_of(gaps(s, rate=0.0, noise=0.1)), claims)) for s in range(120)]
    grown = [verdicts(judged(panel_of(gaps(s, rate=0.5, noise=0.05)), claims)) for s in range(120)]
    for wrong in ("supported", "not_supported"):
        assert sum(v["gap-widens"] == wrong for v in still) / 120 <= 0.068
    assert sum(v["gap-widens"] == "supported" for v in grown) / 120 >= 0.9
    assert not any(v["gap-widens"] == "not_supported" for v in grown)
