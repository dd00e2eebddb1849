"""Records that pass between the programmes of data envelopment analysis and the simplex."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

OPTIMAL, INFEASIBLE, UNBOUNDED, STALLED = 0, 1, 2, 3


class Problem(NamedTuple):
    """One programme: min c'z, A z = b, z >= 0, with R rows.

    `shared` (R, k) times `rows` (R,) are the shared columns, `own` (R, p) the others;
    shared columns cost nothing. `left_out` is a shared column that may not be used, or −1.
    `typical` (R,) is the largest entry of each shared row. Where a row of convexity would
    tower above the others in a column, the column is divided by `1 / (norm tiny)`.
    """

    shared: Array
    typical: Array
    norm: Array
    tiny: float
    rows: Array
    own: Array
    cost: Array
    rhs: Array
    left_out: int


class Work(NamedTuple):
    """The state of the simplex, reused from programme to programme."""

    basis: Index
    inverse: Array
    matrix: Array
    level: Array
    duals: Array
    scaled: Array
    column: Array
    step: Array
    sign: Array
    reduced: Array
    warm: Array  # the shared columns that were ever useful, side by side
    warm_index: Index
    used: Index  # how many of them there are
    every: Index  # the numbers of all shared columns


class Batch(NamedTuple):
    """Many programmes; the leading axis of all but `shared` and `typical` is the programme."""

    shared: Array  # (R, k)
    typical: Array  # (R,)
    norm: Array  # (k,)
    tiny: Array  # (n,)
    rows: Array  # (n, R)
    own: Array  # (n, R, p)
    cost: Array  # (n, p)
    rhs: Array  # (n, R)
    start: Index  # (n, R)
    left_out: Index  # (n,)


class Answers(NamedTuple):
    """What was found: basis and levels, duals, certificate, status, pivots."""

    basis: Index
    level: Array
    duals: Array
    value: Array
    primal: Array
    dual: Array
    status: Index
    pivots: Index
