"""What drawn paths say about events: peak by a year, neutrality, cumulative emissions."""

from __future__ import annotations

import numpy as np

from zhiheng.kernels.simulator_records import Array

BAND = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of a fan: the outer and the inner band, and the median."""


def fan(x: Array) -> Array:
    """Quantiles over draws, shape (5, ...), of an array with draws first.

    As ``numpy.quantile``, but draws are brought together in memory first, which is several times
    faster for many areas and years.
    """
    draws = x.shape[0]
    place = np.array(BAND) * (draws - 1)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, draws - 1)
    # a copy always: it is sorted in place, and `x` may be a view of the paths themselves; a whole
    # sort of a row is faster than to part it at ten places
    rows = np.array(x.reshape(draws, -1).T, order="C")
    rows.sort(axis=1)
    low, high = rows[:, below], rows[:, above]
    out = low + (place - below) * (high - low)
    return out.T.reshape(len(BAND), *x.shape[1:])


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


def summed(x: Array) -> Array:
    """Sum over the years after the start, shape (D, A)."""
    return x[..., 1:].sum(axis=-1)
