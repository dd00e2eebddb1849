"""Answers of the inventory from first principles: plain Python, exact fractions, no zhiheng.

Run with ``python make.py``; ``python make.py FOLDER`` also reads the parameter tables of
bonsai_ipcc 0.5.3 (the folder that holds the package) and writes ``bonsai_carbon.csv``.
"""

from __future__ import annotations

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).parent

BONSAI = {
    "crude_oil": "oil", "orimulsion": "orimulsion", "natural_gas_liquids": "natural_gas_liquids",
    "gasoline": "motor_gasoline", "kerosene": "other_kerosene", "shale_oil": "shale_oil",
    "diesel": "gas_diesel_oil", "fuel_oil": "residual_fuel_oil", "lpg": "liquefied_petroleum_gases",
    "ethane": "ethane", "naphtha": "naphtha", "bitumen": "bitumen", "lubricants": "lubricants",
    "petroleum_coke": "petroleum_coke", "refinery_feedstocks": "refinery_feedstocks",
    "refinery_gas": "refinery_gas", "anthracite": "anthracite", "coking_coal": "coking_coal",
    "bituminous_coal": "other_bituminous_coal", "sub_bituminous_coal": "sub_bituminous_coal",
    "lignite": "lignite", "gas_coke": "gas_coke", "coal_tar": "coal_tar",
    "gas_works_gas": "gas_works_gas", "coke_oven_gas": "coke_oven_gas",
    "blast_furnace_gas": "blast_furnace_gas", "natural_gas": "natural_gas", "peat": "peat",
}  # fmt: skip

# IPCC, 100 years: second, fourth, fifth and sixth assessment reports
POTENTIALS = {
    "sar": {"CH4": 21, "N2O": 310, "SF6": 23900},
    "ar4": {"CH4": 25, "N2O": 298, "SF6": 22800},
    "ar5": {"CH4": 28, "N2O": 265, "SF6": 23500, "CF4": 6630, "C2F6": 11100, "CH4_fossil": 30},
    "ar6": {"CH4": 27.9, "N2O": 273, "CH4_fossil": 29.8, "CH4_non_fossil": 27.0},
}  # fmt: skip


def root(number: Fraction) -> float:
    """Square root by Newton's method on fractions, good for seventeen digits."""
    x = Fraction(float(number) ** 0.5)
    for _ in range(3):
        x = (x + number / x) / 2
        x = x.limit_denominator(10**30)
    return float(x)


def propagation() -> dict[str, object]:
    """Two regions, one year, three lines; the first two lines share a factor."""
    emission = [[["12.5", "3.25", "7"]], [["4", "9.5", "1.125"]]]
    cells = [[[Fraction(x) for x in row] for row in region] for region in emission]
    activity = [Fraction("0.05"), Fraction("0.02"), Fraction("0.1")]
    width = [Fraction("0.07"), Fraction("0.07"), Fraction("0.15")]
    factor = [0, 0, 1]
    pairs = [(r, k) for r in range(2) for k in range(3)]

    def variance(kept: list[tuple[int, int]]) -> Fraction:
        total = Fraction(0)
        for r, k in kept:
            for s, m in kept:
                product = cells[r][0][k] * cells[s][0][m]
                if factor[k] == factor[m]:
                    total += product * width[k] * width[m]
                if (r, k) == (s, m):
                    total += product * activity[k] ** 2
        return total

    sums = [sum(region[0]) for region in cells]
    each = [[root(variance([c for c in pairs if c[0] == r]) / sums[r] ** 2)] for r in range(2)]
    return {
        "emission": [[[float(x) for x in row] for row in region] for region in cells],
        "activity_width": [float(x) for x in activity],
        "factor_width": [float(x) for x in width],
        "factor": factor,
        "each": each,
        "whole": [root(variance(pairs) / sum(sums) ** 2)],
    }


def bonsai(folder: Path) -> None:
    """Carbon contents and heating values of the package, for the fuels that it has."""
    tables = {}
    for name in ("par_carbon_content_per_energy", "par_energy_content_per_mass"):
        path = folder / "bonsai_ipcc" / "data" / "generic" / f"{name}.csv"
        with path.open(encoding="utf-8-sig") as file:
            tables[name] = {
                row["product"]: row["value"]
                for row in csv.DictReader(file)
                if row["region"] == "World" and row["property"] == "def"
            }
    carbon, heat = tables.values()
    with (HERE / "bonsai_carbon.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["fuel", "carbon_kg_per_gj", "ncv_gj"])
        out.writerows([ours, carbon[theirs], heat[theirs]] for ours, theirs in BONSAI.items())


if __name__ == "__main__":
    answers = {"propagation": propagation(), "potentials": POTENTIALS}
    text = json.dumps(answers, indent=1)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")
    if len(sys.argv) > 1:
        bonsai(Path(sys.argv[1]))
