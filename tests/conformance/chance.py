"""Diagrams by chance for the token game: every block beside, inside and behind every other."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from tests.conformance.cases import DEFINITIONS
from tests.workflow.diagrams import extensions, lanes, message, node, process, properties, script, timer, user
from tests.workflow.generated import Drawing

LEAVES = ("task", "script", "many", "catch", "link", "first", "leave", "bordered")
NESTS = ("row", "all", "some", "one", "loop", "inside")
WAITING = ("message", "timer", "signal")


class Chance(Drawing):
    """A diagram that grows by chance, and what all its scopes share."""

    def __init__(self, chance: Random, around: Chance | None = None, *, cancels: bool = False) -> None:
        super().__init__(count=around.count if around else 0)
        self.chance, self.cancels = chance, cancels
        self.signals: list[str] = around.signals if around else []
        self.people: list[str] = around.people if around else []

    def asked(self, inner: str = "") -> str:
        name = self.name("u")
        self.people.append(name)
        self.add(user(name, inner=inner))
        return name

    def event(self, tag: str, kind: str, prefix: str = "v", **attributes: str) -> str:
        """An event of its own name, key, signal or time."""
        name = self.name(prefix)
        inner = DEFINITIONS[kind]
        if kind == "message":
            inner = extensions(properties(correlation=f"'{name}'")) + message("test.arrived")
        elif kind == "timer":
            inner = timer(f"PT{self.count}H")
        elif kind == "signal":
            self.signals.append(name)
            inner = f'<bpmn:signalEventDefinition signalRef="s_{name}"/>'
        elif kind == "link":
            inner = f'<bpmn:linkEventDefinition name="{attributes.pop("link")}"/>'
        self.add(node(tag, name, inner, **attributes))
        return name

    def block(self, depth: int) -> tuple[str, str]:
        """A block by chance; returns its first and its last node."""
        kinds = LEAVES + NESTS * 2 if depth else LEAVES
        return getattr(self, f"_{self.chance.choice(kinds)}")(depth - 1)

    def _task(self, _depth: int) -> tuple[str, str]:
        return (name := self.asked()), name

    def _script(self, _depth: int) -> tuple[str, str]:
        name = self.name("s")
        self.add(script(name, f"{name} = 1"))
        return name, name

    def _many(self, _depth: int) -> tuple[str, str]:
        times = f"<bpmn:loopCardinality>{self.chance.choice((0, 1, 2, 3))}</bpmn:loopCardinality>"
        order = {"isSequential": "true"} if self.chance.random() < 0.5 else {}
        name = self.asked(node("multiInstanceLoopCharacteristics", f"m{self.count}", times, **order))
        return name, self._borders(name, WAITING)

    def _catch(self, _depth: int) -> tuple[str, str]:
        return (name := self.event("intermediateCatchEvent", self.chance.choice(WAITING))), name

    def _link(self, _depth: int) -> tuple[str, str]:
        name = self.name("link")
        first = self.event("intermediateThrowEvent", "link", link=name)
        return first, self.event("intermediateCatchEvent", "link", link=name)

    def _first(self, _depth: int) -> tuple[str, str]:
        """An event-based gateway, whose ways meet again."""
        gate, on = self.name("first"), self.name("on")
        self.add(node("eventBasedGateway", gate) + node("exclusiveGateway", on))
        for kind in self.chance.choices(WAITING, k=2):
            event = self.event("intermediateCatchEvent", kind)
            self.flow(gate, event)
            self.flow(event, on)
        return gate, on

    def _leave(self, _depth: int) -> tuple[str, str]:
        """A question: on, or to an end of another kind."""
        asked, split, on = self.asked(), self.name("split"), self.name("on")
        kinds = ["none", "terminate", "error", "escalation"] + ["cancel"] * 3 * self.cancels
        end = self.event("endEvent", self.chance.choice(kinds), "end")
        if self.chance.random() < 0.2:
            end = self.event("intermediateThrowEvent", "escalation", "up")
            self.flow(end, on)
        self.add(node("exclusiveGateway", split, default=self.flow(split, on)) + node("exclusiveGateway", on))
        self.flow(asked, split)
        self.flow(split, end, f"{asked}.ok")
        return asked, on

    def _bordered(self, _depth: int) -> tuple[str, str]:
        return (name := self.asked()), self._borders(name, WAITING)

    def _borders(self, host: str, kinds: tuple[str, ...]) -> str:
        """Boundary events whose ways end, or meet the host's own way; returns the last node."""
        last = host
        for kind in self.chance.sample(kinds, self.chance.choice((0, 1, 1, 2))):
            free = kind not in ("error", "cancel") and self.chance.random() < 0.5
            cancel = {"cancelActivity": "false"} if free else {}
            border = self.event("boundaryEvent", kind, "b", attachedToRef=host, **cancel)
            if self.chance.random() < 0.5:
                after, end = self.asked(), self.name("end")
                self.add(node("endEvent", end))
                self.flow(border, after)
                self.flow(after, end)
            else:
                on = self.name("on")
                self.add(node("exclusiveGateway", on))
                self.flow(border, on)
                self.flow(last, on)
                last = on
        return last

    def _row(self, depth: int) -> tuple[str, str]:
        ends = [self.block(depth) for _one in range(self.chance.choice((2, 3)))]
        for (_first, before), (after, _last) in pairwise(ends):
            self.flow(before, after)
        return ends[0][0], ends[-1][1]

    def _inside(self, depth: int) -> tuple[str, str]:
        cancels = self.chance.random() < 0.3
        name = self.name("sub")
        inner = Chance(self.chance, self, cancels=cancels)
        parts = inner.whole(depth, f"{name}_")
        self.count = inner.count
        self.add(node("transaction" if cancels else "subProcess", name, parts))
        last = self._borders(name, (*WAITING, "error", "escalation"))
        if cancels:
            border, after, end = (
                self.event("boundaryEvent", "cancel", "b", attachedToRef=name),
                self.asked(),
                self.name("end"),
            )
            self.add(node("endEvent", end))
            self.flow(border, after)
            self.flow(after, end)
        return name, last

    def _loop(self, depth: int) -> tuple[str, str]:
        begin, again, on, asked = self.name("begin"), self.name("again"), self.name("on"), self.asked()
        first, last = self.block(depth)
        self.add(node("exclusiveGateway", begin) + node("exclusiveGateway", on))
        for source, target in ((begin, first), (last, asked), (asked, again)):
            self.flow(source, target)
        self.flow(again, begin, f"{asked}.ok")
        self.add(node("exclusiveGateway", again, default=self.flow(again, on)))
        return begin, on

    def _all(self, depth: int) -> tuple[str, str]:
        return self._ways("parallelGateway", depth)

    def _some(self, depth: int) -> tuple[str, str]:
        return self._ways("inclusiveGateway", depth)

    def _one(self, depth: int) -> tuple[str, str]:
        return self._ways("exclusiveGateway", depth)

    def _ways(self, tag: str, depth: int) -> tuple[str, str]:
        asked, split, join = self.asked(), self.name("split"), self.name("join")
        self.flow(asked, split)
        default = {}
        for number in range(self.chance.choice((2, 3))):
            first, last = self.block(depth)
            free = tag == "parallelGateway"
            condition = "" if free or not number else "1 == 1" if number == 2 else f"{asked}.ok"
            identifier = self.flow(split, first, condition)
            if not free and not number:
                default = {"default": identifier}
            self.flow(last, join)
        self.add(node(tag, split, **default) + node(tag, join))
        return asked, join

    def whole(self, depth: int, prefix: str = "") -> str:
        """A start, a block, an end."""
        first, last = self.block(depth)
        self.flow(f"{prefix}start", first)
        self.flow(last, f"{prefix}end")
        self.add(node("startEvent", f"{prefix}start") + node("endEvent", f"{prefix}end"))
        return "".join(self.nodes + self.flows)


def drawn(seed: int) -> bytes:
    """The diagram of a number."""
    made = Chance(Random(seed))
    body = made.whole(1 + seed % 3)
    source = process(
        "test.one", lanes(planner=" ".join(made.people)), body, messages=("test.arrived",), errors=("no",)
    )
    head = "".join(f'<bpmn:signal id="s_{name}" name="{name}"/>' for name in made.signals)
    head += '<bpmn:escalation id="c_late" name="late" escalationCode="late"/>'
    return source.replace(b"<bpmn:process ", head.encode() + b"<bpmn:process ", 1)
