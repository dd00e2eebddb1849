"""Data envelopment analysis from its definitions, one unit at a time, solved by HiGHS.

Nothing here knows how the package lays its programmes out: variables are lambda, slacks and
a factor in natural units, and fractions are minimised by the transformation of Charnes and
Cooper written for each model on its own.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


class Model:
    """A linear programme put together from named blocks of variables."""

    def __init__(self, **sizes):
        ends = np.cumsum(list(sizes.values()))
        self.where = {
            name: slice(end - size, end)
            for (name, size), end in zip(sizes.items(), ends, strict=True)
        }
        self.width = int(ends[-1])
        self.cost = np.zeros(self.width)
        self.low, self.high = np.zeros(self.width), np.full(self.width, np.inf)
        self.equal, self.less = [], []

    def row(self, relation, right, **blocks):
        """A row of coefficients by block; `relation` is "=", "<" or ">"."""
        line = np.zeros(self.width)
        for name, values in blocks.items():
            line[self.where[name]] = values
        if relation == ">":
            line, right = -line, -right
        (self.equal if relation == "=" else self.less).append((line, right))

    def solve(self):
        """The optimal value, or NaN where there is none."""

        def part(rows):
            return (
                (np.array([r[0] for r in rows]), np.array([r[1] for r in rows]))
                if rows
                else (
                    None,
                    None,
                )
            )

        a_ub, b_ub = part(self.less)
        a_eq, b_eq = part(self.equal)
        answer = linprog(
            self.cost,
            A_ub=a_ub,
            b_ub=b_ub,
            A_eq=a_eq,
            b_eq=b_eq,
            bounds=np.column_stack([self.low, self.high]),
            method="highs",
            options=TIGHT,
        )
        return answer.fun if answer.status == 0 else np.nan


def convexity(model, returns, k, right, **more):
    relation = {"vrs": "=", "nirs": "<", "ndrs": ">"}.get(returns)
    if relation:
        model.row(relation, right, lam=np.ones(k), **more)


def unit_vector(i, size):
    return np.eye(size)[i]


def sbm(x, y, b, ref, o, *, returns="crs", orientation="none", beyond=False, out=-1):
    """Score of unit o of (x, y, b) against `ref` = (X, Y, B); `out` may not be its peer."""
    xr, yr, br = ref
    k, m, s, r = len(xr), x.shape[1], y.shape[1], b.shape[1]
    turn = -1.0 if beyond else 1.0
    p = Model(lam=k, sx=m, sy=s, sb=r, t=1)
    if out >= 0:
        p.high[out] = 0.0
    bad = 1.0 / (s + r)
    inner = {"sx": turn / (m * x[o]), "sy": turn * bad / y[o], "sb": turn * bad / b[o]}
    if orientation == "output":
        p.cost[p.where["sy"]], p.cost[p.where["sb"]] = -inner["sy"], -inner["sb"]
        p.cost[p.where["t"]] = -1.0
        p.row("=", 1.0, t=[1.0])
    else:
        p.cost[p.where["sx"]], p.cost[p.where["t"]] = -inner["sx"], 1.0
        more = {} if orientation == "input" else {"sy": inner["sy"], "sb": inner["sb"]}
        p.row("=", 1.0, t=[1.0], **more)
    if beyond and orientation == "input":
        p.high[p.where["sy"]], p.high[p.where["sb"]] = 0.0, 0.0
    if beyond and orientation == "output":
        p.high[p.where["sx"]] = 0.0
    less, more = ("<", ">") if beyond else ("=", "=")
    for i in range(m):
        p.row(less, 0.0, lam=xr[:, i], sx=turn * unit_vector(i, m), t=[-x[o, i]])
    for i in range(s):
        p.row(more, 0.0, lam=yr[:, i], sy=-turn * unit_vector(i, s), t=[-y[o, i]])
    for i in range(r):
        p.row(less, 0.0, lam=br[:, i], sb=turn * unit_vector(i, r), t=[-b[o, i]])
    convexity(p, returns, k, 0.0, t=[-1.0])
    value = p.solve()
    if orientation == "output":  # the largest denominator must be above zero
        return 1.0 / -value if value < -1e-12 else np.nan
    return value


def radial(x, y, ref, o, *, returns="crs", orientation="input", out=-1):
    xr, yr = ref
    k = len(xr)
    p = Model(lam=k, f=1)
    if out >= 0:
        p.high[out] = 0.0
    inward = orientation == "input"
    p.cost[-1] = 1.0 if inward else -1.0
    for i in range(x.shape[1]):
        p.row("<", 0.0 if inward else x[o, i], lam=xr[:, i], f=[-x[o, i] if inward else 0.0])
    for i in range(y.shape[1]):
        p.row(">", y[o, i] if inward else 0.0, lam=yr[:, i], f=[0.0 if inward else -y[o, i]])
    convexity(p, returns, k, 1.0)
    value = p.solve()
    return value if inward else -1.0 / value


def directional(x, y, b, g, ref, o, *, returns="crs", weak=True):
    """Kuosmanen's technology where disposability is weak and returns are variable."""
    xr, yr, br = ref
    k = len(xr)
    p = Model(lam=k, mu=k, f=1)
    p.low[-1], p.cost[-1] = -np.inf, -1.0
    idle = weak and returns == "vrs"
    if not idle:
        p.high[p.where["mu"]] = 0.0
    for i in range(x.shape[1]):
        p.row("<", x[o, i], lam=xr[:, i], mu=xr[:, i], f=[g[0][o, i]])
    for i in range(y.shape[1]):
        p.row(">", y[o, i], lam=yr[:, i], f=[-g[1][o, i]])
    for i in range(b.shape[1]):
        p.row("=" if weak else "<", b[o, i], lam=br[:, i], f=[g[2][o, i]])
    convexity(p, returns, k, 1.0, mu=np.ones(k))
    return -p.solve()
