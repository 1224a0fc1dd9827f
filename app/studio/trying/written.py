"""A test case in a form's fields, and back: start, steps line by line, what is expected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.core.errors import DomainError
from app.core.i18n import localized
from app.core.permissions import ROLES
from app.studio.trying.played import told
from app.workflow.trial import cases

TOLD = {"task": "values", "message": "payload", "operator": "result"}
"""The object each kind of step is told with."""
SPARE = 2
"""Empty lines that a page offers for more steps."""
_WORDS = re.compile(r"[\s,]+")


def lines_of(case: dict[str, Any]) -> list[dict[str, str]]:
    """A case's steps as lines of a form, and some empty ones."""
    made = []
    for step in case.get("steps", []):
        kind = step["do"]
        content = step.get(TOLD.get(kind, ""), {})
        given = json.dumps(content, ensure_ascii=False) if content else ""
        if step.get("error") is not None and kind == "operator":
            kind, given = "fail", step["error"]
        made.append(
            {
                "do": kind,
                "element": step.get("element", ""),
                "by": step.get("by", ""),
                "refused": "1" if step.get("refused") else "",
                "told": step.get("time", given),
                "source": json.dumps(step["source"], ensure_ascii=False) if step.get("source") else "",
            }
        )
    empty = dict.fromkeys(("do", "element", "by", "refused", "told", "source"), "")
    return made + [dict(empty) for _line in range(SPARE)]


def read(sent: MultiDict[str, str], most: int) -> dict[str, Any]:
    """The case that a form's fields tell.

    Raises:
        DomainError: a field cannot be read; it is named.
    """
    name = {key: sent.get(f"name_{key}", "").strip() for key in ("en", "zh_Hant")}
    case: dict[str, Any] = {
        "name": {key: value for key, value in name.items() if value},
        "start": {
            "key": sent.get("key", "").strip() or "trial:1",
            "data": told(sent.get("data", ""), "data"),
        },
        "operators": told(sent.get("operators", ""), "operators"),
        "steps": [one for n in range(most) if (one := _step(sent, f"steps-{n}-"))],
        "expect": _expected(sent),
    }
    if problem := next(iter(cases.wrong(case)), ""):
        raise DomainError("case", problem)
    return {key: value for key, value in case.items() if value or key == "name"}


def _step(sent: MultiDict[str, str], prefix: str) -> dict[str, Any]:
    """One line's step; nothing where the line says nothing."""
    kind = sent.get(f"{prefix}do", "")
    if not kind:
        return {}
    given = sent.get(f"{prefix}told", "").strip()
    one: dict[str, Any] = {"do": "operator" if kind == "fail" else kind}
    if kind == "wait":
        return {**one, "time": given}
    one["element"] = sent.get(f"{prefix}element", "").strip()
    if kind == "fail":
        one["error"] = given or "error"
    elif kind in TOLD:
        one[TOLD[kind]] = told(given, f"{prefix}told")
    if kind == "task":
        if by := sent.get(f"{prefix}by", "").strip():
            one["by"] = by
        if sent.get(f"{prefix}refused"):
            one["refused"] = True
        if source := told(sent.get(f"{prefix}source", ""), f"{prefix}told"):
            one["source"] = source
    return one


def _expected(sent: MultiDict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if ends := sent.get("expect_ends", ""):
        found["ends"] = ends
    for name in cases.LISTS:
        if words := [one for one in _WORDS.split(sent.get(f"expect_{name}", "")) if one]:
            found[name] = words
    for name in cases.MAPS:
        if content := told(sent.get(f"expect_{name}", ""), f"expect_{name}"):
            found[name] = content
    return found


def outline(case: dict[str, Any], called: Mapping[str, str]) -> list[str]:
    """A case's steps in words.

    Args:
        case: the test case.
        called: what the elements of its process are called.
    """
    words = {
        "task": _("{element} is done"),
        "message": _("{element} gets its message"),
        "timer": _("the time of {element} comes"),
        "wait": _("{time} passes"),
        "operator": _("{element} is answered"),
    }
    made = []
    for one in case.get("steps", []):
        element = called.get(one.get("element", ""), one.get("element", ""))
        sentence = words[one["do"]].format(element=element, time=one.get("time", ""))
        if one.get("refused"):
            sentence = _("{element} is refused to {who}").format(
                element=element, who=person(one.get("by", "–"))
            )
        elif one.get("error"):
            sentence = _("{element} fails with {code}").format(element=element, code=one["error"])
        elif one.get("by"):
            sentence = _("{element} is done by {who}").format(element=element, who=person(one["by"]))
        made.append(sentence)
    return made


def person(by: str) -> str:
    """Whom a step is done by, by the name of their role; ``buyer/2`` is another one of the same role."""
    role, slash, which = by.partition("/")
    return f"{localized(ROLES[role])}{slash}{which}" if role in ROLES else by
