"""One act on a form, as a button names it: what it does to the content, and where one stands after it.

A button is called like ``add number``, ``move 2.1 0``, ``remove 3``, ``choose 2`` or ``move-part 1 0``; whatever
was typed about the chosen component is written first, so that no act loses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.studio.builder import edits, kinds, words
from app.studio.builder.edits import Place


@dataclass(frozen=True)
class Done:
    """The content after an act, the place to show, what to focus, and what was done to which part."""

    content: dict
    place: Place
    focus: str = ""
    act: str = "edited"
    what: str = ""


def do(content: dict, place: Place, button: str) -> Done:
    """Do what a button says to a content of which one place is chosen.

    Raises:
        LookupError: there is no such act, or nothing to do it to.
    """
    name, *arguments = button.split() or ["apply"]
    return ACTS[name](content, place, *arguments)


def _apply(content: dict, place: Place) -> Done:
    return Done(content, place, what=_named(content, place))


def _choose(content: dict, place: Place, to: str) -> Done:
    return Done(content, edits.read_place(to) if to != "form" else (), "panel", what=_named(content, place))


def _add(content: dict, place: Place, kind: str) -> Done:
    new = kinds.blank(_known(kind, kinds.USUAL), words.kind_labels(kind), words.inner_labels(kind))
    made, at = edits.add(content, new, place[:1])
    return Done(made, at, "panel", "added", _named(made, at))


def _add_column(content: dict, place: Place, kind: str) -> Done:
    new = kinds.blank(_known(kind, kinds.COLUMNS), words.kind_labels(kind), words.inner_labels(kind))
    if not place:
        raise LookupError(place)
    after = place if len(place) > 1 else (*place, len(edits.siblings(content, (*place, 0))) - 1)
    made, at = edits.add(content, new, after)
    return Done(made, at, "panel", "added", _named(made, at))


def _move(content: dict, place: Place, origin: str, to: str, focus: str = "") -> Done:
    made, at = edits.move(content, edits.read_place(origin), int(to))
    return Done(made, at, focus or "chosen", "moved", _named(made, at))


def _copy(content: dict, place: Place, origin: str) -> Done:
    made, at = edits.copy(content, edits.read_place(origin))
    return Done(made, at, "panel", "copied", _named(made, at))


def _remove(content: dict, place: Place, origin: str) -> Done:
    gone = edits.read_place(origin)
    made, at = edits.remove(content, gone)
    return Done(made, at, "panel", "removed", _named(content, gone))


def _add_part(content: dict, place: Place) -> Done:
    kind = str((edits.found(content, place) or {}).get("type"))
    made = edits.add_part(content, place, kinds.part(kind, words.inner_labels(kind)))
    count = len(edits.parts(edits.found(made, place) or {}))
    return Done(made, place, f"part-{count - 1}", "added", _named(made, place))


def _move_part(content: dict, place: Place, number: str, to: str) -> Done:
    made = edits.move_part(content, place, int(number), int(to))
    return Done(made, place, f"part-{to}", "moved", _named(made, place))


def _remove_part(content: dict, place: Place, number: str) -> Done:
    made = edits.remove_part(content, place, int(number))
    return Done(made, place, "add-part", "removed", _named(made, place))


ACTS: dict[str, Callable[..., Done]] = {
    "apply": _apply,
    "choose": _choose,
    "add": _add,
    "add-column": _add_column,
    "move": _move,
    "copy": _copy,
    "remove": _remove,
    "add-part": _add_part,
    "move-part": _move_part,
    "remove-part": _remove_part,
}


def _known(kind: str, known: object) -> str:
    if kind not in known:  # type: ignore[operator]
        raise LookupError(kind)
    return kind


def _named(content: dict, place: Place) -> str:
    """A part by its key, for the record of acts."""
    return str((edits.found(content, place) or {}).get("key") or "") if place else ""
