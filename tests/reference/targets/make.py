"""Write expected.json from input.csv with fifty decimal digits; standard library only."""

from __future__ import annotations

import csv
import json
from decimal import Decimal, getcontext
from pathlib import Path

HERE = Path(__file__).parent
BASE, DEADLINE, CUT, RECENT = 2005, 2030, Decimal("-0.65"), 5


def main() -> None:
    """Required and recent pace, progress, line and gap of the intensity target, by region."""
    getcontext().prec = 50
    rows: dict[str, dict[int, Decimal]] = {}
    with (HERE / "input.csv").open() as file:
        for row in csv.DictReader(file):
            value = Decimal(row["co2"]) / Decimal(row["gdp_real"])
            rows.setdefault(row["region"], {})[int(row["year"])] = value
    found = {}
    for region, values in rows.items():
        last = max(values)
        goal = values[BASE] * (1 + CUT)
        now = values[last]
        line = values[BASE] * ((last - BASE) * (1 + CUT).ln() / (DEADLINE - BASE)).exp()
        found[region] = {
            "goal": float(goal),
            "required_pace": float(((goal / now).ln() / (DEADLINE - last)).exp() - 1),
            "recent_pace": float(((now / values[last - RECENT]).ln() / RECENT).exp() - 1),
            "progress": float((now / values[BASE]).ln() / (1 + CUT).ln()),
            "off_track": float(now / line - 1),
        }
    (HERE / "expected.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
