"""Take columns out of others, for very many short regressions at once.

Columns are taken out one after the other: a handful of products over all series at once,
where a factorisation of each small matrix would cost ten times as much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Length, relative to the column's own, below which it counts as a combination of others.
DEPENDENT = 1e-10


def basis(columns: Sequence[Array]) -> list[Array]:
    """Columns of unit length that span the same as `columns`, rows on the last axis."""
    found: list[Array] = []
    for column in columns:
        rest = without(column, found)
        length = np.sqrt((rest**2).sum(axis=-1, keepdims=True))
        size = np.sqrt((column**2).sum(axis=-1, keepdims=True))
        alone = length > DEPENDENT * size
        found.append(np.where(alone, rest / np.where(alone, length, 1.0), 0.0))
    return found


def without(column: Array, units: Sequence[Array]) -> Array:
    """`column` less its projections on orthogonal columns of unit length."""
    for unit in units:
        column = column - unit * (unit * column).sum(axis=-1, keepdims=True)
    return column
