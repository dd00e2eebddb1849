"""Source streams against the Commission's worked examples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from zhiheng.catalog.factors import factor_constants
from zhiheng.kernels.source_streams import (
    burnt,
    clinker,
    collected,
    mass_balance,
    pfc_overvoltage,
    pfc_slope,
    reacted,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "inventory"
EXACT = 1e-9
"""Relative; the examples print what a spreadsheet holds."""


def published():
    return json.loads((REFERENCE / "published.json").read_text("utf-8"))


def stream(kind, amount, case):
    n = {k: np.float64(v) for k, v in case.items() if isinstance(v, (int, float))}
    biomass, value = n.get("biomass", 0.0), n.get("ncv", 0.0)
    if kind == "combustion":
        return burnt(np.float64(amount), value, n["factor"], biomass=biomass)
    if kind == "process":
        return reacted(np.float64(amount), n["factor"], biomass=biomass, heating_value=value)
    ratio = factor_constants()["carbon_to_co2_cbam"].value
    return mass_balance(
        np.float64(amount), n["carbon"], ratio=ratio, biomass=biomass, heating_value=value
    )


def test_streams_equal_the_published_numbers():
    for case in published()["streams"]:
        found = stream(case["kind"], case["amount"], case)
        assert float(found.fossil) == pytest.approx(case["fossil"], rel=EXACT), case


def test_every_source_stream_of_the_commission_is_reproduced(shared):
    path = shared / "reference" / "cbam_official_examples.json"
    kinds = {"Combustion": "combustion", "Process emissions": "process",
             "Mass Balance": "mass_balance"}  # fmt: skip
    seen = 0
    for book in json.loads(path.read_text("utf-8")):
        for row in book["source_streams"]:
            names = {"ncv": "ncv", "factor": "ef", "carbon": "carbon_content"}
            case = {ours: row.get(theirs, 0.0) for ours, theirs in names.items()}
            case["biomass"] = row.get("biomass_pct", 0) / 100
            found = stream(kinds[row["method"]], row["activity_data"], case)
            pairs = (
                (found.fossil, row["expected_fossil_tco2e"]),
                (found.biomass, row["expected_biomass_tco2e"]),
                (found.energy, row["expected_energy_tj"]),
            )
            for value, expected in pairs:
                assert float(value) == pytest.approx(expected, rel=EXACT, abs=1e-6), row["name"]
            seen += 1
    assert seen == 31


def test_44_over_12_is_not_the_ratio_of_the_border_adjustment():
    ratio = factor_constants()
    assert ratio["carbon_to_co2"].value == 44 / 12
    assert ratio["carbon_to_co2_cbam"].value == 3.664


def test_pfc_by_slope_and_by_overvoltage():
    case = published()["pfc_slope"]
    found = pfc_slope(*(case[k] for k in
                        ("aluminium", "frequency", "duration", "slope", "c2f6_share")))  # fmt: skip
    assert found.cf4 == pytest.approx(case["cf4"], rel=EXACT)
    assert found.c2f6 == pytest.approx(case["c2f6"], rel=EXACT)
    co2e = found.cf4 * case["gwp_cf4"] + found.c2f6 * case["gwp_c2f6"]
    assert collected(co2e, case["collection"]) == pytest.approx(case["co2e"], rel=EXACT)
    case = published()["pfc_overvoltage"]
    found = pfc_overvoltage(
        case["aluminium"], case["coefficient"], case["overvoltage"],
        np.array(case["efficiency_percent"] / 100), case["c2f6_share"],
    )  # fmt: skip
    assert float(found.cf4) == pytest.approx(case["cf4"], rel=EXACT)
    assert float(found.c2f6) == pytest.approx(case["c2f6"], rel=EXACT)


def test_a_percentage_for_current_efficiency_is_refused():
    with pytest.raises(ValueError, match="share"):
        pfc_overvoltage(*(np.array(v) for v in (1.0, 1.0, 19.0, 95.0, 0.1)))


def test_clinker_by_its_calcium_oxide():
    case = published()["clinker"]
    one = clinker(np.array(case["cao"]), np.array(1.0), np.array(case["ratio"]))
    two = clinker(np.array(case["cao"]), np.array(case["dust"]), np.array(case["ratio"]))
    assert float(one) == pytest.approx(case["factor"], rel=1e-8)
    assert float(two) == pytest.approx(case["with_dust"], rel=1e-8)
