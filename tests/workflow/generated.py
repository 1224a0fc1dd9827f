"""Diagrams made of nested blocks by chance, and a driver that runs them without a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

from app.workflow.drawing.diagram import Diagram
from app.workflow.running import steps
from app.workflow.spiff import engine
from app.workflow.spiff.engine import Task, TaskState
from tests.workflow.diagrams import node, process, script, user

LONGEST = 40
"""After so many completions every loop is left."""


@dataclass
class Drawing:
    """A diagram under way: its nodes, its flows, and a number for the next name."""

    nodes: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)
    count: int = 0

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def add(self, text: str) -> None:
        self.nodes.append(text)

    def flow(self, source: str, target: str, condition: str = "") -> str:
        identifier = f"{source}_to_{target}"
        inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
        ends = f'sourceRef="{source}" targetRef="{target}"'
        self.flows.append(f'<bpmn:sequenceFlow id="{identifier}" {ends}>{inner}</bpmn:sequenceFlow>')
        return identifier

    def asked(self) -> str:
        """A person's task; its answer is a number from 0 to 7 under its own name."""
        name = self.name("u")
        self.add(user(name))
        return name


BLOCKS = st.recursive(
    st.sampled_from([("task",), ("script",)]),
    lambda inner: st.one_of(
        st.tuples(st.just("row"), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(
            st.sampled_from(["all", "some", "one", "apart", "each"]), st.lists(inner, min_size=2, max_size=3)
        ),
        st.tuples(st.just("loop"), inner),
        st.tuples(st.just("inside"), inner),
    ),
    max_leaves=7,
)


def drawn(made: Drawing, block: tuple) -> tuple[str, str]:
    """Draw a block; returns its first and its last node."""
    kind, *rest = block
    if kind == "task":
        name = made.asked()
        return name, name
    if kind == "script":
        name = made.name("s")
        made.add(script(name, f"{name} = [1, {made.count}]"))
        return name, name
    if kind == "row":
        ends = [drawn(made, one) for one in rest[0]]
        for (_first, before), (after, _last) in pairwise(ends):
            made.flow(before, after)
        return ends[0][0], ends[-1][1]
    if kind == "inside":
        return _subprocess(made, rest[0])
    return _loop(made, rest[0]) if kind == "loop" else _gateways(made, kind, rest[0])


def _subprocess(made: Drawing, block: tuple) -> tuple[str, str]:
    name, inner = made.name("sub"), Drawing(count=made.count)
    first, last = drawn(inner, block)
    inner.add(node("startEvent", f"{name}_start") + node("endEvent", f"{name}_end"))
    inner.flow(f"{name}_start", first)
    inner.flow(last, f"{name}_end")
    made.count = inner.count
    made.add(node("subProcess", name, "".join(inner.nodes + inner.flows)))
    return name, name


def _loop(made: Drawing, block: tuple) -> tuple[str, str]:
    """The block, then a question: once more, or on."""
    begin, again, asked = made.name("begin"), made.name("again"), made.asked()
    first, last = drawn(made, block)
    made.add(node("exclusiveGateway", begin))
    made.flow(begin, first)
    made.flow(last, asked)
    made.flow(asked, again)
    made.flow(again, begin, f"{asked}.n &gt; 4")
    on = made.name("on")
    made.add(script(on, f"{on} = 1"))
    made.add(node("exclusiveGateway", again, default=made.flow(again, on)))
    return begin, on


def _gateways(made: Drawing, kind: str, blocks: list[tuple]) -> tuple[str, str]:
    """A question, and ways that part and meet.

    All of them, some, or one; ``apart``: all begin, the first goes on and the others end; ``each``: all begin,
    and each goes on by itself, so that what follows happens several times.
    """
    tag = {"some": "inclusiveGateway", "one": "exclusiveGateway"}.get(kind, "parallelGateway")
    asked, split, join = made.asked(), made.name("split"), made.name("join")
    made.flow(asked, split)
    default = ""
    for number, block in enumerate(blocks):
        first, last = drawn(made, block)
        if number == 0 and tag != "parallelGateway":
            default = made.flow(split, first)
        else:
            conditions = {"one": f"{asked}.n == {number}", "some": f"{asked}.n &gt; {number * 2}"}
            made.flow(split, first, conditions.get(kind, ""))
        if kind == "apart" and number > 0:
            made.add(node("endEvent", f"end_{last}"))
            made.flow(last, f"end_{last}")
        else:
            made.flow(last, join)
    made.add(node(tag, split, **({"default": default} if default else {})))
    made.add(node("exclusiveGateway" if kind in ("apart", "each") else tag, join))
    return asked, join


def diagram(block: tuple) -> Diagram:
    """The process of a block."""
    made = Drawing()
    first, last = drawn(made, block)
    made.flow("start", first)
    made.flow(last, "end")
    return Diagram(process("test.made", *made.nodes, *made.flows), "made.bpmn")


class Case:
    """A case of one process in the engine alone."""

    def __init__(self, spec: engine.Spec) -> None:
        self.spec, self.done = spec, 0
        self.workflow = engine.new_workflow(spec, engine.ScriptEngine())
        for task in engine.all_tasks(self.workflow, TaskState.READY):
            task.run()
        self.go_on()

    def open(self) -> list[Task]:
        """The tasks of people, by name and age."""
        ready = [task for task in engine.all_tasks(self.workflow, TaskState.READY) if task.task_spec.manual]
        return sorted(ready, key=lambda one: (one.task_spec.name, one.parent.last_state_change))

    def names(self) -> list[str]:
        """Where the case stands."""
        return [task.task_spec.name for task in self.open()]

    def complete(self, chance: int) -> None:
        """Complete one of the open tasks with an answer, both by chance, and run to the next wait."""
        tasks = self.open()
        self.done += 1
        task = tasks[chance % len(tasks)]
        answer = chance // 7 % 8 if self.done < LONGEST else 0
        task.data[task.task_spec.name] = {"n": answer, "turn": self.done}
        task.run()
        self.go_on()

    def go_on(self) -> None:
        """Run everything automatic."""
        step: Any = SimpleNamespace(workflow=self.workflow)
        while True:
            steps._open_called(step)
            ready = [
                task for task in engine.all_tasks(self.workflow, TaskState.READY) if not task.task_spec.manual
            ]
            if not ready:
                return
            for task in ready:
                if task.state == TaskState.READY:
                    task.run()
