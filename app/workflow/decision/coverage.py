"""Rows of a decision table that are missing, in each other's way, or without effect.

Every expression that is tested is one dimension. The literals in its cells cut it into stretches on which no
cell changes its mind; one sample of each stands for all of it (source: Calvanese et al. 2018, *Semantics,
analysis and simplification of DMN decision tables*, which sweeps the same boundaries). A dimension with
anything but literals in its cells cannot be cut; such a table is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from flask_babel import gettext as _

from app.core import expressions
from app.core.expressions import ExpressionError
from app.workflow.decision import unary

MAX_BOXES = 20_000
"""Combinations that are looked at; a larger table is not judged."""
MAX_TOLD = 5
OTHER = "\x00"
"""A text that no cell names."""


@dataclass(frozen=True)
class Stretch:
    """A part of a dimension: in words, one value in it, and the rows that fit there, as bits."""

    words: str
    rows: int


@dataclass(frozen=True)
class Box:
    """A combination of stretches and the rows that fit there, as bits."""

    words: tuple[str, ...]
    rows: int


class TooLarge(Exception):
    """The table has too many combinations, or cells that are no literals."""


def conflicts(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Rows that fit together where the hit policy wants one; each as the second row's id and a sentence."""
    if table["hit_policy"] not in ("UNIQUE", "ANY"):
        return
    told: set[tuple[int, int]] = set()
    for box in _boxes(table):
        rows = _numbers(box.rows)
        for first, second in pairwise(rows):
            outputs = [table["rules"][row]["outputs"] for row in (first, second)]
            agree = table["hit_policy"] == "ANY" and outputs[0] == outputs[1]
            if agree or (first, second) in told or len(told) >= MAX_TOLD:
                continue
            told.add((first, second))
            message = _("Rows {first} and {second} both fit when {when}.")
            yield (
                table["rules"][second]["id"],
                message.format(first=first + 1, second=second + 1, when=_when(box)),
            )


def gaps(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Combinations that no row fits, and rows that never come first."""
    boxes = list(_boxes(table))
    if not boxes:
        return
    default = all(column["default"] for column in table["outputs"])
    if table["hit_policy"] in ("UNIQUE", "ANY", "PRIORITY", "FIRST") and not default:
        for box in [box for box in boxes if not box.rows][:MAX_TOLD]:
            yield table["key"], _("No row fits when {when}.").format(when=_when(box))
    if table["hit_policy"] == "FIRST":
        effective = {_numbers(box.rows)[0] for box in boxes if box.rows}
    else:
        effective = {row for box in boxes for row in _numbers(box.rows)}
    for number, rule in enumerate(table["rules"]):
        if number not in effective:
            yield rule["id"], _("Row {number} never decides.").format(number=number + 1)


def _boxes(table: Mapping[str, Any]) -> Iterator[Box]:
    """The combinations that differ in the rows that fit; none when the table cannot be judged."""
    try:
        dimensions = _dimensions(table)
        found = list(_combine(dimensions, Box((), (1 << len(table["rules"])) - 1)))
    except TooLarge:
        return
    yield from found


def _combine(dimensions: list[list[Stretch]], box: Box) -> Iterator[Box]:
    """Boxes by one dimension after the other; where no row is left, the others do not matter."""
    waiting, made = [(box, 0)], 0
    while waiting:
        current, level = waiting.pop()
        made += 1
        if made > MAX_BOXES:
            raise TooLarge
        if level == len(dimensions) or not current.rows:
            yield current
            continue
        by_rows: dict[int, list[str]] = {}
        for stretch in dimensions[level]:
            by_rows.setdefault(current.rows & stretch.rows, []).append(stretch.words)
        whole = len(by_rows) == 1
        for rows, words in reversed(by_rows.items()):
            said = current.words if whole else (*current.words, _(" or ").join(words))
            waiting.append((Box(said, rows), level + 1))


def _dimensions(table: Mapping[str, Any]) -> list[list[Stretch]]:
    """What is tested, each expression once, with its stretches."""
    columns: dict[str, list[int]] = {}
    for number, column in enumerate(table["inputs"]):
        columns.setdefault(column["expression"], []).append(number)
    return [_stretches(table, numbers) for numbers in columns.values()]


def _stretches(table: Mapping[str, Any], columns: list[int]) -> list[Stretch]:
    """The stretches of one dimension: what the cells of its columns tell apart."""
    column = table["inputs"][columns[0]]
    cells = [rule["tests"][number] for rule in table["rules"] for number in columns]
    values = sorted({_value(part) for cell in cells for part in unary.parts(cell)}, key=_in_order)
    allowed = [_value(part) for part in unary.parts(column["values"])]
    made = []
    for words, sample in _samples(column, values, allowed):
        rows = 0
        for number, rule in enumerate(table["rules"]):
            try:
                fits = all(unary.meets(rule["tests"][c], sample, {}) for c in columns)
            except ExpressionError:
                raise TooLarge from None
            rows |= fits << number
        made.append(Stretch(words, rows))
    return made


def _value(text: str) -> Any:
    """The literal a part of a cell is."""
    try:
        value = expressions.evaluate(text, {})
    except ExpressionError:
        raise TooLarge from None
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _in_order(value: Any) -> tuple[str, Any]:
    return type(value).__name__, value if value is not None else 0


def _samples(column: Mapping[str, Any], values: list[Any], allowed: list[Any]) -> Iterator[tuple[str, Any]]:
    """A value of each stretch, and the stretch in words."""
    label = column["label"]
    kinds = {type(value) for value in values}
    if kinds == {Decimal}:
        yield from _numeric(label, values)
    elif column["type"] == "boolean" or kinds == {bool}:
        yield from ((f"{label} = {word}", value) for word, value in (("true", True), ("false", False)))
    elif kinds - {str, type(None)}:
        raise TooLarge
    elif allowed:
        yield from ((f"{label} = {_shown(value)}", value) for value in allowed)
    else:
        yield from ((f"{label} = {_shown(value)}", value) for value in values)
        yield _("{label} is anything else").format(label=label), OTHER


def _numeric(label: str, points: list[Decimal]) -> Iterator[tuple[str, Decimal]]:
    """Below, at, between and above the points."""
    yield f"{label} < {points[0]}", points[0] - 1
    for low, high in pairwise(points):
        yield f"{label} = {low}", low
        yield f"{low} < {label} < {high}", (low + high) / 2
    yield f"{label} = {points[-1]}", points[-1]
    yield f"{label} > {points[-1]}", points[-1] + 1


def _shown(value: Any) -> str:
    return "null" if value is None else f'"{value}"'


def _when(box: Box) -> str:
    """A combination in words."""
    return _(" and ").join(box.words) if box.words else _("anything is given")


def _numbers(rows: int) -> list[int]:
    """The rows of a set of bits, from 0."""
    return [number for number in range(rows.bit_length()) if rows >> number & 1]
