"""A case's state in our bytes against the library's own serializer: how large, how fast written and read.

Both hold the same workflow. The library's form is its JSON without the specs, so that nothing is counted that
the definition's row holds anyway. A saved state leaves out what lies behind the case for good; the codec alone
is measured on the whole past, and what is really saved on its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from app.core.db import db
from app.workflow import definitions
from app.workflow.spiff import codec, engine, proof
from app.workflow.spiff.contraction import contract
from app.workflow.spiff.engine import Spec, TaskState, Workflow
from benchmarks import loop
from benchmarks.store import Store
from benchmarks.table import Line, Ratio


def measure(store: Store, places: Sequence[int], runs: int) -> list[Line]:
    """Compare the states of a case where its first, fiftieth … task is open."""
    lines: list[Line] = []
    with store.fresh("state"):
        loop.deploy()
        spec = definitions.spec_of(definitions.active(loop.KEY))
        db.session.rollback()
        workflow = engine.new_workflow(spec, engine.ScriptEngine())
        workflow.do_engine_steps()
        place = 1
        for wanted in places:
            while place < wanted:
                _step(workflow)
                place += 1
            lines += _compared(workflow, spec, wanted, runs)
    return lines


def _step(workflow: Workflow) -> None:
    task = workflow.get_next_task(state=TaskState.READY, manual=True)
    task.data[engine.element_id(task)] = dict(loop.ANSWER)
    task.run()
    workflow.do_engine_steps()


def _compared(workflow: Workflow, spec: Spec, place: int, runs: int) -> list[Line]:
    """One workflow both ways."""
    form = proof.library_form(workflow)
    theirs, ours = json.dumps(form), codec.encode(workflow)
    short = codec.decode(ours, spec, engine.ScriptEngine())
    contract(short)
    saved = codec.encode(short)
    sizes = f"({len(theirs) / 1000:,.1f} kB : {len(ours) / 1000:,.1f} kB)"
    least = f"({len(theirs) / 1000:,.1f} kB : {len(saved) / 1000:,.1f} kB)"

    def write_and_read() -> None:
        codec.decode(codec.encode(workflow), spec, engine.ScriptEngine())

    def library_writes_and_reads() -> None:
        text = json.dumps(proof.library_form(workflow))
        proof.library_reading(json.loads(text), spec)

    ratios = tuple(_timed(library_writes_and_reads) / _timed(write_and_read) for _ in range(runs))
    at = f"task {place}"
    return [
        Ratio(f"state size, library's JSON ÷ our codec, {at} {sizes}", (len(theirs) / len(ours),)),
        Ratio(f"state size, library's JSON ÷ what we save, {at} {least}", (len(theirs) / len(saved),)),
        Ratio(f"write and read a state, library ÷ our codec, {at}", ratios),
    ]


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
