"""Makes expected.json: Theil measures by groups, by another program and with fifty digits.

`inequality` (PySAL, BSD-3-Clause) gives Theil T between and within BEA regions of the US.
The rest follows the definitions, one group and one value at a time, in decimal arithmetic:
T, L and GE(2) of a small nested sample with populations, and the change of L split up after
Mookherjee and Shorrocks (1982).

Run: pip install inequality==1.1.2 libpysal; python make.py
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal, getcontext
from pathlib import Path

import libpysal
import numpy as np
from inequality.theil import TheilD

HERE = Path(__file__).parent
getcontext().prec = 50
Rows = list[dict[str, str]]


def by_program() -> dict[str, dict[str, float]]:
    with (HERE.parent / "dagum" / "bea_regions.csv").open() as lines:
        region = {row["state"]: row["region"] for row in csv.DictReader(lines)}
    with Path(libpysal.examples.get_path("usjoin.csv")).open() as lines:
        rows = list(csv.DictReader(lines))
    part = np.array([region[row["Name"]] for row in rows])
    out = {}
    for year in ("1929", "1969", "2009"):
        found = TheilD(np.array([[float(row[year])] for row in rows]), part)
        out[year] = {
            "total": float(found.T[0]),
            "between": float(found.bg[0]),
            "within": float(found.wg[0]),
        }
    return out


def index(pairs: list[tuple[Decimal, Decimal]], alpha: int) -> Decimal:
    """Generalised entropy of (weight, value) pairs."""
    n = sum(w for w, _ in pairs)
    mu = sum(w * y for w, y in pairs) / n
    if alpha == 1:
        return sum(w / n * (y / mu) * (y / mu).ln() for w, y in pairs)
    if alpha == 0:
        return -sum(w / n * (y / mu).ln() for w, y in pairs)
    return (sum(w / n * (y / mu) ** alpha for w, y in pairs) - 1) / (alpha * (alpha - 1))


def pooled(rows: Rows, key: str, year: str) -> dict[str, list[tuple[Decimal, Decimal]]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[key]].append((Decimal(row[f"n{year}"]), Decimal(row[f"y{year}"])))
    return groups


def scale(group: list[tuple[Decimal, Decimal]], n: Decimal, mu: Decimal, alpha: int) -> Decimal:
    own = sum(w for w, _ in group)
    mean = sum(w * y for w, y in group) / own
    return own / n * (mean / mu) ** alpha


def mean_of(group: list[tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
    own = sum(w for w, _ in group)
    return own, sum(w * y for w, y in group) / own


def nested(rows: Rows, year: str, alpha: int) -> dict[str, float]:
    everyone = [pair for group in pooled(rows, "zone", year).values() for pair in group]
    n, mu = mean_of(everyone)
    between = index([mean_of(g) for g in pooled(rows, "zone", year).values()], alpha)
    middle = Decimal(0)
    for zone, group in pooled(rows, "zone", year).items():
        inside = [row for row in rows if row["zone"] == zone]
        finer = [mean_of(g) for g in pooled(inside, "province", year).values()]
        middle += scale(group, n, mu, alpha) * index(finer, alpha)
    within = sum(
        scale(g, n, mu, alpha) * index(g, alpha) for g in pooled(rows, "province", year).values()
    )
    total = index(everyone, alpha)
    assert abs(total - between - middle - within) < Decimal("1e-45")
    names = ("total", "between", "middle", "within")
    return dict(zip(names, map(float, (total, between, middle, within)), strict=True))


def sources(rows: Rows) -> dict[str, float]:
    state = {}
    for year in ("0", "1"):
        groups = pooled(rows, "zone", year)
        n, mu = mean_of([pair for group in groups.values() for pair in group])
        state[year] = {
            k: (mean_of(g)[0] / n, index(g, 0), (mean_of(g)[1] / mu).ln())
            for k, g in groups.items()
        }
    inner = sizes = means = Decimal(0)
    for k, (v0, l0, s0) in state["0"].items():
        v1, l1, s1 = state["1"][k]
        inner += (v0 + v1) / 2 * (l1 - l0)
        sizes += ((l0 + l1) / 2 - (s0 + s1) / 2) * (v1 - v0)
        means -= (v0 + v1) / 2 * (s1 - s0)
    whole = [[pair for g in pooled(rows, "zone", y).values() for pair in g] for y in ("0", "1")]
    change = index(whole[1], 0) - index(whole[0], 0)
    assert abs(change - inner - sizes - means) < Decimal("1e-45")
    names = ("change", "inner", "sizes", "means")
    return dict(zip(names, map(float, (change, inner, sizes, means)), strict=True))


def main() -> None:
    with (HERE / "nested.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    found = {
        "usjoin": by_program(),
        "nested": {str(a): nested(rows, "0", a) for a in (0, 1, 2)},
        "sources": sources(rows),
    }
    (HERE / "expected.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
