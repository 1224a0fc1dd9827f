"""Diagrams, decisions, forms and test cases that are read together, and how their files are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.workflow.drawing.diagram import Diagram
from app.workflow.form.forms_check import Problem
from app.workflow.models import DefinitionKind
from app.workflow.trial import cases

KINDS = {
    ".bpmn": DefinitionKind.BPMN,
    ".dmn": DefinitionKind.DMN,
    cases.ENDING: DefinitionKind.TESTS,
    ".json": DefinitionKind.FORM,
}


@dataclass
class Bundle:
    """Files read and judged together: what was found in them, what is wrong, and what deserves a look."""

    diagrams: dict[str, Diagram] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    tests: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    sources: dict[tuple[DefinitionKind, str], tuple[str, bytes]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    hints: list[Problem] = field(default_factory=list)


def key_of(file: str) -> str:
    """The key a file's place gives: ``bpmn/planning/plan_supply.bpmn`` is ``planning.plan_supply``."""
    parts = Path(file.removesuffix(cases.ENDING)).with_suffix("").parts[-2:]
    return ("/" if file.endswith(".json") and not file.endswith(cases.ENDING) else ".").join(parts)


def kind_of(file: str) -> DefinitionKind:
    """What a file holds, by its ending."""
    return next(kind for ending, kind in KINDS.items() if file.endswith(ending))


def closure(bundle: Bundle, key: str) -> tuple[set[str], set[str]]:
    """The processes and decisions a process uses, itself included, directly or through calls."""
    waiting, processes, tables = [key], set[str](), set[str]()
    while waiting:
        current = waiting.pop()
        if current in processes or current not in bundle.diagrams:
            continue
        processes.add(current)
        tables |= bundle.diagrams[current].decisions() & bundle.tables.keys()
        waiting += bundle.diagrams[current].called()
    return processes, tables
