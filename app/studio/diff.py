"""What differs between two versions of a diagram, a decision or a form, element by element. Pure.

Each version becomes a table of elements by id with their properties as text; layout, order and formatting do
not count. What is only in one of them was added or removed, what is in both is compared property by property.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from app.workflow.drawing.diagram import Diagram, definitions_of, properties, tag_of

Elements = dict[str, dict[str, str]]
SHOWN = 2_000
"""Characters of a value that are shown."""
INSIDE = {"extensionElements", "incoming", "outgoing", "flowNodeRef", "laneSet"}
"""Children that are told otherwise: as properties, by the flows, by the lane."""


@dataclass(frozen=True)
class Difference:
    """One difference: ``what`` is added, removed or changed; a change names the property, before and after."""

    element: str
    name: str
    what: str
    property: str = ""
    before: str = ""
    after: str = ""
    names: Mapping[str, str] = field(default_factory=dict, compare=False)


def differences(file: str, before: str | None, after: str | None) -> list[Difference]:
    """What differs between two sources of a file; None where there is none."""
    old, new = (elements(file, source) if source else {} for source in (before, after))
    found = [_whole(key, new[key], "added") for key in new if key not in old]
    found += [_whole(key, old[key], "removed") for key in old if key not in new]
    for key in old.keys() & new.keys():
        found += _changed(key, old[key], new[key])
    return sorted(found, key=lambda one: (one.element, one.property))


def _changed(key: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, ""), new.get(name, "")
        if before != after:
            told = name, before[:SHOWN], after[:SHOWN]
            yield Difference(key, new.get("name", ""), "changed", *told, names=_names(new))


def _whole(key: str, element: Mapping[str, str], what: str) -> Difference:
    return Difference(key, element.get("name", ""), what, names=_names(element))


def _names(element: Mapping[str, str]) -> dict[str, str]:
    """The element's name per language."""
    own = {key.removeprefix("label."): value for key, value in element.items() if key.startswith("label.")}
    return {"en": element.get("name", "")} | own


def elements(file: str, source: str) -> Elements:
    """The elements of a source with their properties.

    Raises:
        DefinitionError: it is no readable XML.
        ValueError: it is no JSON.
    """
    if file.endswith(".bpmn"):
        return _diagram(source, file)
    if file.endswith(".dmn"):
        return dict(_decisions(source, file))
    return dict(_form(json.loads(source)))


def _diagram(source: str, file: str) -> Elements:
    diagram = Diagram(source.encode(), file)
    found: Elements = {}
    for scope in diagram.scopes():
        for node in scope:
            if node.get("id") and tag_of(node) not in INSIDE:
                found[node.get("id", "")] = _node(diagram, node)
    found[diagram.key] = {**_attributes(diagram.process), **properties(diagram.process)}
    for element in diagram.root:
        if element.get("id") and tag_of(element) not in ("process", "BPMNDiagram", "collaboration"):
            found[element.get("id", "")] = {"kind": tag_of(element), **_attributes(element)}
    return found


def _node(diagram: Diagram, node: etree._Element) -> dict[str, str]:
    """One node or flow: its kind, attributes, properties, lane and what stands inside."""
    told = {"kind": tag_of(node), **_attributes(node), **properties(node)}
    if tag_of(node) == "boundaryEvent":
        # an editor may leave the default out, and draw a border into either lane
        told.setdefault("cancelActivity", "true")
    elif (lane := diagram.lane_of(node)) is not None and tag_of(node) != "sequenceFlow":
        told["role"] = lane
    for child in node.iter():
        if child is node or not tag_of(child) or tag_of(node) == "subProcess":
            continue
        if tag_of(child) in ("incoming", "outgoing"):
            # the flows say it themselves
            continue
        if tag_of(child) == "serviceTaskOperator":
            told["operator"] = child.get("id", "")
            told["result"] = child.get("resultVariable", "")
        elif tag_of(child) == "parameter":
            told[f"parameter {child.get('id')}"] = child.get("value", "")
        elif (child.text or "").strip():
            told[tag_of(child)] = (child.text or "").strip()
    for definition in definitions_of(node):
        told["event"] = tag_of(definition).removesuffix("EventDefinition")
        told |= {k: v for k, v in _attributes(definition).items() if k.endswith("Ref") or k == "name"}
    return told


def _attributes(element: etree._Element) -> dict[str, str]:
    return {etree.QName(k).localname: v for k, v in element.attrib.items() if k != "id"}


def _decisions(source: str, file: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Decisions, their columns and their rules, cell by cell."""
    from app.workflow.drawing.diagram import read_xml

    for element in read_xml(source.encode(), file).iter():
        if tag_of(element) not in (
            "decision",
            "decisionTable",
            "input",
            "output",
            "rule",
            "literalExpression",
        ):
            continue
        told = {"kind": tag_of(element), **_attributes(element)}
        if tag_of(element) == "rule":
            cells = [c for c in element if tag_of(c) in ("inputEntry", "outputEntry")]
            told |= {f"{tag_of(c)} {n}": _text(c) for n, c in enumerate(cells, 1)}
            told["name"] = next((_own(c) for c in element if tag_of(c) == "description"), "")
        elif tag_of(element) in ("input", "output", "literalExpression"):
            told |= {tag_of(child): _text(child) for child in element if tag_of(child)}
        yield element.get("id") or f"{tag_of(element)} {element.sourceline}", told


def _text(element: etree._Element) -> str:
    return next((_own(child) for child in element if tag_of(child) == "text"), _own(element))


def _own(element: etree._Element) -> str:
    return (element.text or "").strip()


def _form(content: Any, place: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """A form's components by key, each property as JSON."""
    if not isinstance(content, dict):
        yield place or "form", {"value": _json(content)}
        return
    parts = [
        one for name in ("components", "columns") for one in content.get(name, ()) if isinstance(one, dict)
    ]
    own = {k: _json(v) for k, v in content.items() if k not in ("components", "columns")}
    yield place or "form", {"kind": str(content.get("type", "form")), **own}
    for number, part in enumerate(parts, 1):
        yield from _form(part, f"{place}.{part.get('key', number)}".lstrip("."))


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
