"""Every specification of a small multiverse by dummy variables and a loop, one at a time.

No projection is shared and nothing is batched: statsmodels estimates each specification on all
of its dummies; under the null the outcome is rebuilt and estimated again by plain least squares.
Run: python make.py (statsmodels 0.14, numpy 2)
"""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import numpy as np
import statsmodels.api as sm

HERE = Path(__file__).parent
ENTITIES, YEARS = [f"e{i:02d}" for i in range(14)], list(range(2011, 2020))
OUTCOMES, TREATMENTS, CONFOUNDERS = ["y1", "y2"], ["x1", "x2", "x3"], ["c1", "c2"]
TRANSFORMS, LAGS = ["levels", "trends", "first_difference"], [0, 1]
WINDOWS, SAMPLES = [(2011, 2019), (2013, 2019)], {"all": [], "core": ["e00", "e05"]}
DRAWS, SEED, LEVEL = 99, 5, 0.05
LIMIT = {13: 2.1603686564627926, 11: 2.200985160091639}  # t tables, 97.5 %, 13 and 11 degrees


def simulate() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(20)
    shape = (len(ENTITIES), len(YEARS))
    out = {n: rng.normal(size=shape).cumsum(axis=1) for n in ("c1", "c2", "m1", "x1")}
    out["x2"] = out["x1"] + 0.5 * rng.normal(size=shape)
    out["x3"] = out["x1"] + 0.5 * rng.normal(size=shape).cumsum(axis=1)
    out["y1"] = rng.normal(size=shape).cumsum(axis=1) - 0.3 * out["x1"] + 0.4 * out["c1"]
    out["y2"] = out["y1"] + 0.4 * rng.normal(size=shape)
    return {n: np.round(v, 4) for n, v in out.items()}


def design(data, specification):
    """Rows of one specification: outcome, columns [x, controls, dummies], entity of each row."""
    window, sample, lag, transform, controls, x, outcome = specification
    gone = SAMPLES[sample]
    first, last = window
    rows = []
    for e, name in enumerate(ENTITIES):
        if name in gone:
            continue
        kept = {}
        for t, year in enumerate(YEARS):
            if first <= year <= last and t - lag >= 0:
                kept[year] = [data[outcome][e, t], data[x][e, t - lag]] + [
                    data[c][e, t] for c in controls
                ]
        if transform == "first_difference":
            kept = {y: list(np.subtract(kept[y], kept[y - 1])) for y in kept if y - 1 in kept}
        rows += [(e, y, v) for y, v in kept.items()]
    entity, year = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    values = np.array([r[2] for r in rows], dtype=float)
    dummies = [(year == y).astype(float) for y in sorted(set(year))]
    if transform != "first_difference":
        # entity dummies span the constant, their slopes the common trend
        dummies = dummies[2 if transform == "trends" else 1 :] + [
            (entity == e).astype(float) for e in sorted(set(entity))
        ]
    if transform == "trends":
        dummies += [(entity == e) * (year - 2015.0) for e in sorted(set(entity))]
    return values[:, 0], values[:, 1:], np.column_stack(dummies), entity, year


def factor(k, transform, rows, clusters, years):
    """G/(G-1) (N-1)/(N-K) as Stata xtreg: effects nested in clusters are not counted.

    K holds the regressors, the constant of the entity effects, and what the years add to them.
    """
    added = {"levels": years - 1, "trends": years - 2, "first_difference": years}[transform]
    constant = 0 if transform == "first_difference" else 1
    return clusters / (clusters - 1) * (rows - 1) / (rows - (k + added + constant))


def fit(y, x, dummies, entity):
    """Estimate and CR0 error of the first column by least squares on everything."""
    z = np.column_stack([x, dummies])
    pinv = np.linalg.pinv(z.T @ z)
    beta = pinv @ z.T @ y
    u = y - z @ beta
    meat = sum(np.outer(s, s) for s in (z[entity == e].T @ u[entity == e] for e in set(entity)))
    return beta[0], np.sqrt((pinv @ meat @ pinv)[0, 0]), u


def specifications():
    sets = [c for n in range(3) for c in itertools.combinations(CONFOUNDERS, n)]
    sets.append((*CONFOUNDERS, "m1"))
    yield from itertools.product(WINDOWS, SAMPLES, LAGS, TRANSFORMS, sets, TREATMENTS, OUTCOMES)


def main() -> None:
    data = simulate()
    with (HERE / "input.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["entity", "year", *data])
        for e, t in itertools.product(range(len(ENTITIES)), range(len(YEARS))):
            writer.writerow([ENTITIES[e], YEARS[t], *(v[e, t] for v in data.values())])
    size = {n: v.std() for n, v in data.items()}
    signs = np.random.default_rng(SEED).integers(0, 2, size=(DRAWS, len(ENTITIES))) * 2.0 - 1.0
    found, null = [], []
    for one in specifications():
        window, sample, lag, transform, controls, x, outcome = one
        y, z, dummies, entity, year = design(data, one)
        clusters, years = len(set(entity)), len(set(year))
        scale = factor(z.shape[1], transform, len(y), clusters, years)
        whole = np.column_stack([z, dummies])
        by = sm.OLS(y, whole).fit(
            cov_type="cluster", cov_kwds={"groups": entity, "use_correction": False}
        )
        ratio = size[x] / size[outcome]
        restricted = np.column_stack([z[:, 1:], dummies])
        base = restricted @ np.linalg.lstsq(restricted, y, rcond=None)[0]
        drawn = []
        for s in signs:
            b, se, _ = fit(base + s[entity] * (y - base), z, dummies, entity)
            drawn.append((b * ratio, b / (se * np.sqrt(scale))))
        null.append(drawn)
        found.append(
            {
                "key": [outcome, x, ", ".join(controls) or "—", transform, lag,
                        f"{window[0]}-{window[1]}", sample],
                "flagged": "m1" in controls,
                "estimate": by.params[0] * ratio,
                "std_error": by.bse[0] * np.sqrt(scale) * ratio,
                "n": len(y),
                "clusters": clusters,
            }
        )  # fmt: skip
    null = np.array(null)
    b = np.array([f["estimate"] for f in found])
    t = b / np.array([f["std_error"] for f in found])
    limit = np.array([LIMIT[f["clusters"] - 1] for f in found])
    for f, value, draws in zip(found, t, null[..., 1], strict=True):
        f["p_wild"] = (1 + int((abs(draws) >= abs(value) - 1e-9).sum())) / (1 + DRAWS)
    joint = {}
    for scope in ("all", *TRANSFORMS):
        inside = np.array([not f["flagged"] and scope in ("all", f["key"][3]) for f in found])

        def three(b, t, inside=inside):
            return np.array([np.median(-b[inside]), (b[inside] < 0).mean(),
                             (-t[inside] >= limit[inside]).mean()])  # fmt: skip

        observed = three(b, t)
        drawn = np.array([three(null[:, d, 0], null[:, d, 1]) for d in range(DRAWS)])
        joint[scope] = {
            "observed": observed.tolist(),
            "mean": drawn.mean(axis=0).tolist(),
            "p": ((1 + (drawn >= observed - 1e-9).sum(axis=0)) / (1 + DRAWS)).tolist(),
        }
    text = json.dumps({"specifications": found, "joint": joint}, indent=0)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")


main()
