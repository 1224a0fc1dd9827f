"""Test cases of a process: `bpmn/<area>/<name>.tests.json` beside its diagram, read and judged.

    {"cases": [{
      "name": {"en": "A dear order goes up", "zh_Hant": "高價單送上級"},
      "start": {"key": "purchase_order:1", "data": {"order_id": 1}},
      "operators": {"create_order": {"result": {"order_id": 1}}, "send": {"error": "no_address"}},
      "steps": [
        {"do": "task", "element": "approve", "by": "buyer", "values": {"approve": true}},
        {"do": "task", "element": "approve_twice", "by": "buyer", "values": {}, "refused": true},
        {"do": "message", "element": "arrived", "payload": {"receipt_id": 7}},
        {"do": "timer", "element": "overdue"},
        {"do": "wait", "time": "P2D"},
        {"do": "operator", "element": "create_order", "result": {"order_id": 1}}],
      "expect": {"ends": "completed", "at": [], "passes": [], "never": [], "trace": [],
                 "data": {"order.order_id": 1}, "rows": {"limit": [2]}, "roles": {"approve": "buyer"}}}]}

Operators never do anything in a test: what they answer is told, once for the whole case (a list: one answer after
the other, the last one stays) or as a step of its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from app.core.i18n import localized
from app.workflow.drawing.diagram import Diagram

ENDING = ".tests.json"
MOST_CASES, MOST_STEPS, MOST_TEXT = 100, 150, 200_000
DEEDS: dict[str, tuple[str, ...]] = {
    "task": ("element", "by", "values", "source", "refused"),
    "message": ("element", "payload"),
    "timer": ("element",),
    "wait": ("time",),
    "operator": ("element", "result", "error"),
}
"""What may happen, and what is told about it."""
LISTS = ("at", "passes", "never", "trace")
MAPS = ("data", "rows", "roles")
ENDS = ("completed", "running", "incident")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "element": str,
    "by": str,
    "values": dict,
    "source": dict,
    "refused": bool,
    "payload": dict,
    "time": str,
    "error": str,
}


def read(source: str | bytes) -> list[dict[str, Any]]:
    """The cases of a file.

    Raises:
        ValueError: it is no list of cases; the sentence says where.
    """
    if len(source) > MOST_TEXT:
        raise ValueError(_("It is longer than {count} characters.").format(count=MOST_TEXT))
    try:
        content = plain(source)
    except (ValueError, RecursionError) as error:
        raise ValueError(_("This is not JSON: {reason}").format(reason=error)) from None
    if not isinstance(content, dict) or set(content) != {"cases"} or not isinstance(content["cases"], list):
        raise ValueError(_('A file of tests is {"cases": […]}.'))
    if len(content["cases"]) > MOST_CASES:
        raise ValueError(_("At most {count} cases.").format(count=MOST_CASES))
    for number, case in enumerate(content["cases"], 1):
        for problem in wrong(case):
            raise ValueError(_("Case {number}: {problem}").format(number=number, problem=problem))
    return content["cases"]


def plain(source: str | bytes) -> Any:
    """What some JSON says, without the numbers that only Python takes for some.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(source, parse_constant=_no_number, parse_float=_number)


def _no_number(text: str) -> Any:
    raise ValueError(text[:40])


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def written(cases: list[dict[str, Any]]) -> str:
    """The file of some cases."""
    return json.dumps({"cases": cases}, ensure_ascii=False, indent=2) + "\n"


def name_of(case: dict[str, Any]) -> str:
    """What a case is called in the reader's language."""
    name = case.get("name") or ""
    return localized(name) if isinstance(name, dict) else str(name)


def wrong(case: Any) -> Iterator[str]:
    """What is wrong with a case by itself."""
    if not isinstance(case, dict):
        yield _("It is no object.")
        return
    if unknown := sorted(set(case) - {"name", "start", "operators", "steps", "expect"}):
        yield _("It has no place for {name}.").format(name=unknown[0][:60])
        return
    name = case.get("name", "")
    texts = list(name.values()) if isinstance(name, dict) else [name]
    if not all(isinstance(one, str) and len(one) <= 200 for one in texts) or not any(texts):
        yield _("It needs a name of at most 200 characters.")
    start = case.get("start", {})
    if (
        not isinstance(start, dict)
        or set(start) - {"key", "data"}
        or not isinstance(start.get("data", {}), dict)
    ):
        yield _("It starts with a key and data.")
    if not isinstance(case.get("operators", {}), dict):
        yield _("The operators' answers are told by element.")
    yield from _wrong_steps(case.get("steps", []))
    yield from _wrong_expectation(case.get("expect", {}))


def _wrong_steps(steps: Any) -> Iterator[str]:
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        yield _("Its steps are a list of at most {count}.").format(count=MOST_STEPS)
        return
    for number, step in enumerate(steps, 1):
        if not isinstance(step, dict) or step.get("do") not in DEEDS:
            yield _("Step {number} does none of: {known}").format(number=number, known=", ".join(DEEDS))
            continue
        known = DEEDS[step["do"]]
        bad = [
            n
            for n in step
            if n != "do" and (n not in known or not isinstance(step[n], _KINDS.get(n, object)))
        ]
        missing = [n for n in ("element", "time") if n in known and not step.get(n)]
        for name in [*bad, *missing]:
            yield _("Step {number}: {name} is not right.").format(number=number, name=str(name)[:60])


def _wrong_expectation(expect: Any) -> Iterator[str]:
    if not isinstance(expect, dict):
        yield _("What is expected is an object.")
        return
    for name, value in expect.items():
        if name in LISTS:
            right = isinstance(value, list) and all(isinstance(one, str) for one in value)
        elif name in MAPS:
            right = isinstance(value, dict)
        else:
            right = name == "ends" and value in ENDS
        if not right:
            yield _("Expected: {name} is not right.").format(name=str(name)[:60])


def strangers(cases: list[dict[str, Any]], diagrams: list[Diagram]) -> Iterator[tuple[str, str]]:
    """Elements the cases name and no diagram has, each with the case."""
    known = {e for one in diagrams for nodes in one.elements().values() for e in nodes}
    for case in cases:
        named = [step.get("element") for step in case.get("steps", [])] + list(case.get("operators", {}))
        expect = case.get("expect", {})
        for name in LISTS:
            named += expect.get(name, [])
        named += [*expect.get("rows", {}), *expect.get("roles", {})]
        for element in named:
            if element and element not in known:
                yield name_of(case), element
