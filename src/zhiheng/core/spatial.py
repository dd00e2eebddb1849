"""Spatial weights: who is whose neighbour, and how much, as one frozen record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import Row, ZhihengError, nearest
from zhiheng.core.hashing import digest
from zhiheng.core.text import Text

Standardisation = Literal["row", "none", "spectral"]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

STANDARDISED: dict[str, Text] = {
    "row": Text("按行标准化（每行之和为一）", "row-standardised (each row sums to one)"),
    "none": Text("未标准化", "not standardised"),
    "spectral": Text("除以谱半径", "divided by the spectral radius"),
}


@dataclass(frozen=True, eq=False)
class SpatialWeights:
    """Weights between units in compressed rows; methods take it as their option `spatial`.

    The record keeps the weights as they were given beside the standardised ones,
    so that a part of the units can be selected and standardised again.

    Parameters
    ----------
    labels : tuple of str
        The units, in the order of rows and columns.
    starts : ndarray of int, shape (n + 1,)
        Row i holds the entries ``starts[i]:starts[i + 1]``.
    columns : ndarray of int, shape (m,)
        The neighbour of each entry, ascending within a row.
    given : ndarray, shape (m,)
        Weights before standardisation, positive.
    standardisation : {"row", "none", "spectral"}
        Rows divided by their sum, nothing, or all divided by the largest modulus
        of an eigenvalue (which keeps symmetry).
    name : str
        What results print.
    directed : bool
        Whether i may be a neighbour of j without j being one of i.
    links : tuple of pairs of str
        Neighbours by declaration and not by a border.
    notes : tuple of Text
        Rules applied when the weights were made.

    Raises
    ------
    ZhihengError
        M860 a unit that is its own neighbour, M862 a weight that is not positive
        and finite, M863 a neighbour in one direction only, M864 repeated labels.
    """

    labels: tuple[str, ...]
    starts: Integers
    columns: Integers
    given: Floats
    standardisation: Standardisation = "row"
    name: str = "weights"
    directed: bool = False
    links: tuple[tuple[str, str], ...] = ()
    notes: tuple[Text, ...] = ()

    def __post_init__(self) -> None:
        self._check_labels()
        self._check_entries()
        if not self.directed:
            self._check_both_ways()
        for array in (self.starts, self.columns, self.given):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.labels)

    @staticmethod
    def of(
        labels: Sequence[str],
        rows: NDArray[np.intp],
        columns: NDArray[np.intp],
        given: Floats,
        *,
        standardisation: Standardisation = "row",
        name: str = "weights",
        directed: bool = False,
        links: Sequence[tuple[str, str]] = (),
        notes: Sequence[Text] = (),
    ) -> SpatialWeights:
        """Make the record from entries in any order; entries must be distinct cells."""
        order = np.lexsort((columns, rows))
        starts = np.zeros(len(labels) + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=len(labels)), out=starts[1:])
        return SpatialWeights(
            tuple(labels),
            starts,
            np.asarray(columns, dtype=np.int64)[order],
            np.asarray(given, dtype=np.float64)[order],
            standardisation,
            name,
            directed,
            tuple(links),
            tuple(notes),
        )

    # ------------------------------------------------------------------ reading

    @cached_property
    def rows(self) -> Integers:
        """The row of each entry."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.starts))

    @cached_property
    def values(self) -> Floats:
        """The standardised weight of each entry."""
        if self.standardisation == "row":
            total = np.bincount(self.rows, weights=self.given, minlength=len(self))
            return self.given / total[self.rows]
        if self.standardisation == "spectral":
            return self.given / self._radius()
        return self.given

    @property
    def matrix(self) -> Floats:
        """The standardised weights as a dense matrix."""
        out = np.zeros((len(self), len(self)))
        out[self.rows, self.columns] = self.values
        return out

    @property
    def islands(self) -> tuple[str, ...]:
        """Units without any neighbour."""
        return tuple(self.labels[i] for i in np.flatnonzero(np.diff(self.starts) == 0))

    @property
    def binary(self) -> bool:
        """Whether every weight that was given is one."""
        return bool((self.given == 1.0).all())

    @cached_property
    def hash(self) -> str:
        """Fingerprint of labels, entries and standardisation: equal weights, equal hashes."""
        return digest(
            list(self.labels), self.standardisation, self.starts, self.columns, self.given
        )

    def reference(self) -> dict[str, str]:
        """Name and fingerprint, as parameters of a result hold them."""
        return {"name": self.name, "hash": self.hash}

    # ----------------------------------------------------------------- changing

    def select(self, labels: Sequence[str]) -> SpatialWeights:
        """The weights among some units, in the order given, standardised among them.

        Raises
        ------
        ZhihengError
            M865 a label that the weights do not have.
        """
        where = {label: i for i, label in enumerate(self.labels)}
        missing: list[Row] = [
            {"entity": label, "nearest": ", ".join(nearest(label, self.labels)) or "-"}
            for label in labels
            if label not in where
        ]
        if missing:
            raise _unmatched(missing, self.name)
        new = np.full(len(self), -1, dtype=np.int64)
        new[[where[label] for label in labels]] = np.arange(len(labels))
        kept = (new[self.rows] >= 0) & (new[self.columns] >= 0)
        return SpatialWeights.of(
            labels,
            new[self.rows[kept]],
            new[self.columns[kept]],
            self.given[kept],
            standardisation=self.standardisation,
            name=self.name,
            directed=self.directed,
            links=[p for p in self.links if set(p) <= set(labels)],
            notes=self.notes,
        )

    def standardised(self, how: Standardisation) -> SpatialWeights:
        """The same weights, standardised in another way."""
        return replace(self, standardisation=how)

    def _radius(self) -> float:
        """The largest modulus of an eigenvalue of the weights as given."""
        raw = np.zeros((len(self), len(self)))
        raw[self.rows, self.columns] = self.given
        symmetric = np.array_equal(raw, raw.T)
        found = np.linalg.eigvalsh(raw) if symmetric else np.linalg.eigvals(raw)
        largest = float(np.abs(found).max(initial=0.0))
        return largest or 1.0  # no neighbours at all: nothing to divide

    # ----------------------------------------------------------------- checking

    def _check_labels(self) -> None:
        seen: set[str] = set()
        twice: list[Row] = []
        for label in self.labels:
            if label in seen:
                twice.append({"label": label})
            seen.add(label)
        if twice or not self.labels:
            raise ZhihengError(
                "M864",
                Text("空间权重的标签为空或有重复。", "Labels of the weights are empty or repeat."),
                evidence=twice,
                fix=Text("每个单元只写一次。", "Name every unit once."),
            )

    def _check_entries(self) -> None:
        own = np.flatnonzero(self.rows == self.columns)
        if len(own):
            raise ZhihengError(
                "M860",
                Text(
                    "{n} 个单元被写成自己的邻居。", "{n} units are given as their own neighbours."
                ).format(n=len(own)),
                evidence=[{"label": self.labels[self.rows[i]]} for i in own],
                fix=Text("去掉自己与自己的对。", "Remove the pairs of a unit with itself."),
            )
        wrong = np.flatnonzero(~(np.isfinite(self.given) & (self.given > 0)))
        if len(wrong):
            raise ZhihengError(
                "M862",
                Text(
                    "{n} 个空间权重不是有限的正数。", "{n} weights are not positive and finite."
                ).format(n=len(wrong)),
                evidence=[{**self._pair(int(i)), "weight": float(self.given[i])} for i in wrong],
                fix=Text(
                    "权重须为正；没有联系的两个单元不写。",
                    "Weights are positive; leave out units that are not connected.",
                ),
            )

    def _check_both_ways(self) -> None:
        n = len(self)
        there, back = self.rows * n + self.columns, self.columns * n + self.rows
        alone = np.flatnonzero(~np.isin(there, back))
        if len(alone):
            raise ZhihengError(
                "M863",
                Text(
                    "{n} 对邻接只有一个方向：甲是乙的邻居，乙却不是甲的。",
                    "{n} pairs are neighbours in one direction only.",
                ).format(n=len(alone)),
                evidence=[self._pair(int(i)) for i in alone],
                fix=Text(
                    "补上或去掉这些对；若本来就有方向（如最近的 k 个），写 directed=True。",
                    "Complete or remove these pairs; if direction is meant (such as nearest k), "
                    "say directed=True.",
                ),
            )

    def _pair(self, entry: int) -> dict[str, object]:
        return {"from": self.labels[self.rows[entry]], "to": self.labels[self.columns[entry]]}


def _unmatched(rows: list[Row], name: str) -> ZhihengError:
    return ZhihengError(
        "M865",
        Text(
            "空间权重“{w}”里没有面板的 {n} 个地区。",
            'The weights "{w}" lack {n} entities of the panel.',
        ).format(w=name, n=len(rows)),
        evidence=rows,
        fix=Text(
            "让两边的代码或名称一致，或先从面板里选出权重所含的地区。",
            "Use the same codes or names on both sides, or select the entities that the weights "
            "hold.",
        ),
    )
