"""Makes expected.json: Dagum's decomposition from its definition, in exact rational arithmetic.

Every pair of values is formed, nothing is sorted and no closed form is used: the Gini of two
groups, their relative economic affluence D and the three contributions follow Dagum (1997).

Run: python make.py        (needs libpysal, which ships usjoin.csv)
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import libpysal

HERE = Path(__file__).parent
YEARS = ("1929", "1949", "1969", "1989", "2009")
Groups = dict[str, list[Fraction]]


def mean_difference(x: list[Fraction], y: list[Fraction]) -> Fraction:
    return sum((abs(a - b) for a in x for b in y), Fraction(0)) / (len(x) * len(y))


def gini(x: list[Fraction]) -> Fraction:
    return mean_difference(x, x) / (2 * mean(x))


def mean(x: list[Fraction]) -> Fraction:
    return sum(x, Fraction(0)) / len(x)


def decompose(groups: Groups) -> dict[str, object]:
    everyone = [v for values in groups.values() for v in values]
    n, mu = len(everyone), mean(everyone)
    p = {g: Fraction(len(v), n) for g, v in groups.items()}
    s = {g: p[g] * mean(v) / mu for g, v in groups.items()}
    within = sum((gini(v) * p[g] * s[g] for g, v in groups.items()), Fraction(0))
    net = overlap = Fraction(0)
    pairs: dict[str, dict[str, float]] = {}
    for a, b in combinations(sorted(groups), 2):
        rich, poor = (a, b) if mean(groups[a]) >= mean(groups[b]) else (b, a)
        cells = len(groups[a]) * len(groups[b])
        gaps = [x - y for x in groups[rich] for y in groups[poor]]
        d = sum((g for g in gaps if g > 0), Fraction(0)) / cells
        moment = sum((-g for g in gaps if g < 0), Fraction(0)) / cells
        g_ab = mean_difference(groups[a], groups[b]) / (mean(groups[a]) + mean(groups[b]))
        affluence = (d - moment) / (d + moment)
        weight = p[a] * s[b] + p[b] * s[a]
        net += g_ab * weight * affluence
        overlap += g_ab * weight * (1 - affluence)
        pairs[f"{a}|{b}"] = {"gini": float(g_ab), "distance": float(affluence)}
    total = gini(everyone)
    assert within + net + overlap == total  # exactly: these are fractions
    return {
        "gini": float(total),
        "within": float(within),
        "between": float(net),
        "transvariation": float(overlap),
        "groups": {g: float(gini(v)) for g, v in groups.items()},
        "pairs": pairs,
    }


def toy() -> Groups:
    groups: Groups = defaultdict(list)
    with (HERE / "toy.csv").open() as lines:
        for row in csv.DictReader(lines):
            groups[row["group"]].append(Fraction(row["value"]))
    return groups


def incomes(year: str) -> Groups:
    with (HERE / "bea_regions.csv").open() as lines:
        region = {row["state"]: row["region"] for row in csv.DictReader(lines)}
    groups: Groups = defaultdict(list)
    with Path(libpysal.examples.get_path("usjoin.csv")).open() as lines:
        for row in csv.DictReader(lines):
            groups[region[row["Name"]]].append(Fraction(row[year]))
    return groups


cases = {"toy": decompose(toy()), **{f"usjoin {y}": decompose(incomes(y)) for y in YEARS}}
(HERE / "expected.json").write_text(json.dumps(cases, indent=1, sort_keys=True) + "\n")
