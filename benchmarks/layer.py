"""The workflow layer without HTTP against the bare engine library, on one database, turn by turn.

Both sides complete one task of the same case and commit. Ours: ``instances.complete``, that is locking, reading
the state, the rules of who may, the engine's run to the next task, inbox and history rows, the audit chain, the
state's save. The bare side is what the library's own manual does between two requests of a durable run, and
nothing besides: read a row, parse its JSON, restore workflow and spec with the library's serializer, set the
task's data, run it, ``do_engine_steps``, write all of it as JSON into the row, commit.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

from lxml import etree
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select, update

from app.core.actors import acting
from app.core.db import db
from app.workflow.running import instances
from benchmarks import loop
from benchmarks.store import Store, settle
from benchmarks.table import Line, Ratio, Row

REQUIRED = 4.0
SERIALIZER = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))
BARE = Table("bare_case", MetaData(), Column("id", Integer, primary_key=True), Column("state", Text))


def measure(store: Store, places: Sequence[int], runs: int) -> list[Line]:
    """Time both sides where the first, the fiftieth … task of the case is open."""
    lines: list[Line] = []
    with store.fresh("layer"):
        loop.deploy()
        actor = loop.person()
        BARE.create(db.engine)
        tasks: dict[int, list[int]] = {}
        with loop.walk(actor) as case:
            for place in places:
                case.to(place)
                tasks[place] = [loop.open_task(copy) for copy in case.copies(runs)]
                db.session.rollback()
        bare = _bare_cases(places, runs)
        settle()
        times: dict[int, list[tuple[float, float]]] = {place: [] for place in places}
        with acting(actor):
            for run in range(runs):
                for place in places:
                    theirs = _timed(_complete_bare, bare[place][run])
                    ours = _timed(_complete, tasks[place][run])
                    times[place].append((theirs, ours))
    for place, pairs in times.items():
        theirs, ours = zip(*pairs, strict=True)
        at = f"at task {place}, {store.kind}"
        lines += [
            Row(f"bare library, {at}", times=theirs),
            Row(f"workflow layer with audit, {at}", times=ours),
            Ratio(f"bare library ÷ workflow layer, {at}", tuple(a / b for a, b in pairs), REQUIRED),
        ]
    return lines


def _timed(act: Callable[[int], object], number: int) -> float:
    begun = time.perf_counter()
    act(number)
    return time.perf_counter() - begun


def _complete(task_id: int) -> None:
    """Our side: the session is new, as in every request."""
    db.session.remove()
    instances.complete(task_id, loop.ANSWER)
    db.session.commit()


def _complete_bare(number: int) -> None:
    """The bare side."""
    with db.engine.begin() as connection:
        state = connection.scalar(select(BARE.c.state).where(BARE.c.id == number))
        workflow = SERIALIZER.deserialize_json(state)
        workflow.script_engine = PythonScriptEngine()
        _step_bare(workflow)
        saved = SERIALIZER.serialize_json(workflow)
        connection.execute(update(BARE).where(BARE.c.id == number).values(state=saved))


def _step_bare(workflow: BpmnWorkflow) -> None:
    task = workflow.get_next_task(state=TaskState.READY, manual=True)
    task.data[task.task_spec.name] = dict(loop.ANSWER)
    task.run()
    workflow.do_engine_steps()
    workflow.refresh_waiting_tasks()


def _bare_cases(places: Sequence[int], runs: int) -> dict[int, list[int]]:
    """The library's own workflow at each place, saved once for each run; returns the rows' ids."""
    parser = SpiffBpmnParser()
    source = loop.diagram("not t9['ok']")  # the library's conditions are Python
    parser.add_bpmn_xml(etree.parse(io.BytesIO(source)), filename="long.bpmn")
    workflow = BpmnWorkflow(parser.get_spec(loop.KEY), script_engine=PythonScriptEngine())
    workflow.do_engine_steps()
    found, place = {}, 1
    for wanted in places:
        while place < wanted:
            _step_bare(workflow)
            place += 1
        state = SERIALIZER.serialize_json(workflow)
        found[wanted] = [wanted * 1000 + run for run in range(runs)]
        with db.engine.begin() as connection:
            connection.execute(insert(BARE), [{"id": id, "state": state} for id in found[wanted]])
    return found
