"""Where a simulation begins, whatever it was read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.simulate_energy import Energy
from zhiheng.core.panel import Panel
from zhiheng.kernels.simulator_records import State

Array = NDArray[np.float64]
BRANCHES = ("primary", "secondary", "tertiary")
MONEY = "CNY_2020"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a simulation begins.

    Attributes
    ----------
    panel : Panel
        The entities in use and the years of the history.
    year : int
        The last observed one.
    first : int
        The first year of the history that drifts are taken from.
    energy : Energy
    state : State
        `fossil_factor` and `sink` are central values.
    levels : ndarray, shape (A, P, 3)
        Logarithms of population, output per head and emissions per output.
    known : ndarray, shape (A, K, 3)
        The same for years after the start whose totals are observed: every draw passes there.
    history : ndarray, shape (A, P)
        Emissions in the boundary of the simulation.
    preference, structure : ndarray, shapes (A, F) and (A, B)
        Observed yearly drift of the shares of carriers and of branches.
    left_out : tuple of str
    own_sink, own_process : bool
        Whether the panel itself said so.
    territorial : bool
        CO2 by sector is observed and its carriers are allocated; otherwise energy is observed.
    grid_fall : ndarray, shape (A,), optional
        Yearly fall of the factor of electricity that the panel itself shows.
    later : tuple of (str, int, float)
        Emissions that are observed after the last known year, and not used: entity, year, t CO2.
    series : tuple of str
    """

    panel: Panel
    year: int
    first: int
    energy: Energy
    state: State
    levels: Array
    known: Array
    history: Array
    preference: Array
    structure: Array
    left_out: tuple[str, ...]
    own_sink: bool
    own_process: bool
    series: tuple[str, ...]
    territorial: bool = False
    grid_fall: Array | None = None
    later: tuple[tuple[str, int, float], ...] = ()

    @property
    def seen(self) -> int:
        """The last year whose totals are observed."""
        return self.year + self.known.shape[1]


def log_change(shares: Array) -> Array:
    """Change of the logarithm of shares from the first to the last year; zero for absent ones."""
    first, last = shares[:, 0], shares[:, -1]
    both = (first > 0) & (last > 0)
    return np.where(both, np.log(np.where(both, last, 1.0) / np.where(both, first, 1.0)), 0.0)


def ratio(a: Array, b: Array) -> Array:
    """`a / b`, and zero where `b` is zero."""
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape)), where=b != 0)
