"""Units of the catalog: canonical symbols, and what publishers write for them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from zhiheng.catalog.loading import Entry, Words, read_toml
from zhiheng.core.errors import ZhihengError, nearest
from zhiheng.core.text import Text
from zhiheng.core.units import PLAIN, UnitSystem

_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FORM = re.compile(r"(1|[A-Za-z_]\w*(\^\d+)?)([*/][A-Za-z_]\w*(\^\d+)?)*")


class _Symbols(Entry):
    independent: tuple[str, ...]
    dependent: dict[str, str]


class _Money(Entry):
    symbol: str
    current: bool
    first: int
    last: int


class UnitCatalog(Entry):
    """The file ``units.toml``."""

    symbols: _Symbols
    money: tuple[_Money, ...]
    strings: dict[str, tuple[str, float]]
    ambiguous: dict[str, Words]

    def definitions(self) -> list[str]:
        """Definitions in pint's syntax: one dimension for each independent symbol."""
        bases = list(self.symbols.independent)
        for money in self.money:
            bases.append(money.symbol)
            bases += [f"{money.symbol}_{year}" for year in range(money.first, money.last + 1)]
        lines = [f"{name} = [{name}]" for name in bases]
        return lines + [f"{name} = {text}" for name, text in self.symbols.dependent.items()]


@cache
def unit_catalog() -> UnitCatalog:
    """The catalogued units."""
    return read_toml("units.toml", UnitCatalog)


@cache
def unit_system() -> UnitSystem:
    """Unit algebra over the catalogued symbols; the one that expressions use."""
    catalog = unit_catalog()
    return UnitSystem(catalog.definitions(), [m.symbol for m in catalog.money if m.current])


@cache
def unit_of(written: str) -> tuple[str, float]:
    """What a publisher's unit string means.

    Parameters
    ----------
    written : str
        As it stands in the source, such as ``亿元``, ``10k persons`` or ``%``;
        a canonical unit such as ``CNY/person`` is understood too. Full-width
        letters and spaces at the ends do not matter.

    Returns
    -------
    unit : str
        Canonical unit.
    factor : float
        Value in the canonical unit for a published value of one.

    Raises
    ------
    ZhihengError
        U210 the string is not catalogued, U211 it does not say what is counted.
    """
    catalog = unit_catalog()
    plain = _plain(written)
    if plain in _strings():
        return _strings()[plain]
    if plain in _ambiguities():
        raise _ambiguous(written, _ambiguities()[plain])
    if _is_canonical(plain):
        return unit_system().canonical(plain), 1.0
    raise _unmapped(written, [*catalog.strings, *catalog.ambiguous])


def is_unit(written: str) -> bool:
    """Whether a text names a unit, even one that does not say what it counts.

    Use it to tell units from other words of a sheet; `unit_of` says what the unit is.
    """
    plain = _plain(written)
    return plain in _strings() or plain in _ambiguities() or _is_canonical(plain)


@cache
def _strings() -> dict[str, tuple[str, float]]:
    return {_plain(known): meaning for known, meaning in unit_catalog().strings.items()}


@cache
def _ambiguities() -> dict[str, Text]:
    return {_plain(known): advice for known, advice in unit_catalog().ambiguous.items()}


@cache
def _symbols() -> frozenset[str]:
    return frozenset(line.split(" = ")[0] for line in unit_catalog().definitions())


def _plain(written: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", written).split())


def _is_canonical(unit: str) -> bool:
    """Whether the text is a product of catalogued symbols; pint is not asked to guess."""
    if not _FORM.fullmatch(unit):
        return False
    return unit != PLAIN and set(_SYMBOL.findall(unit)) <= _symbols()


def _ambiguous(written: str, advice: Text) -> ZhihengError:
    return ZhihengError(
        "U211",
        Text("单位“{u}”没有说明所计之物。", 'The unit "{u}" does not say what is counted.').format(
            u=written
        ),
        fix=advice,
    )


def _unmapped(written: str, known: list[str]) -> ZhihengError:
    near = nearest(written, known) or ["亿元", "万人", "%"]
    return ZhihengError(
        "U210",
        Text("单位“{u}”没有登记。", 'The unit "{u}" is not mapped.').format(u=written),
        evidence=[{"unit": written, "nearest": ", ".join(near)}],
        fix=Text(
            "改写成已登记的写法，最接近的有：{near}；或在 units.toml 里登记。",
            "Write a mapped form, the nearest are: {near}; or map it in units.toml.",
        ).format(near=", ".join(near)),
    )
