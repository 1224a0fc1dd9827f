"""What is tried: a process as a change has it, or as one version was deployed, with all it uses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError, NotFound
from app.core.i18n import localized
from app.studio import queries, services
from app.studio.models import Change, ChangeStatus
from app.workflow.bundle import Bundle, key_of
from app.workflow.definitions import check_files
from app.workflow.models import DefinitionKind, ProcessDefinition
from app.workflow.trial import cases, suite

WEB_SECONDS = 15.0
"""How long a page may run test cases."""
MOST_KEPT = 400
_outcomes: dict[str, suite.Outcome] = {}


@dataclass(frozen=True)
class Ground:
    """One process that can be tried, and where its pages are."""

    bundle: Bundle
    key: str
    cases: list[dict[str, Any]]
    change: Change | None = None
    version: ProcessDefinition | None = None

    @property
    def file(self) -> str:
        """The diagram's file."""
        return f"bpmn/{self.key.replace('.', '/')}.bpmn"

    @property
    def tests_file(self) -> str:
        """The file of its test cases."""
        return f"bpmn/{self.key.replace('.', '/')}{cases.ENDING}"

    @property
    def editable(self) -> bool:
        """Whether the acting person may write test cases here."""
        change = self.change
        mine = change is not None and change.author_id == current_actor().user_id
        return mine and change is not None and change.status is ChangeStatus.DRAFT

    @property
    def called(self) -> dict[str, str]:
        """What the elements of the process are called in the reader's language."""
        scopes = self.bundle.diagrams[self.key].elements().values()
        return {one: localized(node["names"], one) for nodes in scopes for one, node in nodes.items()}

    @property
    def name(self) -> str:
        """What the process is called."""
        return self.bundle.diagrams[self.key].process.get("name") or self.key

    def address(self, page: str, **more: Any) -> str:
        """The address of one of its pages: ``play`` or ``tests``."""
        if self.change is not None:
            return url_for(f"studio.{page}_change", change_id=self.change.id, file=self.file, **more)
        version = self.version.id if self.version is not None else 0
        return url_for(f"studio.{page}_version", definition_id=version, **more)

    @property
    def drawing(self) -> str:
        """The address of its diagram."""
        if self.change is not None and queries.file_of(self.change.id, self.file) is not None:
            return url_for("studio.changed_drawing", change_id=self.change.id, file=self.file)
        found = self.version or queries.active_of(self.file)
        return url_for("studio.drawing", definition_id=found.id if found is not None else 0)

    @property
    def above(self) -> tuple[str, str]:
        """The page above, and what it is called."""
        if self.change is not None:
            return url_for("studio.change", change_id=self.change.id), self.change.title
        version = self.version.id if self.version is not None else 0
        return url_for("studio.definition", definition_id=version), self.version.name if self.version else ""

    @property
    def problems(self) -> list[Any]:
        """Why it cannot be tried as it stands."""
        return [one for one in self.bundle.problems if not one.file.endswith(cases.ENDING)]


def of_change(change: Change, file: str) -> Ground:
    """A process as a change has it; one that only uses a changed file as it is deployed.

    Raises:
        NotFound: the change holds or touches no such process.
    """
    bundle = services.judge(change)
    if not file.endswith(".bpmn") or (key := key_of(file)) not in bundle.diagrams:
        raise NotFound("file", _("This file is not part of the change."))
    return Ground(bundle, key, bundle.tests.get(key) or _deployed_cases(key), change)


def of_version(version: ProcessDefinition) -> Ground:
    """A process as one version was deployed, with what it uses as that is deployed today.

    Raises:
        NotFound: it is no process.
    """
    if version.kind is not DefinitionKind.BPMN:
        raise NotFound("definition", _("There is no such version."))
    bundle = check_files({version.file: version.source.encode()}, deployed=True)
    return Ground(bundle, version.key, _deployed_cases(version.key), version=version)


def _deployed_cases(key: str) -> list[dict[str, Any]]:
    query = select(ProcessDefinition.source).where(
        ProcessDefinition.kind == DefinitionKind.TESTS, ProcessDefinition.key == key, ProcessDefinition.active
    )
    source = db.session.scalar(query)
    return cases.read(source) if source else []


def report(ground: Ground, chosen: list[dict[str, Any]] | None = None) -> suite.Report:
    """What became of the test cases; each is run again when it or what it depends on has changed.

    Raises:
        DomainError: they take too long.
    """
    wanted = ground.cases if chosen is None else chosen
    files = hashlib.sha256(f"{get_locale()} {ground.key}".encode())
    for name, source in sorted(suite.needed(ground.bundle, ground.key).items()):
        files.update(name.encode() + b"\0" + source + b"\0")
    keys = [f"{files.hexdigest()} {cases.written([case])}" for case in wanted]
    known = {key: _outcomes[key] for key in keys if key in _outcomes}
    unknown = {key: case for key, case in zip(keys, wanted, strict=True) if key not in known}
    if unknown:
        made = suite.outcomes(ground.bundle, ground.key, list(unknown.values()), seconds=WEB_SECONDS)
        known |= zip(unknown, made, strict=True)
    for key, outcome in known.items():
        _keep(key, outcome)
    return suite.told(ground.bundle, ground.key, [known[key] for key in keys])


def _keep(key: str, outcome: suite.Outcome) -> None:
    """Remember what became of a case; not that there was no time for it."""
    while len(_outcomes) >= MOST_KEPT:
        _outcomes.pop(next(iter(_outcomes)), None)
    if outcome.position is not None:
        _outcomes[key] = outcome


def results(change: Change) -> list[tuple[Ground, suite.Report | None]]:
    """What became of the test cases of every process a change touches; None where they could not be run."""
    found: list[tuple[Ground, suite.Report | None]] = []
    for one in touched(change):
        try:
            found.append((one, report(one)))
        except DomainError:
            found.append((one, None))
    return found


def touched(change: Change) -> list[Ground]:
    """The processes a change touches that have test cases, itself or through what they use."""
    files = [one.file for one in change.files]
    own = {key_of(one) for one in files if one.endswith((".bpmn", cases.ENDING))}
    own |= {row.key for row in queries.dependents(files)}
    if not own:
        return []
    bundle = services.judge(change)
    if bundle.problems:
        return []
    known = {key: bundle.tests.get(key) or _deployed_cases(key) for key in sorted(own)}
    return [Ground(bundle, key, found, change) for key, found in known.items() if key in bundle.diagrams]
