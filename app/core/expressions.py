"""The small language of conditions, parameters, decisions and form visibility.

Process designers write it in the browser, so it is not Python: names, dots
meaning keys, literals, comparisons, ``and or not``, ``+ - * /``, ``in``,
``x if c else y``, lists, and the functions of ``FUNCTIONS``. The tree is walked
by this module; nothing is ever handed to Python's ``eval``. Numbers are Decimal.
"""

from __future__ import annotations

import ast
import operator as op
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from app.core import clock
from app.core.expression_error import ExpressionError, shown
from app.core.expression_weight import MAX_PARTS, parts_of

MAX_LENGTH, MAX_NODES, MAX_DEPTH, MAX_TEXT = 2_000, 200, 30, 10_000
MAX_NUMBER = Decimal(10) ** 30


def _number(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ExpressionError("{value} is not a number", value=shown(value)) from None
    if not number.is_finite():
        raise ExpressionError("{value} is not a finite number", value=shown(value))
    return number


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ExpressionError("{value} is not a date", value=shown(value)) from None


def _text(value: Any = "") -> str:
    return "" if value is None else str(value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "sum": lambda values: sum((_number(v) for v in values), Decimal(0)),
    "len": len,
    "round": lambda value, places=0: round(_number(value), int(places)),
    "abs": lambda value: abs(_number(value)),
    "date": _date,
    "today": lambda: clock.today(),  # noqa: PLW0108  no argument may reach it
    "days": lambda count: timedelta(days=int(count)),
    "text": _text,
    "number": _number,
}

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: op.eq,
    ast.NotEq: op.ne,
    ast.Lt: op.lt,
    ast.LtE: op.le,
    ast.Gt: op.gt,
    ast.GtE: op.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: op.is_,
    ast.IsNot: op.is_not,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: op.add,
    ast.Sub: op.sub,
    ast.Mult: op.mul,
    ast.Div: op.truediv,
}
_CONSTANTS = {"true": True, "false": False, "null": None}


def check(source: str) -> set[str]:
    """Parse ``source`` and return the top-level names it reads.

    Raises:
        ExpressionError: the source is outside the language.
    """
    return _names(_parse(source))


def evaluate(source: str, data: Mapping[str, Any]) -> Any:
    """Return the value of ``source`` over ``data``.

    >>> evaluate("plan.late_orders > 0 or urgent", {"plan": {"late_orders": 2}, "urgent": False})
    True
    >>> evaluate("__import__('os')", {})
    Traceback (most recent call last):
    ...
    app.core.expression_error.ExpressionError: unknown function __import__ in "__import__('os')"
    """
    tree = _parse(source)
    try:
        return _value(tree.body, data)
    except ExpressionError:
        raise
    except ZeroDivisionError as error:
        raise ExpressionError('division by zero in "{source}"', source=source) from error
    except (IndexError, KeyError) as error:
        raise ExpressionError('a list in "{source}" is shorter than asked', source=source) from error
    except (TypeError, ArithmeticError, ValueError) as error:
        raise ExpressionError('the values in "{source}" do not go together', source=source) from error


@lru_cache(maxsize=4096)
def _parse(source: str) -> ast.Expression:
    if not isinstance(source, str) or not source.strip():
        raise ExpressionError("there is no expression")
    if len(source) > MAX_LENGTH:
        raise ExpressionError("it is longer than {count} characters", count=MAX_LENGTH)
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        column = getattr(error, "offset", None) or 1
        raise ExpressionError(
            '"{source}" cannot be read from character {column} on', source=source, column=column
        ) from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise ExpressionError("it has more than {count} parts", count=MAX_NODES)
    _check(tree.body, source, MAX_DEPTH)
    return tree


def _check(node: ast.AST, source: str, depth: int) -> None:
    """Refuse every kind of node outside the language."""
    if depth == 0:
        raise ExpressionError("it is nested deeper than {count} levels", count=MAX_DEPTH)
    match node:
        case ast.Constant(value=value):
            if not isinstance(value, (str, int, float, bool, type(None))):
                raise _foreign(node, source)
            if (
                isinstance(value, (int, float))
                and not isinstance(value, bool)
                and abs(_number(value)) > MAX_NUMBER
            ):
                raise ExpressionError('a number in "{source}" is too large', source=source)
        case ast.Name(id=name):
            if name.startswith("_"):
                raise _foreign(node, source)
        case ast.Attribute(attr=name):
            if name.startswith("_"):
                raise _foreign(node, source)
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            if name not in FUNCTIONS:
                raise ExpressionError('unknown function {name} in "{source}"', name=name, source=source)
            for argument in node.args:
                _check(argument, source, depth - 1)
            return
        case ast.BinOp(op=operation) if type(operation) in _BINARY:
            pass
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            pass
        case ast.Compare(ops=ops) if all(type(o) in _COMPARE for o in ops):
            pass
        case ast.BoolOp() | ast.IfExp() | ast.List() | ast.Tuple() | ast.Subscript():
            pass
        case _:
            raise _foreign(node, source)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            _check(child, source, depth - 1)


def _foreign(node: ast.AST, source: str) -> ExpressionError:
    """What the language does not have."""
    return ExpressionError(
        '{part} in "{source}" is not part of the language', part=shown(ast.unparse(node)), source=source
    )


def _names(tree: ast.AST) -> set[str]:
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called
    } - _CONSTANTS.keys()


def _value(node: ast.AST, data: Mapping[str, Any]) -> Any:
    """Return the value of a checked node."""
    match node:
        case ast.Constant(value=value):
            return Decimal(str(value)) if isinstance(value, float) else value
        case ast.Name(id=name):
            if name in data:
                return _inside(data[name])
            if name in _CONSTANTS:
                return _CONSTANTS[name]
            raise ExpressionError("unknown name {name}", name=name)
        case ast.Attribute(value=inner, attr=key):
            return _key(_value(inner, data), key)
        case ast.Subscript(value=inner, slice=index):
            return _key(_value(inner, data), _value(index, data))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _limit(FUNCTIONS[name](*[_value(a, data) for a in arguments]))
        case ast.BinOp(left=left, op=operation, right=right):
            return _binary(operation, _value(left, data), _value(right, data))
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return not _value(inner, data)
        case ast.UnaryOp(operand=inner):
            return -_value(inner, data)
        case ast.BoolOp(op=ast.And(), values=values):
            return _all(values, data)
        case ast.BoolOp(values=values):
            return _any(values, data)
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body if _value(test, data) else other, data)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            return _compare(_value(left, data), ops, comparators, data)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return _limit([_value(part, data) for part in parts])
    raise _foreign(node, ast.unparse(node))


def _all(values: list[ast.expr], data: Mapping[str, Any]) -> Any:
    result: Any = True
    for part in values:
        result = _value(part, data)
        if not result:
            break
    return result


def _any(values: list[ast.expr], data: Mapping[str, Any]) -> Any:
    result: Any = False
    for part in values:
        result = _value(part, data)
        if result:
            break
    return result


def _compare(left: Any, ops: list[ast.cmpop], comparators: list[ast.expr], data: Mapping[str, Any]) -> bool:
    for operation, node in zip(ops, comparators, strict=True):
        right = _value(node, data)
        if not _COMPARE[type(operation)](left, right):
            return False
        left = right
    return True


def _binary(operation: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(operation, (ast.Mult, ast.Div)) and not (_is_number(left) and _is_number(right)):
        raise ExpressionError("only numbers can be multiplied or divided")
    if isinstance(operation, ast.Div):
        left, right = _number(left), _number(right)
    return _limit(_BINARY[type(operation)](left, right))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _key(holder: Any, key: Any) -> Any:
    """Return an entry of a dict or list; attributes of objects are out of reach."""
    if isinstance(holder, Mapping):
        if key in holder:
            return _inside(holder[key])
        raise ExpressionError("unknown name {name}", name=key)
    if isinstance(holder, (list, tuple)) and isinstance(key, int):
        return _inside(holder[key])
    raise ExpressionError("{value} has no part {name}", value=shown(holder), name=key)


def _inside(value: Any) -> Any:
    """Return a datum as the language knows it."""
    if isinstance(value, float):
        return _number(value)
    if value is None or isinstance(value, (str, int, Decimal, date, timedelta, Mapping, list, tuple)):
        return value
    raise ExpressionError("a value of the kind {kind} cannot be used", kind=type(value).__name__)


def _limit(value: Any) -> Any:
    if isinstance(value, (str, list, tuple)) and len(value) > MAX_TEXT:
        raise ExpressionError("a text or list is longer than {count}", count=MAX_TEXT)
    if isinstance(value, (list, tuple)) and parts_of(value) > MAX_PARTS:
        raise ExpressionError("a list holds more than {count} values", count=MAX_PARTS)
    if _is_number(value) and abs(value) > MAX_NUMBER:
        raise ExpressionError("a number is too large")
    return value
