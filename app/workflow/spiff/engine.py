"""SpiffWorkflow, told what a diagram may evaluate, what it may call and how far it may run.

Patches are kept here: the library's timers read our clock, repetitions merge plainly, its loggers stay quiet.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.helpers.spec import TaskSpecConverter
from SpiffWorkflow.bpmn.specs.event_definitions import timer as spiff_timer
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition as BaseMessage
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow as Workflow
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser, SpiffProcessParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.spiff.specs.defaults import BusinessRuleTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.core import clock, expressions
from app.core.expressions import ExpressionError
from app.workflow.decision.deciding import decide
from app.workflow.drawing.diagram import Diagram, tag_of
from app.workflow.drawing.rewriting import REPEATS, rewritten
from app.workflow.language import assignments
from app.workflow.spiff import joining  # noqa: F401  (branches that meet keep what each of them changed)
from app.workflow.spiff.values import literal

MAX_REPEATS = 500

__all__ = ["BaseMessage", "NoneEventDefinition", "Task", "TaskState", "Workflow"]

for _name in ("spiff", "spiff.task", "spiff.workflow", "spiff.data", "spiff.dmn"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class EngineClock(datetime):
    """What the library's timers take for the present: our clock."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> EngineClock:
        """Return the present instant of ``core.clock``."""
        return cls.fromisoformat(clock.now().astimezone(tz).isoformat())


spiff_timer.datetime = EngineClock


def _merge_child(repeated: MultiInstanceTask, workflow: Workflow, child: Task) -> None:
    """Take over what one repetition did: its output item, else its data without the item it was for.

    The library merges lists by position and leaves the item behind, which stops the next repetition.
    """
    if repeated.data_output is not None:
        _library_merge(repeated, workflow, child)
        return
    item = repeated.input_item.bpmn_id if repeated.input_item is not None else None
    child.parent.data.update({key: deepcopy(value) for key, value in child.data.items() if key != item})
    child.parent.internal_data["merged"].append(str(child.id))


_library_merge = MultiInstanceTask.merge_child
MultiInstanceTask.merge_child = _merge_child


class Environment(BasePythonScriptEngineEnvironment):
    """Evaluates our small language where the library would evaluate Python."""

    def evaluate(
        self, expression: str, context: Mapping[str, Any], external_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value of a condition, timer, parameter, correlation or number of repetitions."""
        repeats = expression.startswith(REPEATS)
        value = expressions.evaluate(
            expression.removeprefix(REPEATS), {**context, **(external_context or {})}
        )
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        if repeats and (
            not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_REPEATS
        ):
            raise ExpressionError(
                "{value} is no number of repetitions from 0 to {count}", value=value, count=MAX_REPEATS
            )
        return value

    def execute(
        self, script: str, context: dict[str, Any], external_context: Mapping[str, Any] | None = None
    ) -> bool:
        """Carry out the assignments of a script task."""
        for name, text in assignments(script):
            context[name] = literal(expressions.evaluate(text, context))
        return True


class ScriptEngine(PythonScriptEngine):
    """Sends service tasks to ``call``; nothing else reaches Python code."""

    def __init__(self, call: Callable[[Task, str, dict[str, Any]], Any] | None = None) -> None:
        """Use the restricted environment and the given caller of operators."""
        super().__init__(Environment())
        self.call = call

    def validate(self, expression: str) -> None:
        """Refuse what is outside the language."""
        expressions.check(expression)

    def execute(self, task: Task, script: str, external_context: Any = None) -> bool:
        """Carry out assignments on the task's data."""
        return self.environment.execute(script, task.data, external_context)

    def call_service(self, task: Task, *, operation_name: str, operation_params: dict[str, Any]) -> str:
        """Run a service task's operator; the JSON it returns becomes the result variable."""
        if self.call is None:
            raise ExpressionError("{name} cannot be called here", name=operation_name)
        parameters = {name: literal(given["value"]) for name, given in operation_params.items()}
        return json.dumps(literal(self.call(task, operation_name, parameters)))


class DecisionEngine:
    """A decision table where the library expects its own DMN engine."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.table = table

    def result(self, task: Task) -> dict[str, Any]:
        """Put the outputs into the task's data; the rows that fired are kept with the task."""
        outputs, record = decide(self.table, task.data)
        task.internal_data["decision"] = record
        variable = (task.task_spec.extensions.get("properties") or {}).get("result")
        task.data.update({variable: outputs} if variable else outputs)
        return {}


class DecisionConverter(TaskSpecConverter):
    """Keeps a business rule task with its table."""

    def to_dict(self, spec: BusinessRuleTask) -> dict[str, Any]:
        """The task and its table as plain data."""
        return {
            **self.get_default_attributes(spec),
            "prescript": None,
            "postscript": None,
            "table": spec.dmnEngine.table,
        }

    def from_dict(self, dct: dict[str, Any]) -> BusinessRuleTask:
        """The task from plain data."""
        dct["dmnEngine"] = DecisionEngine(dct.pop("table"))
        return self.task_spec_from_dict(dct)


class ProcessParser(SpiffProcessParser):
    """Does not mistake the names of repeated items for nodes."""

    def _index_process_nodes(self) -> None:
        super()._index_process_nodes()
        for node in self.xpath(".//*[@id]"):
            if tag_of(node) not in ("inputDataItem", "outputDataItem"):
                self.nodes_by_id[node.get("id")] = node


class Parser(SpiffBpmnParser):
    """Reads checked diagrams; decisions come as our own tables."""

    PROCESS_PARSER_CLASS = ProcessParser

    def __init__(self, tables: Mapping[str, dict[str, Any]]) -> None:
        super().__init__()
        self.tables = tables

    def get_engine(self, decision_ref: str, node: Any) -> DecisionEngine:
        """The table of a business rule task."""
        return DecisionEngine(self.tables[decision_ref.strip()])


SERIALIZER = BpmnWorkflowSerializer(
    BpmnWorkflowSerializer.configure({**SPIFF_CONFIG, BusinessRuleTask: DecisionConverter})
)


def build_spec(
    diagrams: Iterable[Diagram],
    key: str,
    tables: Mapping[str, dict[str, Any]],
    forms: Mapping[str, int] | None = None,
) -> str:
    """The engine's own form of a process with all it calls, as JSON for the definition's row."""
    parser = Parser(tables)
    elements: dict[str, dict] = {}
    for diagram in diagrams:
        root, found = rewritten(diagram)
        parser.add_bpmn_xml(root, filename=diagram.file)
        elements |= found
    spec, called = parser.get_spec(key), parser.get_subprocess_specs(key)
    return json.dumps(
        {
            "spec": SERIALIZER.to_dict(spec),
            "called": {name: SERIALIZER.to_dict(sub) for name, sub in called.items()},
            "elements": elements,
            "forms": dict(forms or {}),
        }
    )


class Spec:
    """A definition's cached spec, restored through the serializer."""

    def __init__(self, source: str) -> None:
        content = json.loads(source)
        self.elements: dict[str, dict[str, dict]] = content["elements"]
        self.forms: dict[str, int] = content["forms"]
        self.spec = SERIALIZER.from_dict(content["spec"])
        self.called = {name: SERIALIZER.from_dict(sub) for name, sub in content["called"].items()}

    def element(self, task: Task) -> dict | None:
        """What the diagram says about a task's element; None for the engine's own inner tasks."""
        return self.elements.get(task.workflow.spec.name, {}).get(element_id(task))


def element_id(task: Task) -> str:
    """The id of a task's element in the diagram."""
    return task.task_spec.name.removesuffix(" [child]")


def new_workflow(spec: Spec, engine: ScriptEngine) -> Workflow:
    """A workflow at its very beginning."""
    return Workflow(spec.spec, spec.called, script_engine=engine)


def all_tasks(workflow: Workflow, states: int = TaskState.ANY_MASK) -> list[Task]:
    """The tasks of a workflow and all its subprocesses in one of the states, without walking the tree."""
    found = [t for t in workflow.tasks.values() if t.state & states]
    for sub in workflow.subprocesses.values():
        found += [t for t in sub.tasks.values() if t.state & states]
    return found


def size(workflow: Workflow) -> int:
    """How many tasks a workflow and all its subprocesses have."""
    return len(workflow.tasks) + sum(len(sub.tasks) for sub in workflow.subprocesses.values())


def for_people(workflow: Workflow) -> int:
    """How many tasks wait for people."""
    return sum(1 for task in all_tasks(workflow, TaskState.READY) if task.task_spec.manual)


def cause(error: BaseException) -> BaseException:
    """The error behind the library's wrapping."""
    while isinstance(error, SpiffWorkflowException):
        inner = getattr(error, "exception", None) or error.__cause__ or error.__context__
        if inner is None:
            return error
        error = inner
    return error


def moment(text: str) -> datetime:
    """The instant a timer is due, in UTC."""
    return datetime.fromisoformat(str(spiff_timer.TimerEventDefinition.get_datetime(text)))


def duration(text: str) -> timedelta:
    """How long an ISO duration is, counted from now."""
    definition = spiff_timer.TimerEventDefinition
    return definition.get_timedelta_from_start(definition.parse_iso_duration(text), clock.now())
