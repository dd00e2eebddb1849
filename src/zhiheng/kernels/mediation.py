"""Linear mediation after effects are absorbed, with whole entities resampled.

Columns of every array of cross products stand in the order outcome, treatment,
mediators, controls. A leading axis of draws runs through everything, so that
a thousand resamples are a few batched products and solutions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.panel_ols import Absorber

Array = NDArray[np.float64]
Route = tuple[int, ...]

# Smallest eigenvalue of a correlation matrix that still counts as full rank, as in `influence`.
SINGULAR = 1e-12
# Directions of the shared effects that a resample no longer holds.
RANK = 1e-10
# Draws are handled in blocks of at most this many cells, to bound memory.
BLOCK_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Paths:
    """Path coefficients; the first axis runs over draws.

    Attributes
    ----------
    total, direct : ndarray, shape (B,)
        Slope of the outcome on the treatment without and with the mediators.
    a, b : ndarray, shape (B, k)
        Treatment to mediator; mediator to outcome, given the treatment.
    between : ndarray, shape (B, k, k)
        ``between[:, i, j]`` leads from mediator i to mediator j in a serial
        model; zero elsewhere and in a parallel one.
    marginal : ndarray, shape (B, k)
        Treatment to mediator with no other mediator held fixed; `a` in a
        parallel model.
    rho : ndarray, shape (B, k)
        Partial correlation of outcome and mediator given all other columns.
    ratio : ndarray, shape (B, k)
        Standard deviation of the outcome over that of the mediator, both given
        all columns but these two; ``b = rho * ratio``.
    """

    total: Array
    direct: Array
    a: Array
    b: Array
    between: Array
    marginal: Array
    rho: Array
    ratio: Array


def cross_products(z: Array, absorb: Absorber, times: Array) -> Array:
    """Cross products of columns in resampled panels, the effects removed anew in each.

    Use it to re-estimate any least-squares model in each resample. An entity that
    was drawn twice counts as two entities; entity effects do not change, while
    effects of periods are those of the resample.

    Parameters
    ----------
    z : ndarray, shape (E, P, c)
    absorb : Absorber
    times : ndarray, shape (B, E)
        How often each entity is drawn.

    Returns
    -------
    ndarray, shape (B, c, c)

    Notes
    -----
    With ``S_e`` the projection off entity e's own effects and `T` the shared ones,
    ``sum_e m_e z_e'S_e z_e - s'T (sum_e m_e T'S_e T)^+ T's`` and ``s = sum_e m_e S_e z_e``.
    """
    entities, periods, columns = z.shape
    swept = absorb.sweep(z)
    own = (swept.transpose(0, 2, 1) @ swept).reshape(entities, -1)
    out = (times @ own).reshape(-1, columns, columns)
    if absorb.shared.shape[1] == 0:
        return out
    pulled = (times @ swept.reshape(entities, -1)).reshape(-1, periods, columns)
    even = bool(absorb.mask.all()) and bool((times.sum(axis=1) == entities).all())
    block = len(times) if even else max(1, BLOCK_CELLS // periods**2)
    for first in range(0, len(times), block):
        part = slice(first, first + block)
        inverse = absorb.inverse if even else _shared_inverse(absorb, times[part])
        out[part] -= pulled[part].transpose(0, 2, 1) @ (inverse @ pulled[part])
    return out


def _shared_inverse(absorb: Absorber, times: Array) -> Array:
    """``T (sum_e m_e T'S_e T)^+ T'`` of each draw, shape (b, P, P)."""
    mask, basis, shared = absorb.mask, absorb.basis, absorb.shared
    own = np.eye(mask.shape[1]) * mask[:, :, None] - basis @ basis.transpose(0, 2, 1)
    gram = (times @ own.reshape(len(own), -1)).reshape(-1, *own.shape[1:])
    inside = shared.T @ gram @ shared
    return shared @ np.linalg.pinv(inside, rcond=RANK, hermitian=True) @ shared.T


def regress(gram: Array, target: int, on: NDArray[np.intp]) -> Array:
    """Coefficients of column `target` on columns `on`, shape (B, len(on)).

    NaN in draws in which the columns are tied.
    """
    inner = gram[:, on[:, None], on[None, :]]
    scaled, size, bad = _scaled(inner)
    right = gram[:, on, target] / size
    beta = np.linalg.solve(scaled, right[..., None])[..., 0] / size
    return np.where(bad[:, None], np.nan, beta)


def _scaled(gram: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Gram matrices with unit diagonal, the lengths, and which of them are singular."""
    size = np.sqrt(np.maximum(np.diagonal(gram, axis1=1, axis2=2), 0.0))
    size = np.where(size > 0, size, 1.0)
    scaled = gram / size[:, :, None] / size[:, None, :]
    bad = np.linalg.eigvalsh(scaled)[:, 0] < SINGULAR
    scaled[bad] = np.eye(gram.shape[-1])
    return scaled, size, np.asarray(bad, dtype=np.bool_)


def mediation_paths(gram: Array, mediators: int, *, serial: bool) -> Paths:
    """All path coefficients from cross products.

    Parameters
    ----------
    gram : ndarray, shape (B, c, c)
        As from :func:`cross_products`; columns outcome, treatment, mediators, controls.
    mediators : int
        Number of mediators `k`.
    serial : bool
        Whether each mediator may also act on those after it.

    Notes
    -----
    With the same controls in each equation, ``total - direct`` equals the sum of
    the products along all routes, exactly and in each draw.
    """
    controls = np.arange(2 + mediators, gram.shape[-1])
    inside = np.arange(2, 2 + mediators)
    base = np.concatenate([[1], controls])
    full = np.concatenate([[1], inside, controls])
    total = regress(gram, 0, base)[:, 0]
    joint = regress(gram, 0, full)
    marginal = np.stack([regress(gram, 2 + j, base)[:, 0] for j in range(mediators)], axis=1)
    a, between = marginal, np.zeros((len(gram), mediators, mediators))
    if serial:
        a = marginal.copy()
        for j in range(1, mediators):  # mediators, of which there are few
            found = regress(gram, 2 + j, np.concatenate([[1], inside[:j], controls]))
            a[:, j] = found[:, 0]
            between[:, :j, j] = found[:, 1 : 1 + j]
    rho, ratio = _partial(gram, mediators)
    b = joint[:, 1 : 1 + mediators]
    return Paths(total, joint[:, 0], a, b, between, marginal, rho, ratio)


def _partial(gram: Array, mediators: int) -> tuple[Array, Array]:
    scaled, size, bad = _scaled(gram)
    inverse = np.linalg.inv(scaled) / size[:, :, None] / size[:, None, :]
    inside = np.arange(2, 2 + mediators)
    outcome, own = inverse[:, 0, 0][:, None], inverse[:, inside, inside]
    rho = -inverse[:, 0, inside] / np.sqrt(outcome * own)
    ratio = np.sqrt(own / outcome)
    gone = bad[:, None]
    return np.where(gone, np.nan, rho), np.where(gone, np.nan, ratio)


def routes(mediators: int, *, serial: bool) -> tuple[Route, ...]:
    """The routes from treatment to outcome: one mediator each, or ascending chains of them."""
    longest = mediators if serial else 1
    return tuple(
        route
        for length in range(1, longest + 1)
        for route in combinations(range(mediators), length)
    )


def links(paths: Paths, route: Route) -> Array:
    """The coefficients along one route, shape (B, len(route) + 1)."""
    steps = [paths.between[:, i, j] for i, j in zip(route[:-1], route[1:], strict=True)]
    return np.stack([paths.a[:, route[0]], *steps, paths.b[:, route[-1]]], axis=1)


def indirect(paths: Paths, mediators: int, *, serial: bool) -> Array:
    """The product along each route, shape (B, number of routes)."""
    found = [links(paths, route).prod(axis=1) for route in routes(mediators, serial=serial)]
    return np.stack(found, axis=1)


def effect_at(paths: Paths, rho: Array) -> Array:
    """Indirect effect if the errors of mediator and outcome correlate by `rho`.

    Use it to see how much unmeasured confounding of mediator and outcome the
    product ``a b`` survives. In a parallel model the other mediators are held
    fixed, and `rho` is the correlation given them.

    Parameters
    ----------
    paths : Paths
    rho : ndarray, shape (r,)
        In (-1, 1).

    Returns
    -------
    ndarray, shape (B, k, r)

    Notes
    -----
    ``a s1/s2 (r~ - rho sqrt((1 - r~^2) / (1 - rho^2)))`` with ``s1, s2, r~`` the
    standard deviations and the correlation of outcome and mediator given the
    other columns (Imai, Keele and Yamamoto 2010, theorem 4, there for one
    mediator in a cross-section). It is zero where ``rho = r~``.
    """
    scale = np.sqrt((1 - paths.rho[..., None] ** 2) / (1 - rho**2))
    return (paths.marginal * paths.ratio)[..., None] * (paths.rho[..., None] - rho * scale)
