"""The engine: BPMN diagrams run here, and nowhere else does anybody know SpiffWorkflow.

What pages and programs call (all inside the caller's transaction; the edge commits):

    from app.workflow import queries
    from app.workflow.moving import migration
    from app.workflow.people import verbs
    from app.workflow.running import instances, messages
    instances.start("main.order_to_cost", {"order_id": 7}, "customer_order:7") -> ProcessInstance
    instances.complete(task_id, {"approve": True}, idempotency_key=None) -> HumanTask
    instances.claim(task_id), unclaim(task_id)
    verbs.assign(task_id, user_id), delegate, hand_back, ask, answer, comment, postpone(task_id, until)
    instances.save_draft(task_id, values)
    instances.cancel(instance_id, reason), retry(incident_id, data=None), skip(incident_id, reason)
    migration.begin(process, instance_ids, reason), work(), cancel(run_id), undo(run_id, case_id=None)
    messages.drain() -> int          after commit: tell waiting instances what happened, own transactions
    queries.may_do(task, actor) -> bool, queries.why_not(task, actor) -> str | None
    queries.visible_tasks(actor) -> Select of HumanTask the person may see (role, owner, candidate)
    queries.data_of(task) -> dict    what the task's form may read
    queries.data_of_instance(instance) -> dict
    queries.tokens(instance) -> list[StepHistory] entered and not left
    queries.next_task_of_case(task, actor) -> HumanTask | None

A message's payload lands under the waiting element's id, or its property ``result``; a start
event's payload is the first process data. A decision's outputs are top-level names, or under
``result``. A caught error is told under the boundary event's id: ``code``, ``message``. A background
operator may return a function: the runner calls it inside the writing transaction.

The acting person is ``app.core.actors.current_actor()``. A second completion raises ``Conflict``
naming who was first.

Rooms: ``drawing`` and ``decision`` read and check files, ``form`` asks people, ``spiff`` wraps the
library, ``running`` steps the cases, ``people`` is the inbox and its verbs, ``moving`` changes a
running case's version. ``models``, ``queries`` and ``definitions`` are shared by all.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the engine's commands."""
    from app.workflow import commands

    commands.init_app(app)
