"""What is wrong with a form file, said so that its author can mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.core.operators import SOURCES
from app.workflow.form import patterns
from app.workflow.language import expression_problem

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
MAX_BYTES = 2_000_000
MAX_SHOWN = 60
_FORM = frozenset({"title", "help", "source", "source_parameters", "components"})
_COMMON = frozenset({"key", "type", "label", "help", "visible"})
ENTRIES = {
    **dict.fromkeys(
        FIELDS,
        _COMMON | {"validate", "unit", "default", "prefill", "readonly", "hidden", "width"},
    ),
    "choice": _COMMON | {"validate", "default", "prefill", "values", "readonly", "hidden", "width"},
    "lines": _COMMON | {"validate", "columns", "prefill", "min_rows", "max_rows", "fixed"},
    "facts": _COMMON | {"items"},
    "table": _COMMON | {"rows", "columns"},
}
"""What each type of component may hold."""
RULES = frozenset({"required", "min", "max", "decimals", "minLength", "maxLength", "pattern"})
WHOLE = ("decimals", "minLength", "maxLength")
"""Limits that count something."""
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
        content = parsed(path.read_bytes())
    except OSError:
        return [Problem(name, "", _("The file cannot be read."))]
    except ValueError as error:
        return [Problem(name, "", str(error))]
    return [Problem(name, element, message) for element, message in problems_in(content)]


def parsed(source: bytes) -> Any:
    """The content of a form file.

    Raises:
        ValueError: it is no JSON, in UTF-8, of a reasonable size; its text says so to the reader.
    """
    if len(source) > MAX_BYTES:
        raise ValueError(_("The file is larger than 2 MB."))
    try:
        return json.loads(source.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError(_("The file is not UTF-8 text.")) from None
    except json.JSONDecodeError as error:
        message = _("The file is not JSON: line {line}, character {column}.")
        raise ValueError(message.format(line=error.lineno, column=error.colno)) from None
    except (ValueError, RecursionError):
        raise ValueError(_("The file is not JSON that a form can be made of.")) from None


def problems_in(content: Any) -> Iterator[tuple[str, str]]:
    """Each problem in a form's content as (element, sentence)."""
    if not isinstance(content, Mapping):
        yield "", _("A form is a JSON object.")
        return
    yield from _unknown("", content, _FORM)
    yield from _label("title", content.get("title"), _("title"))
    if content.get("help") is not None:
        yield from _label("help", content["help"], _("help text"))
    yield from _source("source", content, "source", "source_parameters")
    components = content.get("components")
    if not isinstance(components, list) or not components:
        yield "components", _("A form needs at least one component.")
        return
    seen: set[str] = set()
    for index, component in enumerate(components):
        yield from _component(component, f"components[{index}]", seen)


def _component(
    component: Any, where: str, seen: set[str], *, column: bool = False
) -> Iterator[tuple[str, str]]:
    """Problems of a field, a fact list or a table."""
    if not isinstance(component, Mapping):
        yield where, _("A component is a JSON object.")
        return
    kind = component.get("type")
    where = str(component.get("key") or where)
    if not isinstance(kind, str) or kind not in FIELDS | SHOWN:
        yield where, _("There is no component type {name}.").format(name=_quoted(kind))
        return
    if column and kind in SHOWN | {"lines", "file"}:
        yield where, _("A column cannot be of type {name}.").format(name=_quoted(kind))
        return
    yield from _unknown(where, component, ENTRIES[kind])
    if kind in FIELDS:
        yield from _key(component.get("key"), where, seen)
    if kind in FIELDS or component.get("label") is not None:
        yield from _label(where, component.get("label"), _("label"))
    if component.get("help") is not None:
        yield from _label(where, component["help"], _("help text"))
    for entry in ("visible", "default", "prefill", "rows"):
        if isinstance(component.get(entry), str):
            yield from _expression(where, entry, component[entry])
    yield from _rules(component, where)
    yield from _whole(component, ("min_rows", "max_rows"), where)
    yield from _parts(component, kind, where)


def _parts(component: Mapping, kind: str, where: str) -> Iterator[tuple[str, str]]:
    """Problems of options, columns and facts."""
    if kind == "choice":
        yield from _values(component.get("values"), where)
    elif kind == "lines":
        inside: set[str] = set()
        if not component.get("columns"):
            yield where, _("A line table needs columns.")
        for index, one in enumerate(_list(component.get("columns"))):
            for element, message in _component(one, f"columns[{index}]", inside, column=True):
                yield f"{where}.{element}", message
    elif kind == "facts":
        for index, item in enumerate(_list(component.get("items"))):
            place, given = f"{where}.items[{index}]", item if isinstance(item, Mapping) else {}
            yield from _label(place, given.get("label"), _("label"))
            yield from _expression(place, "value", given.get("value"))
    elif kind == "table":
        if not component.get("rows"):
            yield where, _("A table needs rows.")
        for index, one in enumerate(_list(component.get("columns"))):
            label = one.get("label") if isinstance(one, Mapping) else None
            yield from _label(f"{where}.columns[{index}]", label, _("label"))


def _list(entry: Any) -> list:
    """A list as it is; anything else as a list whose one part is refused."""
    return entry if isinstance(entry, list) else [] if entry is None else [entry]


def _quoted(value: Any) -> str:
    """A value as the file has it, not too long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _unknown(where: str, holder: Mapping, known: Set[str]) -> Iterator[tuple[str, str]]:
    """Entries that nothing reads."""
    for key in sorted(holder.keys() - known):
        yield where or key, _("There is no entry {name} here.").format(name=_quoted(key))


def _key(key: Any, where: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """A key is a lower-case name, given once."""
    if not isinstance(key, str) or not _KEY.match(key):
        yield where, _("A field needs a key of lower-case letters, digits and underscores.")
    elif key in seen:
        yield where, _("The key {name} is used twice.").format(name=key)
    elif key in ("typename", "data", "source", "csrf_token"):
        yield where, _("The key {name} is reserved.").format(name=key)
    seen.add(str(key))


def _label(where: str, label: Any, entry: str) -> Iterator[tuple[str, str]]:
    """A label speaks every language."""
    if not isinstance(label, Mapping):
        yield where, _("The {entry} is missing: a text per language.").format(entry=entry)
        return
    for language in LANGUAGES:
        if not str(label.get(language) or "").strip():
            yield where, _("The {entry} is missing in {language}.").format(entry=entry, language=language)


def _expression(where: str, entry: str, source: Any) -> Iterator[tuple[str, str]]:
    """An expression can be read."""
    if problem := expression_problem("" if source is None else str(source)):
        yield where, f"{entry}: {problem}"


def _source(where: str, holder: Mapping, name: str, parameters: str) -> Iterator[tuple[str, str]]:
    """A source exists and gets the arguments it needs."""
    source = holder.get(name)
    if source is None:
        return
    if not isinstance(source, str) or source not in SOURCES:
        yield where, _("There is no source {name}.").format(name=_quoted(source))
        return
    known, given = SOURCES[source], holder.get(parameters) or {}
    if not isinstance(given, Mapping):
        yield where, _("{entry} is a JSON object.").format(entry=parameters)
        return
    for one in sorted(given.keys() - known.parameters.keys()):
        yield where, _("{operator} has no parameter {name}.").format(operator=source, name=one)
    for one in sorted(known.required - given.keys()):
        yield where, _("{operator} needs the parameter {name}.").format(operator=source, name=one)
    for one, expression in given.items():
        yield from _expression(where, one, expression)


def _values(values: Any, where: str) -> Iterator[tuple[str, str]]:
    """Options are a list with labels or come from a source."""
    if isinstance(values, Mapping):
        if not str(values.get("source") or "").strip():
            yield where, _("A choice needs values.")
        elif "." in str(values.get("source")) and not str(values.get("source")).startswith("source."):
            yield from _source(where, values, "source", "parameters")
    elif not isinstance(values, list) or not values:
        yield where, _("A choice needs values.")
    else:
        offered = [str(one.get("value")) for one in values if isinstance(one, Mapping)]
        for twice in sorted({one for one in offered if offered.count(one) > 1}):
            yield where, _("The option {name} is there twice.").format(name=_quoted(twice))
        for one in values:
            if not isinstance(one, Mapping) or "value" not in one:
                yield where, _("An option needs a value.")
            else:
                yield from _label(where, one.get("label"), _("label"))


def _whole(holder: Mapping, names: tuple[str, ...], where: str) -> Iterator[tuple[str, str]]:
    """What counts something is a whole number."""
    for name in names:
        given = holder.get(name)
        if given is not None and (not isinstance(given, int) or isinstance(given, bool) or given < 0):
            message = _("{entry} is no whole number: {value}.")
            yield where, message.format(entry=name, value=_quoted(given))


def _rules(component: Mapping, where: str) -> Iterator[tuple[str, str]]:
    """Limits are known and make sense."""
    rules = component.get("validate") or {}
    if not isinstance(rules, Mapping):
        yield where, _("{entry} is a JSON object.").format(entry="validate")
        return
    yield from ((where, message) for _element, message in _unknown(where, rules, RULES))
    low, high = rules.get("min"), rules.get("max")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        yield where, _("The least value {low} is above the greatest, {high}.").format(low=low, high=high)
    yield from _whole(rules, WHOLE, where)
    for key in ("min", "max"):
        if component.get("type") == "date" and rules.get(key) is not None and not isinstance(rules[key], str):
            yield (
                where,
                _("A date's limit is a day or an expression, not {value}.").format(value=_quoted(rules[key])),
            )
    for key in ("min", "max"):
        if isinstance(rules.get(key), str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", rules[key]):
            yield from _expression(where, key, rules[key])
    pattern = rules.get("pattern")
    if pattern is not None and not isinstance(pattern, str):
        yield where, _("The pattern is no text.")
    elif pattern and (found := patterns.problem(pattern)):
        yield where, f"pattern: {found}"
