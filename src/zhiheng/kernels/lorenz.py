"""Lorenz curves of an amount over people or output, and logarithmic shares of factors.

Notation of the module: `E` entities, `P` periods; amounts `c` and the base `n` over which
they are spread (people, output); ``c / n`` is what entities are ordered by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lorenz:
    """One curve; the first point is zero and the last one.

    Attributes
    ----------
    order : ndarray of int, shape (E,)
        Entities from the least to the most per unit of the base.
    base, amount : ndarray, shape (E + 1,)
        Cumulative shares.
    """

    order: NDArray[np.intp]
    base: Array
    amount: Array

    @property
    def gini(self) -> float:
        """One minus twice the area below the curve, which is made of trapezia."""
        area = np.diff(self.base) * (self.amount[1:] + self.amount[:-1])
        return float(1.0 - area.sum())


def lorenz(amount: Array, base: Array) -> Lorenz:
    """The Lorenz curve of one period.

    Parameters
    ----------
    amount : ndarray, shape (E,)
        Not negative, with a positive sum.
    base : ndarray, shape (E,)
        Above zero.
    """
    order = np.argsort(amount / base, kind="stable")
    shares = [
        np.concatenate([[0.0], np.cumsum(values[order]) / values.sum()])
        for values in (base, amount)
    ]
    return Lorenz(order, shares[0], shares[1])


def logarithmic_shares(factors: Array, base: Array) -> tuple[Array, Array]:
    """How much of the variance of logarithms each factor carries.

    With ``c / n = prod f_k`` the variance of its logarithm is the sum over k of the
    covariances of ``ln f_k`` with it; all weighted by the base.

    Parameters
    ----------
    factors : ndarray, shape (E, P, K)
        Above zero; their product is the amount per unit of the base.
    base : ndarray, shape (E, P)

    Returns
    -------
    covariances : ndarray, shape (P, K)
    variance : ndarray, shape (P,)

    References
    ----------
    Fields and Yoo (2000) Review of Income and Wealth 46(2): 139-159; Shorrocks (1982)
    Econometrica 50(1): 193-211.
    """
    weight = (base / base.sum(axis=0))[..., None]
    logs = np.log(factors)
    centred = logs - (weight * logs).sum(axis=0)
    whole = centred.sum(axis=-1)
    covariances = (weight * centred * whole[..., None]).sum(axis=0)
    return covariances, (weight[..., 0] * whole**2).sum(axis=0)
