"""Observed and permuted t statistics by statsmodels on all dummy variables; no zhiheng here.

Run in this folder: ``python make.py`` (numpy, pandas, statsmodels, linearmodels for the data).
"""

import json
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from linearmodels.datasets import munnell

HERE = Path(__file__).parent
DRAWS = 12


def minmax(x, direction):
    x = x if direction == "more" else -x
    return (x - x.min()) / (x.max() - x.min())


def columns():
    data = munnell.load().sort_values(["ST_ABB", "YR"])
    wide = {
        c: data[c].to_numpy(float).reshape(48, 17)
        for c in ("GSP", "EMP", "PC", "P_CAP", "HWY", "UNEMP", "UTIL")
    }
    shared = minmax(wide["PC"] / wide["EMP"], "more") + minmax(wide["HWY"] / wide["EMP"], "more")
    rest = minmax(wide["UNEMP"], "less") + minmax(wide["UTIL"], "more")
    y = np.log(wide["GSP"] / wide["EMP"])
    return y, shared / 4, rest / 4, np.log(wide["P_CAP"]), np.log(wide["EMP"])


def dummies():
    e, p = np.divmod(np.arange(48 * 17), 17)
    return np.column_stack([np.eye(48)[e], np.eye(17)[p][:, 1:]])


def fit(y, x):
    """Slope and clustered t (without small-sample factor) of the first column of x."""
    e = np.arange(48 * 17) // 17
    options = {"groups": e, "use_correction": False}
    found = sm.OLS(y.ravel(), np.column_stack([x, dummies()])).fit(
        cov_type="cluster", cov_kwds=options
    )
    return float(found.params[0]), float(found.tvalues[0])


def residual(z, on):
    found = sm.OLS(z.ravel(), np.column_stack([*on, dummies()])).fit()
    return found.resid.reshape(z.shape)


def main():
    y, shared, rest, control, link = columns()
    own = residual(rest, [control.ravel(), link.ravel()])
    fixed = residual(shared + rest, [control.ravel()]) - own
    rng = np.random.default_rng(20261126)
    orders = [rng.permutation(48).tolist() for _ in range(DRAWS)]
    slope, observed = fit(y, np.column_stack([(shared + rest).ravel(), control.ravel()]))
    once, each = [], []
    for order in orders:
        moved = own[order]
        free = residual(moved, [control.ravel(), link.ravel()])
        for found, path in ((once, moved), (each, free)):
            found.append(fit(y, np.column_stack([(fixed + path).ravel(), control.ravel()]))[1])
    within = residual(rest, [control.ravel()])
    answer = {
        "orders": orders, "slope": slope, "t": observed, "once": once, "each": each,
        "own_share": float((own**2).sum() / (within**2).sum()),
        "outcome_left": float((residual(y, [control.ravel(), link.ravel()]) ** 2).sum()
                              / (residual(y, [control.ravel()]) ** 2).sum()),
        "entity_shares": ((own**2).sum(axis=1) / (own**2).sum()).tolist(),
    }  # fmt: skip
    (HERE / "expected.json").write_text(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
