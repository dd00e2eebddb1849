"""What data envelopment analysis works on and gives back, and how its programmes are laid out.

Notation of the group of modules: `x` inputs (n, m), `y` desirable outputs (n, s), `b`
undesirable outputs (n, r), `q = m + s + r`. The evaluated units and the reference units
are separate arguments everywhere, so that a unit can be held against another period, a
pooled or a window frontier, its group, or all units but itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.dea_lp import Programme, Solution
from zhiheng.kernels.dea_records import OPTIMAL, Array, Index

Returns = Literal["crs", "vrs", "nirs", "ndrs"]
Orientation = Literal["none", "input", "output"]
# A score this near to one is one: certificates guarantee 1e-9, answers are mostly at 1e-13.
ON_FRONTIER = 1e-9
# Slacks are shares of own values and come from a second programme that stands on the first.
NO_SLACK = 1e-7


@dataclass(frozen=True, slots=True)
class Quantities:
    """Inputs `x` (n, m), desirable outputs `y` (n, s) and undesirable ones `b` (n, r)."""

    x: Array
    y: Array
    b: Array

    @staticmethod
    def of(x: Array, y: Array, b: Array | None = None) -> Quantities:
        """Make quantities; without `b` there are no undesirable outputs."""
        return Quantities(x, y, np.empty((len(x), 0)) if b is None else b)

    @staticmethod
    def split(stacked: Array, like: Quantities) -> Quantities:
        """Cut an array (n, q) into the three kinds, as many of each as in `like`."""
        m, s = like.x.shape[1], like.y.shape[1]
        return Quantities(stacked[:, :m], stacked[:, m : m + s], stacked[:, m + s :])

    @property
    def stacked(self) -> Array:
        """All of them side by side, shape (n, q)."""
        return np.hstack([self.x, self.y, self.b])

    @property
    def sign(self) -> Array:
        """Shape (q,): one where less is better, minus one where more is."""
        m, s, r = self.x.shape[1], self.y.shape[1], self.b.shape[1]
        return np.repeat([1.0, -1.0, 1.0], [m, s, r])

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Quantities:
        """Some units."""
        return Quantities(self.x[rows], self.y[rows], self.b[rows])


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What a model says of each evaluated unit, with the certificate of its programme.

    Attributes
    ----------
    score : ndarray, shape (n,)
        NaN where `status` is not `OPTIMAL`.
    efficient : ndarray of bool, shape (n,)
        Score of one, and no slack where the score does not see slacks.
    status : ndarray of int, shape (n,)
        `OPTIMAL`, `INFEASIBLE`, `UNBOUNDED` or `STALLED` of `dea_lp`.
    slack : Quantities
        In natural units, distance to the target: what `x` and `b` have too much and `y`
        too little. Below zero where a super-efficient unit has room.
    target : Quantities
        The point that the unit is held against.
    unit, peer, weight : ndarrays, shape (entries,)
        Lambdas above zero: evaluated unit, reference unit, lambda.
    duals : ndarray, shape (n, q)
        Shadow price of each quantity in the programme's objective, per natural unit.
    primal_residual, dual_residual : ndarrays, shape (n,)
        The certificate, see `dea_lp.Solution`; the worse one where two programmes were solved.
    solver : ndarray of int, shape (n,)
    """

    score: Array
    efficient: NDArray[np.bool_]
    status: Index
    slack: Quantities
    target: Quantities
    unit: Index
    peer: Index
    weight: Array
    duals: Array
    primal_residual: Array
    dual_residual: Array
    solver: Index


def members(units: Quantities, reference: Quantities | None, member: Index | None) -> Index:
    """Which reference unit each evaluated unit is itself; −1 where it is none of them."""
    if member is not None:
        return np.asarray(member, dtype=np.int64)
    if reference is None:
        return np.arange(len(units), dtype=np.int64)
    return np.full(len(units), -1, dtype=np.int64)


def own_scale(units: Quantities, reference: Quantities) -> Array:
    """The size of each quantity of each unit; the reference mean where a unit has none of it."""
    size = np.abs(units.stacked)
    middle = np.abs(reference.stacked).mean(axis=0)
    return np.where(size > 0, size, np.where(middle > 0, middle, 1.0))


@dataclass(frozen=True, slots=True)
class Layout:
    """A programme being written: `head` rows, one row for each quantity, then convexity.

    The first `own` columns are the model's; one for convexity follows where returns are
    non-increasing or non-decreasing.
    """

    programme: Programme
    head: int
    q: int

    @property
    def k(self) -> int:
        """The number of shared columns, and so the number of the first own one."""
        return len(self.programme.reference)

    @property
    def body(self) -> slice:
        """The rows of the quantities."""
        return slice(self.head, self.head + self.q)

    @property
    def convex(self) -> bool:
        """Whether there is a row for the sum of lambdas."""
        return self.programme.rhs.shape[1] > self.head + self.q


def lay_out(
    units: Quantities, reference: Quantities, *, returns: Returns, head: int, own: int
) -> Layout:
    """An empty programme with the reference columns and the row of convexity in place."""
    n, k, q = len(units), len(reference), len(units.sign)
    convex, loose = returns != "crs", returns in ("nirs", "ndrs")
    rows, p = head + q + convex, own + loose
    shared, scale = np.zeros((k, rows)), np.ones((n, rows))
    shared[:, head : head + q] = reference.stacked
    scale[:, head : head + q] = own_scale(units, reference)
    if convex:
        shared[:, -1] = 1.0
    columns = np.zeros((n, rows, p))
    if loose:
        columns[:, -1, -1] = 1.0 if returns == "nirs" else -1.0
    return Layout(
        Programme(
            reference=shared,
            scale=scale,
            own=columns,
            cost=np.zeros((n, p)),
            rhs=np.zeros((n, rows)),
            start=np.full((n, rows), -1, dtype=np.int64),
            left_out=np.full(n, -1, dtype=np.int64),
            convex=convex,
        ),
        head,
        q,
    )


def read_off(
    solution: Solution, units: Quantities, scale: Array, *, score: Array, excess: Array
) -> Efficiency:
    """Put a solution into words; `excess` is the slack as a share of `scale`, shape (n, q)."""
    bad = solution.status != OPTIMAL
    slack = np.where(bad[:, None], np.nan, excess * scale)
    score = np.where(bad, np.nan, score)
    return Efficiency(
        score=score,
        efficient=np.abs(score - 1.0) <= ON_FRONTIER,
        status=solution.status,
        slack=Quantities.split(slack, units),
        target=Quantities.split(units.stacked - units.sign * slack, units),
        unit=solution.unit,
        peer=solution.peer,
        weight=solution.weight,
        duals=np.full_like(slack, np.nan),
        primal_residual=solution.primal_residual,
        dual_residual=solution.dual_residual,
        solver=solution.solver,
    )
