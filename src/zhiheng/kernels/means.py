"""Weighted means of a transformed value: they add up, nest, and are one matrix product."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MEANS = ("additive", "geometric", "harmonic", "generalised")
"""Rules of this kind."""


def forward(rule: str, power: float) -> Callable[[Array], Array]:
    """The transform whose weighted mean is taken."""
    return _FORWARD[rule] if rule in _FORWARD else lambda z: np.power(z, power)


def backward(rule: str, power: float) -> Callable[[Array], Array]:
    """The inverse of `forward`."""
    return _BACKWARD[rule] if rule in _BACKWARD else lambda z: np.power(z, 1.0 / power)


def _same(z: Array) -> Array:
    return z


_FORWARD: Mapping[str, Callable[[Array], Array]] = {
    "additive": _same,
    "geometric": np.log,
    "harmonic": np.reciprocal,
}
_BACKWARD: Mapping[str, Callable[[Array], Array]] = {
    "additive": _same,
    "geometric": np.exp,
    "harmonic": np.reciprocal,
}


def weighted(part: Array, weights: Array) -> Array:
    """``sum_k w[..., p, k] part[p, k, e]`` as matrix products over all sets of weights at once."""
    periods, count, entities = part.shape
    lead = weights.shape[:-2]
    flat = weights.reshape(-1, *weights.shape[-2:])
    if flat.shape[1] == 1:
        wide = np.ascontiguousarray(part.transpose(1, 0, 2)).reshape(count, -1)
        out = flat[:, 0] @ wide
    else:
        out = np.matmul(flat.transpose(1, 0, 2), part).transpose(1, 0, 2)
    return out.reshape(*lead, periods, entities)
