"""The event logs of all processes in one folder, each version with its diagram and net, ready to be replayed.

``index.json`` lists what lies there: for each version its files, how many cases and events its log holds, how many
were left out and why, and which constructs of its diagram are beyond what mining tools read of BPMN.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.workflow.drawing.diagram import Diagram
from app.workflow.mining import net, ocel, pnml, xes
from app.workflow.mining.beyond import exceptions
from app.workflow.mining.calls import calls
from app.workflow.mining.events import Case, Event, cases
from app.workflow.mining.fusing import fused
from app.workflow.mining.labels import labels
from app.workflow.models import DefinitionKind, InstanceStatus, ProcessDefinition, ProcessInstance

OBJECTS = "plant.jsonocel"


@dataclass
class Sorted:
    """The cases of one version that can be replayed, and how many cannot, by reason."""

    cases: list[Case] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def take(self, case: Case) -> None:
        """Keep a case if it came to its end on its own way."""
        reason = case.steered or ("" if case.status == InstanceStatus.COMPLETED.value else case.status)
        if reason:
            self.left_out[reason] += 1
        else:
            self.cases.append(case)


def write(folder: Path, first: date, last: date) -> list[dict[str, Any]]:
    """Write the logs of the cases that began in a period; returns the index.

    Args:
        folder: made when it is not there.
        first: the first day.
        last: the last day, included.
    """
    return write_versions(folder, sorted_cases(first, last), ocel.log(every_case(first, last), whole=True))


def write_versions(
    folder: Path, versions: Iterable[tuple[ProcessDefinition, Sorted]], things: Iterable[str] | None
) -> list[dict[str, Any]]:
    """Write the files of each version, and the log of the things where there are any; returns the index."""
    folder.mkdir(parents=True, exist_ok=True)
    index = [_version(folder, definition, found) for definition, found in versions]
    if things is not None:
        with (folder / OBJECTS).open("w", encoding="utf-8") as file:
            file.writelines(things)
    text = json.dumps(
        {"objects": OBJECTS if things is not None else None, "versions": index}, ensure_ascii=False, indent=1
    )
    (folder / "index.json").write_text(text + "\n", encoding="utf-8")
    return index


def sorted_cases(first: date, last: date) -> Iterator[tuple[ProcessDefinition, Sorted]]:
    """The cases of each version that has any, those of called processes among them."""
    versions: dict[int, Sorted] = {}
    for case in every_case(first, last):
        versions.setdefault(case.definition, Sorted()).take(case)
        for call in calls([case]):
            versions.setdefault(call.definition, Sorted()).take(call)
    query = select(ProcessDefinition).where(
        ProcessDefinition.kind == DefinitionKind.BPMN, ProcessDefinition.id.in_(versions)
    )
    for row in db.session.scalars(query.order_by(ProcessDefinition.key, ProcessDefinition.version)):
        yield row, versions[row.id]


def every_case(first: date, last: date) -> Iterator[Case]:
    """The cases of all processes that began in a period, ended or not."""
    keys = db.session.scalars(select(ProcessInstance.process).distinct().order_by(ProcessInstance.process))
    for key in keys.all():
        yield from cases(key, first, last, ended=False)


def _version(folder: Path, definition: ProcessDefinition, found: Sorted) -> dict[str, Any]:
    """Write one version's three files; what the index says of it."""
    name = f"{definition.key}-v{definition.version}"
    source = definition.source.encode()
    diagram = Diagram(source, definition.file)
    (folder / f"{name}.bpmn").write_bytes(source)
    (folder / f"{name}.pnml").write_text(pnml.written(fused(net.net_of(diagram))), encoding="utf-8")
    title = definition.names.get("en", definition.key)
    with (folder / f"{name}.xes").open("w", encoding="utf-8") as file:
        file.writelines(xes.log(definition.key, title, found.cases, known=labels(diagram)))
    return {
        "process": definition.key,
        "version": definition.version,
        "files": name,
        "cases": len(found.cases),
        "events": sum(len(own(case)) for case in found.cases),
        "left_out": dict(found.left_out),
        "beyond": exceptions(diagram),
    }


def own(case: Case) -> list[Event]:
    """The events of a case's own process."""
    return [event for event in case.events if event.process == case.process]


def trace(case: Case, known: Mapping[str, str]) -> list[str]:
    """What a case shows, by its diagram's labels."""
    return [known.get(event.element, event.name) for event in own(case)]
