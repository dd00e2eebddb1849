"""The index against other programs, published tables and plain loops."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhiheng.catalog.embedded import dataset
from zhiheng.core.panel import Panel
from zhiheng.measure.index import index

REFERENCE = Path(__file__).parents[1] / "reference" / "index"

# The same double-precision sums in another order.
PROGRAM = 1e-12
# Published with eight digits after the point.
PRINTED = 5e-9
# Sub-indices are published with two decimals; so is the total (0.005), and their own rounding
# adds up to another 0.005 at worst. Observed is 0.00597; rounded class weights give 0.0089.
OFFICIAL = 0.0065

DIRECTIONS = {"a": "more", "b": "less", "c": "more", "d": "more", "f": "less"}
GROUPS = {"a": "one", "b": "one", "c": "two", "d": "two", "f": "two"}
GIVEN = {"a": 3.0, "b": 1.0, "c": 2.0, "d": 2.5, "f": 0.5}
CLASSES = {
    "resource": 32, "governance": 18, "quality": 21, "ecology": 18, "growth": 10, "living": 10,
}  # fmt: skip
ROUNDED = {
    "resource": 29.3, "governance": 16.5, "quality": 19.3, "ecology": 16.5, "growth": 9.2,
    "living": 9.2,
}  # fmt: skip


def stored(name):
    with (REFERENCE / name).open() as lines:
        return list(csv.DictReader(lines))


def table_panel(rows):
    values = np.array(rows, dtype=float)
    names = [f"c{k}" for k in range(values.shape[1])]
    return Panel.of(
        {name: values[:, k : k + 1] for k, name in enumerate(names)},
        entities=[f"r{i}" for i in range(len(values))],
        periods=[2000],
        units={},
    )


def input_panel():
    return Panel.from_frame(pd.read_csv(REFERENCE / "input.csv"), entity="entity", period="period")


def grouped_system(tmp_path):
    groups = "".join(
        f'[[group]]\nid = "{g}"\ntitle = {{ zh = "组{g}", en = "group {g}" }}\n'
        for g in sorted(set(GROUPS.values()))
    )
    items = "".join(
        f'[[indicator]]\nid = "{k}"\ntitle = {{ zh = "项{k}", en = "item {k}" }}\n'
        f'expression = "{k}"\nunit = "1"\ndirection = "{DIRECTIONS[k]}"\n'
        f'scale = "intensive"\ngroup = "{GROUPS[k]}"\n'
        'source = { zh = "自拟", en = "made up" }\nstatus = "verified"\n'
        for k in DIRECTIONS
    )
    head = (
        'id = "five"\nlevel = "province"\ntitle = { zh = "五项", en = "five items" }\n'
        'citation = "none"\nused = [2019, 2021]\nweight_method = "entropy"\nstatus = "verified"\n'
    )
    path = tmp_path / "five.toml"
    path.write_text(head + groups + items, "utf-8")
    return str(path)


def expected():
    cases = defaultdict(list)
    for row in stored("expected.csv"):
        cases[row["recipe"]].append(row)
    return cases


@pytest.mark.parametrize("recipe", sorted(expected()))
def test_every_recipe_equals_plain_loops(recipe, tmp_path):
    normalise, weights, aggregation = recipe.split("/")
    found = index(
        input_panel(),
        system=grouped_system(tmp_path),
        normalise=normalise,
        weights=weights,
        given=GIVEN if weights == "given" else None,
        aggregation=aggregation,
        draws=0,
    )
    scores = found.table("scores").set_index(["entity", "period"]).score
    table = found.table("weights").set_index("indicator")
    nominal = (
        found.table("weights_by_period").set_index(["period", "indicator"]).nominal
        if weights == "entropy_per_period"
        else table.nominal
    )
    columns = {
        "pooled": "effective",
        "within_period": "effective_within_period",
        "within": "effective_within",
    }
    for row in expected()[recipe]:
        want, k = float(row["value"]), row["indicator"]
        if row["what"] == "score":
            got = scores[row["entity"], int(row["period"])]
        elif row["what"] == "weight":
            got = nominal[int(row["period"]), k] if nominal.index.nlevels == 2 else nominal[k]
        else:
            got = table[columns[row["what"]]][k]
        assert got == pytest.approx(want, abs=PROGRAM)


def program_cases():
    cases = defaultdict(list)
    for row in stored("expected_programs.csv"):
        cases[row["program"], row["data"], row["case"]].append(float(row["value"]))
    return cases


@pytest.mark.parametrize("case", sorted(program_cases()), ids="/".join)
def test_topsis_and_entropy_equal_pymcdm_and_scikit_criteria(case):
    program, data, what = case
    kind, normalise = what.split("/")
    if data == "table":
        published = json.loads((REFERENCE / "published.json").read_text())["V31"]
        panel = table_panel(published["table"])
        directions = dict.fromkeys(panel.series, "more")
        given = dict(zip(panel.series, published["weights"], strict=True))
    else:
        rows = pd.read_csv(REFERENCE / "input.csv")
        panel = table_panel(rows[list(DIRECTIONS)].to_numpy())
        panel = Panel.of(
            {k: panel.array(f"c{i}") for i, k in enumerate(DIRECTIONS)},
            entities=panel.entities, periods=panel.periods, units={},
        )  # fmt: skip
        directions, given = DIRECTIONS, GIVEN
    if kind == "topsis":
        options = {"weights": "given", "given": given, "aggregation": "topsis"}
    else:
        options = {"weights": "entropy"}
        if (data, normalise) == ("input", "none"):  # the three positive columns
            directions = dict.fromkeys(["a", "b", "f"], "more")
    found = index(panel, columns=directions, normalise=normalise, draws=0, **options)
    got = found.table("scores").score if kind == "topsis" else found.table("weights").nominal
    assert got.tolist() == pytest.approx(program_cases()[case], abs=PROGRAM)


def test_the_published_topsis_and_entropy_example():
    case = json.loads((REFERENCE / "published.json").read_text())["V31"]
    panel = table_panel(case["table"])
    directions = dict.fromkeys(panel.series, "more")
    given = dict(zip(panel.series, case["weights"], strict=True))
    topsis = index(
        panel, columns=directions, normalise="vector", weights="given", given=given,
        aggregation="topsis",
    )  # fmt: skip
    assert topsis.table("scores").score.tolist() == pytest.approx(
        case["topsis_vector"], abs=PRINTED
    )
    for normalise, name in (("none", "entropy_raw"), ("global", "entropy_minmax")):
        found = index(panel, columns=directions, normalise=normalise, weights="entropy")
        assert found.table("weights").nominal.tolist() == pytest.approx(case[name], abs=PRINTED)


def test_the_hand_computed_table():
    case = json.loads((REFERENCE / "published.json").read_text())["V37"]
    panel = table_panel(case["table"])
    found = index(panel, columns=dict(zip(panel.series, case["directions"], strict=True)))
    z = found.table("indicators").normalised.tolist()
    assert z == pytest.approx(sum(case["normalised"], []), abs=PROGRAM)
    assert found.table("weights").nominal.tolist() == pytest.approx(case["weights"], abs=PROGRAM)
    assert found.table("scores").score.tolist() == pytest.approx(case["scores"], abs=PROGRAM)
    assert found.table("scores")["rank"].tolist() == [3, 2, 1]


def worst_against_official(weights):
    panel = dataset("gdi2016")
    found = index(
        panel,
        columns={f"gdi_{name}": "more" for name in weights},
        normalise="none",
        weights="given",
        given={f"gdi_{name}": weight for name, weight in weights.items()},
    )
    scores = found.tables["scores"].columns["score"]
    assert len(scores) == 31
    return float(np.abs(scores - panel.array("gdi")[:, 0]).max())


def test_exact_class_weights_rebuild_the_31_official_totals():
    assert worst_against_official(CLASSES) <= OFFICIAL


def test_rounded_percentages_do_not_rebuild_them():
    assert worst_against_official(ROUNDED) > OFFICIAL
