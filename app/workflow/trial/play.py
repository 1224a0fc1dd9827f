"""A process played step by step through the real engine; operators wait for an answer instead of doing anything."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import clock, events
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.errors import DomainError
from app.core.expressions import ExpressionError
from app.workflow import queries
from app.workflow.drawing.diagram import SIGNAL
from app.workflow.models import (
    BackgroundWork,
    HumanTask,
    MessageWait,
    StepHistory,
    TimerDue,
)
from app.workflow.running import failures, instances, messages, steps, timers
from app.workflow.spiff import engine
from app.workflow.spiff.engine import TaskState
from app.workflow.trial import answers
from app.workflow.trial.standing import Position, open_tasks, rows_of, standing

log = logging.getLogger(__name__)

PLAY_SECONDS = 15.0
MOST_ANSWERS = 200


class Stopped(Exception):
    """A case that cannot go on; the sentence says why."""


class Player:
    """One case under way, on the scratch database."""

    def __init__(self, process: str, case: Mapping[str, Any], forms: Mapping[str, dict]) -> None:
        self.case, self.forms = case, forms
        self.answered: dict[str, int] = {}
        self.people: dict[str, int] = {}
        self.sent: set[int] = set()
        self.roles: dict[str, str] = {}
        self.began = time.thread_time()
        start = case.get("start", {})
        self._within(lambda: self._start(process, start))

    def _start(self, process: str, start: Mapping[str, Any]) -> None:
        data, key = dict(start.get("data", {})), str(start.get("key") or "trial:1")[:200]
        self.instance = instances.start(process, data, key, own=False).id

    def step(self, one: Mapping[str, Any]) -> None:
        """Let one thing happen.

        Raises:
            Stopped: nothing waits for it, or it is refused.
        """
        refused = bool(one.get("refused"))
        try:
            self._within(lambda: getattr(self, f"_{one['do']}")(one), raises=refused)
        except DomainError:
            if not refused:
                raise
            return
        if refused:
            raise Stopped(_("{name} should have been refused, and was not.").format(name=one["element"]))

    def _within(self, act: Callable[[], None], *, raises: bool = False) -> None:
        """One act and all that follows from it by itself."""
        try:
            act()
            db.session.commit()
            self._settle()
        except DomainError as error:
            db.session.rollback()
            if raises:
                raise
            raise Stopped(str(error.message)) from None
        except ExpressionError as error:
            db.session.rollback()
            raise Stopped(str(error)) from None
        except (TypeError, ValueError, LookupError, ArithmeticError, RecursionError) as error:
            db.session.rollback()  # what a diagram makes of made-up data; told instead of a broken page
            log.info("a trial stopped", exc_info=True)
            raise Stopped(f"{type(error).__name__}: {error}"[:500]) from None

    def _settle(self) -> None:
        """Deliver what was told, and give the operators the answers that the case has for them."""
        for _round in range(MOST_ANSWERS):
            if time.thread_time() - self.began > PLAY_SECONDS:
                raise Stopped(
                    _("The case took longer than {count} seconds.").format(count=round(PLAY_SECONDS))
                )
            messages.drain()
            if not self._answer_next():
                return
        raise Stopped(_("The process asked operators more than {count} times.").format(count=MOST_ANSWERS))

    def _answer_next(self) -> bool:
        known = self.case.get("operators", {})
        for work in rows_of(self.instance, BackgroundWork):
            element = self._element(work.engine_task)
            if element in known:
                given = known[element]
                if isinstance(given, list):
                    at = self.answered.get(element, 0)
                    self.answered[element] = at + 1
                    given = given[min(at, len(given) - 1)] if given else {}
                self._give(work, given)
                return True
        return False

    def _element(self, engine_task: str) -> str:
        query = select(StepHistory.element).where(StepHistory.engine_task == engine_task)
        return db.session.scalar(query.where(StepHistory.instance_id == self.instance)) or ""

    def _waiting(self, kind: type[Any], element: str) -> Any:
        rows = [one for one in rows_of(self.instance, kind) if self._element(one.engine_task) == element]
        if not rows:
            told = {one.element: one.message for one in self.position().waits}
            here = ", ".join(f"{k} ({v})" if v else k for k, v in sorted(told.items())) or "–"
            raise Stopped(
                _("Nothing of this kind waits at {name}; it waits at: {here}").format(name=element, here=here)
            )
        return rows[0]

    def _operator(self, one: Mapping[str, Any]) -> None:
        self._give(self._waiting(BackgroundWork, one["element"]), one)

    def _give(self, work: BackgroundWork, given: Any) -> None:
        """Answer for an operator, as the runner does when it has computed."""
        given = given if isinstance(given, dict) and given.keys() & {"result", "error"} else {"result": given}
        step = steps.resume(steps.lock(self.instance))
        task = step.task(work.engine_task)
        if task is not None and task.state == TaskState.READY:
            if given.get("error"):
                code = str(given["error"])[:100]
                failures.handle(step, task, DomainError(code, code))
            else:
                step.results[work.engine_task] = given.get("result", {})
        steps.advance(step)
        db.session.commit()

    def _task(self, one: Mapping[str, Any]) -> None:
        """A person completes a task with what the form lets through."""
        element = one["element"]
        found = [t for t in open_tasks(self.instance) if t.element == element]
        if not found:
            self._waiting(BackgroundWork, element)
        task = found[0]
        self.roles[element] = task.role
        data = dict(one.get("values", {}))
        if task.form:
            content = self.forms.get(task.form)
            if content is not None:
                data = answers.judged(task.form, content, queries.data_of(task), data, one.get("source", {}))
        with acting(self._person(one.get("by", ""), task)):
            instances.complete(task.id, data)

    def _person(self, by: str, task: HumanTask) -> Actor:
        """Who does a task: somebody of its role whom nothing excludes, unless the case says who."""
        if by:
            return self._known(by, task)
        if task.candidate_id is not None:
            return Actor(task.candidate_id, f"person {task.candidate_id}", roles=frozenset({task.role}))
        tried = [self._known(task.role if n == 1 else f"{task.role}/{n}", task) for n in range(1, 9)]
        return next((one for one in tried if queries.why_not(task, one) is None), tried[0])

    def _known(self, by: str, task: HumanTask) -> Actor:
        role, _slash, number = by.partition("/")
        person = self.people.setdefault(by, 1_000_001 + len(self.people))
        if role == "person" and number.isdecimal():
            return Actor(int(number), by, by, frozenset({task.role}))
        return Actor(person, by[:80], by[:80], frozenset({role}))

    def _message(self, one: Mapping[str, Any]) -> None:
        wait = self._waiting(MessageWait, one["element"])
        name = wait.event
        kind = events.Event(name, "a signal") if name.startswith(SIGNAL) else events.EVENTS[name]
        record = events.emit(kind, key=wait.key, **dict(one.get("payload", {})))
        db.session.flush()
        self.sent.add(record.id)

    def _timer(self, one: Mapping[str, Any]) -> None:
        due = self._waiting(TimerDue, one["element"]).due_at
        self._pass(max(due, clock.now()))

    def _wait(self, one: Mapping[str, Any]) -> None:
        try:
            later = clock.now() + engine.duration(one["time"])
        except Exception:  # the library raises many kinds for what is no duration
            raise Stopped(
                _("{text} is no duration such as P2D or PT4H.").format(text=one["time"][:40])
            ) from None
        self._pass(later)

    def _pass(self, moment: datetime) -> None:
        db.session.commit()
        clock.suppose(moment)
        timers.fire_due(limit=100)

    def position(self) -> Position:
        """Where the case stands."""
        found = standing(self.instance, self.sent)
        self.roles |= {one.element: one.role for one in found.waits if one.kind == "task" and one.role}
        found.roles.update(self.roles)
        return found


def play(
    process: str, case: Mapping[str, Any], forms: Mapping[str, dict]
) -> tuple[Position | None, int, str]:
    """Play a case; returns where it stands, how many steps were done, and why it stopped before the end."""
    done = 0
    try:
        player = Player(process, case, forms)
    except Stopped as reason:
        return None, 0, str(reason)
    try:
        for one in case.get("steps", []):
            player.step(one)
            done += 1
    except Stopped as reason:
        return player.position(), done, str(reason)
    return player.position(), done, ""
