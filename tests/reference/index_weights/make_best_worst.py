"""Best-worst weights by brute force: every vertex of the linear programme in exact fractions.

Variables are the weights and ksi. A vertex lies where as many constraints hold with equality
as there are variables, one of them being the sum of weights; all sets of constraints are tried
and the feasible vertex with the least ksi is kept, together with whether another one has it.

Run: python make_best_worst.py; a minute or less, standard library only.
"""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations
from pathlib import Path

HERE = Path(__file__).parent
CASES = {
    # one fully consistent, one not, with the best and the worst at different places
    "consistent": ([2, 1, 4, 8], [4, 8, 2, 1]),
    "three": ([8, 2, 1], [1, 5, 8]),
    "four": ([3, 1, 5, 9], [4, 9, 3, 1]),
    "ends": ([1, 3, 4, 7], [7, 2, 3, 1]),
}


def solve(rows: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Gauss-Jordan; None where the rows are dependent."""
    n = len(rows)
    m = [[*row, value] for row, value in zip(rows, right, strict=True)]
    for i in range(n):
        pivot = next((r for r in range(i, n) if m[r][i] != 0), None)
        if pivot is None:
            return None
        m[i], m[pivot] = m[pivot], m[i]
        m[i] = [v / m[i][i] for v in m[i]]
        for r in range(n):
            if r != i and m[r][i] != 0:
                factor = m[r][i]
                m[r] = [a - factor * b for a, b in zip(m[r], m[i], strict=True)]
    return [row[-1] for row in m]


def constraints(best: list[int], worst: list[int]) -> list[list[Fraction]]:
    """Rows g with g x >= 0."""
    k, b, w = len(best), best.index(1), worst.index(1)
    rows = []
    for j in range(k):
        for one, two, factor in ((b, j, best[j]), (j, w, worst[j])):
            line = [Fraction(0)] * (k + 1)
            line[one] += 1
            line[two] -= factor
            rows += [[sign * v for v in line[:-1]] + [Fraction(1)] for sign in (1, -1)]
    rows += [[Fraction(int(i == j)) for i in range(k)] + [Fraction(0)] for j in range(k)]
    unique = []
    for row in rows:
        if row not in unique and any(row[:-1]):
            unique.append(row)
    return unique


def best_vertex(best: list[int], worst: list[int]) -> dict:
    k = len(best)
    rows = constraints(best, worst)
    total = [Fraction(1)] * k + [Fraction(0)]
    ksi, points = None, []
    for chosen in combinations(rows, k):
        x = solve([total, *chosen], [Fraction(1)] + [Fraction(0)] * k)
        if x is None or any(sum(g * v for g, v in zip(row, x, strict=True)) < 0 for row in rows):
            continue
        if ksi is None or x[-1] < ksi:
            ksi, points = x[-1], []
        if x[-1] == ksi and x[:-1] not in points:
            points.append(x[:-1])
    assert ksi is not None
    return {
        "best_to_others": best,
        "others_to_worst": worst,
        "ksi": float(ksi),
        "ksi_exact": str(ksi),
        "optima": len(points),
        "weights": [float(v) for v in points[0]],
        "weights_exact": [str(v) for v in points[0]],
    }


def main() -> None:
    found = {name: best_vertex(*case) for name, case in CASES.items()}
    (HERE / "best_worst.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
