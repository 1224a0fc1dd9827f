"""How far a diagram may run in one step: beyond, the case waits for a person and everybody else works on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import gettext as _

from app.workflow.spiff import engine
from app.workflow.spiff.engine import Task

if TYPE_CHECKING:
    from app.workflow.running.steps import Step

MAX_STEPS, MAX_SECONDS, MAX_DEPTH, MAX_TASKS, MAX_OPEN, MAX_STATE = 2_000, 1.5, 600, 6_000, 1_000, 4_000_000
"""The seconds are of the processor and the engine's own: not what operators take, not what others take."""


class LimitReached(Exception):
    """The diagram runs too far or too long in one step."""


def check(step: Step, task: Task, count: int) -> None:
    """Look before a task runs whether the step goes on and on; ``count`` tasks ran in it, with this one.

    Raises:
        LimitReached: it does.
    """
    seconds = current_app.config.get("STEP_SECONDS", MAX_SECONDS)
    if count > MAX_STEPS or time.thread_time() - step.ticked > seconds:
        raise LimitReached(_("The process ran {count} steps without waiting.").format(count=count))
    size = engine.size(step.workflow)
    if size > MAX_OPEN and engine.for_people(step.workflow) > MAX_OPEN:
        raise LimitReached(_("More than {count} tasks are open for people at once.").format(count=MAX_OPEN))
    if size > MAX_TASKS:
        raise LimitReached(_("The process has more than {count} steps behind it.").format(count=MAX_TASKS))
    if task.depth > MAX_DEPTH:
        raise LimitReached(_("The process's path is longer than {count} steps.").format(count=MAX_DEPTH))
