"""Expressions of other engines said in our language: the Java unified expression language, FEEL, Python. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from app.core import expressions
from app.core.expressions import ExpressionError

_TOKEN = re.compile(
    r"""(?P<text>"[^"\\]*"|'[^'\\]*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.]*)"""
    r"""|(?P<mark>&&|\|\||==|!=|<=|>=|[-+*/<>=!?:(),\[\]])|(?P<space>\s+)""",
)
_GET = re.compile(r"""execution\.getVariable\(\s*["'](\w+)["']\s*\)""")
JUEL = {
    "&&": "and",
    "||": "or",
    "!": "not",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "gt": ">",
    "le": "<=",
    "ge": ">=",
}
JUEL |= {"empty": "not", "div": "/"}
FEEL = {"=": "==", "count": "len", "string": "text"}


def juel(text: str, names: Mapping[str, str]) -> str | None:
    """``${amount > 1000 && approved}`` in our language; None where it cannot be said.

    ``names`` says which of the other engine's variables is found where here.
    """
    inner = re.fullmatch(r"\s*[$#]\{(.*)\}\s*", text, re.DOTALL)
    return _said(_GET.sub(r"\1", inner[1]), JUEL, names) if inner else None


def feel(text: str, names: Mapping[str, str]) -> str | None:
    """``= amount > 1000 and approved`` in our language; None where it cannot be said."""
    return _said(text.strip().removeprefix("="), FEEL, names)


def python(text: str, names: Mapping[str, str]) -> str | None:
    """A Python expression in our language; None where it cannot be said."""
    return _said(text, {"True": "true", "False": "false", "None": "null"}, names)


def value(
    text: str, speak: Callable[[str, Mapping[str, str]], str | None], names: Mapping[str, str]
) -> str | None:
    """A parameter's value: an expression, else the text itself as a literal."""
    if text.lstrip().startswith(("$", "#", "=")):
        return speak(text, names)
    if re.fullmatch(r"-?\d+(\.\d+)?|true|false", text.strip()):
        return text.strip()
    return None if '"' in text or "\\" in text else f'"{text}"'


def _said(text: str, words: Mapping[str, str], names: Mapping[str, str]) -> str | None:
    """The tokens one by one, then judged by our own check."""
    parts: list[str] = []
    place = 0
    for found in _TOKEN.finditer(text):
        if found.start() != place:
            return None
        place = found.end()
        if found["space"]:
            continue
        parts.append(_token(found, words, names))
    if place != len(text):
        return None
    said = re.sub(r"(?<=[(\[]) | (?=[),\]])|(?<=\w) (?=\()", "", " ".join(parts))
    said = re.sub(r"\b(and|or|not|in)\(", r"\1 (", said)
    try:
        expressions.check(said)
    except ExpressionError:
        return None
    return said


def _token(found: re.Match[str], words: Mapping[str, str], names: Mapping[str, str]) -> str:
    if found["text"]:
        return '"' + found["text"][1:-1] + '"'
    if found["name"] and found["name"] not in words:
        first, dot, rest = found["name"].partition(".")
        return names.get(first, first) + dot + rest
    return words.get(found[0], found[0])
