"""Whether transition probabilities differ between regimes: LR and Q with permutations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """Tests of one matrix against one per regime.

    Attributes
    ----------
    lr, q : float
        Likelihood ratio and Pearson statistics.
    dof : int
    p_lr, p_q : float
        From the chi-squared distribution, which takes transitions as independent;
        NaN without degrees of freedom.
    """

    lr: float
    q: float
    dof: int
    p_lr: float
    p_q: float


def statistics(counts: Array) -> tuple[Array, Array]:
    """The statistics LR and Q of Anderson and Goodman, for many tables at once.

    Parameters
    ----------
    counts : ndarray, shape (..., r, k, k)
        Transitions in each of `r` regimes.

    Returns
    -------
    lr, q : ndarray, shape (...)
    """
    pooled = _quotient(counts.sum(axis=-3))[..., None, :, :]
    own = _quotient(counts)
    rows = counts.sum(axis=-1, keepdims=True)
    part = np.divide((own - pooled) ** 2, pooled, out=np.zeros_like(own), where=pooled > 0)
    q = (rows * part).sum(axis=(-3, -2, -1))
    ratio = np.divide(own, pooled, out=np.ones_like(own), where=counts > 0)
    lr = 2.0 * (counts * np.log(ratio)).sum(axis=(-3, -2, -1))
    return lr, q


def homogeneity(counts: Array) -> Homogeneity:
    """Test one transition matrix against one per regime.

    Degrees of freedom follow Bickenbach and Bode: for each row, regimes with
    transitions from it less one, times moves seen in the pooled row less one.

    Parameters
    ----------
    counts : ndarray, shape (r, k, k)
    """
    lr, q = (float(v) for v in statistics(counts))
    regimes = (counts.sum(axis=2) > 0).sum(axis=0)
    moves = (counts.sum(axis=0) > 0).sum(axis=1)
    dof = int((np.maximum(regimes - 1, 0) * np.maximum(moves - 1, 0)).sum())
    p_lr, p_q = (float(chi2.sf(v, dof)) if dof else float("nan") for v in (lr, q))
    return Homogeneity(lr, q, dof, p_lr, p_q)


def permuted_groups(
    counts: Array, group: NDArray[np.intp], *, groups: int, permutations: int, seed: int
) -> tuple[Array, Array]:
    """LR and Q when entities are dealt to the groups at random, sizes held.

    Parameters
    ----------
    counts : ndarray, shape (E, k, k)
        Transitions of each entity.
    group : ndarray of int, shape (E,)
    """
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.tile(group, (permutations, 1)), axis=1)
    member = (dealt[:, None, :] == np.arange(groups)[:, None]).astype(np.float64)
    k = counts.shape[-1]
    tables = member.reshape(-1, len(counts)) @ counts.reshape(len(counts), -1)
    return statistics(tables.reshape(permutations, groups, k, k))


def permutation_p(found: float, drawn: Array) -> float:
    """The share of draws at least as large, the found one counted: (1 + #) / (1 + R).

    Values within a relative 1e-12 count as equal: sums in another order differ there.
    """
    as_large = drawn >= found - 1e-12 * abs(found)
    return float((1 + as_large.sum()) / (1 + len(drawn)))


def _quotient(counts: Array) -> Array:
    """Probabilities with zeros in the rows of classes without a transition."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
