"""Event logs in OCEL 2.0 (JSON): each activity with every object it touched, not only one case.

Objects are the cases, the documents they run for (``purchase_order:42``), the documents their tasks were about,
and the customer orders behind them. https://www.ocel-standard.org/2.0/ocel20_specification.pdf, section 6.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from app.workflow.mining.events import Case, Event

CASE = "process_instance"
ATTRIBUTES = {"resource": "string", "role": "string", "element": "string", "kind": "string", "began": "time"}


def log(cases: Iterable[Case]) -> Iterator[str]:
    """The log's text, piece by piece; events first, then what they spoke of."""
    types: dict[str, None] = {}
    objects: dict[str, dict[str, Any]] = {}
    yield '{"events": ['
    comma = ""
    for case in cases:
        _objects_of(case, objects)
        for event in case.events:
            types[event.name] = None
            if event.document:
                _keep(objects, event.document)
            yield comma + _text(_event(case, event))
            comma = ",\n"
    yield '],\n"objects": ['
    comma = ""
    for one in objects.values():
        yield comma + _text(one)
        comma = ",\n"
    kinds = {one["type"]: None for one in objects.values()}
    yield '],\n"eventTypes": '
    yield _text([{"name": name, "attributes": _declared(ATTRIBUTES)} for name in types])
    yield ',\n"objectTypes": '
    yield _text([{"name": kind, "attributes": _declared(_own(kind))} for kind in kinds])
    yield "}\n"


def _own(kind: str) -> dict[str, str]:
    return {"process": "string", "version": "integer", "status": "string"} if kind == CASE else {}


def _declared(attributes: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in attributes.items()]


def _objects_of(case: Case, objects: dict[str, dict[str, Any]]) -> None:
    """The case, its document and its customer order, and how they belong together."""
    related = [{"objectId": case.key, "qualifier": "runs for"}]
    _keep(objects, case.key)
    if case.order_id is not None and case.key != f"customer_order:{case.order_id}":
        _keep(objects, f"customer_order:{case.order_id}")
        related.append({"objectId": f"customer_order:{case.order_id}", "qualifier": "belongs to"})
    values = {"process": case.process, "version": case.version, "status": case.status}
    at = _time(case.started_at)
    objects[_id(case)] = {
        "id": _id(case),
        "type": CASE,
        "attributes": [{"name": name, "time": at, "value": value} for name, value in values.items()],
        "relationships": related,
    }


def _keep(objects: dict[str, dict[str, Any]], document: str) -> None:
    kind = document.partition(":")[0]
    objects.setdefault(document, {"id": document, "type": kind, "attributes": [], "relationships": []})


def _event(case: Case, event: Event) -> dict[str, Any]:
    values = {
        "resource": event.resource,
        "role": event.role,
        "element": event.element,
        "kind": event.kind,
        "began": _time(event.began),
    }
    touched = {_id(case): "part of", case.key: "about"}
    if event.document:
        touched.setdefault(event.document, "about")
    if case.order_id is not None:
        touched.setdefault(f"customer_order:{case.order_id}", "for")
    return {
        "id": f"event:{event.id}",
        "type": event.name,
        "time": _time(event.ended),
        "attributes": [{"name": name, "value": value} for name, value in values.items()],
        "relationships": [{"objectId": one, "qualifier": how} for one, how in touched.items()],
    }


def _id(case: Case) -> str:
    return f"{CASE}:{case.id}"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
