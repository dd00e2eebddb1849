"""Makes expected.json: cheapest settings of linear problems, exactly, by going for the best first.

Each problem is a continuous knapsack: settings between 0 and 1, a cost and a contribution each, and
a total contribution that is wanted. Taking the settings with the least cost per contribution first
is optimal; the last one taken in part sets the shadow cost. Run: python make.py (standard library)
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).parent
out = []
for problem in json.loads((HERE / "input.json").read_text("utf-8")):
    cost, reach = ([Fraction(v) for v in problem[k]] for k in ("cost", "reach"))
    left, setting, shadow = Fraction(problem["wanted"]), [Fraction(0)] * len(cost), Fraction(0)
    for i in sorted(range(len(cost)), key=lambda i: cost[i] / reach[i]):
        setting[i] = min(Fraction(1), left / reach[i])
        left -= setting[i] * reach[i]
        if setting[i]:
            shadow = cost[i] / reach[i]
        if not left:
            break
    total = sum(s * c for s, c in zip(setting, cost, strict=True))
    out.append(
        {"settings": [float(s) for s in setting], "cost": float(total), "shadow": float(shadow)}
    )
(HERE / "expected.json").write_text(json.dumps(out, indent=1) + "\n", "utf-8")
