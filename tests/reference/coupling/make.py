"""Makes expected.json: coupling coordination from its definition, with fifty digits.

Sums and products are written out one system and one pair of systems at a time; contributions are
the mean over every order in which the systems could move, all orders enumerated.

Run: python make.py
"""

from __future__ import annotations

import csv
import json
from decimal import Decimal, getcontext
from itertools import combinations, permutations
from pathlib import Path

HERE = Path(__file__).parent
getcontext().prec = 50
Levels = list[Decimal]


def root(x: Decimal, n: int) -> Decimal:
    return Decimal(0) if x == 0 else (x.ln() / n).exp()


def traditional(u: Levels, weights: Levels | None) -> Decimal:
    if weights is not None:
        product = Decimal(1)
        for level, weight in zip(u, weights, strict=True):
            product *= (weight * level.ln()).exp()
        return product / sum(w * x for w, x in zip(weights, u, strict=True))
    product = Decimal(1)
    for level in u:
        product *= level
    return len(u) * root(product, len(u)) / sum(u)


def corrected(u: Levels) -> Decimal:
    pairs = list(combinations(u, 2))
    apart = sum((((a - b) ** 2).sqrt() for a, b in pairs), Decimal(0)) / len(pairs)
    product = Decimal(1)
    for level in u:
        product *= level / max(u)
    return ((1 - apart) * root(product, len(u) - 1)).sqrt()


def degree(u: Levels, weights: Levels, form: str) -> tuple[Decimal, Decimal, Decimal]:
    if form == "weighted":
        c = traditional(u, weights)
    else:
        c = traditional(u, None) if form == "traditional" else corrected(u)
    t = sum((w * x for w, x in zip(weights, u, strict=True)), Decimal(0))
    return c, t, (c * t).sqrt()


def contributions(first: Levels, last: Levels, weights: Levels, form: str) -> Levels:
    found = [Decimal(0)] * len(first)
    orders = list(permutations(range(len(first))))
    for order in orders:
        state = list(first)
        before = degree(state, weights, form)[2]
        for i in order:
            state[i] = last[i]
            after = degree(state, weights, form)[2]
            found[i] += (after - before) / len(orders)
            before = after
    return found


def main() -> None:
    with (HERE / "systems.csv").open() as lines:
        rows = {r.pop("case"): [Decimal(v) for v in r.values()] for r in csv.DictReader(lines)}
    uneven = {2: ["0.6", "0.4"], 3: ["0.5", "0.3", "0.2"], 4: ["0.4", "0.3", "0.2", "0.1"]}
    degrees, moves = [], []
    for n in (2, 3, 4):
        equal = [Decimal(1) / n] * n
        for form in ("traditional", "corrected", "weighted"):
            weights = [Decimal(w) for w in uneven[n]] if form == "weighted" else equal
            for name, levels in rows.items():
                values = [float(x) for x in degree(levels[:n], weights, form)]
                degrees.append({"case": name, "n": n, "form": form, "ctd": values})
            for a, b in (("spread", "high"), ("high", "uneven"), ("low", "one")):
                values = [float(x) for x in contributions(rows[a][:n], rows[b][:n], weights, form)]
                moves.append({"from": a, "to": b, "n": n, "form": form, "systems": values})
    found = {"weights": uneven, "degrees": degrees, "moves": moves}
    (HERE / "expected.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
