"""What of a form or a component is typed where, and what was typed back into the content. Pure.

Only what was typed anew is written: an entry that reads as it was shown stays as it was, whatever it is, and
entries the panel does not show are not touched. Field names carry positions: ``language-0`` names the language
of ``label-0``, ``row-2-label-0`` is the label of the third part in it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from decimal import Decimal, InvalidOperation
from typing import Any

from app.studio.builder import edits, kinds
from app.studio.builder.edits import Place

Typed = Mapping[str, str]
FIELDS = (
    *("at", "was", "look", "key", "type", "source", "values_from", "values_source", *kinds.WAYS),
    *("language-*", "title-*", "help-*", "label-*", "parameter-*-name", "parameter-*-value"),
    *("row-*-value", "row-*-key", "row-*-type", "row-*-label-*"),
)
"""Every field the panel may send."""
LEAST = ("zh_Hant", "en")
MOST_LANGUAGES = 12


def languages(content: Any) -> list[str]:
    """The languages a form speaks: ours first, then any other a label of it has."""
    more = {key for texts in _labels(content) for key in texts} - set(LEAST)
    return [*LEAST, *sorted(more)][:MOST_LANGUAGES]


def _labels(content: Any) -> Iterator[dict]:
    """Every text per language inside a content."""
    if isinstance(content, dict):
        for name, entry in content.items():
            if name in ("label", "title", "help") and isinstance(entry, dict):
                yield entry
            else:
                yield from _labels(entry)
    elif isinstance(content, list):
        for entry in content:
            yield from _labels(entry)


def shown(value: Any) -> str:
    """An entry as its input shows it: text as it is, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def label_in(texts: Any, language: str) -> str:
    """A label in one language; a plain text counts as English."""
    if isinstance(texts, Mapping):
        return shown(texts.get(language))
    return shown(texts) if language == "en" else ""


def name_of(component: Mapping) -> str:
    """What tells a component from its neighbours when nothing has moved: its key, else its type."""
    return str(component.get("key") or component.get("type") or "")


def write(content: dict, place: Place, typed: Typed, known: Mapping[str, Collection[str]]) -> dict:
    """The content with what was typed about one place; ``known`` are the sources' parameters by name."""
    made = deepcopy(content)
    holder = edits.found(made, place)
    if holder is None:
        return made
    spoken = {n: typed[f"language-{n}"] for n in range(MOST_LANGUAGES) if f"language-{n}" in typed}
    if not place:
        _texts(holder, "title", typed, spoken)
        _texts(holder, "help", typed, spoken)
        _source(holder, ("source", "source_parameters"), typed.get("source"), typed, known)
        return made
    if "key" in typed and ("key" in holder or typed["key"].strip()):
        _set(holder, "key", typed["key"].strip(), typed["key"].strip(), required=True)
    _texts(holder, "label", typed, spoken)
    _texts(holder, "help", typed, spoken)
    for entry in kinds.entries(holder, column=len(place) > 1):
        _entry(holder, entry, typed)
    _parts(holder, typed, spoken)
    if holder.get("type") == "choice":
        _values(holder, typed, known)
    if typed.get("type", holder.get("type")) != holder.get("type"):
        others = {str(one.get("key")) for one in edits.siblings(made, place) if one is not holder}
        turn(holder, typed["type"])
        if "key" in holder:
            holder["key"] = edits.unique(str(holder["key"]), others)
    return made


def turn(component: dict, kind: str) -> None:
    """Make a component one of another kind: what only the old kind can hold goes, what the new one needs comes."""
    old = set(kinds.USUAL.get(str(component.get("type")), ())) | {_own(str(component.get("type")))}
    new = set(kinds.USUAL.get(kind, ())) | {_own(kind)}
    rules = component.get("validate") or {}
    for name in (old - new) | {"min", "max"}:  # a number's limit is no date's
        component.pop(name, None)
        rules.pop(name, None)
    if "validate" in component and not rules:
        del component["validate"]
    component["type"] = kind
    label = component.get("label") if isinstance(component.get("label"), dict) else {}
    for name, entry in kinds.blank(kind, label or {}, label or {}).items():
        if name not in component or (name == _own(kind) and not isinstance(component[name], list)):
            component[name] = entry
    if _own(kind) == "columns" and _own(kind) in old:
        component["columns"] = kinds.blank(kind, label or {}, label or {})["columns"]
    if kind in ("facts", "table"):
        component.pop("key", None)


def _own(kind: str) -> str:
    """The list that a kind of component holds."""
    return "columns" if kind == "lines" else edits.PARTS.get(kind, "")


def _set(holder: dict, name: str, text: str, value: Any, *, required: bool = False) -> None:
    """Write an entry if its text differs from what was shown; an empty one goes, unless it is required."""
    before = shown(holder.get(name)).strip()
    if text in (before, "".join(before.splitlines())):  # an input of one line shows no line ends
        return
    if text or required:
        holder[name] = value
    else:
        holder.pop(name, None)


def _texts(holder: dict, name: str, typed: Typed, spoken: Mapping[int, str], prefix: str = "") -> None:
    """A text per language; a language whose text is emptied goes."""
    given = {language: typed.get(f"{prefix}{name}-{n}") for n, language in spoken.items()}
    before = holder.get(name)
    changed = {
        language: text
        for language, text in ((key, _lines(one)) for key, one in given.items() if one is not None)
        if text != _lines(label_in(before, language))
    }
    if not changed:
        return
    texts = dict(before) if isinstance(before, dict) else {"en": before} if before else {}
    texts |= changed
    texts = {language: text for language, text in texts.items() if text}
    if texts or name != "help":
        holder[name] = texts
    else:
        holder.pop(name, None)


def _lines(text: str) -> str:
    """A text without what a browser adds to its line ends."""
    return text.replace("\r\n", "\n").strip()


def _entry(component: dict, entry: kinds.Entry, typed: Typed) -> None:
    """One entry or rule, as its way of being written has it."""
    rule = entry.name in kinds.RULES
    holder = dict(component.get("validate") or {}) if rule else component
    before = dict(holder)
    if entry.way == "flag":
        if "at" in typed and bool(holder.get(entry.name)) != (entry.name in typed):
            _set(holder, entry.name, "true" if entry.name in typed else "", True)
    elif entry.name in typed:
        text = typed[entry.name].strip()
        _set(holder, entry.name, text, _value(text, entry, holder.get(entry.name)))
    if rule and holder != before:
        component["validate"] = holder
        if not holder:
            del component["validate"]


def _value(text: str, entry: kinds.Entry, before: Any) -> Any:
    """What a typed text means: a number where it is one and numbers belong, structured where it was."""
    if entry.way in ("whole", "limit"):
        return _number(text)
    if isinstance(before, dict | list):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _number(text: str) -> Any:
    """A number as JSON has it, if writing it there keeps every digit; else the text."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or len(text) > 15:
        return text
    if number == int(number):
        return int(number)
    return float(number) if Decimal(str(float(number))) == number and "e" not in str(float(number)) else text


def _parts(component: dict, typed: Typed, spoken: Mapping[int, str]) -> None:
    """Options, facts and columns of a read-only table, as they stand in their rows."""
    for number, part in enumerate(edits.parts(component)):
        prefix = f"row-{number}-"
        for name in ("value", "key"):
            if f"{prefix}{name}" in typed:
                text = typed[f"{prefix}{name}"].strip()
                _set(part, name, text, text, required=True)
        if f"{prefix}type" in typed:
            _set(part, "type", typed[f"{prefix}type"], typed[f"{prefix}type"])
        _texts(part, "label", typed, spoken, prefix)


def _values(component: dict, typed: Typed, known: Mapping[str, Collection[str]]) -> None:
    """Where a choice's options come from: written in the form, or from a source."""
    values, wanted = component.get("values"), typed.get("values_from")
    if wanted == "source":
        if not isinstance(values, dict):
            component["values"] = {"source": typed.get("values_source", "").strip()}
        else:
            _source(values, ("source", "parameters"), typed.get("values_source"), typed, known)
    elif wanted == "fixed" and not isinstance(values, list):
        component["values"] = []


def _source(
    holder: dict,
    names: tuple[str, str],
    source: str | None,
    typed: Typed,
    known: Mapping[str, Collection[str]],
) -> None:
    """A source and its arguments; of another source only the arguments it knows."""
    if source is None:
        return
    source, before = source.strip(), holder.get(names[0])
    arguments = dict(holder[names[1]]) if isinstance(holder.get(names[1]), dict) else {}
    for number in range(50):
        name, text = typed.get(f"parameter-{number}-name"), typed.get(f"parameter-{number}-value", "")
        if name:
            _set(arguments, name, text.strip(), text.strip())
    if source != shown(before):
        arguments = {k: v for k, v in arguments.items() if k in known.get(source, ())}
    _set(holder, names[0], source, source, required=names[1] == "parameters")
    if arguments != (holder.get(names[1]) or {}):
        holder[names[1]] = arguments
        if not arguments:
            del holder[names[1]]
