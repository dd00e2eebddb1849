"""What a name in a column stands for: ids, and the Chinese and English names of the catalog."""

from __future__ import annotations

from functools import cache

from zhiheng.catalog.carriers import carriers, sectors
from zhiheng.catalog.factors import pfc_slopes, potentials, processes


def carrier_id(written: str) -> str:
    """The id of a fuel, process or gas by its id or its name; what was written where none fits."""
    return _carriers().get(written) or _gases().get(_bare(written), written)


def sector_id(written: str) -> str:
    """The id of a sector by its id or its name; a sector of the user's own where none fits."""
    return _sectors().get(written, written)


def known_carriers() -> tuple[str, ...]:
    """Ids of all fuels, processes and gases, for the nearest ones of a slip of the pen."""
    gases = dict.fromkeys(g.gas for g in potentials())
    return (*carriers(), *pfc_slopes(), *(p.id for p in processes()), *gases)


@cache
def _carriers() -> dict[str, str]:
    rows = [(c.carrier, c.title_zh, c.title_en) for c in carriers().values()]
    rows += [(p.id, p.title_zh, p.title_en) for p in (*processes(), *pfc_slopes().values())]
    return {name: names[0] for names in rows for name in names}


@cache
def _sectors() -> dict[str, str]:
    rows = [(s.sector, s.title_zh, s.title_en) for s in sectors().values()]
    return {name: names[0] for names in rows for name in names}


@cache
def _gases() -> dict[str, str]:
    return {_bare(g.gas): g.gas for g in potentials()}


def _bare(gas: str) -> str:
    """Without hyphens and case: HFC-134a and HFC134a are one gas."""
    return gas.replace("-", "").casefold()
