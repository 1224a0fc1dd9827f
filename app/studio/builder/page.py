"""What the form builder's page shows: the outline, the chosen component, what is wrong, the preview, the uses."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.core.expressions import FUNCTIONS
from app.core.i18n import LANGUAGES
from app.core.operators import SOURCES
from app.studio import known
from app.studio.builder import edits, kinds, panel, preview, uses, words
from app.studio.builder.edits import Place
from app.studio.models import Change, ChangeFile
from app.studio.queries import active_of
from app.workflow.definitions import check_files, key_of
from app.workflow.form.forms import text
from app.workflow.form.forms_check import Problem, parsed


@dataclass(frozen=True)
class Line:
    """One line of the outline: a component or a column."""

    place: str
    kind: str
    label: str
    key: str
    problems: int
    column: bool
    last: bool


@dataclass(frozen=True)
class Ask:
    """One input of the panel."""

    name: str
    label: str
    way: str
    value: str = ""
    on: bool = False


@dataclass(frozen=True)
class Argument:
    """One argument of a source: its name, what stands there, whether the source needs it."""

    name: str
    value: str
    required: bool


@dataclass
class Chosen:
    """What stands in the panel: the form itself, a component or a column."""

    place: Place
    content: dict[str, Any]
    asks: list[Ask] = field(default_factory=list)
    kinds: list[tuple[str, str]] = field(default_factory=list)
    siblings: int = 0
    source: str = ""
    from_source: bool = False
    arguments: list[Argument] = field(default_factory=list)
    parts: list[dict] = field(default_factory=list)

    @property
    def at(self) -> str:
        """The place as buttons write it."""
        return edits.written(self.place)

    @property
    def kind(self) -> str:
        """The component's kind; nothing for the form itself."""
        return str(self.content.get("type") or "") if self.place else ""

    @property
    def above(self) -> str:
        """The place without its last position and a dot, to name its neighbours."""
        return "".join(f"{one}." for one in self.place[:-1])

    @property
    def was(self) -> str:
        """What tells that nobody else has moved it meanwhile."""
        return panel.name_of(self.content) if self.place else ""

    @property
    def keyed(self) -> bool:
        """Whether it keeps what is typed under a key."""
        return bool(self.place) and self.kind not in ("facts", "table")


def content_of(source: str) -> dict[str, Any] | None:
    """A form's content, if the builder can take it apart."""
    try:
        content = parsed(source.encode())
    except ValueError:
        return None
    return content if edits.readable(content) else None


def written(content: dict[str, Any], file: str) -> str:
    """A content as the file holds it: as it is deployed if it says the same, so that only changes differ."""
    deployed = active_of(file)
    if deployed is not None and json.loads(deployed.source) == content:
        return deployed.source
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def parameters() -> dict[str, list[str]]:
    """The registered sources' parameters by name."""
    return {name: list(entry.parameters) for name, entry in SOURCES.items()}


def of(
    change: Change,
    row: ChangeFile,
    content: dict[str, Any],
    place: Place,
    *,
    look: str,
    sent: MultiDict[str, str] | None = None,
) -> dict[str, Any]:
    """What the page's template is given."""
    drawn = preview.shown(content, look, row.sample, sent)
    problems = check_files({row.file: row.source.encode()}).problems
    placed = [(edits.place_of(content, one.element), one) for one in problems]
    place = place if edits.found(content, place) is not None else ()
    spoken, key = panel.languages(content), key_of(row.file)
    return {
        "outline": _outline(content, placed),
        "chosen": _chosen(content, place),
        "of_form": sum(not at for at, _one in placed),
        "problems": [(edits.written(at), _label(edits.found(content, at), at), one) for at, one in placed],
        "here": [one for at, one in placed if at == place],
        "kinds": _kinds(kinds.USUAL),
        "columns": _kinds(kinds.COLUMNS),
        "table_columns": _kinds(kinds.TABLE_COLUMNS),
        "languages": [(number, key, words.language_name(key)) for number, key in enumerate(spoken)],
        "label_in": panel.label_in,
        "value_in": panel.shown,
        "looks": LANGUAGES,
        "preview": drawn,
        "names": _names(content, drawn.names, known.to_users_of(key, change)),
        "functions": [f"{name}()" for name in FUNCTIONS],
        "uses": uses.of_form(key, change, _asked(content)),
        "sources": [(name, entry.description) for name, entry in sorted(SOURCES.items())],
        "undo": _last(row.past),
        "redo": _last(row.future),
    }


def _names(content: dict, shown: Iterable[str], known_there: list[str]) -> list[str]:
    """What expressions may read: the form's own fields, its source, and what its processes know."""
    return list(dict.fromkeys([*sorted(_asked(content)), *shown, *known_there]))


def _asked(content: dict) -> set[str]:
    """The keys of the form's own fields."""
    return {str(one["key"]) for place, one in edits.places(content) if len(place) == 1 and "key" in one}


def _kinds(known: Any) -> list[tuple[str, str]]:
    return [(kind, str(words.KINDS[kind])) for kind in known]


def _last(entries: list[dict]) -> str:
    """What the last act of a list was; empty where there is none."""
    if not entries:
        return ""
    act = words.ACTS.get(entries[-1].get("act", ""), words.ACTS["edited"])
    return f"{act}: {entries[-1]['what']}" if entries[-1].get("what") else str(act)


def _outline(content: dict, placed: list[tuple[Place, Problem]]) -> list[Line]:
    return [
        Line(
            edits.written(place),
            str(words.KINDS.get(str(one.get("type")), one.get("type") or "?")),
            _label(one, place),
            str(one.get("key") or ""),
            sum(at == place for at, _problem in placed),
            len(place) > 1,
            place[-1] + 1 == len(edits.siblings(content, place)),
        )
        for place, one in edits.places(content)
    ]


def _label(component: dict | None, place: Place) -> str:
    """What a component is called on the page."""
    if component is None or not place:
        return _("The form itself")
    label = component.get("label")
    return text(label) or str(component.get("key") or words.KINDS.get(str(component.get("type")), "?"))


def _chosen(content: dict, place: Place) -> Chosen:
    """The panel of a place."""
    holder = edits.found(content, place)
    made = Chosen(place, holder if holder is not None else content)
    if not place:
        made.source = panel.shown(content.get("source"))
        made.arguments = _arguments(made.source, content.get("source_parameters"))
        return made
    made.siblings = len(edits.siblings(content, place))
    made.kinds = _kinds(kinds.COLUMNS if len(place) > 1 else kinds.USUAL)
    if made.kind not in dict(made.kinds):
        made.kinds.append((made.kind, made.kind or "?"))
    made.asks = [
        Ask(one.name, str(words.ENTRIES[one.name]), one.way, panel.shown(one.value), bool(one.value))
        for one in kinds.entries(made.content, column=len(place) > 1)
    ]
    made.parts = edits.parts(made.content)
    if made.kind == "choice" and isinstance(made.content.get("values"), dict):
        values = made.content["values"]
        made.from_source, made.source = True, panel.shown(values.get("source"))
        made.arguments = _arguments(made.source, values.get("parameters"))
    return made


def _arguments(source: str, given: Any) -> list[Argument]:
    """The arguments a source takes, and others that are given."""
    given = given if isinstance(given, dict) else {}
    known = SOURCES.get(source)
    found = list(known.parameters) if known else []
    required = known.required if known else set()
    return [
        Argument(name, panel.shown(given.get(name)), name in required)
        for name in [*found, *(one for one in given if one not in found)]
    ]
