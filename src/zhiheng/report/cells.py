"""The cells of printed tables as text, alike in every medium."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zhiheng.catalog.series import title_in
from zhiheng.catalog.wording import option_word
from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Lang, Text
from zhiheng.report.model import RegressionBlock, RegressionColumn, TableBlock
from zhiheng.report.stars import stars
from zhiheng.study.ledger import DASH, LARGE, Ledger
from zhiheng.study.sentences import Address, Number

COEFFICIENTS, FIT = "coefficients", "fit"
"""The tables of a regression that a regression table is made of."""
ESTIMATE_FORMAT, ERROR_FORMAT = ".4f", ".4f"
_NAMED_BY_ROW = frozenset({"entity", "indicator"})
"""Codes whose words stand in the row's own ``name_zh`` and ``name_en``."""
_VARIABLES = frozenset(
    {"term", "cause", "affected", "endogenous", "variable", "mediator", "emission_source"}
)
"""Columns that hold the name of a series or of a variable of the plan."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
"""The name of a series or of a function in an expression."""
_YES = {"zh": ("否", "是"), "en": ("No", "Yes")}


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient as printed: estimate with stars, standard error in parentheses."""

    estimate: str
    error: str


@dataclass(frozen=True, slots=True)
class RegressionCells:
    """All cells of a regression table, by row and model."""

    terms: tuple[tuple[Coefficient, ...], ...]
    marks: tuple[tuple[str, ...], ...]
    fit: tuple[tuple[str, ...], ...]


def regression_cells(block: RegressionBlock, ledger: Ledger, lang: Lang) -> RegressionCells:
    """The cells of a regression table; a term that a model lacks is left empty."""
    return RegressionCells(
        terms=tuple(
            tuple(_coefficient(term, model, ledger, lang) for model in block.models)
            for term, _ in block.terms
        ),
        marks=tuple(
            tuple(_YES[lang][model.marks.get(mark, False)] for model in block.models)
            for mark, _ in block.marks
        ),
        fit=tuple(
            tuple(
                ledger.show(fit_address(model, column.column, ledger), column.format, lang)
                for model in block.models
            )
            for column in block.fit
        ),
    )


def fit_address(model: RegressionColumn, column: str, ledger: Ledger) -> Address:
    """The address of a fit statistic; the fit table has one row."""
    return Address(model.step, FIT, ledger.run.results[model.step].tables[FIT].key(0), column)


def has_term(model: RegressionColumn, term: str, ledger: Ledger) -> bool:
    """Whether a model has a coefficient for this term."""
    table = ledger.run.results[model.step].tables[COEFFICIENTS]
    return term in table.columns["term"].tolist()


def _coefficient(term: str, model: RegressionColumn, ledger: Ledger, lang: Lang) -> Coefficient:
    if not has_term(model, term, ledger):
        return Coefficient("", "")
    at = Address(model.step, COEFFICIENTS, (term,), "estimate")
    error = Address(model.step, COEFFICIENTS, (term,), "std_error")
    mark = stars(ledger.value(Address(model.step, COEFFICIENTS, (term,), "p_value")))
    return Coefficient(
        f"{ledger.show(at, ESTIMATE_FORMAT, lang)}{mark}",
        f"({ledger.show(error, ERROR_FORMAT, lang)})",
    )


def regression_numbers(block: RegressionBlock, ledger: Ledger) -> list[Number]:
    """Every number of a regression table with its address, p values of the stars included."""
    out: list[Number] = []
    for model in block.models:
        for term, _ in block.terms:
            if has_term(model, term, ledger):
                out += [
                    Number(Address(model.step, COEFFICIENTS, (term,), column), form)
                    for column, form in (
                        ("estimate", ESTIMATE_FORMAT),
                        ("std_error", ERROR_FORMAT),
                        ("p_value", "p"),
                    )
                ]
        out += [Number(fit_address(model, c.column, ledger), c.format) for c in block.fit]
    return out


def stub_text(ledger: Ledger, block: TableBlock, row: int, column: str, lang: Lang) -> str:
    """A row label in one language.

    A column ``title`` stands for the pair ``title_zh`` / ``title_en`` where the
    table has them; entities are printed by name; a state such as ``relation``,
    also asked for as ``relation_title``, in the catalog's words.

    Raises
    ------
    ZhihengError
        R826 the table has no such column.
    """
    values = ledger.run.results[block.step].tables[block.table].row(row)
    plain = column if column in values else column.removesuffix("_title")
    for name in (f"{column}_{lang}", f"{plain}_title_{lang}"):
        if name in values:
            return DASH if values[name] is None else str(values[name])
    if plain not in values:
        raise _no_column(block, column, list(values))
    value = values[plain]
    if value is None or value == "":
        return DASH
    if plain == "unit" or plain.endswith("_unit"):
        return _unit(str(value), block, plain)[lang]
    if plain in _NAMED_BY_ROW:
        word = values.get(f"name_{lang}")
        return str(word) if word else ledger.run.panel_of(block.step).name(str(value))[lang]
    if plain in _VARIABLES:
        return _expression(ledger.run.panel_of(block.step), str(value))[lang]
    return option_word(plain, str(value))[lang]


def _expression(panel: Panel, text: str) -> Text:
    """A series by its title, or an expression with the titles of its series."""
    if text in panel.titles:
        return panel.title(text)

    def said(lang: Lang) -> str:
        return _NAME.sub(lambda m: title_in(panel, m[0])[lang], text)

    return Text(said("zh"), said("en"))


def _unit(code: str, block: TableBlock, column: str) -> Text:
    """The words of a unit, in 亿 or in millions where all numbers of the table are printed so."""
    unit = option_word("unit", code)
    if column == "unit" and block.columns and all(c.format == LARGE for c in block.columns):
        return Text(f"亿{unit.zh}", f"million {unit.en}")
    return unit


def _no_column(block: TableBlock, column: str, known: list[str]) -> ZhihengError:
    return ZhihengError(
        "R826",
        Text("表里没有要印的列“{c}”。", 'The table has no column "{c}" to print.').format(c=column),
        evidence=[{"step": block.step, "table": block.table, "known": ", ".join(known)}],
        fix=Text("改用现有的列。", "Use an existing column."),
        exit_code=3,
    )
