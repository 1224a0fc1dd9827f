"""What is wrong with a form file, said so that its author can mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from app.core.expressions import ExpressionError
from app.core.expressions import check as check_expression
from app.core.operators import SOURCES
from app.workflow import patterns

LANGUAGES = ("en", "zh_Hant")
FIELDS = frozenset(
    {
        "checkbox",
        "text",
        "textarea",
        "number",
        "date",
        "choice",
        "file",
        "scan",
        "lines",
    }
)
SHOWN = frozenset({"facts", "table"})
_FORM = frozenset({"title", "help", "source", "source_parameters", "components"})
_COMMON = frozenset({"key", "type", "label", "help", "visible"})
_KEYS = {
    **dict.fromkeys(
        FIELDS,
        _COMMON | {"validate", "unit", "default", "prefill", "readonly", "hidden", "width"},
    ),
    "choice": _COMMON | {"validate", "default", "prefill", "values", "readonly", "hidden", "width"},
    "lines": _COMMON | {"validate", "columns", "prefill", "min_rows", "max_rows", "fixed"},
    "facts": _COMMON | {"items"},
    "table": _COMMON | {"rows", "columns"},
}
_RULES = frozenset({"required", "min", "max", "decimals", "minLength", "maxLength", "pattern"})
_KEY = re.compile(r"[a-z][a-z0-9_]*\Z")


class Problem(NamedTuple):
    """One thing to mend: the file, the element in it, a sentence."""

    file: str
    element: str
    message: str


def check(path: Path | str) -> list[Problem]:
    """Everything wrong with one form file."""
    path = Path(path)
    name = "/".join(path.parts[-3:])
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [Problem(name, "", f"cannot be read as JSON: {error}")]
    return [Problem(name, element, message) for element, message in problems_in(content)]


def problems_in(content: Any) -> Iterator[tuple[str, str]]:
    """Each problem in a form's content as (element, sentence)."""
    if not isinstance(content, Mapping):
        yield "", "a form is a JSON object"
        return
    for key in content.keys() - _FORM:
        yield key, f"unknown entry {key!r}"
    yield from _label("title", content.get("title"))
    yield from _source("source", content, "source", "source_parameters")
    components = content.get("components")
    if not isinstance(components, list) or not components:
        yield "components", "a form needs at least one component"
        return
    seen: set[str] = set()
    for index, component in enumerate(components):
        yield from _component(component, f"components[{index}]", seen)


def _component(
    component: Any, where: str, seen: set[str], *, column: bool = False
) -> Iterator[tuple[str, str]]:
    """Problems of a field, a fact list or a table."""
    if not isinstance(component, Mapping):
        yield where, "a component is a JSON object"
        return
    kind = component.get("type")
    where = str(component.get("key") or where)
    if kind not in FIELDS | SHOWN:
        yield where, f"unknown type {kind!r}"
        return
    if column and kind in SHOWN | {"lines", "file"}:
        yield where, f"a column cannot be of type {kind!r}"
        return
    for key in component.keys() - _KEYS[kind]:
        yield where, f"unknown entry {key!r}"
    if kind in FIELDS:
        yield from _key(component.get("key"), where, seen)
    if kind in FIELDS or component.get("label") is not None:
        yield from _label(where, component.get("label"))
    if component.get("help") is not None:
        yield from _label(where, component["help"], "help")
    for entry in ("visible", "default", "prefill", "rows"):
        if isinstance(component.get(entry), str):
            yield from _expression(where, entry, component[entry])
    yield from _rules(component, where)
    yield from _parts(component, kind, where)


def _parts(component: Mapping, kind: str, where: str) -> Iterator[tuple[str, str]]:
    """Problems of options, columns and facts."""
    if kind == "choice":
        yield from _values(component.get("values"), where)
    elif kind == "lines":
        columns, inside = component.get("columns") or [], set()
        if not columns:
            yield where, "a line table needs columns"
        for index, one in enumerate(columns):
            for element, message in _component(one, f"columns[{index}]", inside, column=True):
                yield f"{where}.{element}", message
    elif kind == "facts":
        for index, item in enumerate(component.get("items") or []):
            yield from _label(f"{where}.items[{index}]", item.get("label"))
            yield from _expression(f"{where}.items[{index}]", "value", item.get("value"))
    elif kind == "table":
        if not component.get("rows"):
            yield where, "a table needs rows"
        for index, one in enumerate(component.get("columns") or []):
            yield from _label(f"{where}.columns[{index}]", one.get("label"))


def _key(key: Any, where: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """A key is a lower-case name, given once."""
    if not isinstance(key, str) or not _KEY.match(key):
        yield where, "a field needs a key of lower-case letters, digits and underscores"
    elif key in seen:
        yield where, f"the key {key!r} is used twice"
    elif key in ("typename", "data", "source", "csrf_token"):
        yield where, f"the key {key!r} is reserved"
    seen.add(str(key))


def _label(where: str, label: Any, entry: str = "label") -> Iterator[tuple[str, str]]:
    """A label speaks every language."""
    if not isinstance(label, Mapping):
        yield where, f"needs a {entry} per language"
        return
    for language in LANGUAGES:
        if not str(label.get(language) or "").strip():
            yield where, f"the {entry} is missing in {language}"


def _expression(where: str, entry: str, source: Any) -> Iterator[tuple[str, str]]:
    """An expression can be read."""
    try:
        check_expression(str(source))
    except ExpressionError as error:
        yield where, f"{entry}: {error}"


def _source(where: str, holder: Mapping, name: str, parameters: str) -> Iterator[tuple[str, str]]:
    """A source exists and gets the arguments it needs."""
    source = holder.get(name)
    if source is None:
        return
    if source not in SOURCES:
        yield where, f"unknown source {source!r}"
        return
    known, given = SOURCES[source], holder.get(parameters) or {}
    for one in given.keys() - known.parameters.keys():
        yield where, f"{source} has no parameter {one!r}"
    for one in known.required - given.keys():
        yield where, f"{source} needs the parameter {one!r}"
    for one, expression in given.items():
        yield from _expression(where, one, expression)


def _values(values: Any, where: str) -> Iterator[tuple[str, str]]:
    """Options are a list with labels or come from a source."""
    if isinstance(values, Mapping):
        if "." in str(values.get("source")) and not str(values.get("source")).startswith("source."):
            yield from _source(where, values, "source", "parameters")
    elif not isinstance(values, list) or not values:
        yield where, "a choice needs values"
    else:
        for one in values:
            if not isinstance(one, Mapping) or "value" not in one:
                yield where, "an option needs a value"
            else:
                yield from _label(where, one.get("label"))


def _rules(component: Mapping, where: str) -> Iterator[tuple[str, str]]:
    """Limits are known and make sense."""
    rules = component.get("validate") or {}
    for key in rules.keys() - _RULES:
        yield where, f"unknown rule {key!r}"
    low, high = rules.get("min"), rules.get("max")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        yield where, f"min {low} is above max {high}"
    for key in ("min", "max"):
        if isinstance(rules.get(key), str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", rules[key]):
            yield from _expression(where, key, rules[key])
    if rules.get("pattern") and (found := patterns.problem(str(rules["pattern"]))):
        yield where, f"pattern: {found}"
