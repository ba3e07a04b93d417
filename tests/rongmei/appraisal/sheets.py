"""A small evaluator of spreadsheet formulas: just the grammar and functions that the workbook of a period uses.

It knows nothing of the product: it reads an .xlsx with openpyxl and reckons every formula from the cells it names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import range_boundaries

Thunk = Callable[[], Any]
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?)|"(?P<text>[^"]*)"|(?P<name>[A-Z]+)\(|"""
    r"""(?P<ref>(?:'[^']+'!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)|(?P<sign><>|<=|>=|[-+*/^(),=<>]))"""
)


class Book:
    """A workbook whose formulas are evaluated on demand."""

    def __init__(self, book: Workbook) -> None:
        self._book, self._known = book, {}

    def set(self, sheet: str, cell: str, value: Any) -> None:
        """Type something into a cell; everything is reckoned anew."""
        self._book[sheet][cell] = value
        self._known.clear()

    def value(self, sheet: str, cell: str) -> Any:
        """What a cell shows."""
        key = (sheet, cell)
        if key not in self._known:
            raw = self._book[sheet][cell].value
            self._known[key] = _Reader(self, sheet, raw[1:]).all() if str(raw).startswith("=") else raw
        return self._known[key]

    def column(self, sheet: str, span: str) -> list[Any]:
        left, top, right, bottom = range_boundaries(span)
        cells = self._book[sheet].iter_rows(top, bottom, left, right)
        return [self.value(sheet, cell.coordinate) for row in cells for cell in row]


class _Reader:
    """Recursive descent over one formula; what it makes are thunks, since IF must not look at the other branch."""

    def __init__(self, book: Book, sheet: str, text: str) -> None:
        self._book, self._sheet = book, sheet
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            assert found, text[at:]
            self._tokens.append((str(found.lastgroup), str(found[str(found.lastgroup)])))
            at = found.end()

    def all(self) -> Any:
        value = self._compared()
        assert not self._tokens
        return value()

    def _next(self, *signs: str) -> str | None:
        if self._tokens and self._tokens[0][0] == "sign" and self._tokens[0][1] in signs:
            return self._tokens.pop(0)[1]
        return None

    def _chain(self, part: Thunk, do: dict[str, Any], inner: Any) -> Thunk:
        while sign := self._next(*do):
            left, right = part, inner()
            part = _bind(do[sign], left, right)
        return part

    def _compared(self) -> Thunk:
        return self._chain(self._added(), _COMPARE, self._added)

    def _added(self) -> Thunk:
        return self._chain(self._multiplied(), _ADD, self._multiplied)

    def _multiplied(self) -> Thunk:
        return self._chain(self._raised(), _MULTIPLY, self._raised)

    def _raised(self) -> Thunk:
        return self._chain(self._signed(), _RAISE, self._signed)

    def _signed(self) -> Thunk:
        if self._next("-"):
            return _bind(lambda a, _: -_n(a), self._signed(), lambda: 0)
        return self._atom()

    def _atom(self) -> Thunk:
        if self._next("("):
            value = self._compared()
            assert self._next(")")
            return value
        kind, text = self._tokens.pop(0)
        if kind in {"number", "text"}:
            known = float(text) if kind == "number" else text
            return lambda: known
        return self._ref(text) if kind == "ref" else self._call(text)

    def _ref(self, text: str) -> Thunk:
        sheet, _, cell = text.rpartition("!")
        where, cell = sheet.strip("'") or self._sheet, cell.replace("$", "")
        if ":" in cell:
            return lambda: self._book.column(where, cell)
        return lambda: self._book.value(where, cell)

    def _call(self, name: str) -> Thunk:
        given: list[Thunk] = []
        while not self._next(")"):
            given.append(self._compared())
            self._next(",")
        if name == "IF":
            wanted, one, other = given
            return lambda: one() if wanted() else other()
        return lambda: _FUNCTIONS[name](*(thunk() for thunk in given))


def _bind(do: Any, left: Thunk, right: Thunk) -> Thunk:
    return lambda: _each(do, left(), right())


def _n(value: Any) -> float:
    assert value != "", "an empty text in arithmetic is #VALUE!"
    return 0.0 if value is None else float(value)


def _each(do: Any, left: Any, right: Any) -> Any:
    if isinstance(left, list) or isinstance(right, list):
        size = len(left if isinstance(left, list) else right)
        pairs = zip(
            left if isinstance(left, list) else [left] * size,
            right if isinstance(right, list) else [right] * size,
            strict=True,
        )
        return [do(a, b) for a, b in pairs]
    return do(left, right)


def _numbers(*given: Any) -> list[float]:
    flat = [one for item in given for one in (item if isinstance(item, list) else [item])]
    return [float(one) for one in flat if isinstance(one, int | float) and not isinstance(one, bool)]


def _round(value: Any, digits: float) -> float:
    # As spreadsheets do: half away from zero, on fifteen digits.
    step = Decimal(1).scaleb(-int(digits))
    return float(Decimal(f"{_n(value):.15g}").quantize(step, rounding=ROUND_HALF_UP))


def _sum_product(*columns: Any) -> float:
    columns = tuple([float(one) if isinstance(one, int | float) else 0.0 for one in column] for column in columns)
    return math.fsum(math.prod(row) for row in zip(*columns, strict=True))


_COMPARE = {
    "=": lambda a, b: (a if a is not None else "") == (b if b is not None else ""),
    "<>": lambda a, b: (a if a is not None else "") != (b if b is not None else ""),
    "<": lambda a, b: _n(a) < _n(b),
    ">": lambda a, b: _n(a) > _n(b),
    "<=": lambda a, b: _n(a) <= _n(b),
    ">=": lambda a, b: _n(a) >= _n(b),
}
_ADD = {"+": lambda a, b: _n(a) + _n(b), "-": lambda a, b: _n(a) - _n(b)}
_MULTIPLY = {"*": lambda a, b: _n(a) * _n(b), "/": lambda a, b: _n(a) / _n(b)}
_RAISE = {"^": lambda a, b: _n(a) ** _n(b)}
_FUNCTIONS = {
    "SUM": lambda *given: math.fsum(_numbers(*given)),
    "MIN": lambda *given: min(_numbers(*given)),
    "MAX": lambda *given: max(_numbers(*given)),
    "AVERAGE": lambda *given: math.fsum(_numbers(*given)) / len(_numbers(*given)),
    "COUNT": lambda *given: float(len(_numbers(*given))),
    "LN": lambda value: math.log(_n(value)),
    "ROUND": _round,
    "OR": lambda *given: any(given),
    "SUMPRODUCT": _sum_product,
    "SUMIFS": lambda values, keys, wanted: math.fsum(
        _numbers([v for v, k in zip(values, keys, strict=True) if k == wanted])
    ),
    "RANK": lambda value, among: 1.0 + sum(1 for one in _numbers(among) if one > value),
}
