"""Makes forms.json: LMDI-I and II, additive and multiplicative, with fifty decimal digits.

The cases are those of input.csv, and `zeros` below, in which parts appear, vanish and stay
away. Zeros are replaced by 10^-4000 and smaller; the maker asserts that the answers settle and
stores the last, so that the stored numbers are limits found without the rules for zeros.
Contributions of parts to an index less one are stored too: in LMDI-II after Choi and Ang
(2012), in LMDI-I in proportion to the logarithms.

Run: python make_forms.py        (standard library only)
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 50
getcontext().Emin, getcontext().Emax = -(10**9), 10**9
HERE = Path(__file__).parent
ONE = Decimal(1)

# parts with factors: one that stays, one that appears through its second factor, one that
# goes through its second, one that is not there in either year (its third factor moves).
ZEROS = [
    [["3", "0.5", "4"], ["3", "0.7", "5"]],
    [["3", "0", "2"], ["3", "0.2", "2.5"]],
    [["3", "0.4", "1"], ["3", "0", "1.5"]],
    [["3", "0", "2"], ["3", "0", "9"]],
]


def log_mean(a: Decimal, b: Decimal) -> Decimal:
    return a if a == b else (a - b) / (a.ln() - b.ln())


def product(x: list[Decimal]) -> Decimal:
    out = ONE
    for value in x:
        out *= value
    return out


def models(x0: list[list[Decimal]], x1: list[list[Decimal]]) -> dict[str, list]:
    v0, v1 = [product(x) for x in x0], [product(x) for x in x1]
    total0, total1 = sum(v0), sum(v1)
    scale = log_mean(total1, total0)
    logs = [[(b / a).ln() for a, b in zip(p, q, strict=True)] for p, q in zip(x0, x1, strict=True)]
    first = [log_mean(b, a) / scale for a, b in zip(v0, v1, strict=True)]
    raw = [log_mean(b / total1, a / total0) for a, b in zip(v0, v1, strict=True)]
    second = [r / sum(raw) for r in raw]
    factors = range(len(x0[0]))
    out: dict[str, list] = {}
    for name, weights in (("lmdi1", first), ("lmdi2", second)):
        parts = [[w * value for value in row] for w, row in zip(weights, logs, strict=True)]
        sums = [sum(row[k] for row in parts) for k in factors]
        out[f"{name} additive"] = [scale * s for s in sums]
        out[f"{name} multiplicative"] = [s.exp() for s in sums]
        out[f"{name} parts"] = [[scale * v for v in row] for row in parts]
        out[f"{name} attribution"] = attribution(name, weights, parts, logs, sums)
    return out


def attribution(name, weights, parts, logs, sums) -> list[list[Decimal]]:
    out = [[ONE] * len(sums) for _ in weights]
    for k, total in enumerate(sums):
        index = total.exp()
        if name == "lmdi1":
            for i, row in enumerate(parts):
                out[i][k] = row[k] * log_mean(index, ONE)
            continue
        ratios = [row[k].exp() for row in logs]
        inner = [w / log_mean(r, index) for w, r in zip(weights, ratios, strict=True)]
        for i, (u, r) in enumerate(zip(inner, ratios, strict=True)):
            out[i][k] = u * (r - ONE) / sum(inner)
    return out


def cases() -> dict[str, list[list[list[Decimal]]]]:
    found: dict[str, dict[int, list[list[Decimal]]]] = defaultdict(lambda: defaultdict(list))
    with (HERE / "input.csv").open() as lines:
        for row in csv.DictReader(lines):
            found[row["case"]][int(row["period"])].append(
                [Decimal(row[name]) for name in ("x1", "x2", "x3")]
            )
    return {case: [by[y] for y in sorted(by)] for case, by in found.items()}


def as_float(value):
    return [as_float(v) for v in value] if isinstance(value, list) else float(value)


def limit() -> dict[str, list]:
    """The case with zeros, each zero ever smaller; what is left is below 1e-4 of the values.

    Logarithmic means approach their limits like 1 / ln(d); two extrapolations in that
    variable take the answers to sixteen digits and more.
    """
    found = []
    for digits in (100_000, 200_000, 400_000, 800_000, 1_600_000, 3_200_000):
        d = Decimal(10) ** -digits
        ends = [
            [[d if Decimal(v) == 0 else Decimal(v) for v in part[end]] for part in ZEROS]
            for end in (0, 1)
        ]
        found.append(models(*ends))
    return {key: extrapolated([run[key] for run in found]) for key in found[0]}


def extrapolated(runs: list):
    """Richardson's extrapolation: the error halves with every run, then its square, …"""
    if isinstance(runs[0], list):
        return [extrapolated([run[i] for run in runs]) for i in range(len(runs[0]))]
    level = list(runs)
    for order in range(1, len(runs)):
        factor = Decimal(2) ** order
        level = [(factor * b - a) / (factor - 1) for a, b in zip(level, level[1:], strict=False)]
    return level[-1]


out: dict[str, object] = {}
for case, states in cases().items():
    out[case] = [
        {k: as_float(v) for k, v in models(a, b).items()}
        for a, b in zip(states, states[1:], strict=False)
    ]
out["zeros"] = [{k: as_float(v) for k, v in limit().items()}]
out["zeros input"] = [[[float(v) for v in end] for end in part] for part in ZEROS]
(HERE / "forms.json").write_text(json.dumps(out, indent=1) + "\n")
