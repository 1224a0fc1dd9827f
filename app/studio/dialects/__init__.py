"""Diagrams drawn for other engines, taken over: what has a counterpart is mapped, all else is named. Pure.

    translated = dialects.translate(source, "purchasing.invoice", operators={…}, roles={…})
    translated.bpmn                  our diagram; what could not be mapped is left for the deploy check to name
    translated.forms                 the forms its tasks need, by key, made from what the file says of them
    translated.notes                 one note per thing mapped, left out as needless, or left to do

Camunda 7 (``camunda:``), Camunda 8 (``zeebe:``) and spiff-arena (``spiffworkflow:`` with Python scripts and
JSON-Schema forms) are read; a plain BPMN file goes the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from app.studio.dialects import arena, camunda7, camunda8, forms
from app.studio.dialects.draft import Draft, Note, Translated
from app.workflow.drawing.diagram import SPIFF, read_xml

__all__ = ["Note", "Translated", "forms", "translate"]

CAMUNDA7, CAMUNDA8 = "{http://camunda.org/schema/1.0/bpmn}", "{http://camunda.org/schema/zeebe/1.0}"


def translate(
    source: bytes,
    key: str,
    *,
    operators: Set[str],
    roles: Set[str],
    schemas: Mapping[str, bytes] | None = None,
) -> Translated:
    """A foreign diagram as ours.

    Args:
        source: the BPMN file.
        key: the process key it gets, such as ``purchasing.invoice``.
        operators: names of the operators there are.
        roles: keys of the roles there are.
        schemas: JSON-Schema form files that came along, by file name.

    Raises:
        DefinitionError: the file is no readable BPMN, or holds no process.
    """
    root = read_xml(source, key)
    draft = Draft(root, key, operators, roles)
    names = {name for one in root.iter() if isinstance(one.tag, str) for name in (one.tag, *one.attrib)}
    if any(name.startswith(CAMUNDA7) for name in names):
        camunda7.take_over(draft)
    elif any(name.startswith(CAMUNDA8) for name in names):
        camunda8.take_over(draft)
    elif any(name.startswith(SPIFF) for name in names):
        arena.take_over(draft, schemas or {})
    return draft.finished()
