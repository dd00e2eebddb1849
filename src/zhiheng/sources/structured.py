"""Formats that settle everything themselves, behind the same door as sheets.

What their parsers may be told stands under ``[options]`` of the mapping file, under the
name that the parser gives it; units, series and own labels are answered as for sheets.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources import (
    baci,
    ceads,
    comtrade,
    customs,
    ecb,
    iamc,
    input_output,
    meters,
    multi_regional,
    nbs_api,
    owid,
    sdmx,
    stata,
    worldbank,
)
from zhiheng.sources.observations import Observations
from zhiheng.sources.questions import Answers
from zhiheng.sources.tables import read_file
from zhiheng.sources.trade import TradeRecords

Sniff = Callable[[bytes, str], bool]


@dataclass(frozen=True, slots=True)
class Format:
    """A structured format: its name, how it is told, and its parser."""

    name: str
    title: Text
    sniff: Sniff
    parse: Callable[..., Any]

    def observations(self, raw: bytes, name: str, answers: Answers) -> Observations:
        """The observations of a file, under the answers of a mapping file.

        Raises
        ------
        ZhihengError
            S548 an option is unknown, missing or cannot be; else what the parser raises.
        """
        given = dict(answers.options)
        trade = self._taken(given, TradeRecords.observations) if self.is_trade else {}
        narrowed = {k: given.pop(k) for k in ("select", "digits") if self.is_trade and k in given}
        options = {**self._answered(answers), **self._taken(given, self.parse)}
        self._refuse_rest(given)
        made = self.parse(raw, name, **options)
        if not isinstance(made, TradeRecords):
            return made
        return _narrowed(made, narrowed).observations(**trade)

    @property
    def is_trade(self) -> bool:
        """Whether it holds records of trade, which a grouping makes into observations."""
        return self.parse in (baci.parse, comtrade.parse, customs.parse)

    def _answered(self, answers: Answers) -> dict[str, Any]:
        known = inspect.signature(self.parse).parameters
        said = {"units": answers.units, "series": answers.series}
        found: dict[str, Any] = {k: v for k, v in said.items() if v and k in known}
        if answers.own_labels and "unknown" in known:
            found["unknown"] = "keep"
        return found

    def _taken(self, given: dict[str, Any], function: Callable[..., Any]) -> dict[str, Any]:
        """The options that a function takes, checked against its own types; S548."""
        hints = typing.get_type_hints(function)
        found: dict[str, Any] = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                continue
            if name in given:
                found[name] = self._checked(name, given.pop(name), hints[name])
            elif parameter.default is inspect.Parameter.empty:
                raise self._wrong([{"option": name, "missing": _choices(hints[name])}])
        return found

    def _checked(self, name: str, value: object, hint: Any) -> Any:
        if hint is bytes or bytes in typing.get_args(hint):
            return read_file(Path(str(value)))  # a second file that the format needs
        try:
            return pydantic.TypeAdapter(hint).validate_python(value)
        except pydantic.ValidationError as error:
            row = {"option": name, "value": str(value)[:80], "error": error.errors()[0]["msg"]}
            raise self._wrong([row]) from None

    def _refuse_rest(self, given: Mapping[str, object]) -> None:
        if given:
            known = ", ".join(sorted(self.known))
            raise self._wrong([{"option": k, "known": known} for k in given])

    @property
    def known(self) -> set[str]:
        """The names of all options."""
        functions = [self.parse, *([TradeRecords.observations] if self.is_trade else [])]
        names = {
            n
            for f in functions
            for n, p in inspect.signature(f).parameters.items()
            if p.kind is inspect.Parameter.KEYWORD_ONLY
        }
        return names | ({"select", "digits"} if self.is_trade else set())

    def _wrong(self, rows: list[Row]) -> ZhihengError:
        return ZhihengError(
            "S548",
            Text(
                "{t}：选项缺少、不认识或取值不对。",
                "{t}: an option is missing, unknown or cannot be.",
            ).format(t=self.title),
            evidence=rows,
            fix=Text(
                "写在映射文件的 [options] 下，用 --map 再读。",
                "Write it under [options] of a mapping file and read again with --map.",
            ),
        )


def _narrowed(records: TradeRecords, by: Mapping[str, Any]) -> TradeRecords:
    if "select" in by:
        records = records.select(**dict(by["select"]))
    return records.digits(int(by["digits"])) if "digits" in by else records


def _choices(hint: Any) -> str:
    return " | ".join(str(a) for a in typing.get_args(hint)) or getattr(hint, "__name__", "?")


FORMATS: tuple[Format, ...] = (
    Format("stata", Text("Stata 数据", "Stata data"), stata.sniff, stata.parse),
    Format("sdmx", Text("SDMX 报文", "SDMX message"), sdmx.sniff, sdmx.parse),
    Format("ecb", Text("欧洲央行汇率", "ECB exchange rates"), ecb.sniff, ecb.parse),
    Format("nbs_api", Text("国家统计局接口", "NBS interface"), nbs_api.sniff, nbs_api.parse),
    Format("worldbank", Text("世界银行", "World Bank"), worldbank.sniff, worldbank.parse),
    Format("iamc", Text("IAMC 情景", "IAMC scenarios"), iamc.sniff, iamc.parse),
    Format("comtrade", Text("联合国贸易库", "UN Comtrade"), comtrade.sniff, comtrade.parse),
    Format("baci", Text("BACI 双边贸易", "BACI bilateral trade"), baci.sniff, baci.parse),
    Format("customs", Text("海关查询", "customs query"), customs.sniff, customs.parse),
    Format("owid", Text("Our World in Data 图表", "Our World in Data chart"), owid.sniff,
           owid.parse),
    Format("multi_regional", Text("多区域投入产出表", "multi-regional input-output table"),
           multi_regional.sniff, multi_regional.parse),
    Format("meters", Text("计量与传感器", "meters and sensors"), meters.sniff, meters.parse),
    Format("ceads", Text("CEADs 清单", "CEADs inventory"), ceads.sniff, ceads.parse),
    Format("input_output", Text("投入产出表", "input-output table"), input_output.sniff,
           input_output.parse),
)  # fmt: skip
"""Asked in this order; those that must open a workbook to tell come last."""
