"""Which processes use a form: those deployed, and those of the change it is part of."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from lxml import etree
from sqlalchemy import select

from app.core.db import db
from app.core.i18n import localized
from app.studio.models import Change
from app.workflow.drawing.diagram import DefinitionError, Diagram, names, properties, tag_of
from app.workflow.models import DefinitionKind, ProcessDefinition


@dataclass(frozen=True)
class Use:
    """A user task that shows a form; its process by version, or by the change's own file.

    ``missing`` is what the process reads of the task's answer and the form does not ask.
    """

    process: str
    task: str
    definition_id: int | None
    file: str
    missing: list[str]


def of_form(key: str, change: Change, asked: Collection[str]) -> list[Use]:
    """The user tasks that show a form; the change's own diagrams count instead of what is deployed.

    Args:
        key: the form's.
        change: what it is edited in.
        asked: the keys of the form's fields.
    """
    found: list[Use] = []
    own = {one.file for one in change.files if one.file.endswith(".bpmn")}
    for one in change.files:
        if one.file in own:
            found += _in(one.source, one.file, key, asked)
    query = select(ProcessDefinition).where(
        ProcessDefinition.kind == DefinitionKind.BPMN,
        ProcessDefinition.active,
        ProcessDefinition.source.contains(f'"{key}"', autoescape=True),
    )
    for row in db.session.scalars(query.order_by(ProcessDefinition.key)):
        if row.file not in own:
            found += _in(row.source, row.file, key, asked, row.id)
    return found


def read_of(source: str, key: str) -> set[str]:
    """What a diagram reads of the answers of its tasks that show a form, such as ``approve``."""
    return {name.rpartition(".")[2] for use in _in(source, "", key, ()) for name in use.missing}


def _in(
    source: str, file: str, key: str, asked: Collection[str], definition_id: int | None = None
) -> list[Use]:
    """The tasks of one diagram; none where it cannot be read, which its own check says."""
    try:
        diagram = Diagram(source.encode(), file)
    except DefinitionError:
        return []
    process = localized(names(diagram.process))
    return [
        Use(process, localized(names(node)), definition_id, file, _missing(source, node, asked))
        for scope in diagram.scopes()
        for node in scope
        if tag_of(node) == "userTask" and properties(node).get("form") == key
    ]


def _missing(source: str, node: etree._Element, asked: Collection[str]) -> list[str]:
    """What a process reads of a task's answer that the form does not ask, such as ``review.approve``."""
    result = properties(node).get("result") or node.get("id", "")
    read = set(re.findall(rf"(?<![\w.]){re.escape(result)}\.([A-Za-z_]\w*)", source))
    return sorted(f"{result}.{name}" for name in read.difference(asked))
