"""What happens to a change: opened, edited, proposed, withdrawn, and by somebody else approved or rejected."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError, Forbidden, NotFound
from app.studio import history
from app.studio.models import Change, ChangeFile, ChangeStatus
from app.studio.queries import active_of, dependents
from app.workflow import definitions
from app.workflow.drawing.diagram import MAX_BYTES
from app.workflow.models import ProcessDefinition
from app.workflow.trial import cases

FILE = re.compile(
    r"(bpmn/[a-z][a-z0-9_]*/[a-z][a-z0-9_]*\.(bpmn|dmn|tests\.json)|forms/[a-z][a-z0-9_]*/[a-z][a-z0-9_]*\.json)\Z"
)
BLANK = Path(__file__).parent / "blank"
OPEN = (ChangeStatus.DRAFT, ChangeStatus.PROPOSED)


def open_change(title: str, reason: str = "") -> Change:
    """Begin a change.

    Raises:
        DomainError: the title is missing.
    """
    if not title.strip():
        raise DomainError("title_needed", _("Please say in a few words what changes."), field="title")
    actor = current_actor()
    change = Change(
        title=title.strip()[:200],
        reason=reason.strip()[:2_000],
        status=ChangeStatus.DRAFT,
        author_id=actor.user_id,
        author=actor.name or actor.login,
        created_at=clock.now(),
    )
    db.session.add(change)
    db.session.flush()
    audit.record("change.opened", f"change:{change.id}", after={"title": change.title}, reason=change.reason)
    return change


def locked(change_id: int) -> Change:
    """The change, locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    query = (
        select(Change)
        .where(Change.id == change_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if (change := db.session.scalar(query)) is None:
        raise NotFound("change", _("There is no such change."))
    return change


def save_file(change: Change, file: str, source: str, *, act: str = "edited", what: str = "") -> ChangeFile:
    """Keep a file of a change as it shall be; what is wrong with it is told, not refused, until it is proposed.

    ``act`` and ``what`` tell for undoing what was done, and to which part.

    Raises:
        DomainError: the path is none of ours, or the file is larger than 2 MB.
        Conflict: the change is no draft any more.
        Forbidden: somebody else's draft.
    """
    must_be_editable(change)
    if not FILE.match(file):
        message = _(
            "A file is called like bpmn/purchasing/purchase.bpmn, bpmn/purchasing/limit.dmn or forms/purchasing/order.json."
        )
        raise DomainError("file_name", message, field="file")
    if len(source.encode()) > MAX_BYTES:
        raise DomainError("file_too_large", _("The file is larger than 2 MB."), field="source")
    row = next((one for one in change.files if one.file == file), None)
    if row is None:
        deployed = active_of(file)
        row = ChangeFile(file=file, base=digest(deployed.source) if deployed is not None else None)
        change.files.append(row)
    elif row.source != source:
        history.keep(row, act, what)
    row.source, row.updated_at = source, clock.now()
    db.session.flush()
    return row


def drop_file(change: Change, file: str) -> None:
    """Leave a file as it is deployed.

    Raises:
        Conflict: the change is no draft any more.
        Forbidden: somebody else's draft.
    """
    must_be_editable(change)
    change.files = [one for one in change.files if one.file != file]


def propose(change: Change) -> None:
    """Ask a second person to approve the change.

    Raises:
        DefinitionError: a file would be refused.
        DomainError: nothing differs from what is deployed.
        Conflict: it is no draft, or a file was deployed anew since.
        Forbidden: somebody else's draft.
    """
    _must_be_mine(change)
    if change.status is not ChangeStatus.DRAFT:
        raise Conflict("not_a_draft", _("This change is no draft any more."))
    if not any(digest(one.source) != one.base for one in change.files):
        raise DomainError("nothing_changed", _("Nothing differs from what is deployed."))
    _must_be_fresh(change)
    _must_be_right(change)
    change.status, change.proposed_at = ChangeStatus.PROPOSED, clock.now()
    audit.record(
        "change.proposed", f"change:{change.id}", after={"files": [one.file for one in change.files]}
    )


def withdraw(change: Change) -> None:
    """Take a proposal back into the draft; a draft is given up.

    Raises:
        Conflict: it was decided already.
        Forbidden: somebody else's change.
    """
    _must_be_mine(change)
    if change.status not in OPEN:
        raise Conflict("decided", _("This change was decided already."))
    proposed = change.status is ChangeStatus.PROPOSED
    change.status = ChangeStatus.DRAFT if proposed else ChangeStatus.GIVEN_UP
    change.proposed_at = None
    audit.record("change.taken_back", f"change:{change.id}", after={"status": change.status.value})


def approve(change: Change, *, reason: str = "", failing: Sequence[str] = ()) -> list[ProcessDefinition]:
    """Deploy a proposed change, by somebody else than its author; for a reason where its test cases fail.

    ``failing`` are the processes whose test cases do.

    Returns:
        The new versions, of what uses the changed files too.

    Raises:
        Forbidden: the author approves.
        Conflict: it is not proposed, or a file was deployed anew since.
        DefinitionError: a file would be refused now.
        DomainError: test cases fail and no reason is given.
    """
    _decide(change)
    _must_be_fresh(change)
    if failing and not reason.strip():
        message = _("Test cases of {names} fail: to deploy it all the same, please give a reason.")
        raise DomainError("tests_fail", message.format(names=", ".join(failing)), field="reason")
    change.decision_reason = reason.strip()[:2_000] or None
    files = {one.file: one.source.encode() for one in change.files}
    for row in dependents(list(files)):
        files.setdefault(row.file, row.source.encode())
    made = definitions.deploy(files)
    for definition in made:
        definition.author_id, definition.author = change.author_id, change.author
    change.status = ChangeStatus.DEPLOYED
    versions = {f"{one.kind.value}:{one.key}": one.version for one in made}
    after: dict[str, Any] = {"author": change.author, "versions": versions}
    if failing:
        after["failing"] = list(failing)
    audit.record("change.approved", f"change:{change.id}", after=after, reason=change.decision_reason)
    return made


def reject(change: Change, reason: str) -> None:
    """Say no to a proposed change, with a reason.

    Raises:
        DomainError: the reason is missing.
        Forbidden: the author decides.
        Conflict: it is not proposed.
    """
    if not reason.strip():
        raise DomainError("reason_needed", _("Please give a reason."), field="reason")
    _decide(change)
    change.status, change.decision_reason = ChangeStatus.REJECTED, reason.strip()[:2_000]
    audit.record("change.rejected", f"change:{change.id}", reason=change.decision_reason)


def bring_back(definition: ProcessDefinition) -> Change:
    """A draft that makes an older version the deployed one again."""
    title = _("{name}: back to version {version}").format(name=definition.name, version=definition.version)
    change = open_change(title)
    save_file(change, definition.file, definition.source)
    return change


def judge(change: Change) -> definitions.Bundle:
    """The change's files as deploying would judge them, with what uses them."""
    return _judged({one.file: one.source for one in change.files})


def judge_with(change: Change, file: str, source: str) -> definitions.Bundle:
    """The change's files, one of them as it stands in an editor, as deploying would judge them.

    Raises:
        NotFound: the path is none of ours.
    """
    if not FILE.match(file):
        raise NotFound("file", _("This file is not part of the change."))
    return _judged({one.file: one.source for one in change.files} | {file: source})


def _judged(sources: dict[str, str]) -> definitions.Bundle:
    files = {file: source.encode() for file, source in sources.items()}
    for row in dependents(list(files)):
        files.setdefault(row.file, row.source.encode())
    return definitions.check_files(files, deployed=True)


def blank(file: str) -> str:
    """What a new file begins with: the least that can be deployed."""
    key = definitions.key_of(file)
    if file.endswith(cases.ENDING):
        return cases.written([])
    if file.endswith(".json"):
        agreed = {"key": "agreed", "type": "checkbox", "label": {"en": "Agreed", "zh_Hant": "同意"}}
        content = {"title": {"en": key, "zh_Hant": key}, "components": [agreed]}
        return json.dumps(content, ensure_ascii=False, indent=2)
    name = "process.bpmn" if file.endswith(".bpmn") else "decision.dmn"
    return (BLANK / name).read_text(encoding="utf-8").replace("KEY", key)


def digest(source: str) -> str:
    """The SHA-256 of a source."""
    return hashlib.sha256(source.encode()).hexdigest()


def must_be_editable(change: Change) -> None:
    """Refuse to edit what is no draft of the acting person's.

    Raises:
        Conflict: the change is no draft any more.
        Forbidden: somebody else's draft.
    """
    _must_be_mine(change)
    if change.status is not ChangeStatus.DRAFT:
        raise Conflict("not_a_draft", _("This change is no draft any more; withdraw it to edit it."))


def _must_be_mine(change: Change) -> None:
    if change.author_id != current_actor().user_id:
        raise Forbidden("not_yours", _("This is {name}'s change.").format(name=change.author))


def _must_be_fresh(change: Change) -> None:
    """Nobody has deployed one of the files since the change began."""
    for one in change.files:
        deployed = active_of(one.file)
        if (digest(deployed.source) if deployed is not None else None) != one.base:
            message = _("{file} was deployed anew since this change began; begin a new one from there.")
            raise Conflict("deployed_since", message.format(file=one.file))


def _must_be_right(change: Change) -> None:
    bundle = judge(change)
    if bundle.problems:
        raise definitions.DefinitionError(bundle.problems)


def _decide(change: Change) -> None:
    """Note who decides; not the author."""
    actor = current_actor()
    if change.status is not ChangeStatus.PROPOSED:
        raise Conflict("not_proposed", _("This change waits for nobody's decision."))
    if change.author_id in (actor.user_id, actor.on_behalf_of):
        raise Forbidden("own_change", _("Somebody else than {name} must decide.").format(name=change.author))
    change.decided_by_id, change.decided_by, change.decided_at = (
        actor.user_id,
        actor.name or actor.login,
        clock.now(),
    )
