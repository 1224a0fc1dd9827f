"""A deployed diagram as a Petri net: what a log can be replayed on where a mining tool's own reading of BPMN ends.

Activities, intermediate events and boundary events are visible transitions under their English names; all else is
silent. What stops the work of others (an interrupting event, a terminate end event) leaves a mark on which tokens
of its scope may vanish. Where a net cannot say what the diagram says it says more, never less: an inclusive join
goes on with any of its branches, a repeated activity may happen any number of times.

After Dijkman, Dumas, Ouyang: Semantics and analysis of business process models in BPMN, 2008.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from lxml import etree

from app.workflow.drawing.diagram import (
    BPMN,
    Diagram,
    is_event_subprocess,
    tag_of,
)
from app.workflow.mining.events import ACTIVITIES, HAPPENINGS
from app.workflow.mining.labels import labels
from app.workflow.mining.places import SINK, SOURCE, STOPPED, Net, Places, Transition, beside

INSIDE = ("subProcess", "transaction")


def net_of(diagram: Diagram) -> Net:
    """The net of a diagram's process; processes it calls are one activity each."""
    return _Translation(diagram).whole()


class _Translation:
    """One diagram under way."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.labels = labels(diagram)
        self.net = Net(diagram.key, {SOURCE: None, SINK: None})
        self.nodes = {n.get("id", ""): n for n in diagram.process.iter() if n.get("id") and tag_of(n)}
        self.outgoing: dict[str, list[etree._Element]] = {}
        self.incoming: dict[str, list[etree._Element]] = {}
        for flow in diagram.process.iter(f"{BPMN}sequenceFlow"):
            self.outgoing.setdefault(flow.get("sourceRef", ""), []).append(flow)
            self.incoming.setdefault(flow.get("targetRef", ""), []).append(flow)
        self.boundaries: dict[str, list[etree._Element]] = {}
        for event in diagram.process.iter(f"{BPMN}boundaryEvent"):
            self.boundaries.setdefault(event.get("attachedToRef", ""), []).append(event)
        self.inside: dict[str, list[str]] = {}
        self.stopped: dict[str, bool] = {}

    def whole(self) -> Net:
        top = self.diagram.process
        self._scope(top, ())
        active = self._marks(top)[0]
        self._add("begin", None, (SOURCE,), (active, *self._starts(top)))
        for mark in self._ways_out(top):
            self._add(f"end:{mark}", None, (active, mark), (SINK,))
        left = beside(self.net)
        for scope in self.stopped:
            mark = STOPPED + scope
            for place in sorted(left.get(mark, set()) & set(self.inside.get(scope, ()))):
                self._add(f"vanish:{scope}:{place}", None, (mark, place), (mark,))
            self._add(f"forget:{scope}", None, (mark,), ())
        return self.net

    def _add(self, name: str, label: str | None, takes: Places, gives: Places) -> None:
        self.net.places.update(dict.fromkeys((*takes, *gives)))
        self.net.transitions.append(Transition(name, label, takes, gives))

    def _label(self, node: etree._Element) -> str:
        return self.labels[node.get("id", "")]

    def _marks(self, scope: etree._Element) -> tuple[str, str]:
        """The places that say a scope is under way, and that a way in it has come to its end."""
        return f"active:{scope.get('id')}", f"ended:{scope.get('id')}"

    def _starts(self, scope: etree._Element) -> Places:
        return tuple(
            place
            for start in scope.findall(f"{BPMN}startEvent")
            for place in self._onward(start.get("id", ""))
        )

    def _onward(self, node: str) -> Places:
        """Where tokens come to that leave a node on all its ways."""
        return tuple(self._arrival(flow) for flow in self.outgoing.get(node, ()))

    def _arrival(self, flow: etree._Element) -> str:
        """The place before a flow's target: one for all its flows, one for each where they are joined."""
        target = self.nodes[flow.get("targetRef", "")]
        source = self.nodes[flow.get("sourceRef", "")]
        if tag_of(source) == "eventBasedGateway":
            return f"in:{source.get('id')}"
        if tag_of(target) in ("parallelGateway", "inclusiveGateway"):
            return f"in:{flow.get('id')}"
        return f"in:{target.get('id')}"

    def _arrivals(self, node: str) -> Places:
        return tuple(dict.fromkeys(self._arrival(flow) for flow in self.incoming.get(node, ())))

    def _scope(self, scope: etree._Element, around: tuple[str, ...]) -> None:
        """All that lies in a process or subprocess; ``around``: what can stop it."""
        identifier = scope.get("id", "")
        body = (*around, identifier)
        parallel = False
        for node in scope:
            kind = tag_of(node)
            if is_event_subprocess(node):
                self._event_subprocess(node, scope, around)
                parallel = True
                continue
            if kind == "endEvent":
                self._end(node, scope)
            elif kind in INSIDE:
                self._subprocess(node, body)
            elif kind in ACTIVITIES:
                self._activity(node, body)
            elif kind in HAPPENINGS and kind != "boundaryEvent":
                for place in self._arrivals(node.get("id", "")):
                    self._add(node.get("id", ""), self._label(node), (place,), self._after_event(node))
            elif kind.endswith("Gateway"):
                self._gateway(node, kind)
            self._belongs(node, body)
            parallel |= kind in ("parallelGateway", "inclusiveGateway", "boundaryEvent")
            parallel |= kind != "sequenceFlow" and not kind.endswith("Gateway") and self._splits(node)
        if parallel:
            ended = self._marks(scope)[1]
            self._add(f"meet:{identifier}", None, (ended, ended), (ended,))

    def _splits(self, node: etree._Element) -> bool:
        return len(self.outgoing.get(node.get("id", ""), ())) > 1

    def _belongs(self, node: etree._Element, body: tuple[str, ...]) -> None:
        """Note which scopes' end makes the tokens before and on a node vanish."""
        identifier = node.get("id", "")
        own = (*self._arrivals(identifier), *(f"{mark}:{identifier}" for mark in ("on", "active", "ended")))
        for scope in body:
            self.inside.setdefault(scope, [f"ended:{scope}"]).extend(own)

    def _after_event(self, node: etree._Element) -> Places:
        """Where an event leads; a link leads to its other half."""
        link = node.find(f"{BPMN}linkEventDefinition")
        if link is None or self.outgoing.get(node.get("id", "")):
            return self._onward(node.get("id", ""))
        path = f"{BPMN}intermediateCatchEvent[{BPMN}linkEventDefinition]"
        return tuple(
            f"in:{other.get('id')}"
            for other in node.getparent().findall(path)
            if other.find(f"{BPMN}linkEventDefinition").get("name") == link.get("name")
        )

    def _end(self, node: etree._Element, scope: etree._Element) -> None:
        identifier, ended = node.get("id", ""), self._marks(scope)[1]
        stops = node.find(f"{BPMN}terminateEventDefinition") is not None
        for place in self._arrivals(identifier):
            self._add(identifier, None, (place,), (self._stop(scope, outside=False) if stops else ended,))

    def _ways_out(self, scope: etree._Element) -> Iterator[str]:
        """The marks by which a scope may come to its end: by its own ways, or stopped from inside."""
        yield self._marks(scope)[1]
        if self.stopped.get(scope.get("id", "")) is False:
            yield STOPPED + scope.get("id", "")

    def _stop(self, scope: etree._Element, *, outside: bool = True) -> str:
        """The mark that lets the tokens of a scope vanish; by what leads out of it, or by an end event inside."""
        identifier = scope.get("id", "")
        self.stopped[identifier] = self.stopped.get(identifier, outside) and outside
        return STOPPED + scope.get("id", "")

    def _activity(self, node: etree._Element, body: tuple[str, ...]) -> None:
        identifier, label = node.get("id", ""), self._label(node)
        onward, repeated = self._onward(identifier), is_repeated(node)
        if not repeated and not self.boundaries.get(identifier):
            for place in self._arrivals(identifier):
                self._add(identifier, label, (place,), onward)
            return
        on = f"on:{identifier}"
        for place in self._arrivals(identifier):
            self._add(f"enter:{identifier}", None, (place,), (on,))
        self._add(identifier, label, (on,), (on,) if repeated else onward)
        if repeated:
            self._add(f"leave:{identifier}", None, (on,), onward)
        self._boundaries(node, on)

    def _boundaries(self, node: etree._Element, on: str) -> None:
        for event in self.boundaries.get(node.get("id", ""), ()):
            identifier = event.get("id", "")
            stays = event.get("cancelActivity") == "false"
            stop = (self._stop(node),) if tag_of(node) in INSIDE and not stays else ()
            gives = (*self._onward(identifier), *((on,) if stays else stop))
            self._add(identifier, self._label(event), (on,), gives)

    def _subprocess(self, node: etree._Element, around: tuple[str, ...]) -> None:
        self._scope(node, around)
        identifier, label, onward = node.get("id", ""), self._label(node), self._onward(node.get("id", ""))
        active, ended = self._marks(node)
        repeated = is_repeated(node)
        for place in self._arrivals(identifier):
            self._add(
                f"enter:{identifier}", None, (place,), (active, *(() if repeated else self._starts(node)))
            )
        for mark in self._ways_out(node):
            self._add(identifier, label, (active, mark), (active,) if repeated else onward)
        if repeated:
            self._add(f"again:{identifier}", None, (active,), (active, *self._starts(node)))
            self._add(f"passed:{identifier}", None, (active, ended), (active,))
            self._add(f"leave:{identifier}", None, (active,), onward)
            self._add(f"left:{identifier}", label, (active,), onward)
        self._boundaries(node, active)

    def _event_subprocess(self, node: etree._Element, scope: etree._Element, around: tuple[str, ...]) -> None:
        """Work that an event begins beside or instead of its scope's own."""
        self._scope(node, around)
        active, ended = self._marks(scope)
        start = node.find(f"{BPMN}startEvent")
        stays = start is not None and start.get("isInterrupting") == "false"
        stop = () if stays else (self._stop(scope),)
        self._add(f"begin:{node.get('id')}", None, (active,), (active, *self._starts(node), *stop))
        self._add(node.get("id", ""), self._label(node), (self._marks(node)[1],), (ended,))
        self._add(f"quiet:{node.get('id')}", None, (self._marks(node)[1],), (ended,))
        for outer in around:
            self.inside.setdefault(outer, []).append(self._marks(node)[1])

    def _gateway(self, node: etree._Element, kind: str) -> None:
        identifier = node.get("id", "")
        arrivals, onward = self._arrivals(identifier), self._onward(identifier)
        if kind == "exclusiveGateway":
            for number, way in enumerate(onward):
                self._add(f"{identifier}:{number}", None, arrivals, (way,))
        elif kind == "parallelGateway":
            self._add(identifier, None, arrivals, onward)
        elif kind == "inclusiveGateway":
            for number, (takes, gives) in enumerate(
                (takes, gives) for takes in _some(arrivals) for gives in _some(onward)
            ):
                self._add(f"{identifier}:{number}", None, takes, gives)


def _some(places: Places) -> Iterator[Places]:
    """Every choice of at least one of them."""
    for count in range(1, len(places) + 1):
        yield from combinations(places, count)


def is_repeated(node: etree._Element) -> bool:
    """Whether an activity may be done any number of times."""
    return any(
        tag_of(one) in ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics") for one in node
    )
