"""Point statistics of every type of claim, one sum at a time; standard library only.

Run: ``python make.py``. Writes input.csv (12 entities, 8 periods, numbers typed by a linear
congruence) and expected.json.
"""

import json
import math
from pathlib import Path

HERE = Path(__file__).parent
ENTITIES, PERIODS, SHIFTS = 12, 8, (0.0, 0.1, 1.0)


def numbers():
    state, rows = 7, []
    for i in range(ENTITIES):
        row = []
        for t in range(PERIODS):
            state = (1103515245 * state + 12345) % 2**31
            row.append(round(0.2 + 0.05 * i + 0.02 * t * (1 + i / 6) + 0.15 * state / 2**31, 6))
        rows.append(row)
    return rows


def mean(v):
    return math.fsum(v) / len(v)


def sd(v):
    return math.sqrt(mean([(a - mean(v)) ** 2 for a in v]))


def gini(v):
    return math.fsum(abs(a - b) for a in v for b in v) / (2 * len(v) ** 2 * mean(v))


def slope(x, g):
    a, b = mean(x), mean(g)
    return math.fsum((p - a) * (q - b) for p, q in zip(x, g, strict=False)) / math.fsum(
        (p - a) ** 2 for p in x
    )


def ends(x, g):
    ranked = [b for _, b in sorted(zip(x, g, strict=False))]
    third = len(ranked) // 3
    return mean(ranked[-third:]) - mean(ranked[:third])


def quantile(v, k, n):
    v, position = sorted(v), (len(v) - 1) * k
    low, rest = position // n, position % n
    return v[low] + (v[min(low + 1, len(v) - 1)] - v[low]) * rest / n


def odds(rows, pooled):
    def classes(v):
        cuts = [quantile(v, k, 3) for k in (1, 2)]
        return lambda a: sum(a > c for c in cuts)

    if pooled:
        of = classes([a for row in rows for a in row])
        state = [[of(a) for a in row] for row in rows]
    else:
        of = [classes([row[t] for row in rows]) for t in range(PERIODS)]
        state = [[of[t](row[t]) for t in range(PERIODS)] for row in rows]
    count = [[0] * 3 for _ in range(3)]
    for row in state:
        for a, b in zip(row, row[1:], strict=False):
            count[a][b] += 1
    share = [[c / sum(row) for c in row] for row in count]
    return {
        "leave_low": 1 - share[0][0],
        "stay_high": share[2][2],
        "rise_minus_fall": share[1][2] - share[1][0],
    }


def main():
    rows = numbers()
    expected = {}
    for shift in SHIFTS:
        first, last = ([row[t] + shift for row in rows] for t in (0, -1))
        logs = [math.log(a) for a in first], [math.log(a) for a in last]
        growth = [b - a for a, b in zip(*logs, strict=False)]
        name = f"shift {shift:g}"
        expected[f"change_gini/{name}"] = gini(last) - gini(first)
        expected[f"change_cv/{name}"] = sd(last) / mean(last) - sd(first) / mean(first)
        expected[f"change_sd_log/{name}"] = sd(logs[1]) - sd(logs[0])
        expected[f"slope_on_start/{name}"] = slope(logs[0], growth)
        expected[f"top_minus_bottom/{name}"] = ends(logs[0], growth)
    first, last = ([row[t] for row in rows] for t in (0, -1))
    gained = [b - a for a, b in zip(first, last, strict=False)]
    expected["change_sd/as_is"] = sd(last) - sd(first)
    expected["slope_on_start/as_is"] = slope(first, gained)
    expected["top_minus_bottom/as_is"] = ends(first, gained)
    for rule in ("pooled", "per_period"):
        for name, value in odds(rows, rule == "pooled").items():
            expected[f"{name}/{rule}"] = value
    header = "entity," + ",".join(str(2013 + t) for t in range(PERIODS))
    lines = [f"e{i:02d}," + ",".join(f"{a:.6f}" for a in row) for i, row in enumerate(rows)]
    (HERE / "input.csv").write_text("\n".join([header, *lines]) + "\n")
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


main()
