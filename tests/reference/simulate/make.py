"""Makes input.json and expected.json: the year step of the simulator, one number at a time.

Inputs are drawn by numpy from a seed, answers by tests/cases/simulator_twin.py, which is plain
Python and does not import zhiheng.

Run: python make.py        (numpy)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "cases"))

from simulator_twin import EFFECTS, LEVERS, twin  # noqa: E402

AREAS, SECTORS, CARRIERS, BRANCHES, DRAWS, YEARS = 1, 3, 4, 3, 2, 10
SEED = 20261126
TABLE = {
    "carbon_price": 300.0, "energy_price": 0.1, "subsidy": 0.2, "research": 1.0,
    "standards": 0.2, "industrial_shift": 0.05, "green_finance": 80.0, "electrification": 0.5,
    "sinks": 1.0, "ccus": 0.3,
}  # fmt: skip


def inputs() -> dict[str, dict[str, object]]:
    rng = np.random.default_rng(SEED)

    def u(low: float, high: float, *shape: int) -> list[object]:
        return rng.uniform(low, high, shape).round(6).tolist()

    shares = np.array([[0.1, 0.4, 0.5]])
    state = {
        "energy": (rng.uniform(0.5, 5.0, (AREAS, SECTORS, CARRIERS)).round(4) * 1e6).tolist(),
        "emission_factor": [[2.7, 2.0, 4.4, 3.2]],
        "fossil_factor": [[6.7, 3.3]],
        "efficiency": u(0.3, 0.95, SECTORS, CARRIERS),
        "population": [4.0e7],
        "gdp": [3.0e12],
        "shares": shares.tolist(),
        "branch": [0, 1, 2],
        "process": [5.0e6],
        "sink": [3.0e6],
        "industry": 1,
        "shift": [1, 2],
        "household": [0.0, 0.0, 0.5],
        "potential": [0.6, 0.5, 0.9],
    }
    path = np.zeros((3, DRAWS, AREAS, YEARS))
    path[..., 1:] = rng.normal(
        [[[[0.0]]], [[[0.04]]], [[[0.01]]]], 0.01, (3, DRAWS, AREAS, YEARS - 1)
    )
    path = path.cumsum(axis=-1).round(8)
    years = np.arange(YEARS)
    short = np.array(u(-0.25, -0.1, DRAWS, SECTORS))
    p = {
        "population": path[0].tolist(),
        "affluence": path[1].tolist(),
        "emissions": path[2].tolist(),
        "damped": (years * 0.8 * np.ones((DRAWS, 1))).tolist(),
        "structure": u(-0.02, 0.02, DRAWS, AREAS, BRANCHES),
        "preference": u(-0.04, 0.04, DRAWS, AREAS, CARRIERS),
        "allocation": u(0.7, 1.3, DRAWS, SECTORS, CARRIERS),
        "price": u(900, 5000, DRAWS, CARRIERS),
        "lifetime": u(10, 25, DRAWS, SECTORS),
        "plant_lifetime": u(25, 35, DRAWS, 2),
        "choice": u(1, 4, DRAWS),
        "plant_choice": u(2, 5, DRAWS),
        "short_run": short.tolist(),
        "long_run": (short * 3).tolist(),
        "build": u(0.2, 0.7, DRAWS, AREAS, 2),
        "plant_cost": u(1500, 3500, DRAWS, 2, 2),
        "learning": u(0.1, 0.4, DRAWS),
        "deployment": (years * np.array(u(0.03, 0.1, DRAWS, 1))).tolist(),
        "integration": u(0.1, 0.5, DRAWS),
        "sink": u(0.8, 1.5, DRAWS),
    }
    low = dict(
        zip(
            EFFECTS,
            (0.06, 8, 0.2, 0.6, 0.04, 0.7, 0.8, 0.1, 0.2, 20, 300, 80, 300, 100, 2e-4),
            strict=True,
        )
    )
    effects = {name: (np.array(u(1.0, 1.3, DRAWS)) * low[name]).tolist() for name in EFFECTS}
    return {"state": state, "parameters": p, "effects": effects}


def main() -> None:
    given = inputs()
    s = SimpleNamespace(**{k: np.array(v) for k, v in given["state"].items()})
    s.industry, s.shift = int(s.industry), tuple(int(x) for x in s.shift)
    p = SimpleNamespace(**{k: np.array(v) for k, v in given["parameters"].items()})
    p.effects = SimpleNamespace(**{k: np.array(v) for k, v in given["effects"].items()})
    table = np.zeros((len(LEVERS), YEARS))
    for name, level in TABLE.items():
        table[LEVERS.index(name), 3:] = level
    none = np.zeros_like(table)
    out: list[dict[str, object]] = []
    for d in range(DRAWS):
        base = twin(s, p, d, 0, none)
        scale = [1.0, *(row["scale"] for row in base)]
        out.append({"base": base, "scale": scale})
    levered = [twin(s, p, d, 0, table, out[d]["scale"], None, None) for d in range(DRAWS)]
    expected = {
        "baseline": [o["base"] for o in out],
        "levers": levered,
        "table": table.tolist(),
    }
    (HERE / "input.json").write_text(json.dumps(given, indent=1) + "\n", "utf-8")
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
