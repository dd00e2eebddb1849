"""Index scores and weights by plain loops, without numpy and without zhiheng.

Writes input.csv (a small seeded table) and expected.csv (all recipes on it).
Run: python make.py
"""

from __future__ import annotations

import csv
import itertools
import math
import random
from pathlib import Path

HERE = Path(__file__).parent
ENTITIES, PERIODS = [f"e{i}" for i in range(1, 7)], [2019, 2020, 2021]
DIRECTION = {"a": "more", "b": "less", "c": "more", "d": "more", "f": "less"}
GROUP = {"a": "one", "b": "one", "c": "two", "d": "two", "f": "two"}
GIVEN = {"a": 3, "b": 1, "c": 2, "d": 2.5, "f": 0.5}
SHIFT = 0.01
CELLS = list(itertools.product(ENTITIES, PERIODS))


def make_input():
    rng = random.Random(20261124)
    rows = {}
    for n, (e, t) in enumerate(CELLS):
        rows[e, t] = {
            "a": round(rng.lognormvariate(1, 0.8), 3),
            "b": round(rng.uniform(5, 60), 2),
            "c": round(rng.gauss(0, 10), 2),  # negative values too
            "d": float(n % 4),  # ties and zeros
            "f": round(rng.lognormvariate(4, 1), 1),
        }
    return rows


def blocks(pooled):
    """The sets of cells over which a statistic is taken."""
    return [CELLS] if pooled else [[(e, t) for e in ENTITIES] for t in PERIODS]


def normalised(rows, how):
    z = {cell: {} for cell in CELLS}
    for k, d in DIRECTION.items():
        y = {cell: rows[cell][k] * (1 if d == "more" else -1) for cell in CELLS}
        for cells in blocks(how != "per_period"):
            low, high = min(y[c] for c in cells), max(y[c] for c in cells)
            mean = math.fsum(y[c] for c in cells) / len(cells)
            sd = math.sqrt(math.fsum((y[c] - mean) ** 2 for c in cells) / len(cells))
            norm = math.sqrt(math.fsum(y[c] ** 2 for c in cells))
            for c in cells:
                z[c][k] = {
                    "global": (y[c] - low) / (high - low),
                    "per_period": (y[c] - low) / (high - low),
                    "zscore": (y[c] - mean) / sd,
                    "vector": y[c] / norm,
                }[how]
    return z


def weights(z, how):
    """Weights by cell, so that both kinds look alike."""
    names = list(DIRECTION)
    out = {}
    for cells in blocks(how != "entropy_per_period"):
        if how == "equal":
            w = dict.fromkeys(names, 1.0)
        elif how == "equal_by_group":
            sizes = [list(GROUP.values()).count(GROUP[k]) for k in names]
            w = {k: 1 / s for k, s in zip(names, sizes, strict=True)}
        elif how == "given":
            w = dict(GIVEN)
        else:
            w = {}
            for k in names:
                total = math.fsum(z[c][k] for c in cells)
                p = [z[c][k] / total for c in cells]
                w[k] = 1 + math.fsum(q * math.log(q) for q in p if q > 0) / math.log(len(cells))
        whole = math.fsum(w.values())
        for c in cells:
            out[c] = {k: v / whole for k, v in w.items()}
    return out


def score(z, w, how, pooled, shift):
    if how == "additive":
        return {c: math.fsum(w[c][k] * z[c][k] for k in DIRECTION) for c in CELLS}
    if how == "geometric":
        return {
            c: math.prod((shift + (1 - shift) * z[c][k]) ** w[c][k] for k in DIRECTION)
            for c in CELLS
        }
    out = {}
    for cells in blocks(pooled):
        best = {k: max(w[c][k] * z[c][k] for c in cells) for k in DIRECTION}
        worst = {k: min(w[c][k] * z[c][k] for c in cells) for k in DIRECTION}
        for c in cells:
            away = math.dist([w[c][k] * z[c][k] for k in DIRECTION], list(best.values()))
            near = math.dist([w[c][k] * z[c][k] for k in DIRECTION], list(worst.values()))
            out[c] = near / (away + near)
    return out


def effective(z, w, s):
    """cov(w_k z_k, S) / var(S): pooled, within period, two-way within."""

    def centred(x, how):
        mean = lambda cells: math.fsum(x[c] for c in cells) / len(cells)  # noqa: E731
        grand = mean(CELLS)
        if how == "pooled":
            return {c: x[c] - grand for c in CELLS}
        by_t = {t: mean([(e, t) for e in ENTITIES]) for t in PERIODS}
        by_e = {e: mean([(e, t) for t in PERIODS]) for e in ENTITIES}
        if how == "within_period":
            return {c: x[c] - by_t[c[1]] for c in CELLS}
        return {c: x[c] - by_t[c[1]] - by_e[c[0]] + grand for c in CELLS}

    for how in ("pooled", "within_period", "within"):
        total = centred(s, how)
        variance = math.fsum(v * v for v in total.values())
        for k in DIRECTION:
            part = centred({c: w[c][k] * z[c][k] for c in CELLS}, how)
            yield how, k, math.fsum(part[c] * total[c] for c in CELLS) / variance


def main():
    rows = make_input()
    with (HERE / "input.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["entity", "period", *DIRECTION])
        out.writerows([e, t, *rows[e, t].values()] for e, t in CELLS)
    with (HERE / "expected.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["recipe", "what", "entity", "period", "indicator", "value"])
        for n, v, a in itertools.product(
            ("global", "per_period", "zscore", "vector"),
            ("equal", "equal_by_group", "given", "entropy", "entropy_per_period"),
            ("additive", "geometric", "topsis"),
        ):
            bounded = n in ("global", "per_period")
            if not bounded and (v.startswith("entropy") or a == "geometric"):
                continue
            z = normalised(rows, n)
            w = weights(z, v)
            pooled = n != "per_period" and v != "entropy_per_period"
            s = score(z, w, a, pooled, SHIFT)
            recipe = f"{n}/{v}/{a}"
            out.writerows([recipe, "score", e, t, "", repr(s[e, t])] for e, t in CELLS)
            if a != "additive":
                continue
            for t in PERIODS if v == "entropy_per_period" else PERIODS[:1]:
                cell = w[ENTITIES[0], t]
                out.writerows([recipe, "weight", "", t, k, repr(cell[k])] for k in DIRECTION)
            for how, k, e in effective(z, w, s):
                out.writerow([recipe, how, "", "", k, repr(e)])


if __name__ == "__main__":
    main()
