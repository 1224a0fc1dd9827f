"""What a diagram says of a task's time: its due date, when to warn, to whom to escalate, to whom to reassign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flask_babel import gettext as _
from lxml import etree

from app.core.working_time import span
from app.workflow.catalogue import Catalogue
from app.workflow.drawing.diagram import Diagram, properties, tag_of

SPANS = ("due", "warn_before", "escalate_after", "reassign_after")
DEEDS = {"escalate_after": "escalate_to", "reassign_after": "reassign_to"}
"""What happens after the due date, and the role it needs."""
DEADLINES = {"due", "due_on", "warn_before", *DEEDS, *DEEDS.values()}


def check_deadlines(diagram: Diagram, node: etree._Element, catalogue: Catalogue) -> Iterator[str]:
    """Each reason why a task's deadlines could not be kept."""
    own = {name: value for name, value in properties(node).items() if name in DEADLINES}
    if not own:
        return
    if tag_of(node) not in ("userTask", "manualTask"):
        yield _("Only a person's task has a due date: {names}.").format(names=", ".join(sorted(own)))
        return
    for name in SPANS:
        if name in own and span(own[name]) is None:
            sentence = _("{name}: {value} is no working time such as P2D or PT4H.")
            yield sentence.format(name=name, value=own[name] or "''")
    if not own.get("due") and not own.get("due_on"):
        yield _("Without a due date there is nothing to count from: {names}.").format(
            names=", ".join(sorted(own))
        )
    yield from _lengths(own)
    for moment, role in DEEDS.items():
        yield from _deed(own, moment, role, catalogue)
    if own.get("reassign_to") and own["reassign_to"] == diagram.lane_of(node):
        yield _("reassign_to: the task lies in the lane of {role} already.").format(role=own["reassign_to"])


def _lengths(own: dict[str, str]) -> Iterator[str]:
    """A due date lies ahead, and a warning between the task's beginning and it."""
    due, warned = (span(own.get(name, "")) for name in ("due", "warn_before"))
    for name, given in (("due", due), ("warn_before", warned)):
        if given is not None and given.length == timedelta():
            yield _("{name}: {value} is no time at all.").format(name=name, value=own[name])
    if due and warned and "due_on" not in own and warned.length >= due.length:
        yield _("warn_before: {warned} is not less than the {due} the task has.").format(
            warned=own["warn_before"], due=own["due"]
        )


def _deed(own: dict[str, str], moment: str, role: str, catalogue: Catalogue) -> Iterator[str]:
    """A moment and a role, both or neither."""
    if (moment in own) != (role in own):
        yield _("{one} and {other} belong together.").format(one=moment, other=role)
    if role in own and own[role] not in catalogue.roles:
        yield f"{role}: " + _("There is no role {role}.").format(role=own[role] or "''")
