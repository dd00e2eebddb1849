"""V32: the ASEM index of COINr, step by step, from indicators to the printed scores."""

from __future__ import annotations

import numpy as np
import pytest
from index_cases import ITEM

from zhiheng.kernels.coherence import cronbach_alpha
from zhiheng.measure.index import index

# Scores are printed with two decimals.
PRINTED = 0.005
# Alphas are printed with ten.
ALPHA = 1e-9

HEAD = """
id = "asem"
level = "economy"
title = { zh = "亚欧会议可持续连通性", en = "ASEM sustainable connectivity" }
citation = "Becker, Dominguez-Torreiro, Neves, Tacao Moura, Saisana (2018)"
used = [2018, 2018]
weight_method = "equal_by_group"
status = "verified"
"""
GROUP = """
[[group]]
id = "{id}"
title = {{ zh = "组{id}", en = "group {id}" }}
parent = "{parent}"
"""


def system(asem, tmp_path):
    groups = [m for m in asem["meta"] if m["Level"] in ("2", "3")]
    text = HEAD + "".join(
        GROUP.format(id=g["iCode"].lower(), parent="" if g["Level"] == "3" else g["Parent"].lower())
        for g in groups
    )
    for k, m in enumerate(asem["items"]):
        text += ITEM.format(
            id=m["iCode"].lower(), expression=f"s{k}", group=m["Parent"].lower(), weight=1,
            direction="more" if m["Direction"] == "1" else "less",
        )  # fmt: skip
    path = tmp_path / "asem.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_scores_of_the_index_and_of_every_group_are_those_printed(asem, tmp_path):
    found = index(
        asem["panel"], system=system(asem, tmp_path), treatment="skew_kurtosis",
        normalise="global", weights="equal_by_group", levels=["additive"] * 3, draws=0,
    )  # fmt: skip
    scores = found.table("scores").set_index("entity").score * 100
    groups = found.table("groups").pivot(index="entity", columns="group", values="score") * 100
    for code, row in asem["results"].items():
        assert scores[code] == pytest.approx(float(row["Index"]), abs=PRINTED)
        for name in set(row) - {"uCode", "Rank", "Index"}:
            assert groups.loc[code, name.lower()] == pytest.approx(float(row[name]), abs=PRINTED)
    ranks = found.table("scores").set_index("entity")["rank"]
    assert all(ranks[code] == int(row["Rank"]) for code, row in asem["results"].items())


def test_internal_consistency_is_that_printed(asem, tmp_path):
    found = index(
        asem["panel"], system=system(asem, tmp_path), treatment="skew_kurtosis",
        weights="equal_by_group", draws=0,
    ).table("reliability").set_index("group")  # fmt: skip
    assert found.cronbach_alpha["physical"] == pytest.approx(0.663366008, abs=ALPHA)


def test_alpha_of_complete_columns_is_the_closed_form():
    x = np.random.default_rng(0).normal(size=(30, 4)) @ np.random.default_rng(1).random((4, 5))
    c = np.cov(x.T)
    assert cronbach_alpha(x) == pytest.approx(5 / 4 * (1 - np.trace(c) / c.sum()), abs=1e-12)


def test_fifteen_columns_are_winsorised_and_none_needs_a_logarithm(asem, tmp_path):
    found = index(
        asem["panel"], system=system(asem, tmp_path), treatment="skew_kurtosis", draws=0
    ).table("treatment")
    assert (found.action == "winsorised").sum() == 15
    assert set(found.action) == {"none", "winsorised"}
    assert (found.moved[found.action == "none"] == 0).all()
