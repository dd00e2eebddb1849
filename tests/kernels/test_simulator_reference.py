"""The simulator against stored answers of the plain-Python maker."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from zhiheng.kernels.simulator import calibrate, run
from zhiheng.kernels.simulator_records import Effects, Parameters, State

HERE = Path(__file__).parents[1] / "reference" / "simulate"
# The maker solves the scale by bisection and sums in another order: rounding only.
STORED = 1e-10


@pytest.fixture(scope="module")
def stored():
    given = json.loads((HERE / "input.json").read_text("utf-8"))
    expected = json.loads((HERE / "expected.json").read_text("utf-8"))
    raw = {k: np.array(v) for k, v in given["state"].items()}
    raw["industry"], raw["shift"] = int(raw["industry"]), tuple(map(int, raw["shift"]))
    effects = Effects(**{k: np.array(v) for k, v in given["effects"].items()})
    parameters = {k: np.array(v) for k, v in given["parameters"].items()}
    return State(**raw), Parameters(**parameters, effects=effects), expected


@pytest.mark.parametrize("which", ["baseline", "levers"])
def test_equals_the_stored_answers(stored, which):
    state, parameters, expected = stored
    base = calibrate(state, parameters)
    table = np.array(expected["table"])
    found = base if which == "baseline" else run(state, parameters, table, base)
    for d, rows in enumerate(expected[which]):
        for name in rows[0]:
            want = [row[name] for row in rows]
            np.testing.assert_allclose(getattr(found, name)[d, 0, 1:], want, rtol=STORED)
