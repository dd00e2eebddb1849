"""Weights from judgements: the analytic hierarchy process and the best-worst method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Array = NDArray[np.float64]
Prioritisation = Literal["eigenvector", "geometric"]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Priorities of a matrix of pairwise comparisons.

    Attributes
    ----------
    weights : ndarray, shape (1, K)
    largest : float
        The largest eigenvalue; K for a matrix without contradiction.
    index : float
        ``(largest - K) / (K - 1)``; 0 for one or two items.
    ratio : float
        `index` over the random index; NaN where that is not known.
    gaps : ndarray, shape (K, K)
        ``ln(a_ij w_j / w_i)``: how far each comparison lies from the weights.
    """

    weights: Array
    largest: float
    index: float
    ratio: float
    gaps: Array


@dataclass(frozen=True, slots=True)
class BestWorst:
    """Weights of the linear best-worst method.

    Attributes
    ----------
    weights : ndarray, shape (1, K)
    ksi : float
        The largest deviation that remains; 0 for judgements without contradiction.
    ratio : float
        Input-based consistency ratio in [0, 1]: the largest
        ``|a_Bj a_jW - a_BW| / (a_BW^2 - a_BW)``; 0 where a_BW is one.
    ratios : ndarray, shape (K,)
        The same of each indicator.
    """

    weights: Array
    ksi: float
    ratio: float
    ratios: Array


def ahp(
    matrix: Array, random_index: float, *, prioritisation: Prioritisation = "eigenvector"
) -> Hierarchy:
    """Priorities of pairwise comparisons with their consistency (AHP).

    Use it for up to nine items that experts can compare in pairs. A ratio of .1
    or more says that the comparisons contradict each other too much.

    Parameters
    ----------
    matrix : ndarray, shape (K, K)
        Positive and reciprocal: ``a_ij = 1 / a_ji``; a_ij says how many times more
        item i matters than item j.
    random_index : float
        Mean consistency index of random matrices of this size; a table of the catalog.
    prioritisation : {"eigenvector", "geometric"}
        The principal eigenvector (Saaty), or the geometric means of the rows, which do
        not depend on whether rows or columns are read.

    References
    ----------
    Saaty (1980), The Analytic Hierarchy Process; Crawford and Williams (1985),
    Journal of Mathematical Psychology 29:387.
    """
    count = len(matrix)
    values, vectors = np.linalg.eig(matrix)
    top = int(np.argmax(np.real(values)))
    largest = float(np.real(values[top]))
    if prioritisation == "eigenvector":
        w = np.abs(np.real(vectors[:, top]))
    else:
        w = np.exp(np.log(matrix).mean(axis=1))
    w = w / w.sum()
    index = (largest - count) / (count - 1) if count > 2 else 0.0
    index = max(index, 0.0)
    ratio = 0.0 if count <= 2 else index / random_index if random_index > 0 else np.nan
    return Hierarchy(w[None], largest, index, ratio, np.log(matrix * w[None, :] / w[:, None]))


def joint(matrices: Array) -> Array:
    """Several experts' comparisons as one: geometric means, which keep them reciprocal.

    Parameters
    ----------
    matrices : ndarray, shape (experts, ...)

    References
    ----------
    Aczel and Saaty (1983), Journal of Mathematical Psychology 27:93.
    """
    return np.exp(np.log(matrices).mean(axis=0))


def bwm(best_to_others: Array, others_to_worst: Array, best: int, worst: int) -> BestWorst:
    """Weights of the linear best-worst method.

    Use it where a full matrix of pairs is too much to ask: 2 K - 3 comparisons do.

    Parameters
    ----------
    best_to_others : ndarray, shape (K,)
        How many times more the best matters than each, 1 to 9; 1 for itself.
    others_to_worst : ndarray, shape (K,)
        How many times more each matters than the worst; 1 for the worst itself.
    best, worst : int
        Their positions.

    Notes
    -----
    Minimises ksi with ``|w_B - a_Bj w_j| <= ksi``, ``|w_j - a_jW w_W| <= ksi``,
    ``sum w = 1``, ``w >= 0`` by HiGHS. The optimum is unique (Rezaei 2016).

    References
    ----------
    Rezaei (2015), Omega 53:49; Rezaei (2016), Omega 64:126; Liang, Brunelli and
    Rezaei (2020), Omega 96:102175.
    """
    count = len(best_to_others)
    eye = np.eye(count)
    from_best = eye[best] - best_to_others[:, None] * eye
    to_worst = eye - others_to_worst[:, None] * eye[worst]
    rows = np.concatenate([from_best, to_worst])
    rows = np.concatenate([rows, -rows])
    found = linprog(
        np.append(np.zeros(count), 1.0),
        A_ub=np.column_stack([rows, -np.ones(len(rows))]),
        b_ub=np.zeros(len(rows)),
        A_eq=np.append(np.ones(count), 0.0)[None],
        b_eq=[1.0],
        method="highs",
    )
    if not found.success:
        raise ArithmeticError(f"the best-worst programme was not solved: {found.message}")
    w = np.maximum(np.asarray(found.x[:count], dtype=np.float64), 0.0)
    whole = float(best_to_others[worst])
    spread = whole**2 - whole
    off = np.abs(best_to_others * others_to_worst - whole)
    ratios = off / spread if spread > 0 else np.zeros(count)
    return BestWorst((w / w.sum())[None], float(found.x[-1]), float(ratios.max()), ratios)
