"""All forensics of a panel in one pass, and which findings explain others away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.forensics import Found, prepare
from zhiheng.kernels.forensics_copies import copied_blocks, copied_rows, repeats, twins
from zhiheng.kernels.forensics_fills import fills
from zhiheng.kernels.forensics_moves import moves
from zhiheng.kernels.forensics_outliers import benford, outliers, rebased, swapped
from zhiheng.kernels.forensics_slips import sign_flips, slips
from zhiheng.kernels.forensics_zeros import missing_zeros

EXPLAINS = (
    ("zero", ("outlier", "jump", "scale", "copied_block")),
    ("swapped", ("outlier", "jump", "scale")),
    ("unit_change", ("outlier", "jump", "scale", "rebased")),
    ("scale", ("outlier", "jump")),
    ("sign", ("outlier", "jump")),
    ("rebased", ("jump",)),
    ("copied_entity", ("outlier", "jump", "linear", "geometric", "copied_block")),
    ("copied_year", ("frozen", "outlier", "jump")),
    ("frozen", ("linear", "geometric", "spline", "arima")),
)
"""The first explains the others away, in its own cells and in the one that follows them."""

LOCAL = frozenset({"outlier", "jump"})
"""Kinds that a wrong cell causes in the cell after it as well."""


def scan(values: NDArray[np.float64], times: NDArray[np.float64]) -> list[Found]:
    """Every finding in a panel, each with its cells and its confidence.

    Parameters
    ----------
    values : ndarray, shape (series, entities, periods)
        NaN is a gap.
    times : ndarray, shape (periods,)
        Ascending.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ground = prepare(values, times)
        moved = moves(ground)
        found = [
            *fills(ground),
            *repeats(ground),
            *copied_rows(ground),
            *copied_blocks(ground),
            *slips(ground, moved),
            *sign_flips(ground, moved),
            *missing_zeros(ground, moved),
            *swapped(ground, moved),
            *rebased(moved),
            *outliers(moved),
        ]
        wide = [*twins(ground), *benford(ground)]
    return [*_unexplained(found, values.shape), *wide]


def _unexplained(found: Sequence[Found], shape: tuple[int, ...]) -> list[Found]:
    """Findings without those whose cells another kind explains."""
    left = list(found)
    for kind, others in EXPLAINS:
        causes = [f for f in left if f.kind == kind]
        if not causes:
            continue
        covered = np.zeros((shape[0], shape[1], shape[2] + 1), dtype=np.bool_)
        for f in causes:
            covered[f.series, f.entities, f.periods] = True
        after = covered.copy()
        after[:, :, 1:] |= covered[:, :, :-1]
        left = [
            f
            for f in left
            if f.kind not in others
            or not (after if f.kind in LOCAL else covered)[f.series, f.entities, f.periods].all()
        ]
    return left
