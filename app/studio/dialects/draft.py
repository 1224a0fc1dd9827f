"""A foreign diagram while it becomes ours: one process, our properties, roles as lanes, notes of what was done. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from lxml import etree

from app.studio.dialects import forms
from app.workflow.drawing.diagram import BPMN, SPIFF, DefinitionError, tag_of
from app.workflow.drawing.layout import arrange
from app.workflow.form.forms_check import Problem

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
OURS = {BPMN[1:-1], DI[1:-1], SPIFF[1:-1], "http://www.omg.org/spec/DD/20100524/DC"}
OURS |= {"http://www.omg.org/spec/DD/20100524/DI", "http://www.w3.org/2001/XMLSchema-instance"}
TASKS = ("userTask", "manualTask")
REFERENCES = ("sourceRef", "targetRef", "default", "attachedToRef", "bpmnElement")

Speak = Callable[[str, Mapping[str, str]], str | None]


@dataclass(frozen=True)
class Note:
    """What became of one thing: ``outcome`` is mapped, left_out or to_do; ``code`` and ``values`` say the rest."""

    element: str
    outcome: str
    code: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Translated:
    """A diagram in our dialect, the forms it needs, and what became of everything else."""

    bpmn: str
    forms: dict[str, dict[str, Any]]
    notes: list[Note]


class Draft:
    """The tree that is changed, and what is known of it."""

    def __init__(self, root: etree._Element, key: str, operators: Set[str], roles: Set[str]) -> None:
        self.root, self.key, self.operators, self.roles = root, key, operators, roles
        self.notes: list[Note] = []
        self.forms: dict[str, dict[str, Any]] = {}
        self.names: dict[str, str] = {}
        self._ambiguous: set[str] = set()
        self._role_of: dict[str, str] = {}
        self.process = self._one_process()
        self._ids()

    def _one_process(self) -> etree._Element:
        found = self.root.findall(f"{BPMN}process")
        if not found:
            raise DefinitionError([Problem(self.key, "", _("The file holds no process."))])
        runnable = [one for one in found if one.get("isExecutable") == "true"] or found
        for other in found:
            if other is not runnable[0]:
                self.note(other, "to_do", "other_process")
                self.root.remove(other)
        return runnable[0]

    def _ids(self) -> None:
        """The process gets our key, ids with other characters than ours a name that fits."""
        renamed = {self.process.get("id", ""): self.key}
        for one in self.process.iter(etree.Element):
            identifier = one.get("id", "")
            if identifier and one is not self.process and not identifier.isidentifier():
                renamed[identifier] = "n_" + re.sub(r"\W", "_", identifier)
        pools = list(self.root.iter(f"{BPMN}participant"))
        renamed |= {one.get("id", ""): self.key for one in pools}
        for pool in self.root.findall(f"{BPMN}collaboration"):
            renamed[pool.get("id", "")] = self.key
            self.root.remove(pool)
        for one in self.root.iter(etree.Element):
            if tag_of(one) in ("incoming", "outgoing", "flowNodeRef") and (one.text or "").strip() in renamed:
                one.text = renamed[(one.text or "").strip()]
            for name in ("id", *REFERENCES):
                if one.get(name) in renamed:
                    one.set(name, renamed[one.get(name, "")])
        self.process.set("isExecutable", "true")
        planes = list(self.root.iter(f"{DI}BPMNPlane"))
        for shape in [one for plane in planes for one in plane if one.get("bpmnElement") == self.key]:
            shape.getparent().remove(shape)

    def note(self, element: etree._Element, outcome: str, code: str, **values: str) -> None:
        """Keep what became of something at an element."""
        self.notes.append(Note(element.get("id", ""), outcome, code, values))

    def owner(self, one: etree._Element) -> etree._Element:
        """The element of the diagram that an extension belongs to."""
        outer = (up for up in one.iterancestors() if up.get("id") and up.tag.startswith(BPMN))
        return next(outer, self.process)

    def nodes(self, *tags: str) -> list[etree._Element]:
        """The process's elements of these kinds."""
        return [one for one in self.process.iter(etree.Element) if tag_of(one) in tags]

    def extension(self, node: etree._Element) -> etree._Element:
        """The node's extension elements, made where there are none."""
        found = node.find(f"{BPMN}extensionElements")
        if found is None:
            found = etree.Element(f"{BPMN}extensionElements")
            place = 1 if len(node) and tag_of(node[0]) == "documentation" else 0
            node.insert(place, found)
        return found

    def set_property(self, node: etree._Element, name: str, value: str) -> None:
        """Give a node one of our properties."""
        block = self.extension(node)
        own = block.find(f"{SPIFF}properties")
        own = etree.SubElement(block, f"{SPIFF}properties") if own is None else own
        etree.SubElement(own, f"{SPIFF}property", name=name, value=value)

    def set_role(self, node: etree._Element, group: str) -> None:
        """Put a task into the lane of a role that is called like the other engine's group."""
        role = re.sub(r"\W", "_", group.strip()).lower()
        if role in self.roles:
            self._role_of[node.get("id", "")] = role
            self.note(node, "mapped", "role", value=role)
        else:
            self.note(node, "to_do", "no_role", value=group)

    def set_form(
        self, node: etree._Element, fields: list[tuple[str, dict[str, Any] | None]], about: str = ""
    ) -> None:
        """Give a task a form of these fields; what they were called leads to where their values are found here."""
        area = self.key.partition(".")[0]
        task = node.get("id", "")
        key = f"{area}/{forms.key_of(self.key.partition('.')[2] + '_' + task)}"
        kept = [one for _name, one in fields if one is not None]
        self.forms[key] = forms.form(node.get("name") or task, kept, about)
        self.set_property(node, "form", key)
        self.note(node, "mapped", "form", value=key)
        for name, made in fields:
            if made is None:
                self.note(node, "to_do", "field", value=name)
                continue
            if name in self.names or name in self._ambiguous:
                self._ambiguous.add(name)
                self.names.pop(name, None)
                self.note(node, "to_do", "written_twice", value=name)
            else:
                self.names[name] = f"{task}.{made['key']}"

    def set_operator(
        self, node: etree._Element, theirs: str, result: str | None, given: dict[str, str]
    ) -> None:
        """Call the operator of this name, or the only one whose own name is alike."""
        plain = forms.key_of(
            re.sub(r"(Delegate|Task|Service|Worker)$", "", theirs.rpartition(".")[2] or theirs)
        )
        alike = sorted(one for one in self.operators if one.partition(".")[2] == plain)
        found = theirs if theirs in self.operators else alike[0] if len(alike) == 1 else None
        call = etree.SubElement(self.extension(node), f"{SPIFF}serviceTaskOperator")
        call.set("id", found or theirs)
        call.set("resultVariable", result or node.get("id", ""))
        parameters = etree.SubElement(call, f"{SPIFF}parameters")
        for name, said in given.items():
            etree.SubElement(parameters, f"{SPIFF}parameter", id=name, type="str", value=said)
        code = ("mapped", "operator") if found else ("to_do", "no_operator")
        self.note(node, *code, value=theirs, found=found or "")

    def set_decision(self, node: etree._Element, theirs: str) -> None:
        """Take the decision of this name."""
        own = theirs if "." in theirs else f"{self.key.partition('.')[0]}.{forms.key_of(theirs)}"
        etree.SubElement(self.extension(node), f"{SPIFF}calledDecisionId").text = own
        self.note(node, "mapped", "decision", value=theirs, found=own)

    def set_script(self, node: etree._Element, lines: list[tuple[str, str]], speak: Speak) -> None:
        """Make a task assign; a line that cannot be said stays as it was."""
        said = [(name, speak(text, self.names)) for name, text in lines]
        for (name, text), (_name, one) in zip(lines, said, strict=True):
            if one is None:
                self.note(node, "to_do", "expression", value=f"{name} = {text}")
        script = node.find(f"{BPMN}script")
        script = etree.SubElement(node, f"{BPMN}script") if script is None else script
        both = zip(lines, said, strict=True)
        script.text = "\n".join(f"{name} = {one or text}" for (name, text), (_n, one) in both)

    def say(self, node: etree._Element, text: str, speak: Speak) -> str:
        """An expression in our language, noted; as it was where that is impossible."""
        said = speak(text, self.names)
        if said is None:
            self.note(node, "to_do", "expression", value=text)
            return text
        self.note(node, "mapped", "expression", value=text, found=said)
        return said

    def conditions(self, speak: Speak) -> None:
        """Say every flow's condition; a choice's only way without one becomes its default."""
        for flow in self.nodes("sequenceFlow"):
            condition = flow.find(f"{BPMN}conditionExpression")
            if condition is not None:
                condition.text = self.say(flow, (condition.text or "").strip(), speak)
                condition.attrib.clear()
        for gateway in self.nodes("exclusiveGateway", "inclusiveGateway"):
            leaving = [one for one in self.nodes("sequenceFlow") if one.get("sourceRef") == gateway.get("id")]
            free = [one for one in leaving if one.find(f"{BPMN}conditionExpression") is None]
            if len(leaving) > 1 and not gateway.get("default") and len(free) == 1:
                gateway.set("default", free[0].get("id", ""))
                self.note(gateway, "mapped", "default", value=free[0].get("id", ""))

    def times(self, speak: Speak) -> None:
        """Say the timers' expressions; plain times stay."""
        for one in self.nodes("timeDuration", "timeDate"):
            text = (one.text or "").strip()
            if text.startswith(("$", "#", "=")):
                one.text = self.say(one.getparent().getparent(), text, speak)

    def repeat(self, node: etree._Element, over: str | None, item: str | None, speak: Speak) -> None:
        """Repeat over a list."""
        loop = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
        if over:
            name = self.say(node, over, speak) if over.lstrip().startswith(("$", "#", "=")) else over
            etree.SubElement(loop, f"{BPMN}loopDataInputRef").text = name
            etree.SubElement(loop, f"{BPMN}inputDataItem", id=item or "item")
            self.note(node, "mapped", "repeat", value=over)
        for tag in ("loopCardinality", "completionCondition"):
            found = loop.find(f"{BPMN}{tag}")
            if found is not None and (found.text or "").strip().startswith(("$", "#", "=")):
                found.text = self.say(node, (found.text or "").strip(), speak)

    def finished(self) -> Translated:
        """Our file: nothing foreign left in it, every task with a form, roles as lanes, drawn."""
        self._forget()
        for task in self.nodes("userTask"):
            if task.find(f".//{SPIFF}property[@name='form']") is None:
                self.set_form(task, [])
                self.note(task, "to_do", "empty_form")
        redraw = self._lanes()
        etree.cleanup_namespaces(self.root, keep_ns_prefixes=["bpmn"])
        text = etree.tostring(self.root, encoding="unicode")
        source = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
        drawn = arrange(source, self.key, again=redraw) if self._connected() else source
        return Translated(drawn.decode(), self.forms, self.notes)

    def _connected(self) -> bool:
        """Whether every flow has both ends, so that a drawing can be planned."""
        known = {one.get("id") for one in self.process.iter(etree.Element)}
        return all({f.get("sourceRef"), f.get("targetRef")} <= known for f in self.nodes("sequenceFlow"))

    def _forget(self) -> None:
        """Take out what belongs to other engines and was not mapped; empty extensions go too."""
        for one in list(self.root.iter(etree.Element)):
            for name in list(one.attrib):
                space = etree.QName(name).namespace
                if space and space not in OURS:
                    del one.attrib[name]
            if etree.QName(one).namespace not in OURS and one.getparent() is not None:
                one.getparent().remove(one)
        for block in list(self.root.iter(f"{BPMN}extensionElements")):
            if not len(block) and block.getparent() is not None:
                block.getparent().remove(block)

    def _lanes(self) -> bool:
        """Make lanes of the tasks' roles where the file has none, or others; returns whether to draw anew."""
        lanes = list(self.process.iter(f"{BPMN}lane"))
        for lane in lanes:
            name = lane.get("name", "")
            role = re.sub(r"\W", "_", name.strip()).lower()
            if role in self.roles | {"system"}:
                lane.set("name", role)
            elif name:
                self.note(lane, "to_do", "no_role", value=name)
        if not self._role_of:
            return False
        top = [
            one for one in self.process if one.get("id") and tag_of(one) not in ("sequenceFlow", "laneSet")
        ]
        held = {one.get("id", ""): self._role_of.get(one.get("id", ""), "") for one in top}
        for lane in lanes:
            for reference in lane.findall(f"{BPMN}flowNodeRef"):
                identifier = (reference.text or "").strip()
                held[identifier] = held.get(identifier) or lane.get("name", "")
        for old in self.process.findall(f"{BPMN}laneSet"):
            self.process.remove(old)
        made = etree.Element(f"{BPMN}laneSet", id="lanes")
        for role in ["system", *sorted(set(held.values()) - {"", "system"})]:
            lane = etree.SubElement(made, f"{BPMN}lane", id=f"lane_{role}", name=role)
            for identifier, own in held.items():
                if (own or "system") == role:
                    etree.SubElement(lane, f"{BPMN}flowNodeRef").text = identifier
        place = sum(1 for one in self.process if tag_of(one) in ("documentation", "extensionElements"))
        self.process.insert(place, made)
        return True
