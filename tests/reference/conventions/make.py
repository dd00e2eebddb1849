"""Scores and ranks under documented conventions, by plain loops of the standard library.

Run `python make.py` in this folder; it reads and writes the files beside it.
"""

from __future__ import annotations

import csv
import json
import math
import random
from pathlib import Path

HERE = Path(__file__).parent
ENTITIES, PERIODS, ITEMS = 9, 3, 4


def make_input() -> None:
    random.seed(20261126)
    with (HERE / "input.csv").open("w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["entity", "period", *(f"x{k}" for k in range(ITEMS))])
        for e in range(ENTITIES):
            for p in range(PERIODS):
                values = [math.exp(random.gauss(0.2 * p, 0.4 + 0.4 * k)) for k in range(ITEMS)]
                rows.writerow([f"r{e}", 2001 + p, *(f"{v:.6f}" for v in values)])


def read() -> list[list[float]]:
    with (HERE / "input.csv").open() as lines:
        return [[float(r[f"x{k}"]) for k in range(ITEMS)] for r in csv.DictReader(lines)]


def column(rows: list[list[float]], k: int) -> list[float]:
    return [row[k] for row in rows]


def min_max(rows: list[list[float]], base: list[list[float]]) -> list[list[float]]:
    low = [min(column(base, k)) for k in range(ITEMS)]
    high = [max(column(base, k)) for k in range(ITEMS)]
    return [[(v - a) / (b - a) for v, a, b in zip(r, low, high, strict=True)] for r in rows]


def entropy(rows: list[list[float]], shift: float, count: int) -> list[float] | None:
    spread = []
    for k in range(ITEMS):
        values = [v + shift for v in column(rows, k)]
        total = math.fsum(values)
        parts = [v / total for v in values]
        e = -math.fsum(p * math.log(p) for p in parts if p > 0) / math.log(count)
        if e > 1:
            return None
        spread.append(1 - e)
    return [d / math.fsum(spread) for d in spread]


def weighted(rows: list[list[float]], w: list[float]) -> list[float]:
    return [math.fsum(a * b for a, b in zip(r, w, strict=True)) for r in rows]


def z_scores(rows: list[list[float]]) -> list[list[float]]:
    mean = [math.fsum(column(rows, k)) / len(rows) for k in range(ITEMS)]
    sd = [
        math.sqrt(math.fsum((v - mean[k]) ** 2 for v in column(rows, k)) / len(rows))
        for k in range(ITEMS)
    ]
    return [[(v - m) / s for v, m, s in zip(r, mean, sd, strict=True)] for r in rows]


def percentile(rows: list[list[float]]) -> list[list[float]]:
    def place(value: float, values: list[float]) -> float:
        below = sum(v < value for v in values)
        same = sum(v == value for v in values)
        return (below + (same - 1) / 2) / (len(values) - 1)

    return [[place(r[k], column(rows, k)) for k in range(ITEMS)] for r in rows]


def main() -> None:
    make_input()
    rows = read()
    first = [r for i, r in enumerate(rows) if i % PERIODS == 0]
    unit, even = min_max(rows, rows), [1 / ITEMS] * ITEMS
    cells = ENTITIES * PERIODS
    made: dict[str, list[float] | None] = {}
    for name, shift, count in [
        ("global_entropy", 0.0, cells),
        ("shift_small", 0.0001, cells),
        ("shift_hundredth", 0.01, cells),
        ("shift_one", 1.0, cells),
        ("entropy_ln_t", 0.0, PERIODS),
    ]:
        w = entropy(unit, shift, count)
        made[name] = None if w is None else weighted(unit, w)
    made["equal_additive"] = weighted(unit, even)
    made["fixed_base"] = weighted(min_max(rows, first), even)
    made["zscore_equal"] = weighted(z_scores(rows), even)
    made["rank_equal"] = weighted(percentile(rows), even)
    ranks = {
        name: None if s is None else _ranks([s[i] for i in range(len(s)) if i % PERIODS == 2])
        for name, s in made.items()
    }
    base = ranks["global_entropy"]
    out = {}
    for name, scores in made.items():
        own = ranks[name]
        if scores is None or own is None:
            out[name] = None
            continue
        out[name] = {
            "leader": f"r{own.index(1)}",
            "mean_change": _mean(scores, 2) - _mean(scores, 0),
            "most_moved": max(abs(a - b) for a, b in zip(own, base, strict=True)),
            "moved_far": sum(abs(a - b) >= 5 for a, b in zip(own, base, strict=True)),
            "kendall": _kendall(own, base),
        }
    (HERE / "expected.json").write_text(json.dumps(out, indent=1) + "\n")


def _ranks(scores: list[float]) -> list[int]:
    return [1 + sum(other > own for other in scores) for own in scores]


def _mean(scores: list[float], period: int) -> float:
    chosen = [s for i, s in enumerate(scores) if i % PERIODS == period]
    return math.fsum(chosen) / len(chosen)


def _kendall(one: list[int], two: list[int]) -> float:
    """tau-b: the root of both numbers of untied pairs below."""
    pairs = [(i, j) for i in range(len(one)) for j in range(i)]
    a = [(one[i] > one[j]) - (one[i] < one[j]) for i, j in pairs]
    b = [(two[i] > two[j]) - (two[i] < two[j]) for i, j in pairs]
    size = math.sqrt(sum(x != 0 for x in a) * sum(y != 0 for y in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / size


if __name__ == "__main__":
    main()
