"""The way back from a derived series: expression → base series → files and cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zhiheng.catalog.scope import scope
from zhiheng.core.expression import explain, needs

if TYPE_CHECKING:
    from zhiheng.store.reader import Reader


@dataclass(frozen=True, slots=True)
class Lineage:
    """What an indicator stands on.

    Attributes
    ----------
    expression : str
    tree : str
        The expression as an indented tree, derived series opened down to base series.
    series : tuple of str
        The base series that it needs.
    missing : tuple of str
        Those that the version does not hold; the indicator cannot be computed without them.
    cells : pyarrow.Table
        The stored values behind it with unit, status, source, vintage, file and cell.
    """

    expression: str
    tree: str
    series: tuple[str, ...]
    missing: tuple[str, ...]
    cells: Any


def lineage(reader: Reader, expression: str, *, level: str = "", **selection: Any) -> Lineage:
    """Follow a series or an expression down to the cells that it was read from.

    Parameters
    ----------
    expression : str
        Such as ``energy_intensity`` or ``co2 / population``.
    level : str
        Whose definitions hold: ``province``, ``economy`` …; by default that of the store, when it
        has only one.
    selection
        As in `Reader.panel`, to ask for some entities and periods only.

    Raises
    ------
    ZhihengError
        X… the expression cannot be parsed; S510, S511, S602 no such version.
    """
    version = reader.version(selection.get("version", ""))
    levels = {f.level for f in version.files if f.level}
    meaning = scope(level or (next(iter(levels)) if len(levels) == 1 else ""))
    wanted = tuple(sorted(needs(expression, meaning)))
    held = set(reader.series(version.id))
    found = [name for name in wanted if name in held]
    more = {"level": level} if level else {}
    cells = reader.rows(series=found, **more, **selection) if found else None
    return Lineage(
        expression,
        explain(expression, meaning),
        wanted,
        tuple(name for name in wanted if name not in held),
        cells,
    )
