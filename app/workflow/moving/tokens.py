"""A token put elsewhere in its process: tried on a copy, proven, then done with a reason.

What lies behind stays. The element the token leaves is cancelled with its boundary events, timers and whatever
runs inside it; the other element begins anew with the data the token had. A move is refused where the diagram
can never stand in that way, or where what came out of it is not read back alike.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.i18n import localized
from app.workflow import definitions
from app.workflow.models import ProcessInstance
from app.workflow.moving.futures import AHEAD, CHILD, OPEN, CannotMove, is_token
from app.workflow.moving.migration import RUNNING
from app.workflow.moving.moves import Scope
from app.workflow.running import steps
from app.workflow.running.journal import note
from app.workflow.running.steering import needed
from app.workflow.spiff import codec, engine, proof
from app.workflow.spiff.engine import Spec, Task, Workflow

KINDS = {
    "userTask",
    "manualTask",
    "serviceTask",
    "scriptTask",
    "businessRuleTask",
    "sendTask",
    "receiveTask",
    "callActivity",
    "subProcess",
    "intermediateCatchEvent",
    "eventBasedGateway",
}
"""Where a token may be taken from and put: not into the middle of a fork, a join, or a repetition."""
AUTOMATIC = {"serviceTask", "scriptTask", "businessRuleTask", "sendTask"}


@dataclass(frozen=True)
class Place:
    """An element where a token stands, or may be put."""

    id: str
    element: str
    process: str
    names: dict[str, str]
    kind: str

    @property
    def name(self) -> str:
        """The element's name in the reader's language."""
        return localized(self.names, self.element)


@dataclass(frozen=True)
class Trial:
    """What a move would cancel and open; ``runs``: the element is carried out at once."""

    source: Place
    target: Place
    cancels: list[Place]
    opens: list[Place]
    runs: bool


def standing(instance: ProcessInstance) -> list[Place]:
    """The elements a case stands at whose token may be moved."""
    if instance.status not in RUNNING:
        return []
    spec = definitions.spec_of(instance.definition)
    return [place for task in engine.all_tasks(_copy(instance, spec), OPEN) if (place := _from(task, spec))]


def targets(instance: ProcessInstance, engine_task: str) -> list[Place]:
    """The elements of the same process a token may be put at."""
    spec = definitions.spec_of(instance.definition)
    task = _task(_copy(instance, spec), engine_task, spec)
    scope = task.workflow.spec
    found = []
    for element, meta in spec.elements.get(scope.name, {}).items():
        wanted = scope.task_specs.get(element)
        if wanted is not None and meta["kind"] in KINDS and _plain(wanted) and element != task.task_spec.name:
            found.append(_place("", element, meta))
    return found


def trial(instance: ProcessInstance, engine_task: str, target: str) -> Trial:
    """Move the token of a copy; nothing is kept of it.

    Raises:
        CannotMove: the case could not stand so, or would not be read back alike.
    """
    spec = definitions.spec_of(instance.definition)
    workflow = _copy(instance, spec)
    task = _task(workflow, engine_task, spec)
    source, before = _from(task, spec), _open(workflow, spec)
    if source is None:
        raise CannotMove("gone_on")
    _put(task, target, spec)
    if proof.differences(workflow, codec.encode(workflow), spec):
        raise CannotMove("unreadable")
    after = _open(workflow, spec)
    meta = spec.elements[task.workflow.spec.name][target]
    return Trial(
        source,
        _place("", target, meta),
        [place for identifier, place in before.items() if identifier not in after],
        [place for identifier, place in after.items() if identifier not in before],
        meta["kind"] in AUTOMATIC,
    )


def move(instance_id: int, engine_task: str, target: str, version: int, reason: str) -> ProcessInstance:
    """Put a token elsewhere, as it was tried, and let the case go on from there.

    Raises:
        Conflict: the case has taken a step since it was tried.
        DomainError: there is no reason, or the move is refused.
    """
    words = needed(reason)
    instance = steps.lock(instance_id)
    if instance.version != version:
        message = _("The case has taken a step since it was chosen; look at it again.")
        raise Conflict("meanwhile", message)
    try:
        tried = trial(instance, engine_task, target)
    except CannotMove as refusal:
        raise DomainError("cannot_move", why_not(refusal), field="to") from None
    step = steps.resume(instance)
    _put(_task(step.workflow, engine_task, step.spec), target, step.spec)
    steps.advance(step)
    note(
        "token.moved",
        instance,
        before={"element": tried.source.element, "open": [one.element for one in tried.cancels]},
        after={"element": target, "open": [one.element for one in tried.opens]},
        reason=words,
    )
    return instance


def why_not(refusal: CannotMove) -> str:
    """Why a token cannot be moved, in one sentence."""
    where = ", ".join(dict.fromkeys(localized(one, "–") for one in refusal.names))
    told = {
        "gone_on": _("The case does not stand there any more."),
        "no_target": _("No token can be put at this element."),
        "arrived": _("A branch has come to “{name}” on a way that does not fit any more."),
        "place": _(
            "The process never stands at “{name}” in this way; it would wait for other branches in vain."
        ),
        "many_ways": _("The process has too many parallel ways to say where the case may stand."),
        "event": _("The event “{name}” cannot begin to wait: the case does not have its data."),
        "unreadable": _("After the move the case could not be read back alike."),
    }
    return told[refusal.code].format(name=where)


def _copy(instance: ProcessInstance, spec: Spec) -> Workflow:
    state = db.session.scalar(select(ProcessInstance.state).where(ProcessInstance.id == instance.id))
    return codec.decode(state or b"", spec, engine.ScriptEngine())


def _task(workflow: Workflow, engine_task: str, spec: Spec) -> Task:
    found = [one for one in engine.all_tasks(workflow, OPEN) if str(one.id) == engine_task]
    if not found or _from(found[0], spec) is None:
        raise CannotMove("gone_on")
    return found[0]


def _plain(wanted: Any) -> bool:
    """Whether a spec's task is neither a repetition nor an event beside another element."""
    return not isinstance(wanted, LoopTask | BoundaryEvent) and not wanted.name.endswith(CHILD)


def _from(task: Task, spec: Spec) -> Place | None:
    """Where a token stands; None where it may not be moved from."""
    meta = spec.element(task)
    if meta is None or meta["kind"] not in KINDS or not _plain(task.task_spec):
        return None
    return _place(str(task.id), engine.element_id(task), meta)


def _place(identifier: str, element: str, meta: dict[str, Any]) -> Place:
    return Place(identifier, element, meta["process"], meta["names"], meta["kind"])


def _open(workflow: Workflow, spec: Spec) -> dict[str, Place]:
    """What is open in a case, by the engine's id; what only stands guard beside an element too."""
    found = {}
    for task in engine.all_tasks(workflow, OPEN):
        meta = spec.element(task)
        if meta is not None and "Gateway" not in meta["kind"]:
            found[str(task.id)] = _place(str(task.id), engine.element_id(task), meta)
    return found


def _put(task: Task, target: str, spec: Spec) -> None:
    """Cancel an open task with what belongs to it, and begin another element beside it.

    Raises:
        CannotMove: no token can be put there, or the process never stands so.
    """
    workflow, specs = task.workflow, task.workflow.spec.task_specs
    meta = spec.elements.get(workflow.spec.name, {}).get(target)
    if meta is None or meta["kind"] not in KINDS or target not in specs or not _plain(specs[target]):
        raise CannotMove("no_target")
    split = task.parent if isinstance(task.parent.task_spec, BoundaryEventSplit) else None
    for one in list(split.children) if split is not None else [task]:
        if not one.state & TaskState.FINISHED_MASK:
            one.cancel()
    parent = split.parent if split is not None else task.parent
    begun = parent._add_child(specs.get(f"{target}.BoundaryEventSplit", specs[target]), TaskState.FUTURE)
    begun.data = deepcopy(task.data)
    begun.task_spec._predict(begun, mask=AHEAD)
    try:
        begun.task_spec._update(begun)
        if isinstance(begun.task_spec, BoundaryEventSplit):
            begun.run()
    except Exception as error:  # whatever a timer or a message asks of the data
        raise CannotMove("event", meta["names"]) from error
    tokens = [one for one in workflow.tasks.values() if is_token(one)]
    Scope(workflow, spec, spec).reachable(tokens)
