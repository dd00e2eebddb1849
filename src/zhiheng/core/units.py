"""Units of values: what may be added, and what a quotient is called."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text

if TYPE_CHECKING:
    import pint

UNSTATED = "unstated"
"""The unit of a series whose unit nobody gave: it can be ranked, but not added to anything."""
PLAIN = "1"
"""The unit of a plain number."""


class UnitSystem:
    """Unit algebra over the canonical symbols of the catalog.

    pint sees these definitions and nothing else: no prefix is guessed, because
    pint alone reads ``100M CNY`` as molar and ``10k tce`` as Boltzmann.

    Parameters
    ----------
    definitions : iterable of str
        pint definitions of the canonical symbols, such as ``CNY = [money_CNY]``.
    current_money : iterable of str
        Symbols that are current prices: two years of them are not comparable.
    """

    def __init__(self, definitions: Iterable[str], current_money: Iterable[str] = ()) -> None:
        self._definitions = tuple(definitions)
        self.current_money = frozenset(current_money)
        self._known: dict[str, str] = {}

    @cached_property
    def _registry(self) -> pint.UnitRegistry[Any]:
        import pint

        # None means no definitions of pint's own; its annotation names only the file case
        registry: pint.UnitRegistry[Any] = pint.UnitRegistry(None, cache_folder=None)  # pyright: ignore[reportArgumentType]
        for line in self._definitions:
            registry.define(line)
        return registry

    def canonical(self, unit: str) -> str:
        """The one way to write a unit; raises U201 for a symbol that is not defined."""
        if unit in (UNSTATED, PLAIN, ""):
            return unit or PLAIN
        if unit not in self._known:
            self._known[unit] = self._write(self._parse(unit))
        return self._known[unit]

    def product(self, left: str, right: str, power: int = 1) -> str:
        """The unit of ``left * right**power``."""
        if UNSTATED in (left, right):
            return self._unstated_product(left, right, power)
        if PLAIN in (left, right) and power == 1:
            return left if right == PLAIN else right
        if left == right and power == -1:
            return PLAIN
        key = f"{left} ~ {right} ^ {power}"
        if key not in self._known:
            self._known[key] = self._write(self._parse(left) * self._parse(right) ** power)
        return self._known[key]

    def power(self, unit: str, exponent: float) -> str:
        """The unit of a power."""
        if unit in (PLAIN, UNSTATED):
            return unit
        return self._write(self._parse(unit) ** exponent)

    def symbols(self, unit: str) -> frozenset[str]:
        """The canonical symbols that stand in a unit."""
        if unit in (PLAIN, UNSTATED, ""):
            return frozenset()
        return frozenset(dict(self._parse(unit)._units))  # noqa: SLF001

    def is_current_money(self, unit: str) -> bool:
        """Whether values of this unit carry the prices of their own year."""
        return bool(self.symbols(unit) & self.current_money)

    def _unstated_product(self, left: str, right: str, power: int) -> str:
        if right == PLAIN and power:
            return left
        return UNSTATED

    def _parse(self, unit: str) -> Any:
        import pint

        if unit == PLAIN:
            return self._registry.Unit("")
        try:
            return self._registry.Unit(unit)
        except (pint.UndefinedUnitError, pint.DefinitionSyntaxError, ValueError) as error:
            raise ZhihengError(
                "U201",
                Text("单位“{u}”不在目录里。", 'The unit "{u}" is not in the catalog.').format(
                    u=unit
                ),
                fix=Text(
                    "用 units.toml 里的规范单位，或先在其中登记。",
                    "Use a canonical unit of units.toml, or register it there first.",
                ),
            ) from error

    def _write(self, unit: Any) -> str:
        powers: dict[str, float] = dict(unit._units)  # noqa: SLF001
        up = [_factor(s, p) for s, p in sorted(powers.items()) if p > 0]
        down = [_factor(s, -p) for s, p in sorted(powers.items()) if p < 0]
        head = "*".join(up) or PLAIN
        return "/".join([head, *down])


def _factor(symbol: str, power: float) -> str:
    return symbol if power == 1 else f"{symbol}^{power:g}"
