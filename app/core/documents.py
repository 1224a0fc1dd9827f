"""Documents named like ``purchase_order:42``, by the number people know them by."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from flask import g, has_app_context
from flask_babel import lazy_gettext
from sqlalchemy import Column, String, Table, cast, select

from app.core.db import db
from app.core.i18n import format_quantity, localized

KINDS = {
    "bpmn": lazy_gettext("Process"),
    "dmn": lazy_gettext("Decision"),
    "form": lazy_gettext("Form"),
    "inspection_plan": lazy_gettext("Inspection plan"),
    "opening": lazy_gettext("Opening stock"),
    "period": lazy_gettext("Period"),
    "planned_order": lazy_gettext("Planned order"),
    "task": lazy_gettext("Task"),
    "user": lazy_gettext("User"),
}
"""What a name is called that has no number of its own."""

MATCHES = 500
"""Of how many documents of a kind a search tells."""
DEFINITIONS = {"bpmn", "dmn", "form"}
"""Kinds that are called by the name of what is deployed under their key."""

TABLES = {"task": "human_task", "supplier_credit": "supplier_return"}


def document_labels(keys: Iterable[str | None]) -> dict[str, str]:
    """The numbers of documents, one query for each kind; a line is called by its document's number."""
    wanted: dict[str, set[int]] = {}
    deployed: set[str] = set()
    for key in keys:
        kind, _colon, number = (key or "").partition(":")
        if number.isdecimal():
            wanted.setdefault(kind, set()).add(int(number))
        elif kind in DEFINITIONS:
            deployed.add(number)
    found = _deployed(deployed) if deployed else {}
    for kind, ids in wanted.items():
        table = db.metadata.tables.get(TABLES.get(kind, kind))
        if table is not None:
            found.update({f"{kind}:{id}": label for id, label in _labels(table, ids).items()})
    return found


def document_numbers(keys: Iterable[str | None]) -> list[str]:
    """The numbers of those documents that have one, each once."""
    numbered = [key for key in keys if key and _has_number(key.partition(":")[0])]
    return list(dict.fromkeys(document_labels(numbered).values()))


def documents_matching(text: str) -> list[str]:
    """The documents whose number contains a text, the latest of each kind, and their lines."""
    found = []
    for table in db.metadata.sorted_tables:
        if "number" in table.c and "id" in table.c and not table.name.endswith("_line"):
            held = cast(table.c.number, String).icontains(text, autoescape=True)
            query = select(table.c.id).where(held).order_by(table.c.id.desc()).limit(MATCHES)
            ids = list(db.session.scalars(query))
            found += [f"{table.name}:{id}" for id in ids]
            lines = db.metadata.tables.get(f"{table.name}_line")
            if ids and lines is not None and (link := _link(lines, table)) is not None:
                query = select(lines.c.id).where(link.in_(ids)).order_by(lines.c.id.desc()).limit(MATCHES)
                found += [f"{lines.name}:{id}" for id in db.session.scalars(query)]
    return found


def _link(lines: Table, parent: Table) -> Column | None:
    """The column by which lines name their document."""
    return next((one for one in lines.c if any(key.column.table is parent for key in one.foreign_keys)), None)


def _has_number(kind: str) -> bool:
    """Whether documents of a kind have a number, or are lines of one that has."""
    tables = (db.metadata.tables.get(name) for name in (kind, kind.removesuffix("_line")))
    return any(table is not None and "number" in table.c for table in tables)


def _deployed(keys: set[str]) -> dict[str, str]:
    """The names of processes, decisions and forms, the latest deployed last."""
    table = db.metadata.tables["process_definition"]
    query = select(table.c.kind, table.c.key, table.c.names).where(table.c.key.in_(keys)).order_by(table.c.id)
    return {f"{kind.value}:{key}": localized(names) for kind, key, names in db.session.execute(query)}


def _labels(table: Table, ids: set[int]) -> dict[int, str]:
    """The number, else the name, else the number of the row's document."""
    if "number" in table.c and not table.name.endswith("_line"):
        rows = db.session.execute(select(table.c.id, table.c.number).where(table.c.id.in_(ids)))
        return {id: str(number) for id, number in rows}
    if "names" in table.c:
        rows = db.session.execute(select(table.c.id, table.c.names).where(table.c.id.in_(ids)))
        return {id: localized(names) for id, names in rows}
    parent = db.metadata.tables.get(table.name.removesuffix("_line"))
    if parent is None or parent is table or "number" not in parent.c:
        return {}
    link = _link(table, parent)
    if link is None:
        return {}
    query = select(table.c.id, parent.c.number).join(parent, parent.c.id == link).where(table.c.id.in_(ids))
    return {id: str(number) for id, number in db.session.execute(query)}


def document_quantities(keys: Iterable[str | None]) -> dict[str, str]:
    """How much documents are about, with the unit; of several lines the first and how many more there are."""
    wanted: dict[str, set[int]] = {}
    for key in keys:
        kind, _colon, number = (key or "").partition(":")
        if number.isdecimal():
            wanted.setdefault(kind, set()).add(int(number))
    found = {}
    for kind, ids in wanted.items():
        for id, rows in _amounts(kind, ids).items():
            more = f" +{len(rows) - 1}" if len(rows) > 1 else ""
            found[f"{kind}:{id}"] = format_quantity(*rows[0]) + more
    return found


def _amounts(kind: str, ids: set[int]) -> dict[int, list[tuple[Decimal, str]]]:
    """Quantity and unit of each document, or of its lines."""
    tables = db.metadata.tables
    parent, lines, item = tables.get(kind), tables.get(f"{kind}_line"), tables["item"]
    rows = parent if parent is not None and {"item_id", "quantity"} <= set(parent.c.keys()) else lines
    if rows is None or not {"item_id", "quantity"} <= set(rows.c.keys()):
        return {}
    owner = rows.c.id
    if rows is lines:
        owner = next(one for one in rows.c if any(key.column.table is parent for key in one.foreign_keys))
    query = (
        select(owner, rows.c.quantity, item.c.unit)
        .join(item, item.c.id == rows.c.item_id)
        .where(owner.in_(ids))
        .order_by(rows.c.id)
    )
    found: dict[int, list[tuple[Decimal, str]]] = {}
    for id, quantity, unit in db.session.execute(query):
        found.setdefault(id, []).append((quantity, unit))
    return found


def remember(keys: Iterable[str | None]) -> None:
    """Look many documents up at once, so that `document_label` need not ask one by one."""
    known = _known()
    missing = [key for key in keys if key and key not in known]
    known.update(dict.fromkeys(missing, "") | document_labels(missing))


def document_label(key: str | None) -> str:
    """A document as a person calls it; without a number of its own, what kind of thing it is."""
    if not key:
        return ""
    if key not in _known():
        remember([key])
    kind, _colon, rest = key.partition(":")
    return _known()[key] or (f"{KINDS[kind]} {rest}" if kind in KINDS else key)


def _known() -> dict[str, str]:
    """The labels this request has looked up."""
    if not has_app_context():
        return {}
    if "document_labels" not in g:
        g.document_labels = {}
    return g.document_labels
