"""What the pages say of a migration: versions, where cases stand, verdicts and results in the reader's words."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core.db import db
from app.core.documents import document_labels
from app.core.i18n import localized
from app.core.lists import moment_text
from app.workflow.models import ProcessDefinition, ProcessInstance, StepHistory
from app.workflow.moving import migration
from app.workflow.moving.migration_models import CaseStatus, MigrationCase, MigrationRun, RunStatus

SHOWN = 50


def sentence(code: str | None, names: list[dict[str, str]]) -> str:
    """Why a case cannot go, in one sentence."""
    where = ", ".join(dict.fromkeys(localized(one, "–") for one in names))
    told = {
        "ended": _("The case has ended."),
        "there": _("The case follows this version already."),
        "meanwhile": _("The case has taken a step since it was chosen; look at it again."),
        "gone_on": _("The case has gone on since; it cannot be taken back."),
        "removed": _("The case has come to “{name}”, which the new version does not have."),
        "kind": _("“{name}” is another kind of element in the new version."),
        "changed": _("“{name}” was done in another way than the new version does it."),
        "repeats": _("“{name}” is being repeated and is another in the new version."),
        "waits": _("“{name}” waits for something else in the new version."),
        "result": _("“{name}” is open, and its answer goes elsewhere in the new version."),
        "background": _("“{name}” is being computed and is another in the new version."),
        "arrived": _("A branch has come to “{name}” on a way that the new version does not have."),
        "place": _(
            "The new version never stands at “{name}” in this way; it would wait for other branches in vain."
        ),
        "many_ways": _("The new version has too many parallel ways to say where the case may stand."),
        "wrapped": _("An event subprocess of the whole process, or a called process, came or went."),
        "event": _("The event “{name}” cannot begin to wait: the case does not have its data."),
        "unreadable": _("After the move the case could not be read back alike."),
        "failed": _("The move failed; the case is as it was. The server's log has the details."),
    }
    return told[code or "failed"].format(name=where)


def status_words(status: CaseStatus | RunStatus) -> tuple[str, str]:
    """A state in words, and its tone."""
    return {
        "running": (_("Under way"), "active"),
        "done": (_("Done"), "good"),
        "cancelled": (_("Cancelled"), "quiet"),
        "waiting": (_("Waiting"), "wait"),
        "moved": (_("Moved"), "good"),
        "refused": (_("Stays"), "bad"),
        "skipped": (_("Left out"), "quiet"),
        "undoing": (_("Being taken back"), "wait"),
        "undone": (_("Taken back"), "quiet"),
    }[status.value]


def versions(key: str) -> list[dict[str, Any]]:
    """The versions of a process that cases run under, and the active one; where their cases stand."""
    counts = dict(
        db.session.execute(
            select(ProcessInstance.definition_id, func.count())
            .where(ProcessInstance.process == key, ProcessInstance.status.in_(migration.RUNNING))
            .group_by(ProcessInstance.definition_id)
        ).all()
    )
    query = select(ProcessDefinition).where(ProcessDefinition.kind == "bpmn", ProcessDefinition.key == key)
    rows = db.session.scalars(query.order_by(ProcessDefinition.version.desc()))
    standing = _standing(key)
    return [
        {
            "version": one.version,
            "active": one.active,
            "deployed": moment_text(one.deployed_at),
            "author": _("System") if one.author == "system" else one.author,
            "running": counts.get(one.id, 0),
            "standing": standing.get(one.id, []),
        }
        for one in rows
        if one.active or counts.get(one.id)
    ]


def _standing(key: str) -> dict[int, list[tuple[str, int]]]:
    """At which elements the running cases of each version stand, the most crowded first."""
    query = (
        select(ProcessInstance.definition_id, StepHistory)
        .join(StepHistory, StepHistory.instance_id == ProcessInstance.id)
        .where(ProcessInstance.process == key, ProcessInstance.status.in_(migration.RUNNING))
        .where(StepHistory.left_at.is_(None), StepHistory.kind != "boundaryEvent")
    )
    found: dict[int, Counter[str]] = {}
    for definition, row in db.session.execute(query):
        found.setdefault(definition, Counter())[row.name] += 1
    return {definition: counter.most_common() for definition, counter in found.items()}


def verdicts(key: str, page: int) -> tuple[list[dict[str, Any]], int]:
    """The dry run of one page of a process's cases; how many cases there are."""
    target = migration.definitions.active(key)
    query = migration.candidates(key)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    cases = list(db.session.scalars(query.offset((page - 1) * SHOWN).limit(SHOWN)))
    labels = document_labels([one.business_key for one in cases])
    rows = []
    for one in cases:
        said = migration.dry_run(one, target)
        kept = ", ".join(dict.fromkeys(localized(names, "–") for names in said.kept))
        rows.append(
            {
                **_case(one, labels),
                "version": one.definition.version,
                "can_go": said.can_go,
                "text": sentence(said.code, said.names) if not said.can_go else "",
                "kept": kept,
            }
        )
    return rows, total


def _case(one: ProcessInstance, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": labels.get(one.business_key, one.business_key),
        "url": url_for("workflow.instance", instance_id=one.id),
    }


def runs(key: str) -> list[dict[str, Any]]:
    """The latest runs of a process."""
    query = select(MigrationRun).where(MigrationRun.process == key).order_by(MigrationRun.id.desc()).limit(10)
    return [
        {**run_facts(one), "url": url_for("workflow.migration", run_id=one.id)}
        for one in db.session.scalars(query)
    ]


def run_facts(run: MigrationRun) -> dict[str, Any]:
    """A run with how far it is."""
    query = select(MigrationCase.status, func.count()).where(MigrationCase.run_id == run.id)
    counts = {state.value: n for state, n in db.session.execute(query.group_by(MigrationCase.status))}
    total, left = sum(counts.values()), counts.get("waiting", 0) + counts.get("undoing", 0)
    word, tone = status_words(run.status)
    return {
        "id": run.id,
        "when": moment_text(run.created_at),
        "who": run.created_by,
        "reason": run.reason,
        "version": run.target.version,
        "word": word if not counts.get("undoing") else status_words(CaseStatus.UNDOING)[0],
        "tone": tone if not counts.get("undoing") else "wait",
        "total": total,
        "through": total - left,
        "moved": counts.get("moved", 0) + counts.get("undoing", 0),
        "stays": counts.get("refused", 0),
        "undone": counts.get("undone", 0),
        "busy": bool(left) and (run.status == RunStatus.RUNNING or bool(counts.get("undoing"))),
        "may_cancel": run.status == RunStatus.RUNNING,
    }


def cases(run: MigrationRun, page: int) -> list[dict[str, Any]]:
    """What came of each case of a run, a page of them."""
    query = select(MigrationCase).where(MigrationCase.run_id == run.id).order_by(MigrationCase.id)
    found = list(db.session.scalars(query.offset((page - 1) * SHOWN).limit(SHOWN)))
    labels = document_labels([one.instance.business_key for one in found])
    rows = []
    for one in found:
        word, tone = status_words(one.status)
        moved = one.status == CaseStatus.MOVED
        code = migration.why_not_back(one) if moved else one.code
        rows.append(
            {
                **_case(one.instance, labels),
                "case": one.id,
                "from": one.old_definition.version,
                "word": word,
                "tone": tone,
                "text": sentence(code, one.names) if code else "",
                "may_undo": moved and code is None,
            }
        )
    return rows
