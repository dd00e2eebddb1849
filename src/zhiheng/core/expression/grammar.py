"""From text to tree, with a caret under what cannot be read.

::

    expression = term { ("+" | "-") term } ;
    term       = factor { ("*" | "/") factor } ;
    factor     = "-" factor | power ;
    power      = atom [ "^" factor ] ;
    atom       = number | call | name | "(" expression ")" ;
    call       = name "(" [ argument { "," argument } ] ")" ;
    argument   = [ name "=" ] expression ;
    name       = letter { letter | digit | "_" | "." } ;        (* CJK letters included *)
    number     = digit { digit } [ "." { digit } ] [ ("e" | "E") [ "+" | "-" ] digit { digit } ] ;
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from zhiheng.core.errors import VERBATIM, ZhihengError, nearest
from zhiheng.core.expression.tree import Binary, Call, Expr, Name, Negate, Number, Operator
from zhiheng.core.text import Text

FUNCTIONS: dict[str, tuple[int, int, frozenset[str]]] = {
    "log": (1, 1, frozenset()),
    "exp": (1, 1, frozenset()),
    "sqrt": (1, 1, frozenset()),
    "abs": (1, 1, frozenset()),
    "lag": (1, 1, frozenset({"k"})),
    "diff": (1, 1, frozenset({"k"})),
    "growth": (1, 1, frozenset({"k"})),
    "share": (2, 2, frozenset()),
    "total": (2, 99, frozenset()),
    "children": (1, 1, frozenset()),
    "per_capita": (1, 1, frozenset()),
    "chain": (1, 1, frozenset({"base", "level"})),
    "deflate": (3, 3, frozenset()),
}
"""Each function with its least and most positional arguments and its named ones."""

OPERATORS: dict[str, Operator] = {"+": "+", "-": "-", "*": "*", "/": "/", "^": "^"}

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*(?:\.\w+)*)"
    r"|(?P<sign>\*\*|[-+*/^(),=]))"
)


class _Token(NamedTuple):
    kind: str
    value: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def parse(source: str) -> Expr:
    """Parse an expression.

    Raises
    ------
    ZhihengError
        X301 with the text and a caret under the place that cannot be read;
        X302 for an unknown function or wrong arguments.

    Examples
    --------
    >>> from zhiheng.core.expression.tree import text
    >>> text(parse("co2/gdp_real"))
    'co2 / gdp_real'
    """
    return _Parser(source).whole()


def caret(source: str, start: int, end: int) -> list[dict[str, object]]:
    """Evidence rows that show the expression with a caret under a part of it."""
    return [{VERBATIM: source}, {VERBATIM: " " * start + "^" * max(1, end - start)}]


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = list(self._scan())
        self.at = 0

    def whole(self) -> Expr:
        found = self.expression()
        if self.peek().kind != "end":
            raise self.unreadable(self.peek())
        return found

    def expression(self) -> Expr:
        left = self.term()
        while self.peek().value in ("+", "-"):
            left = self._binary(left, self.term)
        return left

    def term(self) -> Expr:
        left = self.factor()
        while self.peek().value in ("*", "/"):
            left = self._binary(left, self.factor)
        return left

    def factor(self) -> Expr:
        token = self.peek()
        if token.value == "-":
            self.next()
            operand = self.factor()
            return Negate(operand, (token.start, operand.span[1]))
        return self.power()

    def power(self) -> Expr:
        left = self.atom()
        if self.peek().value == "^":
            return self._binary(left, self.factor)
        return left

    def atom(self) -> Expr:
        token = self.next()
        if token.kind == "number":
            return Number(float(token.value), (token.start, token.end))
        if token.kind == "name":
            if self.peek().value == "(":
                return self.call(token)
            return Name(token.value, (token.start, token.end))
        if token.value == "(":
            inside = self.expression()
            self.expect(")")
            return inside
        raise self.unreadable(token)

    def call(self, name: _Token) -> Expr:
        self.expect("(")
        positional: list[Expr] = []
        named: list[tuple[str, Expr]] = []
        while self.peek().value != ")":
            if self.peek().kind == "name" and self.tokens[self.at + 1].value == "=":
                key = self.next().value
                self.expect("=")
                named.append((key, self.expression()))
            else:
                positional.append(self.expression())
            if self.peek().value != ")":
                self.expect(",")
        end = self.next().end
        node = Call(name.value, tuple(positional), tuple(named), (name.start, end))
        self._check_call(node)
        return node

    def _binary(self, left: Expr, right_side: Callable[[], Expr]) -> Expr:
        operator = OPERATORS[self.next().value]
        right = right_side()
        return Binary(operator, left, right, (left.span[0], right.span[1]))

    def _check_call(self, node: Call) -> None:
        if node.function not in FUNCTIONS:
            near = ", ".join(nearest(node.function, FUNCTIONS) or sorted(FUNCTIONS))
            raise ZhihengError(
                "X302",
                Text("没有函数 {f}。", "There is no function {f}.").format(f=node.function),
                evidence=caret(self.source, *node.span),
                fix=Text("最接近的函数：{n}。", "The nearest functions: {n}.").format(n=near),
            )
        least, most, allowed = FUNCTIONS[node.function]
        keys = {k for k, _ in node.named}
        if not least <= len(node.arguments) <= most or not keys <= allowed:
            raise ZhihengError(
                "X302",
                Text("函数 {f} 的参数不对。", "Wrong arguments for the function {f}.").format(
                    f=node.function
                ),
                evidence=caret(self.source, *node.span),
                fix=Text(
                    "需要 {a} 个位置参数；可用的命名参数：{k}。",
                    "It takes {a} positional arguments; named ones: {k}.",
                ).format(
                    a=least if least == most else f"{least}+", k=", ".join(sorted(allowed)) or "-"
                ),
            )

    def peek(self) -> _Token:
        return self.tokens[self.at]

    def next(self) -> _Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def expect(self, sign: str) -> None:
        token = self.next()
        if token.value != sign:
            raise self.unreadable(token, sign)

    def unreadable(self, token: _Token, wanted: str = "") -> ZhihengError:
        hint = Text("应为 {w}。", "Expected {w}.").format(w=wanted) if wanted else None
        return ZhihengError(
            "X301",
            Text(
                "表达式在第 {n} 个字符处读不下去。", "The expression breaks at character {n}."
            ).format(n=token.start + 1),
            evidence=caret(self.source, token.start, token.end),
            fix=hint
            or Text(
                "检查括号、运算符和函数名。", "Check parentheses, operators and function names."
            ),
        )

    def _scan(self) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        rest = self.source.rstrip()
        while at < len(rest):
            match = _TOKEN.match(rest, at)
            if match is None:
                start = at + len(rest[at:]) - len(rest[at:].lstrip())
                raise self.unreadable(_Token("?", rest[start], start, start + 1))
            kind = str(match.lastgroup)
            value = "^" if match[kind] == "**" else match[kind]
            tokens.append(_Token(kind, value, match.start(kind), match.end(kind)))
            at = match.end()
        return [*tokens, _Token("end", "", len(rest), len(rest) + 1)]
