"""A BPMN or DMN file as safely read XML, and what the engine and the checks ask about its nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from flask_babel import gettext as _
from lxml import etree

from app.core.errors import DomainError
from app.workflow.form.forms_check import Problem

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
CANCEL = "#cancel"
"""The code under which a transaction is left."""
SIGNAL = "signal."
"""How an event is named that tells a signal to everybody."""
MAX_BYTES = 2_000_000
DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?\Z")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?\Z")


class DefinitionError(DomainError):
    """Files that cannot be deployed; ``problems`` names each element and says why."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        where = " ".join(part for part in (first.file, first.element) if part)
        super().__init__("definition_refused", f"{where}: {first.message}")
        self.problems = problems


SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
"""How untrusted XML is parsed."""


def read_xml(source: bytes, file: str) -> etree._Element:
    """Parse untrusted XML: no entities, no network, no document type, at most 2 MB.

    Raises:
        DefinitionError: it is too large, not well-formed, or declares a document type.
    """
    if len(source) > MAX_BYTES:
        raise DefinitionError([Problem(file, "", _("The file is larger than 2 MB."))])
    try:
        source.decode("utf-8")
    except UnicodeDecodeError:
        raise DefinitionError([Problem(file, "", _("The file is not UTF-8 text."))]) from None
    try:
        root = etree.fromstring(source, etree.XMLParser(**SAFE))
    except etree.XMLSyntaxError as error:
        line, column = error.position
        message = _("The file is not well-formed XML: line {line}, character {column}.")
        told = Problem(file, "", message.format(line=line, column=column))
        raise DefinitionError([told]) from None
    refuse_document_type(root.getroottree(), file)
    return root


def refuse_document_type(tree: etree._ElementTree, file: str) -> None:
    """Refuse what could declare entities."""
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        raise DefinitionError([Problem(file, "", _("A document type declaration is not allowed."))])


def tag_of(element: etree._Element) -> str:
    """The element's name without its namespace; empty for comments."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def text_of(element: etree._Element, path: str) -> str | None:
    """The trimmed text of the first BPMN descendant on ``path``, or None."""
    found = element.find("/".join(BPMN + part for part in path.split("/")))
    return None if found is None else (found.text or "").strip()


def properties(element: etree._Element) -> dict[str, str]:
    """The element's own properties from its extension elements."""
    path = f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property"
    return {p.get("name", ""): p.get("value", "") for p in element.findall(path)}


def extension(element: etree._Element, name: str) -> etree._Element | None:
    """One of the element's extension elements, or None."""
    return element.find(f"{BPMN}extensionElements/{SPIFF}{name}")


def names(element: etree._Element) -> dict[str, str]:
    """The element's label per language: its name, and properties ``label.<language>``."""
    labels = {k.removeprefix("label."): v for k, v in properties(element).items() if k.startswith("label.")}
    if element.get("name"):
        labels.setdefault("en", element.get("name", ""))
    return labels


def timer_expression(definition: etree._Element) -> tuple[str, str]:
    """A timer's kind (``timeDuration`` …) and its expression; a bare ISO text counts as a literal."""
    for kind in ("timeDuration", "timeDate", "timeCycle"):
        found = definition.find(BPMN + kind)
        if found is not None:
            text = (found.text or "").strip()
            return kind, f'"{text}"' if DURATION.match(text) or MOMENT.match(text) else text
    return "", ""


def definitions_of(node: etree._Element) -> list[etree._Element]:
    """The event definitions of an event: what it waits for or throws."""
    return [child for child in node if tag_of(child).endswith("EventDefinition")]


def is_event_subprocess(node: etree._Element) -> bool:
    """Whether a node is a subprocess that an event begins, not a flow."""
    return tag_of(node) == "subProcess" and node.get("triggeredByEvent") == "true"


class Diagram:
    """One BPMN file with one process."""

    def __init__(self, source: bytes, file: str) -> None:
        self.file = file
        self.source = source
        self.root = read_xml(source, file)
        if self.root.tag != f"{BPMN}definitions":
            raise DefinitionError([Problem(file, "", _("This is not a BPMN diagram."))])
        processes = self.root.findall(f"{BPMN}process")
        if len(processes) != 1:
            raise DefinitionError([Problem(file, "", _("A file holds exactly one process."))])
        self.process = processes[0]

    @property
    def key(self) -> str:
        """The process's id, such as ``planning.plan_supply``."""
        return self.process.get("id", "")

    @cached_property
    def messages(self) -> dict[str, str]:
        """Message names by id."""
        return {m.get("id", ""): m.get("name", "") for m in self.root.findall(f"{BPMN}message")}

    @cached_property
    def errors(self) -> dict[str, str]:
        """Error codes by id."""
        return {e.get("id", ""): e.get("errorCode", "") for e in self.root.findall(f"{BPMN}error")}

    @cached_property
    def signals(self) -> dict[str, str]:
        """Signal names by id."""
        return {s.get("id", ""): s.get("name", "") for s in self.root.findall(f"{BPMN}signal")}

    @cached_property
    def escalations(self) -> dict[str, str]:
        """Escalation codes by id."""
        found = self.root.findall(f"{BPMN}escalation")
        return {e.get("id", ""): e.get("escalationCode", "") for e in found}

    @cached_property
    def lanes(self) -> dict[str, str]:
        """The lane's name by the id of the node in it."""
        found = {}
        for lane in self.process.iter(f"{BPMN}lane"):
            for reference in lane.findall(f"{BPMN}flowNodeRef"):
                found[(reference.text or "").strip()] = lane.get("name", "")
        return found

    def scopes(self) -> Iterator[etree._Element]:
        """The process and each embedded subprocess."""
        yield self.process
        yield from self.process.iter(f"{BPMN}subProcess", f"{BPMN}transaction")

    def lane_of(self, node: etree._Element) -> str | None:
        """The lane a node lies in, or that of the subprocess around it."""
        while node is not None and node is not self.process:
            if name := self.lanes.get(node.get("id", "")):
                return name
            node = node.getparent()
        return None

    def message_of(self, node: etree._Element) -> str | None:
        """The name of the message a node waits for or sends."""
        definition = node.find(f"{BPMN}messageEventDefinition")
        reference = node.get("messageRef") or (
            definition.get("messageRef") if definition is not None else None
        )
        return self.messages.get(reference or "")

    def error_of(self, node: etree._Element) -> str | None:
        """The code of the error an event throws or catches; leaving a transaction counts as one."""
        if node.find(f"{BPMN}cancelEventDefinition") is not None:
            return CANCEL
        definition = node.find(f"{BPMN}errorEventDefinition")
        return None if definition is None else self.errors.get(definition.get("errorRef", ""))

    def signal_of(self, node: etree._Element) -> str | None:
        """The name of the signal an event throws or waits for."""
        definition = node.find(f"{BPMN}signalEventDefinition")
        return None if definition is None else self.signals.get(definition.get("signalRef", ""))

    def escalation_of(self, node: etree._Element) -> str | None:
        """The code of the escalation an event throws or catches."""
        definition = node.find(f"{BPMN}escalationEventDefinition")
        return None if definition is None else self.escalations.get(definition.get("escalationRef", ""), "")

    def start_message(self) -> str | None:
        """The event that starts the process, a message or a signal, or None."""
        start = self.process.find(f"{BPMN}startEvent")
        if start is None:
            return None
        signal = self.signal_of(start)
        return SIGNAL + signal if signal else self.message_of(start)

    def called(self) -> set[str]:
        """Keys of the processes it calls."""
        return {c.get("calledElement", "") for c in self.process.iter(f"{BPMN}callActivity")} - {""}

    def decisions(self) -> set[str]:
        """Keys of the decisions it takes."""
        found = (extension(t, "calledDecisionId") for t in self.process.iter(f"{BPMN}businessRuleTask"))
        return {(e.text or "").strip() for e in found if e is not None} - {""}

    def forms(self) -> set[str]:
        """Keys of the forms its tasks show."""
        own = (
            properties(task).get("form", "")
            for task in self.process.iter(f"{BPMN}userTask", f"{BPMN}manualTask")
        )
        return set(own) - {""}

    def elements(self) -> dict[str, dict[str, dict]]:
        """What tasks and history need of each node, by scope and node id."""
        return {scope.get("id", ""): dict(self._nodes(scope)) for scope in self.scopes()}

    def _nodes(self, scope: etree._Element) -> Iterator[tuple[str, dict]]:
        for node in scope:
            if not tag_of(node) or node.get("id") is None or tag_of(node) in ("sequenceFlow", "laneSet"):
                continue
            lane = self.lane_of(node)
            yield (
                node.get("id", ""),
                {
                    "process": self.key,
                    "kind": tag_of(node),
                    "names": names(node),
                    "role": None if lane == "system" else lane,
                    "message": self.message_of(node),
                    "error": self.error_of(node),
                    "signal": self.signal_of(node),
                    "escalation": self.escalation_of(node),
                    "properties": {k: v for k, v in properties(node).items() if not k.startswith("label.")},
                },
            )
