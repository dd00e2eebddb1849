"""Makes expected_pyfixest.csv: clustered errors and exhaustive wild bootstrap p-values.

Run in an environment of its own: pip install pyfixest==0.60.0 wildboottest==0.3.2 statsmodels
Then: python make_pyfixest.py
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pyfixest as pf
import statsmodels.formula.api as smf
from statsmodels.datasets import grunfeld
from wildboottest.wildboottest import wildboottest

HERE = Path(__file__).parent
data = grunfeld.load_pandas().data
data = data[data.firm != "American Steel"].reset_index(drop=True)
data["i"], data["t"] = data.firm.astype("category").cat.codes, data.year.astype(int)
data = data.rename(columns={"invest": "y"})[["i", "t", "y", "value", "capital"]]
FORMS = {  # the nested effect last: with "| i + t" pyfixest 0.60.0 drops the effects of t from K
    "entity": ("y ~ value + capital | i", "y ~ value + capital + C(i)"),
    "period": ("y ~ value + capital | t", "y ~ value + capital + C(t)"),
    "twoway": ("y ~ value + capital | t + i", "y ~ value + capital + C(i) + C(t)"),
    "none": ("y ~ value + capital", "y ~ value + capital"),
}
rows: list[dict[str, object]] = []
for effects, (absorbed, dummies) in FORMS.items():
    fit = pf.feols(absorbed, data, vcov={"CRV1": "i"})
    for term in ("value", "capital"):
        with warnings.catch_warnings():  # it announces that it uses all 2^10 sign patterns
            warnings.simplefilter("ignore")
            wild = wildboottest(
                smf.ols(dummies, data),
                param=term,
                cluster=data.i,
                B=9999,
                bootstrap_type="11",
                seed=1,
                show=False,
            )
        rows.append(
            {
                "case": f"grunfeld/{effects}/full",
                "term": term,
                "estimate": float(fit.coef()[term]),
                "se_stata": float(fit.se()[term]),
                "p_value": float(fit.pvalue()[term]),
                "p_wild": float(wild["p-value"].iloc[0]),
            }
        )
pd.DataFrame(rows).to_csv(HERE / "expected_pyfixest.csv", index=False)
