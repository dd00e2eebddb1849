"""Makes input.csv and expected.csv: staggered difference in differences by three programs.

Run in an environment of its own: pip install csdid==0.4.3 diff-diff==3.13.0 pyfixest==0.60.0
Then: python make.py
"""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
from csdid.att_gt import ATTgt
from diff_diff import BaconDecomposition, CallawaySantAnna, SunAbraham

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
FIRST = {2013: 8, 2015: 10, 2016: 6}  # entities by first treated year; the rest are never treated
ENTITIES, YEARS = 40, range(2010, 2018)


def made() -> pd.DataFrame:
    """A seeded panel whose effects grow and differ by cohort, with a covariate that moves."""
    rng = np.random.default_rng(20211)
    first = np.repeat([*FIRST, 0], [*FIRST.values(), ENTITIES - sum(FIRST.values())])
    size = rng.normal(size=ENTITIES) + 0.3 * (first > 0)
    rows = []
    for i, g in enumerate(first):
        for t in YEARS:
            x = size[i] + 0.2 * rng.normal()
            effect = 0.2 * (t - g + 1) + 0.1 * (g == 2013) if g and t >= g else 0.0
            trend = 0.15 * (t - 2010) * size[i]
            rows.append((i + 1, t, int(g), x, trend + effect + rng.normal(scale=0.4)))
    return pd.DataFrame(rows, columns=["id", "year", "first", "x", "y"])


ROWS: list[dict[str, object]] = []


def put(case: str, key: object, estimate: float, error: float | None) -> None:
    """One expected number with its error."""
    blank = error is None or not np.isfinite(error)
    written = "" if blank else repr(float(error))
    ROWS.append({"case": case, "key": key, "estimate": repr(float(estimate)), "error": written})


def by_csdid(data: pd.DataFrame, name: str, formula: str | None, method: str, group: str) -> None:
    """Callaway and Sant'Anna by csdid: cells and four averages, analytic errors."""
    more = {"xformla": formula} if formula else {}
    with contextlib.redirect_stdout(io.StringIO()):
        fit = ATTgt(
            yname="y", tname="year", idname="id", gname="first", data=data.copy(),
            control_group=[group], **more,
        ).fit(est_method=method, bstrap=False)  # fmt: skip
        for g, t, att, se in zip(
            fit.results["group"], fit.results["year"], fit.results["att"], fit.results["se"],
            strict=True,
        ):  # fmt: skip
            put(f"csdid/{name}/cell", f"{int(g)}-{int(t)}", att, se)
        for kind in ("simple", "group", "dynamic", "calendar"):
            found = fit.aggte(typec=kind, bstrap=False, cband=False).atte
            put(f"csdid/{name}/att", kind, found["overall_att"], found["overall_se"])
            if kind == "dynamic":
                for e, att, se in zip(found["egt"], found["att_egt"], found["se_egt"], strict=True):
                    put(f"csdid/{name}/event", int(e), att, se)


def by_diff_diff(data: pd.DataFrame) -> None:
    """Callaway and Sant'Anna, Sun and Abraham, and Bacon by diff-diff."""
    names = {"outcome": "y", "unit": "id", "time": "year", "first_treat": "first"}
    fit = CallawaySantAnna(n_bootstrap=0).fit(data, **names)
    put("diff_diff/callaway_santanna/att", "simple", fit.overall_att, fit.overall_se)
    sun = SunAbraham(n_bootstrap=0).fit(data, **names)
    put("diff_diff/sun_abraham/att", "overall", sun.overall_att, None)
    bacon = BaconDecomposition().fit(data, **names)
    put("diff_diff/bacon/att", "twfe", bacon.twfe_estimate, None)
    for c in bacon.comparisons:
        control = 0 if c.control_group == "never_treated" else int(c.control_group)
        key = f"{int(c.treated_group)}-{control}"
        put("diff_diff/bacon/weight", key, c.weight, None)
        put("diff_diff/bacon/estimate", key, c.estimate, None)


def by_pyfixest(data: pd.DataFrame) -> None:
    """Sun and Abraham with clustered errors, and two-way fixed effects, by pyfixest."""
    fit = pf.event_study(
        data, yname="y", idname="id", tname="year", gname="first", estimator="saturated",
        cluster="id",
    )  # fmt: skip
    for e, row in fit.aggregate(agg="period").iterrows():
        put("pyfixest/sun_abraham/event", int(float(str(e))), row.Estimate, row["Std. Error"])
    data = data.assign(d=((data["first"] > 0) & (data.year >= data["first"])).astype(float))
    data["e"] = np.where(data["first"] > 0, data.year - data["first"], -1)
    # The nested effect stands last: otherwise pyfixest 0.60.0 does not count the period effects.
    for name, formula in (("twfe", "y ~ d"), ("twfe_x", "y ~ d + x")):
        one = pf.feols(f"{formula} | year + id", data, vcov={"CRV1": "id"})
        put(f"pyfixest/{name}/att", "overall", one.coef()["d"], one.se()["d"])
    two = pf.feols("y ~ i(e, ref=-1) | year + id", data, vcov={"CRV1": "id"})
    for term, value in two.coef().items():
        e = int(float(term.split("::")[-1].strip("[]T.").split("T.")[-1]))
        put("pyfixest/event_study/event", e, value, two.se()[term])


if __name__ == "__main__":
    table = made()
    table.to_csv(HERE / "input.csv", index=False, float_format="%.6f")
    table = pd.read_csv(HERE / "input.csv")
    by_csdid(table, "plain", None, "dr", "nevertreated")
    by_csdid(table, "not_yet", None, "dr", "notyettreated")
    by_csdid(table, "dr", "y ~ x", "dr", "nevertreated")
    by_csdid(table, "reg", "y ~ x", "reg", "nevertreated")
    by_diff_diff(table)
    by_pyfixest(table)
    pd.DataFrame(ROWS).to_csv(HERE / "expected.csv", index=False)
