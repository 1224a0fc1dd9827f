"""Event logs in OCEL 2.0 (JSON): each activity with every object it touched, not only one case.

Objects are the cases, the documents they run for (``purchase_order:42``), the documents their tasks were about,
the customer orders behind them, and the plant's own things with how they belong together (``app.core.objects``):
what a receipt brought, a work order made and consumed, an inspection judged, a shipment contained.
https://www.ocel-standard.org/2.0/ocel20_specification.pdf, section 6.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from app.core.objects import Thing, all_things
from app.workflow.mining.events import Case, Event

CASE = "process_instance"
CREATED = "{kind} created"
ATTRIBUTES = {"resource": "string", "role": "string", "element": "string", "kind": "string", "began": "time"}
OF_CASES = {"process": "string", "version": "integer", "status": "string"}


def log(cases: Iterable[Case], *, whole: bool = False) -> Iterator[str]:
    """The log's text, piece by piece; events first, then what they spoke of.

    Args:
        cases: what to tell.
        whole: every thing of the plant, not only those that were touched and what belongs to these.
    """
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
    for thing in _plant(objects, whole=whole):
        types[CREATED.format(kind=thing.kind)] = None
        yield comma + _text(_creation(thing, objects))
        comma = ",\n"
    yield '],\n"objects": ['
    comma = ""
    for one in objects.values():
        yield comma + _text(one)
        comma = ",\n"
    yield '],\n"eventTypes": '
    yield _text([{"name": name, "attributes": _declared(ATTRIBUTES)} for name in types])
    yield ',\n"objectTypes": '
    yield _text([{"name": kind, "attributes": _declared(own)} for kind, own in _kinds(objects).items()])
    yield "}\n"


def _kinds(objects: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    """The types of objects with the attributes that any of them has."""
    found: dict[str, dict[str, str]] = {}
    for one in objects.values():
        own = found.setdefault(one["type"], dict(OF_CASES) if one["type"] == CASE else {})
        own |= {told["name"]: own.get(told["name"], "string") for told in one["attributes"]}
    return found


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
    objects[_id(case)] = _object(_id(case), values, case.started_at, related)


def _plant(objects: dict[str, dict[str, Any]], *, whole: bool) -> list[Thing]:
    """Put what is known of the plant's things beside what was touched; returns these things."""
    things = all_things()
    wanted = set(things) if whole else {key for key in objects if key in things}
    if not whole:
        touched = set(wanted)
        for key, thing in things.items():
            others = {other for other, _how in thing.related}
            if key in touched:
                wanted |= others
            elif others & touched:
                wanted.add(key)
    told = [one for key, one in things.items() if key in wanted]
    objects.update({one.key: _thing(one, wanted) for one in told})
    return told


def _creation(one: Thing, known: dict[str, Any]) -> dict[str, Any]:
    """That a thing came into being: an event that touches it and what it then belonged to."""
    touched = {one.key: "creates"} | {other: how for other, how in one.related if other in known}
    return {
        "id": f"created:{one.key}",
        "type": CREATED.format(kind=one.kind),
        "time": _time(one.at),
        "attributes": [{"name": "kind", "value": "creation"}],
        "relationships": [{"objectId": other, "qualifier": how} for other, how in touched.items()],
    }


def _thing(one: Thing, known: set[str]) -> dict[str, Any]:
    related = [{"objectId": other, "qualifier": how} for other, how in one.related if other in known]
    return _object(one.key, one.attributes, one.at, related)


def _object(key: str, values: dict[str, Any], at: datetime, related: list[dict[str, str]]) -> dict[str, Any]:
    told = [{"name": name, "time": _time(at), "value": value} for name, value in values.items()]
    return {"id": key, "type": key.partition(":")[0], "attributes": told, "relationships": related}


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
