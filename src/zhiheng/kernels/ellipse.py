"""Gravity centres and standard deviational ellipses, on a plane.

Notation: `n` places with coordinates (x east, y north), `P` periods, weights of
shape (P, n).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ellipses:
    """One ellipse per period.

    Attributes
    ----------
    centre : ndarray, shape (P, 2)
        Weighted mean of the coordinates.
    major, minor : ndarray, shape (P,)
        Semi-axes.
    rotation : ndarray, shape (P,)
        Direction of the major axis in degrees clockwise from north, 0 to 180; NaN
        where the two axes are equally long.
    """

    centre: Array
    major: Array
    minor: Array
    rotation: Array

    @property
    def area(self) -> Array:
        """Pi times both semi-axes."""
        return np.pi * self.major * self.minor


def ellipses(at: Array, weights: Array, *, corrected: bool) -> Ellipses:
    """The standard deviational ellipse of each period.

    Semi-axes are the square roots of the eigenvalues of the weighted covariance
    of coordinates: the ellipse of Yuill. `corrected` multiplies both by
    ``sqrt(2 n / (n - 2))``, the convention of CrimeStat.

    Parameters
    ----------
    at : ndarray, shape (n, 2)
        Three places or more.
    weights : ndarray, shape (P, n)
        None negative; they sum to more than zero in every period.
    """
    share = weights / weights.sum(axis=1, keepdims=True)
    centre = share @ at
    off = at[None, :, :] - centre[:, None, :]
    spread = np.einsum("pn,pni,pnj->pij", share, off, off)
    values, vectors = np.linalg.eigh(spread)  # ascending
    factor = 2.0 * len(at) / (len(at) - 2) if corrected else 1.0
    minor, major = np.sqrt(np.maximum(values, 0.0) * factor).T
    east, north = vectors[:, 0, 1], vectors[:, 1, 1]
    rotation = np.degrees(np.arctan2(east, north)) % 180.0
    round_ = values[:, 1] - values[:, 0] <= 1e-12 * values[:, 1]
    return Ellipses(centre, major, minor, np.where(round_, np.nan, rotation))


@dataclass(frozen=True, slots=True)
class Projection:
    """Azimuthal projection of equal areas (Lambert) of a sphere about one point.

    Attributes
    ----------
    longitude, latitude : float
        The point, degrees.
    radius : float
        Of the sphere; the plane has the same unit.
    """

    longitude: float
    latitude: float
    radius: float

    def to_plane(self, at: Array) -> Array:
        """(longitude, latitude) in degrees, shape (..., 2), as (x east, y north)."""
        longitude = np.radians(at[..., 0] - self.longitude)
        latitude, zero = np.radians(at[..., 1]), np.radians(self.latitude)
        cosine = np.sin(zero) * np.sin(latitude) + np.cos(zero) * np.cos(latitude) * np.cos(
            longitude
        )
        k = np.sqrt(2.0 / (1.0 + cosine))
        north = np.cos(zero) * np.sin(latitude) - np.sin(zero) * np.cos(latitude) * np.cos(
            longitude
        )
        east = np.cos(latitude) * np.sin(longitude)
        return self.radius * np.stack([k * east, k * north], axis=-1)

    def to_globe(self, plane: Array) -> Array:
        """The inverse: (x east, y north) as (longitude, latitude) in degrees."""
        x, y = plane[..., 0] / self.radius, plane[..., 1] / self.radius
        rho, zero = np.hypot(x, y), np.radians(self.latitude)
        c = 2.0 * np.arcsin(np.clip(rho / 2.0, -1.0, 1.0))
        ratio = np.divide(np.sin(c), rho, out=np.ones_like(rho), where=rho > 0)
        latitude = np.arcsin(np.clip(np.cos(c) * np.sin(zero) + y * ratio * np.cos(zero), -1, 1))
        longitude = np.arctan2(
            x * ratio, np.cos(zero) * np.cos(c) - y * ratio * np.sin(zero)
        )  # both sides divided by rho
        return np.stack([np.degrees(longitude) + self.longitude, np.degrees(latitude)], axis=-1)


def bearing(step: Array) -> Array:
    """Direction of (x east, y north) steps in degrees clockwise from north, 0 to 360."""
    found = np.degrees(np.arctan2(step[..., 0], step[..., 1])) % 360.0
    still = np.hypot(step[..., 0], step[..., 1]) == 0
    return np.where(still, np.nan, found)
