"""Crime and society in 50 states and the capital, 2009, as statsmodels ships it (public domain).

Run: python make_input.py with statsmodels installed.
"""

from __future__ import annotations

from pathlib import Path

import statsmodels.api as sm

HERE = Path(__file__).parent


def main() -> None:
    frame = sm.datasets.statecrime.load_pandas().data
    frame.index.name = "state"
    frame.insert(0, "year", 2009)
    frame.to_csv(HERE / "input.csv")


if __name__ == "__main__":
    main()
