"""The test cases of processes, run: what went otherwise than expected, and what was walked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.core.expressions import ExpressionError, evaluate
from app.workflow import definitions
from app.workflow.definitions import Bundle
from app.workflow.spiff.values import literal
from app.workflow.trial.cases import name_of
from app.workflow.trial.play import play
from app.workflow.trial.scratch import fresh, on_scratch
from app.workflow.trial.standing import Position
from app.workflow.trial.walked import Coverage, coverage

SUITE_SECONDS = 120.0
SLACK = 4
"""How much longer it may take where the machine does other things too."""


@dataclass(frozen=True)
class Outcome:
    """What became of one case; ``problem`` tells the first difference in words, and is empty when it passed."""

    name: str
    problem: str
    position: Position | None = None
    done: int = 0

    @property
    def passed(self) -> bool:
        """Whether everything went as expected."""
        return not self.problem


@dataclass(frozen=True)
class Report:
    """What became of a process's cases, and how much of its diagram they walked together."""

    process: str
    outcomes: tuple[Outcome, ...]
    coverage: Coverage

    @property
    def failed(self) -> int:
        """How many cases went otherwise."""
        return sum(not one.passed for one in self.outcomes)


def needed(bundle: Bundle, key: str) -> dict[str, bytes]:
    """The files a process runs with: its own, what it calls, decides by and shows."""
    processes, tables = definitions.closure(bundle, key)
    forms = {form for one in processes for form in bundle.diagrams[one].forms()}
    wanted = {f"bpmn/{one.replace('.', '/')}.bpmn" for one in processes}
    wanted |= {f"bpmn/{one.replace('.', '/')}.dmn" for one in tables} | {f"forms/{one}.json" for one in forms}
    return {
        file.removeprefix("deployed:"): source
        for file, source in bundle.files.items()
        if file.removeprefix("deployed:") in wanted
    }


def run(bundle: Bundle, key: str, cases: list[dict[str, Any]], *, seconds: float = SUITE_SECONDS) -> Report:
    """Run a process's cases in the real engine on the scratch database, within so many seconds.

    Raises:
        DomainError: all of them together take too long.
        DefinitionError: the process would be refused.
    """
    return told(bundle, key, outcomes(bundle, key, cases, seconds=seconds))


def outcomes(
    bundle: Bundle, key: str, cases: list[dict[str, Any]], *, seconds: float = SUITE_SECONDS
) -> list[Outcome]:
    """What became of each case, played within so many seconds.

    Raises:
        DomainError: all of them together take too long.
        DefinitionError: the process would be refused.
    """
    files = needed(bundle, key)
    return on_scratch(lambda: _outcomes(files, key, bundle, cases, seconds), seconds=seconds * SLACK)


def told(bundle: Bundle, key: str, outcomes: Sequence[Outcome]) -> Report:
    """The outcomes of a process's cases with what they walked together."""
    reached = [one.position for one in outcomes if one.position is not None]
    covered = coverage(
        bundle.diagrams[key],
        {node for one in reached for node in one.nodes},
        {pair for one in reached for pair in one.pairs},
        {row for one in reached for row in one.fired()},
        bundle.tables,
    )
    return Report(key, tuple(outcomes), covered)


def _outcomes(
    files: Mapping[str, bytes], key: str, bundle: Bundle, cases: list[dict], seconds: float
) -> list[Outcome]:
    found, began = [], time.thread_time()  # a busy machine is no fault of the cases
    for case in cases:
        if time.thread_time() - began > seconds:
            found.append(Outcome(name_of(case), _("There was no time left for this case.")))
            continue
        fresh(files)
        position, done, stopped = play(key, case, bundle.forms)
        found.append(Outcome(name_of(case), _problem(case, position, done, stopped), position, done))
    return found


def _problem(case: Mapping[str, Any], position: Position | None, done: int, stopped: str) -> str:
    """The first difference between what was expected and what came."""
    if stopped:
        steps = case.get("steps", [])
        where = str(steps[done].get("element") or steps[done]["do"]) if done < len(steps) else ""
        return (
            _("Step {number} ({name}): {reason}").format(number=done + 1, name=where, reason=stopped)
            if where
            else stopped
        )
    if position is None:
        return _("The case could not begin.")
    expect = case.get("expect", {})
    return next((told for name in expect if (told := _CHECKS[name](expect[name], position))), "")


def _differs(what: str, expected: Any, got: Any) -> str:
    return _("{what}: expected {expected}, got {got}").format(
        what=what, expected=_short(expected), got=_short(got)
    )


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return (text[:300] + "…") if len(text) > 300 else text or "–"


def _ends(expected: str, position: Position) -> str:
    if expected == position.status:
        return ""
    troubles = [f"{one.element}: {one.message}" for one in position.waits if one.kind == "incident"]
    return _differs(_("End"), expected, [position.status, *troubles])


def _at(expected: list[str], position: Position) -> str:
    got = sorted({one.element for one in position.waits})
    return "" if sorted(set(expected)) == got else _differs(_("Waits at"), sorted(set(expected)), got)


def _elements(position: Position) -> list[str]:
    return [one["element"] for one in position.trace if one["state"] == "completed"]


def _passes(expected: list[str], position: Position) -> str:
    got = _elements(position)
    missing = [one for one in expected if one not in got]
    return _differs(_("Passes"), missing, got) if missing else ""


def _never(expected: list[str], position: Position) -> str:
    passed = [one for one in expected if one in {element for _process, element in position.nodes}]
    return _("Never: expected not to come to {name}, and came.").format(name=passed[0]) if passed else ""


def _trace(expected: list[str], position: Position) -> str:
    """In this order; other elements may lie between."""
    got = _elements(position)
    rest = iter(got)
    for one in expected:
        if not any(one == other for other in rest):
            return _differs(_("In order, {name}").format(name=one), expected, got)
    return ""


def _data(expected: dict[str, Any], position: Position) -> str:
    for path, value in expected.items():
        try:
            got = literal(evaluate(path, position.data))
        except ExpressionError as error:
            return _differs(path, value, error)
        if got != literal(value):
            return _differs(path, value, got)
    return ""


def _rows(expected: dict[str, Any], position: Position) -> str:
    for element, wanted in expected.items():
        records = [one["decision"] for one in position.trace if one["element"] == element and one["decision"]]
        got = records[-1].get("rows", []) if records else []
        if got != (wanted if isinstance(wanted, list) else [wanted]):
            return _differs(_("Rows of {name}").format(name=element), wanted, got)
    return ""


def _roles(expected: dict[str, Any], position: Position) -> str:
    for element, role in expected.items():
        if position.roles.get(element) != role:
            return _differs(_("Role of {name}").format(name=element), role, position.roles.get(element, "–"))
    return ""


_CHECKS: dict[str, Callable[[Any, Position], str]] = {
    "ends": _ends,
    "at": _at,
    "passes": _passes,
    "never": _never,
    "trace": _trace,
    "data": _data,
    "rows": _rows,
    "roles": _roles,
}
