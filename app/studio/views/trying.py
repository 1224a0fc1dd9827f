"""Playing a process step by step, and its test cases: seen, run, written, recorded."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from app.core.errors import DomainError, NotFound
from app.core.inputs import takes
from app.core.operators import OPERATORS
from app.core.permissions import requires
from app.studio import EDIT, READ, services
from app.studio.trying import ground, played, suggested, written
from app.studio.trying.ground import Ground
from app.studio.trying.played import Played
from app.studio.views import blueprint, change_of, definition_of
from app.workflow.form.forms import Form
from app.workflow.trial import cases

LINES = cases.MOST_STEPS
STEP = ("do", "element", "by", "refused", "told")
EXPECTED = tuple(f"expect_{name}" for name in ("ends", *cases.LISTS, *cases.MAPS))
BACK, AGAIN, KEEP, LOOK, REST, INSTEAD = "back", "again", "keep", "look", "rest", "instead"


@blueprint.route("/changes/<int:change_id>/play/<path:file>", methods=["GET", "POST"])
@requires(READ)
def play_change(change_id: int, file: str) -> Answer | str | tuple[str, int]:
    """Play a process as a change has it."""
    return _play(ground.of_change(change_of(change_id), file))


@blueprint.route("/definitions/<int:definition_id>/play", methods=["GET", "POST"])
@requires(READ)
def play_version(definition_id: int) -> Answer | str | tuple[str, int]:
    """Play a process as one version was deployed."""
    return _play(ground.of_version(definition_of(definition_id)))


def _play(where: Ground) -> Answer | str | tuple[str, int]:
    """The simulation: its beginning, or a case with what was chosen to happen next."""
    if where.problems:
        return render_template("studio/play.html", ground=where, made=None, outline=[], steps=[])
    if request.method == "GET":
        number = _like(where, request.args.get("like", ""))
        return _page(where, played.again(where, number) if number else Played({"name": "?", "steps": []}))
    sent, act = request.form, request.form.get("_act", "")
    try:
        return _acted(where, act)
    except DomainError as error:
        case = played.read_case(sent["_case"]) if sent.get("_case") else {"name": "?", "steps": []}
        made = played.played(where, case, _look()) if sent.get("_case") else Played(case)
        made.problem, made.typed = str(error.message), dict(sent.items())
        return _page(where, made), 422


def _acted(where: Ground, act: str) -> Answer | str | tuple[str, int]:
    sent = request.form
    if not sent.get("_case"):
        return _page(where, played.played(where, played.begun(sent.get("_key", ""), sent.get("_data", ""))))
    case = played.read_case(sent["_case"])
    if act == AGAIN:
        return _page(where, Played({**case, "steps": []}))
    if act == BACK:
        return _page(where, played.played(where, {**case, "steps": case.get("steps", [])[:-1]}))
    like, left = _like(where, sent.get("_like", "")), _count(sent.get("_left", ""))
    if act == REST and like:
        return _page(where, played.gone_on(where, case, like, left))
    made = played.played(where, case, _look(act))
    if act == KEEP:
        return _keep(where, made)
    if act == INSTEAD and like:
        return _keep_instead(where, made, like)
    if {"_add", "_remove"} & set(sent):
        played.open_form(where, made, sent)
    elif act and not act.startswith(LOOK):
        made = played.stepped(where, made, sent, act)
    made.like, made.left = like, left
    wrong = made.state is not None and act == "task" and made.state.errors
    return (_page(where, made), 422) if wrong else _page(where, made)


def _look(act: str = "") -> int:
    """Which of the waits is looked at."""
    number = act.removeprefix(LOOK).strip() if act.startswith(LOOK) else request.form.get("_at", "0")
    return int(number) if number.isdecimal() and len(number) < 4 else 0


def _page(where: Ground, made: Played) -> str:
    begin, wait = suggested.start(where), made.wait
    told = suggested.answer(where, wait, made.case) if wait and wait.kind in ("operator", "message") else None
    operator = wait.operator if wait else ""
    return render_template(
        "studio/play.html",
        ground=where,
        made=made,
        outline=written.outline(made.case, where.called),
        state=made.state,
        title=Form("", made.state.form.content).title if made.state else "",
        begin=begin,
        start=made.case.get("start") or begin.values,
        saying=told,
        like=where.cases[made.like - 1] if made.like else None,
        role=written.person(wait.role) if wait and wait.role else "",
        does=OPERATORS[operator].description if operator in OPERATORS else "",
        data=json.dumps(made.position.data, ensure_ascii=False, indent=2) if made.position else "",
        shown=lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    )


def _like(where: Ground, text: str) -> int:
    """The number of the test case that is played again; 0 for none."""
    number = _count(text)
    return number if number <= len(where.cases) else 0


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _keep_instead(where: Ground, made: Played, number: int) -> Answer:
    """Save the steps that were played in the place of a test case's own; what it expects stays."""
    cases_now = list(where.cases)
    cases_now[number - 1] = {**cases_now[number - 1], "steps": made.case.get("steps", [])}
    _write(where, cases_now)
    flash(_("Saved."), "success")
    return redirect(where.address("tests"))


def _keep(where: Ground, made: Played) -> Answer:
    """Save what was played as a test case of the change."""
    name = {key: request.form.get(f"_name_{key}", "").strip()[:200] for key in ("en", "zh_Hant")}
    _write(where, [*where.cases, played.recorded(made, name)])
    flash(_("Saved as a test case."), "success")
    return redirect(where.address("tests"))


def _write(where: Ground, found: list[dict[str, Any]]) -> None:
    """Keep the test cases in the change."""
    if where.change is None:
        raise NotFound("change", _("There is no such change."))
    services.save_file(services.locked(where.change.id), where.tests_file, cases.written(found))


@blueprint.get("/changes/<int:change_id>/tests/<path:file>")
@requires(READ)
def tests_change(change_id: int, file: str) -> str:
    """The test cases of a process in a change, and what they walk."""
    return _tests(ground.of_change(change_of(change_id), file))


@blueprint.get("/definitions/<int:definition_id>/tests")
@requires(READ)
def tests_version(definition_id: int) -> str:
    """The test cases of a process as one version was deployed."""
    return _tests(ground.of_version(definition_of(definition_id)))


def _tests(where: Ground) -> str:
    chosen = request.args.get("only", type=int)
    one = chosen if chosen and 0 < chosen <= len(where.cases) else None
    running = where.cases if one is None else [where.cases[one - 1]]
    report = ground.report(where, running) if not where.problems else None
    return render_template(
        "studio/tests.html",
        ground=where,
        report=report,
        only=one,
        rows=[
            (n, cases.name_of(case), written.outline(case, where.called), _outcome(report, n, one))
            for n, case in enumerate(where.cases, 1)
        ],
        marks=_marks(report) if report else {},
    )


def _outcome(report: Any, number: int, only: int | None) -> Any:
    if report is None or only not in (None, number):
        return None
    return report.outcomes[0 if only else number - 1]


def _marks(report: Any) -> dict[str, dict[str, str]]:
    """Green what was walked, red what never was."""
    found = {one: {"state": "done"} for one in (*report.coverage.nodes, *report.coverage.flows)}
    left = (*report.coverage.nodes_left, *(flow for flow, _from, _to in report.coverage.flows_left))
    return found | {one: {"state": "never"} for one in left}


@blueprint.get("/changes/<int:change_id>/cases/<int:number>/<path:file>")
@requires(READ)
def test_case(change_id: int, number: int, file: str) -> str:
    """One test case in a form; number 0 is a new one."""
    where = ground.of_change(change_of(change_id), file)
    return _case_page(where, number, _case(where, number) if number else {"name": {}, "steps": []})


def _case(where: Ground, number: int) -> dict[str, Any]:
    if not 0 < number <= len(where.cases):
        raise NotFound("case", _("There is no such test case."))
    return where.cases[number - 1]


def _case_page(where: Ground, number: int, case: dict[str, Any], problem: str = "") -> str:
    name = case.get("name", {})
    return render_template(
        "studio/case.html",
        ground=where,
        number=number,
        case=case,
        names=name if isinstance(name, dict) else {"en": name},
        lines=written.lines_of(case),
        elements=sorted({e for nodes in where.bundle.diagrams[where.key].elements().values() for e in nodes}),
        shown=lambda value: json.dumps(value, ensure_ascii=False, indent=2) if value else "",
        problem=problem,
    )


@blueprint.post("/changes/<int:change_id>/cases/<int:number>/<path:file>")
@requires(EDIT)
@takes(
    "name_en",
    "name_zh_Hant",
    "key",
    *(f"steps-*-{one}" for one in STEP),
    *EXPECTED,
    "drop",
    sources=("data", "operators"),
)
def save_case(change_id: int, number: int, file: str) -> Answer:
    """Keep a test case as it was written, or leave it out."""
    where = ground.of_change(change_of(change_id), file)
    services.must_be_editable(services.locked(change_id))
    found = list(where.cases)
    if request.form.get("drop"):
        _case(where, number)
        del found[number - 1]
    elif number:
        before = _case(where, number)
        found[number - 1] = _with_sources(written.read(request.form, LINES), before)
    else:
        found.append(written.read(request.form, LINES))
    _write(where, found)
    flash(_("Saved."), "success")
    return redirect(url_for("studio.tests_change", change_id=change_id, file=file))


def _with_sources(case: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The case with the made-up answers of its forms' sources, which the form does not show."""
    known = {one["element"]: one["source"] for one in before.get("steps", []) if one.get("source")}
    for one in case.get("steps", []):
        if one["do"] == "task" and one["element"] in known:
            one["source"] = known[one["element"]]
    return case
