"""The simulation's page: a case played so far, and what may happen next."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.core.errors import DomainError
from app.core.i18n import in_language, language
from app.core.operators import SOURCES
from app.studio.builder import sample
from app.studio.trying.ground import WEB_SECONDS, Ground
from app.workflow.form.forms import Form, FormState, filled
from app.workflow.form.forms_request import submitted_values
from app.workflow.spiff.values import literal
from app.workflow.trial import cases, suite
from app.workflow.trial.answers import TrialState
from app.workflow.trial.play import play
from app.workflow.trial.scratch import BEGINNING, fresh, on_scratch
from app.workflow.trial.standing import Position, Wait

Case = dict[str, Any]


class PlayState(TrialState):
    """A form in the simulation: its source's options are made up, so that no plant's data is shown."""

    def _called(self, values: Any) -> list[dict]:
        found = super()._called(values)
        made_up = in_language(list(sample.options()), language())
        known = {one["value"] for one in made_up}
        return [*made_up, *(one for one in found if one["value"] not in known)]


@dataclass
class Played:
    """A case so far: where it stands, which wait is looked at, its form, and what went wrong just now."""

    case: Case
    position: Position | None = None
    problem: str = ""
    chosen: int = 0
    state: FormState | None = None
    source: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    like: int = 0
    """The test case that is played again, by number."""
    left: int = 0
    """How many of its steps are still to come."""

    @property
    def wait(self) -> Wait | None:
        """The wait that is looked at."""
        waits = self.position.waits if self.position is not None else []
        return waits[self.chosen] if self.chosen < len(waits) else None

    @property
    def written(self) -> str:
        """The case as the page carries it."""
        return json.dumps(self.case, ensure_ascii=False)

    @property
    def marks(self) -> dict[str, dict[str, Any]]:
        """What the diagram shows: what was passed, and where tokens stand."""
        if self.position is None:
            return {}
        found: dict[str, dict[str, Any]] = {
            one["element"]: {"state": "done"} for one in self.position.trace if one["state"] == "completed"
        }
        for wait in self.position.waits:
            found[wait.element] = {
                "state": "incident" if wait.kind == "incident" else "current",
                "token": "●",
            }
        return found


def read_case(text: str) -> Case:
    """The case a page carried.

    Raises:
        DomainError: it is none.
    """
    try:
        return cases.read(f'{{"cases": [{text}]}}')[0]
    except (ValueError, IndexError) as error:
        raise DomainError("case", _("This is no test case: {reason}").format(reason=error)) from None


def begun(key: str, data: str) -> Case:
    """A new case with its first data.

    Raises:
        DomainError: the data is no JSON object.
    """
    case = {"name": "?", "start": {"key": key.strip() or "trial:1", "data": told(data, "_data")}, "steps": []}
    if problem := next(iter(cases.wrong(case)), ""):
        raise DomainError("case", problem, field="_data")
    return case


def told(text: str, name: str) -> dict[str, Any]:
    """A JSON object somebody typed; nothing is an empty one.

    Raises:
        DomainError: it is none.
    """
    try:
        found = cases.plain(text or "{}")
    except (ValueError, RecursionError) as error:
        raise DomainError("json", _("This is not JSON: {reason}").format(reason=error), field=name) from None
    if not isinstance(found, dict):
        raise DomainError("json", _('Data is written like {"amount": 5}.'), field=name)
    return found


def played(ground: Ground, case: Case, chosen: int = 0) -> Played:
    """Play a case from its beginning to where it stands."""
    files = suite.needed(ground.bundle, ground.key)

    def work() -> tuple[Position | None, int, str]:
        fresh(files)
        return play(ground.key, case, ground.bundle.forms)

    position, done, problem = on_scratch(work, seconds=WEB_SECONDS)
    kept = {**case, "steps": case.get("steps", [])[:done]}
    made = Played(kept, position, problem, chosen)
    open_form(ground, made)
    return made


def open_form(ground: Ground, made: Played, sent: MultiDict[str, str] | None = None) -> None:
    """Open the form of the task that is looked at, over the case's data; as it was sent, where it was."""
    wait = made.wait
    content = ground.bundle.forms.get(wait.form or "") if wait is not None else None
    if wait is None or content is None:
        return
    if content.get("source"):
        made_up = sample.sample(content, BEGINNING.date(), SOURCES)
        made.source = literal({**made_up["data"], **made_up["source"]})
        made.source = {name: value for name, value in made.source.items() if name not in wait.data}
    form = Form(wait.form or "", content)
    values = None if sent is None else submitted_values(form, sent)
    data = in_language(dict(wait.data), language())
    made.state = filled(PlayState(form, data, source=in_language(made.source, language())), values)


def stepped(ground: Ground, made: Played, sent: MultiDict[str, str], act: str) -> Played:
    """Let happen what was chosen.

    Raises:
        DomainError: what was typed cannot be read, or the case has too many steps.
    """
    wait = made.wait
    if wait is None:
        raise DomainError("gone", _("It does not wait there any more."))
    one: dict[str, Any] = {"do": act, "element": wait.element}
    if act == "task":
        open_form(ground, made, sent)
        if made.state is not None:
            clean = made.state.validate()
            if clean is None:
                return made
            one["values"] = literal(clean)
            if made.source:
                one["source"] = made.source
        if by := sent.get("_by", "").strip():
            one["by"] = by[:80]
    elif act == "message":
        one["payload"] = told(sent.get("_told", ""), "_told")
    elif act == "operator":
        one["result"] = told(sent.get("_told", ""), "_told")
    elif act == "fail":
        one |= {"do": "operator", "error": sent.get("_error", "").strip()[:100] or "error"}
    case = {**made.case, "steps": [*made.case.get("steps", []), one]}
    if problem := next(iter(cases.wrong(case)), ""):
        raise DomainError("case", problem)
    return played(ground, case)


def again(ground: Ground, number: int) -> Played:
    """A test case played again as far as it goes; what is left of it can be played after another step."""
    case = ground.cases[number - 1]
    steps = case.get("steps", [])
    made = played(ground, {"name": "?", "start": {}, "operators": {}, **case})
    made.case.pop("expect", None)
    made.like, made.left = number, len(steps) - len(made.case["steps"])
    return made


def gone_on(ground: Ground, case: Case, number: int, left: int) -> Played:
    """The case with the steps that are left of the test case it is played like."""
    steps = ground.cases[number - 1].get("steps", [])
    ahead = steps[len(steps) - left :] if left else []
    made = played(ground, {**case, "steps": [*case.get("steps", []), *ahead]})
    done = len(made.case["steps"]) - len(case.get("steps", []))
    made.like, made.left = number, len(ahead) - done
    return made


def recorded(made: Played, name: dict[str, str]) -> Case:
    """The case as a test: what came is what is expected.

    Raises:
        DomainError: it has no name or has not begun.
    """
    position = made.position
    if position is None:
        raise DomainError("not_begun", _("Begin the case first."))
    if not any(name.values()):
        raise DomainError("name_needed", _("Please name the test case."), field="_name_en")
    expect: dict[str, Any] = {"ends": position.status}
    if position.waits:
        expect["at"] = sorted({one.element for one in position.waits})
    expect["trace"] = [one["element"] for one in position.trace if one["state"] == "completed"]
    if rows := {one["element"]: one["decision"].get("rows", []) for one in position.trace if one["decision"]}:
        expect["rows"] = rows
    if position.roles:
        expect["roles"] = dict(sorted(position.roles.items()))
    own = {key: value for key, value in name.items() if value}
    return {**made.case, "name": own, "expect": expect}
