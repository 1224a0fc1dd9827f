"""A token game of its own: what BPMN 2.0 says a diagram does, read from the XML and from nothing of ours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

NS = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
GATES = {"parallelGateway", "inclusiveGateway"}


@dataclass(eq=False)
class Work:
    """An activity or event under way in a scope, and the scopes inside it."""

    node: etree._Element
    scope: Scope
    answers: dict[str, bool]
    left: int = 1
    at_once: int = 1
    inside: Scope | None = None
    since: int = 0
    rung: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Scope:
    """A process or subprocess under way: what waits in it, and the tokens that lie before its joins."""

    element: etree._Element
    around: Work | None
    works: list[Work] = field(default_factory=list)
    before: list[tuple[str, str]] = field(default_factory=list)
    done: bool = False


def tag(element: etree._Element) -> str:
    """The element's name alone."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def kind(node: etree._Element) -> str:
    """What an event waits for or throws; empty where nothing."""
    found = [tag(child) for child in node if tag(child).endswith("EventDefinition")]
    return found[0].removesuffix("EventDefinition") if found else ""


def named(node: etree._Element) -> str:
    """What an event refers to."""
    for child in node:
        for name in ("signalRef", "errorRef", "escalationRef", "name"):
            if tag(child).endswith("EventDefinition") and child.get(name):
                return str(child.get(name))
    return ""


class Game:
    """One case of a process under the rules of the specification (chapter 13)."""

    def __init__(self, source: bytes) -> None:
        self.passed: Counter[str] = Counter()
        self.stuck, self.now = False, 0
        process = etree.fromstring(source).find(f"{NS}process")
        self.top = self._open(process, None, {})
        self._settle()

    def open(self) -> list[str]:
        """The tasks of people, one name for each that is open."""
        works = [(w.node, w.at_once) for w in self._works() if tag(w.node) == "userTask"]
        return sorted(node.get("id", "") for node, count in works for _one in range(count))

    def told_apart(self) -> list[str]:
        """The open tasks of which it does not matter which one of several is meant."""
        found = Counter(str(work.node.get("id")) for work in self._works() if tag(work.node) == "userTask")
        plain = {
            work.node.get("id")
            for work in self._works()
            if work.at_once == work.left == 1 and work.scope.around is None and not self._borders(work)
        }
        return [name for name, count in found.items() if count == 1 or name in plain]

    def awaited(self) -> list[str]:
        """The events that may happen now."""
        found = {str(node.get("id")) for node, _work in self._events() if kind(node) in ("message", "signal")}
        return sorted(found)

    def do(self, name: str, answer: bool) -> None:
        """A person completes one of the tasks."""
        work = next(w for w in self._works() if w.node.get("id") == name)
        self.passed[name] += 1
        work.left -= 1
        work.at_once = min(work.at_once, work.left) if not _one_by_one(work.node) else 1
        work.answers[name] = answer
        if not work.left:
            self._leave(work)
        self._settle()

    def happen(self, name: str) -> None:
        """An event happens, everywhere it is awaited."""
        for node, work in list(self._events()):
            if node.get("id") == name and work in self._works():
                self._fire(node, work)
        self._settle()

    def soonest(self) -> tuple[int, set[str]]:
        """The hour at which the next timer is due, and the events that are due then."""
        due = [(w.since + _hours(n), str(n.get("id"))) for n, w in self._events() if kind(n) == "timer"]
        return (hour := min(due, default=(0, ""))[0]), {name for when, name in due if when == hour}

    def wait(self, hour: int) -> None:
        """Time passes, up to an hour."""
        self.now = hour
        for node, work in list(self._events()):
            if kind(node) == "timer" and work.since + _hours(node) == hour and work in self._works():
                work.rung.add(node.get("id", ""))
                self._fire(node, work)
        self._settle()

    def _works(self, scope: Scope | None = None) -> list[Work]:
        found: list[Work] = []
        for work in (scope or self.top).works:
            found.append(work)
            if work.inside:
                found += self._works(work.inside)
        return found

    def _events(self) -> list[tuple[etree._Element, Work]]:
        found = []
        for work in self._works():
            if tag(work.node) == "intermediateCatchEvent":
                found.append((work.node, work))
            elif tag(work.node) == "eventBasedGateway":
                flows = self._flows(work.scope, "sourceRef", work.node)
                found += [(self._node(work.scope, f.get("targetRef")), work) for f in flows]
            found += [(one, work) for one in self._borders(work) if one.get("id") not in work.rung]
        return found

    def _borders(self, work: Work) -> list[etree._Element]:
        around = work.scope.element.findall(f"{NS}boundaryEvent")
        return [one for one in around if one.get("attachedToRef") == work.node.get("id")]

    def _fire(self, node: etree._Element, work: Work) -> None:
        self.passed[node.get("id", "")] += 1
        self.passed[work.node.get("id", "")] += (
            tag(work.node) == "eventBasedGateway" and tag(node) != "boundaryEvent"
        )
        if tag(node) != "boundaryEvent" or node.get("cancelActivity") != "false":
            work.scope.works.remove(work)
        self._go(work.scope, node, work.answers)

    def _node(self, scope: Scope, identifier: Any) -> etree._Element:
        return next(one for one in scope.element if one.get("id") == identifier)

    def _flows(self, scope: Scope, end: str, node: etree._Element) -> list[etree._Element]:
        return [f for f in scope.element.findall(f"{NS}sequenceFlow") if f.get(end) == node.get("id")]

    def _open(self, element: etree._Element, around: Work | None, answers: dict[str, bool]) -> Scope:
        scope = Scope(element, around)
        if around is not None:
            around.inside = scope
            around.scope.works.append(around)
        self.top = scope if around is None else self.top
        start = element.find(f"{NS}startEvent")
        self.passed[start.get("id")] += 1
        self._go(scope, start, answers)
        return scope

    def _go(self, scope: Scope, node: etree._Element, answers: dict[str, bool]) -> None:
        """A token on every flow out of a node that has no choice to make."""
        for flow in self._flows(scope, "sourceRef", node):
            self._come(scope, flow, dict(answers))

    def _come(self, scope: Scope, flow: etree._Element, answers: dict[str, bool]) -> None:
        if scope.done:
            return
        node = self._node(scope, flow.get("targetRef"))
        what = tag(node)
        if what in GATES:
            scope.before.append((node.get("id"), flow.get("id")))
            self.answers = answers
            if what == "parallelGateway":
                self._join(scope, node, answers)
        elif what == "exclusiveGateway":
            self.passed[node.get("id")] += 1
            self._choose(scope, node, answers, one=True)
        elif what in ("userTask", "scriptTask"):
            self._begin(scope, node, answers)
        elif what in ("subProcess", "transaction"):
            self._open(node, Work(node, scope, answers, since=self.now), answers)
        elif what == "eventBasedGateway":
            scope.works.append(Work(node, scope, answers, since=self.now))
        elif kind(node) == "link" and what == "intermediateThrowEvent":
            self.passed[node.get("id")] += 1
            catches = scope.element.findall(f"{NS}intermediateCatchEvent")
            caught = next(one for one in catches if kind(one) == "link" and named(one) == named(node))
            self.passed[caught.get("id")] += 1
            self._go(scope, caught, answers)
        elif what == "intermediateCatchEvent":
            scope.works.append(Work(node, scope, answers, since=self.now))
        else:
            self._throw(scope, node, answers)

    def _begin(self, scope: Scope, node: etree._Element, answers: dict[str, bool]) -> None:
        number = node.findtext(f".//{NS}loopCardinality")
        times = 1 if number is None else int(number)
        if tag(node) == "scriptTask" or not times:
            self.passed[node.get("id", "")] += times
            self._go(scope, node, answers)
        else:
            scope.works.append(
                Work(node, scope, answers, times, 1 if _one_by_one(node) else times, since=self.now)
            )

    def _leave(self, work: Work) -> None:
        work.scope.works.remove(work)
        self._go(work.scope, work.node, work.answers)

    def _choose(self, scope: Scope, node: etree._Element, answers: dict[str, bool], *, one: bool) -> None:
        flows, taken = self._flows(scope, "sourceRef", node), []
        for flow in flows:
            condition = flow.findtext(f"{NS}conditionExpression")
            if condition and (condition == "1 == 1" or answers.get(condition.removesuffix(".ok"))):
                taken.append(flow)
        if not taken or len(flows) == 1:
            taken = [f for f in flows if f.get("id") == node.get("default") or len(flows) == 1]
        for flow in taken[:1] if one else taken:
            self._come(scope, flow, dict(answers))

    def _join(self, scope: Scope, node: etree._Element, answers: dict[str, bool]) -> None:
        needed = [(node.get("id"), f.get("id")) for f in self._flows(scope, "targetRef", node)]
        if all(one in scope.before for one in needed):
            for one in needed:
                scope.before.remove(one)
            self.passed[node.get("id", "")] += 1
            self._go(scope, node, answers)

    def _settle(self) -> None:
        """Inclusive joins for which nothing more can come, and scopes in which nothing is left."""
        while self._inclusive(self.top) or self._ended(self.top):
            pass

    def _inclusive(self, scope: Scope) -> bool:
        if any(w.inside and self._inclusive(w.inside) for w in list(scope.works)):
            return True
        for identifier in dict.fromkeys(one for one, _flow in scope.before):
            node = self._node(scope, identifier)
            if tag(node) == "inclusiveGateway" and not self._expected(scope, node):
                for flow in {f for n, f in scope.before if n == identifier}:
                    scope.before.remove((identifier, flow))
                self.passed[identifier] += 1
                self._choose(scope, node, self.answers, one=False)
                return True
        return False

    def _expected(self, scope: Scope, join: etree._Element) -> bool:
        """Whether a token elsewhere has a way to an empty flow, and none to one on which a token lies."""
        here = {f for n, f in scope.before if n == join.get("id")}
        flows = self._flows(scope, "targetRef", join)
        full = self._behind(scope, [f for f in flows if f.get("id") in here], join)
        empty = self._behind(scope, [f for f in flows if f.get("id") not in here], join)
        places = {w.node.get("id") for w in scope.works} | {
            n for n, _f in scope.before if n != join.get("id")
        }
        return bool(places & (empty - full))

    def _behind(self, scope: Scope, flows: list[etree._Element], join: etree._Element) -> set[Any]:
        found: set[Any] = set()
        left = [f.get("sourceRef") for f in flows]
        while left:
            name = left.pop()
            if name in found or name == join.get("id"):
                continue
            found.add(name)
            node = self._node(scope, name)
            left += [f.get("sourceRef") for f in self._flows(scope, "targetRef", node)]
            left += [node.get("attachedToRef")] if tag(node) == "boundaryEvent" else []
            if kind(node) == "link" and tag(node) == "intermediateCatchEvent":
                throws = scope.element.findall(f"{NS}intermediateThrowEvent")
                left += [t.get("id") for t in throws if kind(t) == "link" and named(t) == named(node)]
        return found

    def _ended(self, scope: Scope) -> bool:
        if any(w.inside and self._ended(w.inside) for w in list(scope.works)):
            return True
        work = scope.around
        if work is None or scope.works or (scope.before and not scope.done) or work not in work.scope.works:
            return False
        self.passed[work.node.get("id", "")] += 1
        self._leave(work)
        return True

    def _throw(self, scope: Scope, node: etree._Element, answers: dict[str, bool]) -> None:
        """An end event, or an event that throws and goes on."""
        what = kind(node)
        self.passed[node.get("id", "")] += 1
        if what == "terminate":
            scope.done, scope.works, scope.before = True, [], []
        elif what in ("error", "escalation", "cancel"):
            caught = self._catch(scope, what, named(node))
            if caught:
                self._fire(*caught)
            elif what == "error":
                self.passed[node.get("id", "")] -= 1
                self.stuck = True
                scope.works.append(Work(node, scope, answers, since=self.now))
        if tag(node) == "intermediateThrowEvent" and self._alive(scope):
            self._go(scope, node, answers)

    def _alive(self, scope: Scope) -> bool:
        while scope.around is not None:
            if scope.done or scope.around not in scope.around.scope.works:
                return False
            scope = scope.around.scope
        return not scope.done

    def _catch(self, scope: Scope, what: str, name: str) -> tuple[etree._Element, Work] | None:
        while scope.around is not None:
            for one in self._borders(scope.around):
                if kind(one) == what and named(one) == name:
                    return one, scope.around
            scope = scope.around.scope
        return None

    def ended(self) -> bool:
        """Whether nothing is left."""
        return not self.top.works and not self.top.before


def _one_by_one(node: etree._Element) -> bool:
    return node.find(f"{NS}multiInstanceLoopCharacteristics[@isSequential='true']") is not None


def _hours(node: etree._Element) -> int:
    return int(node.findtext(f".//{NS}timeDuration", "").strip("PTH"))
