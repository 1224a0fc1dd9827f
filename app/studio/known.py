"""Which names the expressions of a process may read, told by those it reads already: ``approval.amount``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from sqlalchemy import select

from app.core.db import db
from app.studio.models import Change
from app.workflow.drawing.diagram import DefinitionError, read_xml, tag_of
from app.workflow.models import DefinitionKind, ProcessDefinition

TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
EXPRESSIONS = {"summary", "document", "amount", "candidate", "due_on", "correlation"}
"""The properties that hold expressions."""


def names_in(source: str) -> set[str]:
    """The names with dots that a diagram's expressions read; none where it cannot be read."""
    try:
        root = read_xml(source.encode(), "")
    except DefinitionError:
        return set()
    return {name for text in _expressions(root) for name in NAME.findall(TEXT.sub("", text))}


def _expressions(root: etree._Element) -> Iterator[str]:
    for element in root.iter():
        tag = tag_of(element)
        if tag == "parameter" or (tag == "property" and element.get("name") in EXPRESSIONS):
            yield element.get("value", "")
        elif tag in ("conditionExpression", "script"):
            yield element.text or ""


def to_users_of(key: str, change: Change) -> list[str]:
    """What the processes know that show a form or take a decision; the change's own diagrams go before deployed."""
    own = {one.file: one.source for one in change.files if one.file.endswith(".bpmn")}
    query = select(ProcessDefinition.file, ProcessDefinition.source).where(
        ProcessDefinition.kind == DefinitionKind.BPMN,
        ProcessDefinition.active,
        ProcessDefinition.source.contains(key, autoescape=True),
    )
    sources = {str(file): str(source) for file, source in db.session.execute(query)} | own
    using = re.compile(rf"[\">\s]{re.escape(key)}[\"<\s]")
    return sorted({name for source in sources.values() if using.search(source) for name in names_in(source)})
