"""Two worked examples of the analytic hierarchy process, typed in with the numbers printed.

Run: python make_comparisons.py
"""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent
# The criteria of "choosing a leader": experience, education, charisma, age.
LEADER = [[1, 4, 3, 7], [1 / 4, 1, 1 / 3, 3], [1 / 3, 3, 1, 5], [1 / 7, 1 / 3, 1 / 5, 1]]
# The criteria of "choosing a destination": scenery, cost, food, lodging, journey.
JOURNEY = [
    [1, 1 / 3, 1 / 2, 3, 2],
    [3, 1, 2, 5, 4],
    [2, 1 / 2, 1, 4, 3],
    [1 / 3, 1 / 5, 1 / 4, 1, 1 / 2],
    [1 / 2, 1 / 4, 1 / 3, 2, 1],
]


def main() -> None:
    found = {
        "leader": {
            "matrix": LEADER,
            "random_index": 0.90,
            "printed": {"weights": [0.547, 0.127, 0.270, 0.056], "digits": 3},
        },
        "journey": {
            "matrix": JOURNEY,
            "random_index": 1.12,
            "printed": {
                # its weights are means of normalised columns, not the eigenvector
                "largest": 5.0680,
                "ratio": 0.0152,
                "digits": 4,
            },
        },
    }
    (HERE / "comparisons.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
