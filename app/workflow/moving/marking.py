"""Whether a diagram can ever stand where a case stands: all ways through it, tried from its beginning.

A case that is moved to a diagram which can never stand there would wait for ever, say at a join for a branch
that was never begun. So the tokens of the case are looked for among everything the diagram can reach. A token
is the name of a spec's task; at a parallel join it is the pair of the join and the task it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.exclusive_gateway import ExclusiveGateway
from SpiffWorkflow.bpmn.specs.mixins.inclusive_gateway import InclusiveGateway
from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway

MAX_MARKINGS = 20_000
ENDS = (_EndJoin, BoundaryEventJoin)

Token = str | tuple[str, str]
Marking = frozenset[Token]


class TooManyWays(Exception):
    """The diagram has more ways than are tried."""


def is_join(spec: Any) -> bool:
    """Whether a task waits for each of several ways into it."""
    return isinstance(spec, ParallelGateway) and len(spec.inputs) > 1


def can_stand(specs: dict[str, Any], tokens: Marking) -> bool:
    """Whether the tokens, and no others, are somewhere on a way through the diagram.

    Args:
        specs: the tasks of one process or subprocess, by name.

    Raises:
        TooManyWays: it could not be found out within reason.
    """
    return any(marking == tokens for marking in _Ways(specs, tokens).all())


class _Ways:
    """The ways through one process; tasks on which no wanted token lies are passed at once."""

    def __init__(self, specs: dict[str, Any], wanted: Marking) -> None:
        self.specs = specs
        self.wanted = {token for token in wanted if isinstance(token, str)}

    def all(self) -> Iterator[Marking]:
        """Every marking that can be reached, each once."""
        first = self._landed(frozenset(), "", "Start")
        seen, waiting = {first}, [first]
        while waiting:
            marking = waiting.pop()
            yield marking
            for following in self._next(marking):
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
            if len(seen) > MAX_MARKINGS:
                raise TooManyWays

    def _next(self, marking: Marking) -> Iterator[Marking]:
        """What may come of a marking by one act."""
        for token in marking:
            if isinstance(token, tuple):
                join = self.specs[token[0]]
                ways = frozenset((join.name, one.name) for one in join.inputs)
                if ways <= marking:
                    yield self._gone(marking - ways, join.name, self._outputs(join.name))
                continue
            rest = marking - {token}
            for chosen in self._choices(token):
                yield self._gone(rest, token, chosen)
            for event in self._events(token):
                stays = rest if event.cancel_activity else marking
                yield self._landed(stays, token, event.name)

    def _choices(self, name: str) -> list[list[str]]:
        """The sets of tasks that may follow a task."""
        spec, outputs = self.specs[name], self._outputs(name)
        if isinstance(spec, ExclusiveGateway):
            return [[one] for one in outputs]
        if isinstance(spec, InclusiveGateway):
            return [list(some) for n in range(1, len(outputs) + 1) for some in combinations(outputs, n)]
        return [outputs]

    def _outputs(self, name: str) -> list[str]:
        return [one.name for one in self.specs[name].outputs if not isinstance(one, ENDS)]

    def _events(self, name: str) -> list[BoundaryEvent]:
        """The boundary events of a task."""
        split = self.specs.get(f"{name}.BoundaryEventSplit")
        return [] if split is None else [one for one in split.outputs if isinstance(one, BoundaryEvent)]

    def _gone(self, marking: Marking, source: str, targets: list[str]) -> Marking:
        for target in targets:
            marking = self._landed(marking, source, target)
        return marking

    def _landed(self, marking: Marking, source: str, target: str) -> Marking:
        """The marking with a token that goes on to the next task where something is decided."""
        passed = set()
        while target not in self.wanted and target not in passed:
            passed.add(target)
            spec = self.specs[target]
            if is_join(spec):
                return marking | {(target, source)}
            if isinstance(spec, BoundaryEventSplit):
                onward = [one for one in self._outputs(target) if self._is_plain(one)]
            else:
                onward = self._outputs(target)
                if len(onward) > 1 or self._events(target):
                    break
            if not onward:
                return marking
            source, target = target, onward[0]
        return marking | {target}

    def _is_plain(self, name: str) -> bool:
        return not isinstance(self.specs[name], BoundaryEvent)
