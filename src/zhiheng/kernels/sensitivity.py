"""Which step of a method moves a result: first-order shares of variance over draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def first_order(results: NDArray[np.float64] | NDArray[np.int32], label: NDArray[np.intp]) -> Array:
    """Share of the variance of each column that a categorical choice explains by itself.

    ``Var(E[Y | choice]) / Var(Y)``, the first-order Sobol' index of the choice
    [1]_, with the bias of finite groups taken out (omega squared) and never below
    zero. Where choices exclude one another, shares of several choices may add up
    to more than one: what they share is counted for each.

    Parameters
    ----------
    results : ndarray, shape (D, E)
        One row for each draw.
    label : ndarray of int, shape (D,)
        The choice that each draw made.

    Returns
    -------
    ndarray, shape (E,)
        In [0, 1]; NaN for a column that does not vary.

    References
    ----------
    .. [1] I. M. Sobol' (1993), Mathematical Modelling and Computational
       Experiment 1(4): 407-414.
    """
    y = np.asarray(results, dtype=np.float64)
    known, group = np.unique(label, return_inverse=True)
    counts = np.bincount(group).astype(np.float64)
    sums = np.zeros((len(known), y.shape[1]))
    np.add.at(sums, group, y)
    total = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    between = (counts[:, None] * (sums / counts[:, None] - y.mean(axis=0)) ** 2).sum(axis=0)
    degrees = len(y) - len(known)
    noise = (total - between) / degrees if degrees > 0 else np.zeros_like(total)
    top = between - (len(known) - 1) * noise
    out = np.full(y.shape[1], np.nan)
    np.divide(top, total + noise, out=out, where=total > 0)
    return np.clip(out, 0.0, 1.0)


def between_recipes(
    results: NDArray[np.float64] | NDArray[np.int32],
    recipe: NDArray[np.intp],
    others: NDArray[np.intp],
) -> Array:
    """Share of the variance that a step makes among recipes alike in every other step.

    ``E[Var(m | other steps)] / Var(Y)`` with ``m`` the mean result of a recipe: the
    total-order counterpart of `first_order` for a step of the method, counting its
    interplay with the other steps but not with weights drawn around a recipe.

    Parameters
    ----------
    results : ndarray, shape (D, E)
    recipe : ndarray of int, shape (D,)
        Which recipe each draw took.
    others : ndarray of int, shape (D,)
        A number for its choices in all steps but this one.

    Returns
    -------
    ndarray, shape (E,)
        In [0, 1]; NaN for a column that does not vary.
    """
    explained = first_order(results, recipe)
    return np.clip(explained - first_order(results, others), 0.0, 1.0)
