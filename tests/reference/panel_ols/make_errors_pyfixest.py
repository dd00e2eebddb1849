"""Makes expected_errors_pyfixest.csv: Driscoll-Kraay and crossed clusters as pyfixest scales them.

Run in an environment of its own: pip install pyfixest==0.60.0 statsmodels
Then: python make_errors_pyfixest.py
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pyfixest as pf
from statsmodels.datasets import grunfeld

warnings.simplefilter("ignore")  # pyfixest 0.60.0 uses what pandas 3 deprecates
HERE = Path(__file__).parent
LAG = 2
data = grunfeld.load_pandas().data
data = data[data.firm != "American Steel"].reset_index(drop=True)
data["i"], data["t"] = data.firm.astype("category").cat.codes, data.year.astype(int)
data = data.rename(columns={"invest": "y"})[["i", "t", "y", "value", "capital"]]
FORMS = {  # the nested effect last: see README.md
    "entity": "y ~ value + capital | i",
    "twoway": "y ~ value + capital | t + i",
    "period": "y ~ value + capital | t",
    "none": "y ~ value + capital",
}
rows: list[dict[str, object]] = []
for effects, formula in FORMS.items():
    options = {"time_id": "t", "panel_id": "i", "lag": LAG}
    kernel = pf.feols(formula, data, vcov="DK", vcov_kwargs=options)
    crossed = pf.feols(formula, data, vcov={"CRV1": "i+t"})
    by_period = pf.feols(formula, data, vcov={"CRV1": "t"})
    rows.extend(
        {
            "case": f"grunfeld/{effects}/full",
            "term": term,
            "driscoll_kraay": float(kernel.se()[term]),
            "two_way": float(crossed.se()[term]),
            "period": float(by_period.se()[term]),
        }
        for term in ("value", "capital")
    )
pd.DataFrame(rows).to_csv(HERE / "expected_errors_pyfixest.csv", index=False)
