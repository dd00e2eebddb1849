"""Makes expected.csv: a panel VAR of Grunfeld's firms by loops, linearmodels and statsmodels.

Run: python make.py; linearmodels 7.1, statsmodels 0.15.0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from linearmodels.iv import IV2SLS
from statsmodels.datasets import grunfeld
from statsmodels.tsa.vector_ar.var_model import ma_rep

HERE = Path(__file__).parent
NAMES = ("invest", "value")


def rows(lags: int, means: bool) -> pd.DataFrame:
    """Forward orthogonal deviations written as loops, with the lags in levels beside them."""
    data = grunfeld.load_pandas().data
    data = data[data.firm != "American Steel"].assign(year=lambda d: d.year.astype(int))
    wide = {n: np.log(data.pivot(index="firm", columns="year", values=n)) for n in NAMES}
    if means:
        wide = {n: w - w.mean() for n, w in wide.items()}
    out = []
    for firm in wide["invest"].index:
        series = {n: w.loc[firm].to_numpy() for n, w in wide.items()}
        periods = len(series["invest"])
        for t in range(lags, periods - 1):
            row: dict[str, object] = {"firm": firm}
            left = periods - t - 1
            for n in NAMES:
                for back in range(lags + 1):
                    path = series[n][lags - back : periods - back]
                    ahead = path[t - lags + 1 :]
                    row[f"{n}{back}"] = np.sqrt(left / (left + 1)) * (path[t - lags] - ahead.mean())
                    row[f"z_{n}{back}"] = path[t - lags]
            out.append(row)
    return pd.DataFrame(out)


def case(lags: int, means: bool) -> list[dict[str, object]]:
    """Both equations by instrumental variables, then responses and tests."""
    data, tag = rows(lags, means), f"lags{lags}/{'means' if means else 'plain'}"
    terms = [f"{n}{b}" for b in range(1, lags + 1) for n in NAMES]
    fits, out, clusters = [], [], data.firm.astype("category").cat.codes
    factor = np.sqrt(data.firm.nunique() / (data.firm.nunique() - 1))
    for n in NAMES:
        model = IV2SLS(data[f"{n}0"], None, data[terms], data[[f"z_{t}" for t in terms]])
        fit = model.fit(cov_type="clustered", clusters=clusters, debiased=False)
        fits.append(fit)
        for t in terms:
            out.append({"case": tag, "key": f"{n}|{t}", "value": fit.params[t]})
            out.append(
                {"case": f"{tag}/error", "key": f"{n}|{t}", "value": fit.std_errors[t] * factor}
            )
        other = NAMES[1 - NAMES.index(n)]
        own = [t for t in terms if t.startswith(other)]
        b, v = fit.params[own].to_numpy(), fit.cov.loc[own, own].to_numpy() * factor**2
        out.append(
            {"case": f"{tag}/wald", "key": f"{other}|{n}", "value": b @ np.linalg.solve(v, b)}
        )
    errors = np.column_stack([f.resids for f in fits])
    sigma = errors.T @ errors / len(errors)
    params = np.column_stack([f.params[terms] for f in fits])
    blocks = np.stack([params[2 * j : 2 * j + 2].T for j in range(lags)])
    moved = ma_rep(blocks, 6) @ np.linalg.cholesky(sigma)
    for h in range(7):
        for i, n in enumerate(NAMES):
            for j, m in enumerate(NAMES):
                out.append(
                    {"case": f"{tag}/response", "key": f"{m}|{n}|{h}", "value": moved[h, i, j]}
                )
    return out


if __name__ == "__main__":
    table = pd.DataFrame([r for p in (1, 2) for m in (False, True) for r in case(p, m)])
    table["value"] = [repr(float(v)) for v in table.value]
    table.to_csv(HERE / "expected.csv", index=False)
