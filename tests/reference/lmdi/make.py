"""Makes expected.json: additive LMDI-I from its formula with sixty decimal digits.

Also checks that the limits of zeros.csv are what the formula tends to when zeros are replaced by
ever smaller numbers, which is how Ang, Zhang and Choi derive them.

Run: python make.py        (standard library only)
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 60
HERE = Path(__file__).parent
ZERO = Decimal(0)


def log_mean(a: Decimal, b: Decimal) -> Decimal:
    return a if a == b else (a - b) / (a.ln() - b.ln())


def product(x: list[Decimal]) -> Decimal:
    out = Decimal(1)
    for value in x:
        out *= value
    return out


def effects(x0: list[Decimal], x1: list[Decimal]) -> list[Decimal]:
    weight = log_mean(product(x1), product(x0))
    return [weight * (b / a).ln() for a, b in zip(x0, x1, strict=True)]


def stored() -> dict[str, dict[str, list[list[float]]]]:
    cases: dict[str, dict[int, list[list[Decimal]]]] = defaultdict(lambda: defaultdict(list))
    with (HERE / "input.csv").open() as lines:
        for row in csv.DictReader(lines):
            factors = [Decimal(row[name]) for name in ("x1", "x2", "x3")]
            cases[row["case"]][int(row["period"])].append(factors)
    out: dict[str, dict[str, list[list[float]]]] = {}
    for case, periods in cases.items():
        years = sorted(periods)
        out[case] = {}
        for first, last in zip(years, years[1:], strict=False):
            steps = [effects(a, b) for a, b in zip(periods[first], periods[last], strict=True)]
            out[case][str(last)] = [[float(e) for e in sector] for sector in steps]
    return out


def check_limits() -> None:
    """Each zero becomes d, ever smaller: the term must approach the value in the table."""
    with (HERE / "zeros.csv").open() as lines:
        for row in csv.DictReader(lines):
            v0, v1, x0, x1 = (Decimal(row[name]) for name in ("v0", "v1", "x0", "x1"))
            term = []
            for digits in (400, 800, 1600):
                d = Decimal(10) ** -digits
                small = [d if value == 0 else value for value in (v0, v1, x0, x1)]
                term.append(log_mean(small[1], small[0]) * (small[3] / small[2]).ln())
            off = [abs(t - Decimal(row["effect"])) for t in term]
            size = max(v0, v1, Decimal(1))
            assert off[0] >= off[1] >= off[2], row
            assert off[2] <= size / 100, row


check_limits()
(HERE / "expected.json").write_text(json.dumps(stored(), indent=1) + "\n")
