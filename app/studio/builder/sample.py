"""Data a form could read, made up from what its own expressions ask for. Pure.

``source.unit`` asks for a ``unit`` in the source, ``number(good) > 0`` for a number, ``decision == 'order'`` for
that word, a table's rows for a list of its columns. What nothing tells the kind of is guessed from its name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

Wanted = dict[tuple[str, ...], Any]
EXAMPLE = {"en": "Example", "zh_Hant": "範例"}
ROWS = 2
_DAY = re.compile(r"(^|_)(date|day|today|start|finish|finished|due|until|on|by|from|to)$")
_NUMBER = re.compile(
    r"(^|_)(quantity|count|amount|price|minutes|hours|percent|cost|total|net|tax|rate|size|weight|number_of\w*|"
    r"open|standard|penalties|late)(_|$)"
)
_FLAG = re.compile(r"^(is|has|may|include|with)_|(^|_)(urgent|approved|allowed|complete)$")
_CODE = re.compile(r"(^|_)(number|code|lot|document|id|reference)$")
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def sample(content: dict, day: date, registered: Collection[str] = ()) -> dict[str, dict]:
    """Process data and a source's answer for a form.

    Args:
        content: the form.
        day: the day its dates begin with.
        registered: names of sources, which are no data.
    """
    components = content.get("components") or []
    own = {one.get("key") for one in components}
    wanted: Wanted = {}
    for one in components:
        for expression, hint in _expressions(one, day):
            if isinstance(expression, str) and expression in registered:
                continue
            wanted |= {path: kind for path, kind in _asked(expression, hint) if _newer(wanted, path, kind)}
    made: dict[str, dict] = {"data": {}, "source": {}}
    for path, kind in sorted(wanted.items()):
        if path[0] in ("data", "source"):
            _put(made[path[0]], path[1:], kind, day)
        elif path[0] not in own:
            _put(made["source" if kind.__class__ is Rows else "data"], path, kind, day)
    return made


def values_of(expressions: Iterable[tuple[str, Any]], day: date) -> dict[str, Any]:
    """Made-up values for all that expressions read, by name; each comes with what its value has to be, or None."""
    wanted: Wanted = {}
    for expression, hint in expressions:
        wanted |= {path: kind for path, kind in _asked(expression, hint) if _newer(wanted, path, kind)}
    made: dict[str, Any] = {}
    for path, kind in sorted(wanted.items()):
        _put(made, path, kind, day)
    return made


class Rows(list):
    """A list that a table or a choice shows."""


def _newer(wanted: Wanted, path: tuple[str, ...], kind: Any) -> bool:
    """Whether a use of a name tells more than what is known of it."""
    return path not in wanted or wanted[path] in (None, "flag")


def _expressions(component: dict, day: date) -> Iterator[tuple[Any, Any]]:
    """A component's expressions, each with what its value has to be where the component tells."""
    kind, rules = component.get("type"), component.get("validate") or {}
    hint: Any = {"number": "number", "date": "date", "checkbox": "flag"}.get(str(kind))
    columns = component.get("columns") or []
    if kind == "choice":
        values = component.get("values")
        hint = values[0].get("value") if isinstance(values, list) and values else "1"
        if isinstance(values, dict):
            yield values.get("source"), options()
            yield from ((one, None) for one in (values.get("parameters") or {}).values())
    elif kind in ("lines", "table"):
        hint = Rows(_row(columns, number, day) for number in range(ROWS))
        yield component.get("rows"), hint
    yield component.get("prefill", component.get("default")), hint
    yield component.get("visible"), "flag"
    yield component.get("unit"), "pc"
    yield from ((rules.get(name), hint) for name in ("min", "max"))
    for item in component.get("items") or [] if kind == "facts" else []:
        yield item.get("value"), None
    for column in columns if kind == "lines" else []:
        yield from _expressions(column, day)


def options() -> Rows:
    """Options a choice could offer."""
    return Rows({"value": str(n), "label": {k: f"{v} {n}" for k, v in EXAMPLE.items()}} for n in (1, 2, 3))


def _row(columns: list[dict], number: int, day: date) -> dict[str, Any]:
    """One row of a table, by its columns."""
    made = {}
    for column in columns:
        kind, values = column.get("type"), column.get("values")
        hint: Any = {"number": "number", "date": "date", "checkbox": False}.get(str(kind))
        if kind == "choice":
            hint = values[0].get("value") if isinstance(values, list) and values else "1"
        name = str(column.get("key"))
        made[name] = f"{number + 1}" if name == "id" else _value(name, hint, day, number)
    return made


def _asked(expression: Any, hint: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What an expression reads, as paths with what stands there."""
    if not isinstance(expression, str):
        return
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield from _read(tree, hint)


def _read(node: ast.AST, hint: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    match node:
        case ast.Name() | ast.Attribute():
            if path := _path(node):
                yield path, hint
        case ast.Call(func=ast.Name(id=name), args=arguments):
            inner = {"number": "number", "date": "date", "text": None, "len": Rows(), "sum": "numbers"}
            for one in arguments:
                yield from _read(one, inner.get(name, hint if name in ("min", "max") else "number"))
        case ast.Compare(left=left, ops=operations, comparators=others):
            yield from _compared([left, *others], operations)
        case ast.BoolOp(values=inner):
            for one in inner:
                yield from _read(one, hint if isinstance(node.op, ast.Or) and hint != "flag" else "flag")
        case ast.IfExp(test=test, body=body, orelse=other):
            yield from _read(test, "flag")
            yield from (*_read(body, hint), *_read(other, hint))
        case ast.BinOp(left=left, right=right):
            inner_hint = "date" if "days(" in ast.unparse(node) else None if _is_text(node) else "number"
            yield from (*_read(left, inner_hint), *_read(right, inner_hint))
        case ast.UnaryOp(op=operation, operand=inner):
            yield from _read(inner, "flag" if isinstance(operation, ast.Not) else "number")


def _is_text(node: ast.BinOp) -> bool:
    """Whether a sum puts words together."""
    parts = [inner for one in ast.walk(node) if isinstance(one, ast.BinOp) for inner in (one.left, one.right)]
    return isinstance(node.op, ast.Add) and any(
        (isinstance(one, ast.Constant) and isinstance(one.value, str))
        or (isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "text")
        for one in parts
    )


def _compared(sides: list[ast.expr], operations: list[ast.cmpop]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Names beside each other: what one is compared with tells what it is."""
    constants = [one.value for one in sides if isinstance(one, ast.Constant)]
    hint: Any = None
    if constants and isinstance(constants[0], str):
        hint = constants[0] or None
    elif constants or any(isinstance(one, _ORDERS) for one in operations):
        hint = (
            "date"
            if any("date(" in (told := ast.unparse(one)) or "today(" in told for one in sides)
            else "number"
        )
    for one in sides:
        yield from _read(one, hint)


def _path(node: ast.AST) -> tuple[str, ...]:
    """The names of ``order.customer.name``; nothing for a part of something computed."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return (
        (node.id, *names) if isinstance(node, ast.Name) and node.id not in ("true", "false", "null") else ()
    )


def _put(holder: dict, path: tuple[str, ...], kind: Any, day: date) -> None:
    """Lay a value down at a path, unless something with parts stands there already."""
    for name in path[:-1]:
        if not isinstance(holder.get(name), dict) or holder[name] == EXAMPLE:
            holder[name] = {}
        holder = holder[name]
    if path and not isinstance(holder.get(path[-1]), dict | Rows):
        holder[path[-1]] = _value(path[-1], kind, day)


def _value(name: str, kind: Any, day: date, number: int = 0) -> Any:
    """A value of a kind, else one that goes with the name."""
    if isinstance(kind, Rows | bool):
        return kind
    if kind is None:
        kind = next(
            (told for told, pattern in _NAMES.items() if pattern.search(name)),
            "pc" if name == "unit" else "text",
        )
    made = {
        "number": str(10 * (number + 1)),
        "numbers": ["10", "20"],
        "date": (day + timedelta(days=7 * number)).isoformat(),
        "flag": True,
        "code": f"A-100{number + 1}",
        "text": {key: f"{text} {number + 1}" for key, text in EXAMPLE.items()},
    }
    return made.get(kind, kind) if isinstance(kind, str) else kind


_NAMES = {"flag": _FLAG, "code": _CODE, "number": _NUMBER, "date": _DAY}
