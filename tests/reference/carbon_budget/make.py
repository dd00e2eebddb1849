"""Write expected.json from input.csv in exact fractions, from the definitions; standard library."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from math import ceil
from pathlib import Path

HERE = Path(__file__).parent
BUDGET, HORIZON, WEIGHT = Fraction(3000), 20, Fraction(1, 2)


def shares(weights: dict[str, Fraction]) -> dict[str, Fraction]:
    """Parts of the whole."""
    total = sum(weights.values())
    return {name: value / total for name, value in weights.items()}


def converged(now: dict[str, Fraction], heads: dict[str, Fraction]) -> dict[str, Fraction]:
    """Contraction on a line that uses the budget up, convergence on a line of shares."""
    total = sum(now.values())
    length = 2 * BUDGET / total + 1
    first, last = shares(now), shares(heads)
    used: dict[str, Fraction] = dict.fromkeys(now, Fraction(0))
    for year in range(1, ceil(length) + 1):
        allowed = total * max(1 - year / length, Fraction(0))
        moved = min(Fraction(year, HORIZON), Fraction(1))
        for name in now:
            used[name] += allowed * (first[name] + (last[name] - first[name]) * moved)
    return shares(used)


def main() -> None:
    """Shares by rule and region."""
    past: dict[str, Fraction] = {}
    now: dict[str, Fraction] = {}
    heads: dict[str, Fraction] = {}
    made: dict[str, Fraction] = {}
    with (HERE / "input.csv").open() as file:
        for row in csv.DictReader(file):
            name = row["region"]
            now[name] = Fraction(row["co2"])
            past[name] = past.get(name, Fraction(0)) + now[name]
            heads[name], made[name] = Fraction(row["population"]), Fraction(row["gdp_real"])
    by_now, by_head = shares(now), shares(heads)
    whole = sum(past.values()) + BUDGET
    mean = sum(made.values()) / sum(heads.values())
    able = {n: float(now[n]) * float(made[n] / heads[n] / mean) ** -0.5 for n in now}
    found = {
        "grandfathering": by_now,
        "per_head": by_head,
        "responsibility": {n: (by_head[n] * whole - past[n]) / BUDGET for n in now},
        "capability": {n: v / sum(able.values()) for n, v in able.items()},
        "benchmark": shares(made),
        "convergence": converged(now, heads),
        "blended": {n: (1 - WEIGHT) * by_now[n] + WEIGHT * by_head[n] for n in now},
    }
    out = {rule: {n: float(v) for n, v in part.items()} for rule, part in found.items()}
    (HERE / "expected.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
