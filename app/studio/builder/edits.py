"""Acts on a form's content: add, move, copy, remove a component, a column or a part. Pure.

A place is a tuple of positions: ``()`` is the form itself, ``(2,)`` its third component, ``(2, 0)`` the first
column of that line table. A part is an option of a choice, a fact of a list or a column of a read-only table:
what has no more to it than a name and a label. Every act returns a new content and leaves the old as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Place = tuple[int, ...]
PARTS = {"choice": "values", "facts": "items", "table": "columns"}
"""Where the parts of a kind of component stand."""
DEEPEST = 20
_NUMBERED = re.compile(r"(.+?)_?(\d+)\Z")


def readable(content: Any) -> bool:
    """Whether a content has the shape a builder can take apart: lists of objects where lists belong."""
    if not isinstance(content, dict) or not _objects(content.get("components")) or too_deep(content):
        return False
    for component in content.get("components") or ():
        kind, columns = component.get("type"), component.get("columns")
        if kind == "lines" and not _objects(columns):
            return False
        held = [component, *(columns or ())] if kind == "lines" else [component]
        if not all(_parts_readable(one) for one in held):
            return False
    return True


def too_deep(content: Any) -> bool:
    """Whether lists and objects stand inside each other further than any form needs."""
    level = [content]
    for _depth in range(DEEPEST):
        held = [one for one in level if isinstance(one, dict | list)]
        level = [part for one in held for part in (one.values() if isinstance(one, dict) else one)]
    return bool(level)


def _objects(entry: Any) -> bool:
    return entry is None or (isinstance(entry, list) and all(isinstance(one, dict) for one in entry))


def _parts_readable(component: dict) -> bool:
    if not all(isinstance(component.get(name, ""), str) for name in ("key", "type")):
        return False
    kind, tables = component.get("type", ""), [component.get("validate")]
    held = component.get(PARTS.get(kind, ""))
    if kind == "choice" and isinstance(held, dict):
        tables.append(held.get("parameters"))
        held = None
    return _objects(held) and all(one is None or isinstance(one, dict) for one in tables)


def read_place(text: str) -> Place:
    """A place as it is written in addresses, such as ``2.0``; what is none is the form itself."""
    parts = text.split(".")
    return tuple(map(int, parts)) if all(one.isdecimal() and len(one) < 5 for one in parts[:2]) else ()


def written(place: Place) -> str:
    """A place as it is written in addresses."""
    return ".".join(map(str, place))


def places(content: dict) -> Iterator[tuple[Place, dict]]:
    """Every component and column with its place, in the order they are shown."""
    for number, component in enumerate(content.get("components") or ()):
        yield (number,), component
        if component.get("type") == "lines":
            for inner, column in enumerate(component.get("columns") or ()):
                yield (number, inner), column


def found(content: dict, place: Place) -> dict | None:
    """What stands at a place; None where nothing does."""
    return content if not place else dict(places(content)).get(place)


def siblings(content: dict, place: Place) -> list[dict]:
    """The list a place lies in; made where it is missing.

    Raises:
        LookupError: there is no line table around the place.
    """
    if len(place) == 1:
        return _list(content, "components")
    table = found(content, place[:1])
    if table is None or table.get("type") != "lines":
        raise LookupError(place)
    return _list(table, "columns")


def _list(holder: dict, name: str) -> list[dict]:
    if holder.get(name) is None:
        holder[name] = []
    return holder[name]


def add(content: dict, component: dict, after: Place) -> tuple[dict, Place]:
    """Add a component after a place, as the last one where the place is the form itself; its key becomes unique.

    ``after`` of two numbers adds a column; a second number of -1 makes it the first.
    """
    made, new = deepcopy(content), deepcopy(component)
    around = siblings(made, after or (0,))
    at = min(after[-1] + 1, len(around)) if after else len(around)
    if isinstance(new.get("key"), str):
        new["key"] = unique(new["key"], {str(one.get("key")) for one in around})
    around.insert(at, new)
    return made, (*after[:-1], at)


def unique(key: str, taken: set[str]) -> str:
    """A key that is not taken: ``quantity``, else ``quantity_2``, ``quantity_3``…"""
    if key not in taken:
        return key
    numbered = _NUMBERED.match(key)
    stem = numbered[1] if numbered else key
    return next(name for n in range(2, len(taken) + 3) if (name := f"{stem}_{n}") not in taken)


def move(content: dict, place: Place, to: int) -> tuple[dict, Place]:
    """Move a component or column to another position of its list; beyond the ends means the end."""
    made = deepcopy(content)
    around = siblings(made, place)
    to = max(0, min(to, len(around) - 1))
    around.insert(to, around.pop(place[-1]))
    return made, (*place[:-1], to)


def remove(content: dict, place: Place) -> tuple[dict, Place]:
    """Take a component or column out; the place is then that of the next one, else of what is around."""
    made = deepcopy(content)
    around = siblings(made, place)
    del around[place[-1]]
    if place[-1] < len(around):
        return made, place
    return made, (*place[:-1], len(around) - 1) if around else place[:-1]


def copy(content: dict, place: Place) -> tuple[dict, Place]:
    """Put a copy of a component or column after it."""
    original = found(content, place)
    if not place or original is None:
        raise LookupError(place)
    return add(content, original, place)


def parts(component: dict) -> list[dict]:
    """The options, facts or columns of a component that are written in the form."""
    held = component.get(PARTS.get(str(component.get("type")), ""))
    return held if isinstance(held, list) else []


def add_part(content: dict, place: Place, part: dict) -> dict:
    """Add an option, a fact or a table's column as the last; its value or key becomes unique."""
    made = deepcopy(content)
    component = found(made, place)
    if component is None or component.get("type") not in PARTS:
        raise LookupError(place)
    held, name = parts(component), PARTS[component["type"]]
    new = deepcopy(part)
    for entry in ("key", "value") if component["type"] != "facts" else ():
        if isinstance(new.get(entry), str):
            new[entry] = unique(new[entry], {str(one.get(entry)) for one in held})
    component[name] = [*held, new]
    return made


def move_part(content: dict, place: Place, number: int, to: int) -> dict:
    """Move an option, a fact or a table's column to another position."""
    made = deepcopy(content)
    held = _parts_of(made, place)
    held.insert(max(0, min(to, len(held) - 1)), held.pop(number))
    return made


def remove_part(content: dict, place: Place, number: int) -> dict:
    """Take an option, a fact or a table's column out."""
    made = deepcopy(content)
    del _parts_of(made, place)[number]
    return made


def _parts_of(content: dict, place: Place) -> list[dict]:
    component = found(content, place)
    if component is None:
        raise LookupError(place)
    return parts(component)


def place_of(content: dict, element: str) -> Place:
    """The place an element of the deploy check's problems names: a key, ``lines.quantity``, ``components[2]``…"""
    head, _dot, rest = element.partition(".")
    for place, component in places(content):
        if len(place) == 1 and _named(component, head, f"components[{place[0]}]"):
            columns = component.get("columns") or () if component.get("type") == "lines" else ()
            inner = rest.partition(".")[0]
            for number, column in enumerate(columns):
                if rest and _named(column, inner, f"columns[{number}]"):
                    return (*place, number)
            return place
    return ()


def _named(component: dict, name: str, otherwise: str) -> bool:
    return name == str(component.get("key") or otherwise)
