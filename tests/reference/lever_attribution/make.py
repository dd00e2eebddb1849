"""Makes expected.json: Shapley values of games over all orders, as exact fractions.

Run: python make.py        (standard library only)
"""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import permutations
from pathlib import Path

HERE = Path(__file__).parent
out = []
for game in json.loads((HERE / "input.json").read_text("utf-8")):
    value = [Fraction(v) for v in game]
    players = len(value).bit_length() - 1
    share = [Fraction(0)] * players
    orders = list(permutations(range(players)))
    for order in orders:
        there = 0
        for k in order:
            share[k] += value[there | 1 << k] - value[there]
            there |= 1 << k
    out.append([str(s / len(orders)) for s in share])
(HERE / "expected.json").write_text(json.dumps(out, indent=1) + "\n", "utf-8")
