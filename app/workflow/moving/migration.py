"""Moving running cases to the version that new cases start with: what it touches, a dry run, a run, undo.

A run is carried out case by case, each in its own transaction, by the request that asked for it as long as
it may take, then by the runner. Undo is possible until the case takes its next step.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, delete, or_, select, update

from app.core import audit, clock
from app.core.actors import Actor, acting, current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError, NotFound
from app.core.outages import is_outage
from app.workflow import definitions
from app.workflow.models import InstanceStatus, ProcessDefinition, ProcessInstance, StepHistory
from app.workflow.moving.migration_models import CaseStatus, MigrationCase, MigrationRun, RunStatus
from app.workflow.moving.moves import CannotMove, Moved, moved
from app.workflow.running import failures, steps
from app.workflow.running.journal import note
from app.workflow.spiff import codec, engine

RUNNING = (InstanceStatus.RUNNING, InstanceStatus.INCIDENT)
LARGEST_RUN = 5_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What a dry run says of one case: it can go, or why not and at which elements."""

    instance: ProcessInstance
    code: str | None = None
    names: list[dict[str, str]] = field(default_factory=list)
    kept: list[dict[str, str]] = field(default_factory=list)

    @property
    def can_go(self) -> bool:
        """Whether nothing speaks against it."""
        return self.code is None


def candidates(key: str) -> Any:
    """The running cases of a process that follow another version than new ones do."""
    target = definitions.active(key)
    return (
        select(ProcessInstance)
        .where(ProcessInstance.process == key, ProcessInstance.status.in_(RUNNING))
        .where(ProcessInstance.definition_id != target.id)
        .order_by(ProcessInstance.id)
    )


def dry_run(instance: ProcessInstance, target: ProcessDefinition) -> Verdict:
    """Move a copy of a case; nothing is kept of it."""
    try:
        return Verdict(instance, kept=_move_copy(instance, target).kept)
    except CannotMove as refusal:
        return Verdict(instance, refusal.code, refusal.names)


def _move_copy(instance: ProcessInstance, target: ProcessDefinition) -> Moved:
    """A case's state as it would be under another version.

    Raises:
        CannotMove: it may not go.
    """
    if instance.status not in RUNNING:
        raise CannotMove("ended")
    if instance.definition_id == target.id:
        raise CannotMove("there")
    state = db.session.scalar(select(ProcessInstance.state).where(ProcessInstance.id == instance.id))
    old, new = definitions.spec_of(instance.definition), definitions.spec_of(target)
    done = select(StepHistory.process, StepHistory.element).distinct()
    done = done.where(StepHistory.instance_id == instance.id, StepHistory.state == "completed")
    passed = {(process, element) for process, element in db.session.execute(done)}
    return moved(state or b"", old, new, passed)


def begin(key: str, instance_ids: Sequence[int] | None, reason: str) -> MigrationRun:
    """Ask for cases to be moved to the active version: the given ones, or all that can go.

    Raises:
        DomainError: there is no reason, or no case.
    """
    if not reason.strip():
        raise DomainError("reason_needed", _("Please give a reason."), field="reason")
    target, actor = definitions.active(key), current_actor()
    query = candidates(key)
    if instance_ids is not None:
        query = query.where(ProcessInstance.id.in_(instance_ids))
    cases = list(db.session.scalars(query.limit(LARGEST_RUN)))
    if not cases:
        raise DomainError("no_case", _("Choose at least one case that can go."), field="instances")
    run = MigrationRun(
        process=key,
        target=target,
        reason=reason.strip()[:500],
        created_at=clock.now(),
        created_by=actor.name or actor.login,
    )
    db.session.add(run)
    db.session.flush()
    for one in cases:
        case = MigrationCase(
            run_id=run.id, instance_id=one.id, version=one.version, old_definition_id=one.definition_id
        )
        _ask(case)
        db.session.add(case)
    after = {"process": key, "version": target.version, "cases": len(cases)}
    audit.record("migration.started", f"migration:{run.id}", after=after, reason=run.reason)
    return run


def _ask(case: MigrationCase) -> None:
    """Note who wants something of a case."""
    actor = current_actor()
    case.asked_by_id, case.asked_by = actor.user_id, actor.login
    case.asked_by_name = actor.name or actor.login


def cancel(run_id: int) -> MigrationRun:
    """Leave the cases of a run that have not had their turn where they are."""
    run = get(run_id, lock=True)
    if run.status != RunStatus.RUNNING:
        raise Conflict("ended", _("This run has ended already."))
    run.status = RunStatus.CANCELLED
    left = (MigrationCase.run_id == run.id, MigrationCase.status == CaseStatus.WAITING)
    db.session.execute(update(MigrationCase).where(*left).values(status=CaseStatus.SKIPPED))
    audit.record("migration.cancelled", f"migration:{run.id}")
    return run


def get(run_id: int, *, lock: bool = False) -> MigrationRun:
    """A run.

    Raises:
        NotFound: there is none.
    """
    query = select(MigrationRun).where(MigrationRun.id == run_id)
    query = query.execution_options(populate_existing=True)
    run = db.session.scalar(query.with_for_update(of=MigrationRun) if lock else query)
    if run is None:
        raise NotFound("migration", _("There is no such run."))
    return run


def undo(run_id: int, case_id: int | None = None) -> MigrationRun:
    """Ask for the moved cases of a run, or one of them, to be taken back to the version they came from.

    Raises:
        Conflict: none of them can be taken back any more.
    """
    run = get(run_id)
    query = select(MigrationCase).where(MigrationCase.run_id == run.id)
    query = query.where(MigrationCase.status == CaseStatus.MOVED)
    if case_id is not None:
        query = query.where(MigrationCase.id == case_id)
    back = [one for one in db.session.scalars(query) if why_not_back(one) is None]
    if not back:
        raise Conflict("gone_on", _("The cases have gone on since; they cannot be taken back."))
    for case in back:
        case.status = CaseStatus.UNDOING
        _ask(case)
    audit.record("migration.undone", f"migration:{run.id}", after={"cases": len(back)})
    return run


def why_not_back(case: MigrationCase) -> str | None:
    """Why a moved case cannot be taken back any more, as a code; None while it can."""
    if case.instance.status not in RUNNING:
        return "ended"
    gone_on = case.instance.version != case.moved_version
    return "gone_on" if gone_on or case.instance.definition_id != case.run.target_id else None


def work(seconds: float | None = None) -> int:
    """Move, or take back, every case that waits for it, each in its own transaction; returns how many."""
    count, began = 0, time.monotonic()
    while seconds is None or time.monotonic() - began < seconds:
        case_id = db.session.scalar(_next())
        db.session.rollback()
        if case_id is None:
            break
        count += _one(case_id)
    return count


def _next() -> Any:
    forth = and_(MigrationCase.status == CaseStatus.WAITING, MigrationRun.status == RunStatus.RUNNING)
    query = select(MigrationCase.id).join(MigrationRun, MigrationRun.id == MigrationCase.run_id)
    return (
        query.where(or_(forth, MigrationCase.status == CaseStatus.UNDOING))
        .order_by(MigrationCase.id)
        .limit(1)
    )


def _one(case_id: int) -> int:
    """Carry out what one case waits for; whatever fails is told with the case, unless the database is away or held."""
    try:
        done = _carry_out(case_id)
        db.session.commit()
    except Exception as error:  # the runner's edge: one failing case must not stop the others
        db.session.rollback()
        if is_outage(error):
            raise
        log.exception("case %s of a migration failed", case_id)
        case = db.session.get_one(MigrationCase, case_id, populate_existing=True)
        _tell(case, "failed", [])
        _close(case.run)
        db.session.commit()
        return 1
    return done


def _carry_out(case_id: int) -> int:
    """Do what one case waits for, on its locked instance."""
    named = select(MigrationCase.instance_id, MigrationCase.run_id).where(MigrationCase.id == case_id)
    instance_id, run_id = db.session.execute(named).one()
    instance, run = steps.lock(instance_id), get(run_id, lock=True)
    case = db.session.get_one(MigrationCase, case_id, populate_existing=True)
    forth = case.status == CaseStatus.WAITING and run.status == RunStatus.RUNNING
    if not forth and case.status != CaseStatus.UNDOING:
        return 0
    try:
        with acting(Actor(case.asked_by_id, case.asked_by, case.asked_by_name)):
            _forth(case, run, instance) if forth else _back(case, instance)
    except CannotMove as refusal:
        _tell(case, refusal.code, refusal.names)
    _close(run)
    return 1


def _tell(case: MigrationCase, code: str, names: list[dict[str, str]]) -> None:
    """Note with a case why it stays where it is."""
    back = case.status == CaseStatus.UNDOING
    case.status = CaseStatus.MOVED if back else CaseStatus.REFUSED
    case.code, case.names, case.done_at = code, names, clock.now()


def _close(run: MigrationRun) -> None:
    """End a run whose last case has had its turn."""
    db.session.flush()
    left = select(MigrationCase.id).where(
        MigrationCase.run_id == run.id, MigrationCase.status == CaseStatus.WAITING
    )
    if run.status == RunStatus.RUNNING and db.session.scalar(left.limit(1)) is None:
        run.status = RunStatus.DONE


def _forth(case: MigrationCase, run: MigrationRun, instance: ProcessInstance) -> None:
    """Move a locked case, unless it has taken a step since it was looked at."""
    began = time.time()
    if instance.version != case.version:
        raise CannotMove("meanwhile")
    before, target = instance.definition, run.target
    done = _move_copy(instance, target)
    case.old_definition_id = before.id
    case.old_state = db.session.scalar(select(ProcessInstance.state).where(ProcessInstance.id == instance.id))
    instance.definition = target
    step = steps.Step(instance, definitions.spec_of(target), done.workflow, started=began)
    failures.restore(step)
    steps.save(step, done.state)
    case.status, case.moved_version, case.done_at = CaseStatus.MOVED, instance.version, clock.now()
    _note("instance.migrated", instance, before, run.reason)


def _back(case: MigrationCase, instance: ProcessInstance) -> None:
    """Give a locked case its old definition and its old state, byte for byte."""
    if (code := why_not_back(case)) is not None or case.old_state is None:
        raise CannotMove(code or "gone_on")
    before, target = instance.definition, case.old_definition
    spec = definitions.spec_of(target)
    workflow = codec.decode(case.old_state, spec, engine.ScriptEngine())
    known = {str(task.id) for task in engine.all_tasks(workflow)}
    added = delete(StepHistory).where(StepHistory.instance_id == instance.id, StepHistory.left_at.is_(None))
    db.session.execute(added.where(StepHistory.engine_task.not_in(known)))
    instance.definition = target
    step = steps.Step(instance, spec, workflow)
    failures.restore(step)
    steps.save(step, case.old_state)
    case.status, case.code, case.done_at = CaseStatus.UNDONE, None, clock.now()
    _note("instance.move_undone", instance, before, case.run.reason)


def _note(action: str, instance: ProcessInstance, before: ProcessDefinition, reason: str) -> None:
    after = {"version": instance.definition.version}
    note(action, instance, before={"version": before.version}, after=after, reason=reason)
