"""Makes expected.json: annuities, costs and shares of overlapping measures, from definitions.

Costs with fifty decimal digits; shares of overlap as exact fractions, by going through all orders;
fronts by peeling off what nothing dominates. Run: python make.py   (standard library only)
"""

from __future__ import annotations

import json
from decimal import Decimal, getcontext
from fractions import Fraction
from itertools import permutations
from math import factorial
from pathlib import Path

getcontext().prec = 50
HERE = Path(__file__).parent


def annuity(rate: Decimal, years: int) -> Decimal:
    grown = (1 + rate) ** years
    return rate * grown / (grown - 1)


def cost(m: dict[str, str], rate: Decimal) -> Decimal:
    yearly = annuity(rate, int(m["life"])) * Decimal(m["capex"]) + Decimal(m["opex"])
    return (yearly - Decimal(m["saving"])) / Decimal(m["abatement"])


def average(parts: list[Fraction]) -> list[Fraction]:
    out = [Fraction(0)] * len(parts)
    for order in permutations(range(len(parts))):
        left = Fraction(1)
        for i in order:
            out[i] += left * parts[i]
            left *= 1 - parts[i]
    return [x / factorial(len(parts)) for x in out]


def peel(points: list[list[int]]) -> list[int]:
    front, left, number = [0] * len(points), set(range(len(points))), 0
    while left:
        number += 1
        top = [
            i
            for i in left
            if not any(
                points[j][0] >= points[i][0]
                and points[j][1] >= points[i][1]
                and points[j] != points[i]
                for j in left
            )
        ]
        for i in top:
            front[i] = number
        left -= set(top)
    return front


given = json.loads((HERE / "input.json").read_text("utf-8"))
rate = Decimal(given["discount"])
shares = average([Fraction(p) for p in given["parts"]])
out = {
    "crf": str(annuity(Decimal("0.1"), 20)),
    "cost_index": str((1 - Decimal("0.2")) ** 3),
    "cost": [str(cost(m, rate)) for m in given["measures"]],
    "shapley": [f"{s.numerator}/{s.denominator}" for s in shares],
    "fronts": peel(given["points"]),
}
(HERE / "expected.json").write_text(json.dumps(out, indent=1) + "\n", "utf-8")
