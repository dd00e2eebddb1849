"""What drawn paths say about events: peak by a year, neutrality, cumulative emissions."""

from __future__ import annotations

import numpy as np

from zhiheng.kernels.simulator_records import Array

BAND = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of a fan: the outer and the inner band, and the median."""


def fan(x: Array) -> Array:
    """Quantiles over draws, shape (5, ...), of an array with draws first."""
    return np.quantile(x, BAND, axis=0)


def peak_by(emissions: Array) -> Array:
    """Probability that the largest emissions of the whole path fall in a year or before it.

    Parameters
    ----------
    emissions : ndarray, shape (D, A, T)

    Returns
    -------
    ndarray, shape (A, T)
        Never falling in time; one in the last year. Of equal maxima the first counts.
    """
    first = emissions.argmax(axis=-1)
    years = np.arange(emissions.shape[-1])
    return (first[..., None] <= years).mean(axis=0)


def at_most(x: Array, bound: Array | float) -> Array:
    """Probability of `x` [D, A, T] not exceeding `bound`, shape (A, T)."""
    return (x <= bound).mean(axis=0)


def cumulated(emissions: Array) -> Array:
    """Sum over the years after the start, shape (D, A, T): zero at the start."""
    out = emissions.cumsum(axis=-1)
    return out - out[..., :1]
