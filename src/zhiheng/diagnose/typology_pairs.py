"""Whom to learn from and whom to pair with: nearest better peers, complementary partners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.diagnose.typology_input import Compared
from zhiheng.kernels.complement import complement, distances, ranked

Array = NDArray[np.float64]


def pairs_of(panel: Panel, value: Array, other: Compared, most: int) -> dict[str, Table]:
    """Tables ``peers`` and ``partners``; none where nothing was given to compare by.

    Parameters
    ----------
    panel : Panel
    value : ndarray, shape (entities,)
        The variable in the last period: a peer has more of it.
    other : Compared
    most : int
        Rows for each entity.
    """
    if not other.names:
        return {}
    # ties go by code, so that the order of rows decides nothing
    code = np.argsort(np.argsort(np.array(panel.entities), kind="stable"))
    far = distances(other.z)
    better = value[None, :] > value[:, None]
    fit = complement(other.z)
    far_order = ranked((np.where(better, far, np.inf),), code, most)
    # whoever gains from each other first, one-sided help after them
    gain = np.where(fit.helps > 0, -fit.mutual, np.inf)
    fit_order = ranked((gain, -fit.helps), code, most)
    return {
        "peers": _table(
            panel, far_order, "peer", None,
            distance_z=far, lead=value[None, :] - value[:, None],
        ),
        "partners": _table(
            panel, fit_order, "partner",
            _where(fit_order, fit.where, other),
            helps=fit.helps, helped=fit.helps.T, mutual=fit.mutual,
        ),
    }  # fmt: skip


def _table(
    panel: Panel,
    order: tuple[NDArray[np.intp], ...],
    role: str,
    where: list[Text] | None,
    **columns: Array,
) -> Table:
    i, place, j = order
    one = [panel.name(panel.entities[k]) for k in i]
    two = [panel.name(panel.entities[k]) for k in j]
    return Table.of(
        ("entity", "place"),
        entity=[panel.entities[k] for k in i],
        name_zh=[t.zh for t in one],
        name_en=[t.en for t in one],
        place=(place + 1).astype(np.int64),
        **{
            role: [panel.entities[k] for k in j],
            f"{role}_title_zh": [t.zh for t in two],
            f"{role}_title_en": [t.en for t in two],
        },
        **{name: values[i, j] for name, values in columns.items()},
        **({} if where is None else _bilingual("where", where)),
    )


def _bilingual(name: str, texts: list[Text]) -> dict[str, list[str]]:
    return {f"{name}_zh": [t.zh for t in texts], f"{name}_en": [t.en for t in texts]}


def _where(
    order: tuple[NDArray[np.intp], ...], hit: NDArray[np.bool_], other: Compared
) -> list[Text]:
    """In which columns the partner is ahead and strong where the entity is weak."""
    i, _, j = order
    return [_joined([other.titles[k] for k in np.flatnonzero(row)]) for row in hit[i, j]]


def _joined(parts: list[Text]) -> Text:
    return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))
