"""TOPSIS closeness and entropy weights from pymcdm and scikit-criteria, without zhiheng.

Run: python make_programs.py, with pymcdm 1.4.0 and scikit-criteria 0.10 installed.
`table` is the 4 x 3 example of scikit-criteria's own tests (Tzeng and Huang 2011); `input` are
the 18 rows of input.csv taken as one cross-section.
"""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
import pymcdm.normalizations as norm  # noqa: E402
import skcriteria as skc  # noqa: E402
from pymcdm.methods import TOPSIS  # noqa: E402
from pymcdm.weights import entropy_weights  # noqa: E402
from skcriteria.agg import topsis as skc_topsis  # noqa: E402
from skcriteria.preprocessing import invert_objectives, scalers, weighters  # noqa: E402

HERE = Path(__file__).parent
TABLE = np.array([[5, 8, 4], [7, 6, 8], [8, 8, 6], [7, 4, 6]], dtype=float)
TABLE_WEIGHTS = np.array([0.3, 0.4, 0.3])
INPUT = np.loadtxt(HERE / "input.csv", delimiter=",", skiprows=1, usecols=range(2, 7))
INPUT_WEIGHTS = np.array([3, 1, 2, 2.5, 0.5]) / 9
TYPES = np.array([1, -1, 1, 1, -1])
POSITIVE = [0, 1, 4]  # pymcdm refuses zeros, entropy of raw values refuses negatives


def by_pymcdm():
    for name, data, weights, types in (
        ("table", TABLE, TABLE_WEIGHTS, np.ones(3)),
        ("input", INPUT, INPUT_WEIGHTS, TYPES),
    ):
        yield name, "topsis/vector", TOPSIS(norm.vector_normalization)(data, weights, types)
        yield name, "topsis/global", TOPSIS(norm.minmax_normalization)(data, weights, types)
    yield "table", "entropy/none", entropy_weights(TABLE)
    yield "input", "entropy/none", entropy_weights(INPUT[:, POSITIVE])


def by_skcriteria():
    for name, data, weights, types in (
        ("table", TABLE, TABLE_WEIGHTS, np.ones(3)),
        ("input", INPUT, INPUT_WEIGHTS, TYPES),
    ):
        given = skc.mkdm(data, types, weights=weights)
        more = invert_objectives.NegateMinimize().transform(given)
        for how, scaler in (
            ("vector", scalers.VectorScaler(target="matrix")),
            ("global", scalers.MinMaxScaler(target="matrix")),
        ):
            found = skc_topsis.TOPSIS().evaluate(scaler.transform(more))
            yield name, f"topsis/{how}", found.e_.similarity
        if name == "table":
            yield name, "entropy/none", weighters.EntropyWeighter().transform(given).weights
            scaled = scalers.MinMaxScaler(target="matrix").transform(given)
            yield name, "entropy/global", weighters.EntropyWeighter().transform(scaled).weights
    part = skc.mkdm(INPUT[:, POSITIVE], [1, 1, 1])
    yield "input", "entropy/none", weighters.EntropyWeighter().transform(part).weights
    scaled = scalers.MinMaxScaler(target="matrix").transform(
        invert_objectives.NegateMinimize().transform(skc.mkdm(INPUT, TYPES))
    )
    yield "input", "entropy/global", weighters.EntropyWeighter().transform(scaled).weights


with (HERE / "expected_programs.csv").open("w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["program", "data", "case", "number", "value"])
    for program, rows in (("pymcdm", by_pymcdm()), ("scikit-criteria", by_skcriteria())):
        for name, case, values in rows:
            out.writerows(
                [program, name, case, i, repr(float(v))] for i, v in enumerate(np.asarray(values))
            )
