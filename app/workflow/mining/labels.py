"""What each element of a diagram is called in a log: by its English name; where two share one, by its id too."""

from __future__ import annotations

from collections import Counter

from app.core.db import db
from app.workflow.drawing.diagram import Diagram, names, tag_of
from app.workflow.mining.events import SHOWN
from app.workflow.models import ProcessDefinition


def labels(diagram: Diagram) -> dict[str, str]:
    """The label of each activity and event of a diagram."""
    shown = [node for node in diagram.process.iter() if tag_of(node) in SHOWN and node.get("id")]
    own = {node.get("id", ""): names(node).get("en") or node.get("id", "") for node in shown}
    often = Counter(own.values())
    return {one: name if often[name] == 1 else f"{name} ({one})" for one, name in own.items()}


class Labels:
    """The labels of versions, read once each."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, str]] = {}

    def of(self, definition: int) -> dict[str, str]:
        """The labels of one version."""
        if definition not in self._known:
            row = db.session.get_one(ProcessDefinition, definition)
            self._known[definition] = labels(Diagram(row.source.encode(), row.file))
        return self._known[definition]
