"""Principal components of indicators: what they share, whether they suit, and weights from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from zhiheng.kernels.normalise import Normalised
from zhiheng.kernels.weights_contrast import cells, correlations

Array = NDArray[np.float64]
PcaRule = Literal["pca", "pca_first", "pca_composite"]

# An eigenvalue of a correlation matrix below this is zero up to rounding.
SINGULAR = 1e-10
# Random numbers held at once, which bounds memory for panels of any length.
BLOCK = 4_000_000
KAISER = 1.0 + 1e-9


@dataclass(frozen=True, slots=True)
class Components:
    """Principal components of a correlation matrix.

    Attributes
    ----------
    correlation : ndarray, shape (K, K)
    eigenvalues : ndarray, shape (K,)
        Falling; they sum to K.
    vectors : ndarray, shape (K, K)
        Unit eigenvectors in columns, each with a non-negative sum.
    loadings : ndarray, shape (K, K)
        Correlations of indicators (rows) with components (columns).
    kept : int
        Components with an eigenvalue above one, and at least one.
    """

    correlation: Array
    eigenvalues: Array
    vectors: Array
    loadings: Array
    kept: int

    @property
    def explained(self) -> Array:
        """The share of variance of each component."""
        return self.eigenvalues / self.eigenvalues.sum()


@dataclass(frozen=True, slots=True)
class Suitability:
    """Whether a correlation matrix suits components.

    Attributes
    ----------
    kmo : float
        Kaiser-Meyer-Olkin measure, in [0, 1].
    adequacy : ndarray, shape (K,)
        The same of each indicator.
    chi2, df, p : float
        Bartlett's test that all correlations are zero.
    """

    kmo: float
    adequacy: Array
    chi2: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class PcaWeights:
    """Weights from components; the indicators that do not vary have weight zero.

    Attributes
    ----------
    eigenvalues : ndarray
        Of the indicators that vary.
    kept : int
        Components used.
    coefficients : ndarray, shape (K,)
        What the weights are shares of.
    weights : ndarray, shape (1, K)
        NaN where a coefficient of ``"pca_composite"`` is negative.
    """

    eigenvalues: Array
    kept: int
    coefficients: Array
    weights: Array


def components(correlation: Array) -> Components:
    """Principal components of a correlation matrix, in falling order.

    The sign of a component is free; here its loadings sum to zero or more.
    """
    values, vectors = np.linalg.eigh(correlation)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    vectors = vectors * _signs(vectors)
    kept = max(int((values > KAISER).sum()), 1)
    return Components(correlation, values, vectors, vectors * np.sqrt(values), kept)


def _signs(vectors: Array) -> Array:
    """Signs that make sums positive, or the largest entry where the sum is only rounding."""
    sums = vectors.sum(axis=0)
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)[0]
    return np.where(np.where(np.abs(sums) > SINGULAR, sums, largest) < 0, -1.0, 1.0)


def pca_weights(z: Normalised, rule: PcaRule = "pca") -> PcaWeights:
    """Weights from principal components of the pooled correlation matrix.

    Use it where indicators are many readings of few things. It weighs what goes
    along with others and gives little to an indicator that stands alone,
    however important.

    Parameters
    ----------
    z : Normalised
    rule : {"pca", "pca_first", "pca_composite"}
        With unit eigenvectors v and eigenvalues l, over the components with
        ``l > 1`` (at least one): ``"pca"``: ``sum_c l_c v_kc^2``, squared loadings,
        that is squared entries weighted by shares of variance; never negative.
        ``"pca_first"``: ``v_k1^2`` of the first alone. ``"pca_composite"``:
        ``sum_c l_c v_kc``, the coefficients of the composite score that Chinese
        papers print from SPSS; it can be negative, and then gives no weights.

    References
    ----------
    Nardo et al. (2008), OECD Handbook, step 6; Nicoletti, Scarpetta and Boylaud
    (2000), OECD Economics Department Working Paper 226.
    """
    x, varies = cells(z)
    coefficients = np.zeros(x.shape[1])
    if not varies.any():
        return PcaWeights(np.zeros(0), 0, coefficients, np.full((1, x.shape[1]), np.nan))
    found = components(correlations(x[:, varies]))
    kept = 1 if rule == "pca_first" else found.kept
    share, v = found.eigenvalues[:kept], found.vectors[:, :kept]
    power = v if rule == "pca_composite" else v**2
    coefficients[varies] = power @ share / share.sum()
    lowest = coefficients.min()
    whole = np.nan if lowest < -SINGULAR else coefficients.sum()
    weights = np.maximum(coefficients, 0.0) / whole
    return PcaWeights(found.eigenvalues, kept, coefficients, weights[None])


def suitability(correlation: Array, observations: int) -> Suitability:
    """KMO and Bartlett's test of sphericity of a correlation matrix that can be inverted.

    Parameters
    ----------
    correlation : ndarray, shape (K, K)
    observations : int
        Rows behind it; cells of a panel are not independent, so that p is too small there.

    References
    ----------
    Kaiser (1974), Psychometrika 39:31; Bartlett (1951), Biometrika 38:337.
    """
    count = len(correlation)
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = -inverse / np.outer(scale, scale)
    off = ~np.eye(count, dtype=np.bool_)
    r2, p2 = correlation**2 * off, partial**2 * off
    log_determinant = float(np.linalg.slogdet(correlation)[1])
    statistic = -(observations - 1 - (2 * count + 5) / 6) * log_determinant
    df = count * (count - 1) // 2
    with np.errstate(invalid="ignore"):
        return Suitability(
            float(r2.sum() / (r2.sum() + p2.sum())),
            r2.sum(axis=0) / (r2.sum(axis=0) + p2.sum(axis=0)),
            statistic,
            df,
            float(chi2.sf(statistic, df)),
        )


def collinear(correlation: Array) -> NDArray[np.bool_]:
    """Which indicators take part in an exact linear relation of the others."""
    values, vectors = np.linalg.eigh(correlation)
    null = vectors[:, values < SINGULAR * len(values)]
    return np.asarray((np.abs(null) > 1e-6).any(axis=1))


def parallel(observations: int, count: int, *, draws: int, seed: int, level: float) -> Array:
    """Eigenvalues that uncorrelated normal data of this size would show (Horn's analysis).

    Parameters
    ----------
    observations, count : int
        Rows and indicators.
    draws, seed : int
    level : float
        The point of the distribution that is returned, such as .95.

    Returns
    -------
    ndarray, shape (count,)

    References
    ----------
    Horn (1965), Psychometrika 30:179.
    """
    generator = np.random.default_rng(seed)
    block = max(BLOCK // (observations * count), 1)
    sizes = [min(block, draws - done) for done in range(0, draws, block)]
    values = np.concatenate([_random_eigenvalues(generator, n, observations, count) for n in sizes])
    return np.asarray(np.quantile(values, level, axis=0), dtype=np.float64)


def _random_eigenvalues(
    generator: np.random.Generator, draws: int, observations: int, count: int
) -> Array:
    """Falling eigenvalues of the correlations of random normal data; (draws, count)."""
    data = generator.standard_normal((draws, observations, count))
    data -= data.mean(axis=1, keepdims=True)
    data /= np.sqrt((data**2).sum(axis=1, keepdims=True))
    values = np.linalg.eigvalsh(np.matmul(data.transpose(0, 2, 1), data))
    return np.asarray(values[:, ::-1], dtype=np.float64)
