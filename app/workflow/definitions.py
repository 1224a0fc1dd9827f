"""Checking and deploying diagrams, decisions and forms: one validation for command, browser and tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import NotFound
from app.workflow.bundle import Bundle, closure, key_of, kind_of
from app.workflow.catalogue import Catalogue
from app.workflow.decision import decisions
from app.workflow.drawing.diagram import DefinitionError, Diagram, names
from app.workflow.drawing.diagram_check import check_diagram
from app.workflow.form.forms_check import Problem, parsed, problems_in
from app.workflow.models import DefinitionKind, ProcessDefinition
from app.workflow.spiff import engine
from app.workflow.trial import cases

ROOT = Path(__file__).parents[2]

__all__ = ["Bundle", "closure", "key_of", "kind_of"]


def files_in(root: Path = ROOT) -> dict[str, bytes]:
    """All diagrams, decisions, forms and test cases below a folder, by path."""
    patterns = ("bpmn/*/*.bpmn", "bpmn/*/*.dmn", "forms/*/*.json", f"bpmn/*/*{cases.ENDING}")
    found = [path for pattern in patterns for path in root.glob(pattern)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(found)}


def check_files(files: Mapping[str, bytes], *, deployed: bool = False) -> Bundle:
    """Read files and judge them with what they refer to.

    Args:
        files: content by path; ``bpmn/planning/plan_supply.bpmn`` must hold ``planning.plan_supply``.
        deployed: also count what the database holds as known.
    """
    bundle = Bundle()
    for file, source in files.items():
        try:
            _read(bundle, file, source)
        except DefinitionError as error:
            bundle.problems += error.problems
    if deployed:
        _add_deployed(bundle)
    catalogue = Catalogue(set(bundle.diagrams), set(bundle.tables), set(bundle.forms))
    for key, diagram in bundle.diagrams.items():
        if diagram.file in files:
            bundle.problems += check_diagram(diagram, catalogue, key_of(diagram.file))
            bundle.problems += [Problem(diagram.file, key, str(m)) for m in _calls(bundle, key)]
    for key in bundle.tests:
        bundle.problems += _strangers(bundle, key)
    if not bundle.problems:
        for diagram in bundle.diagrams.values():
            if diagram.file in files:
                bundle.problems += _builds(bundle, diagram)
    return bundle


def check_folder(root: Path = ROOT) -> Bundle:
    """The diagrams, decisions and forms of an installation, judged."""
    return check_files(files_in(root))


def deploy(files: Mapping[str, bytes] | None = None) -> list[ProcessDefinition]:
    """Take files into the database: a new version of each whose content, or what it uses, changed.

    Raises:
        DefinitionError: a file is refused; nothing is deployed then.
    """
    bundle = check_files(files if files is not None else files_in(), deployed=files is not None)
    if bundle.problems:
        raise DefinitionError(bundle.problems)
    ordered = sorted(
        bundle.sources, key=lambda one: one[0] is DefinitionKind.BPMN
    )  # what they use comes first
    made = [_deploy(bundle, kind, key) for kind, key in ordered]
    return [definition for definition in made if definition is not None]


def export(root: Path) -> list[Path]:
    """Write the deployed definitions that differ from a folder's files into it; returns what was written.

    Raises:
        DefinitionError: a definition was deployed under a path outside ``bpmn/`` and ``forms/``.
    """
    written = []
    query = select(ProcessDefinition).where(ProcessDefinition.active).order_by(ProcessDefinition.file)
    for row in db.session.scalars(query.options(undefer(ProcessDefinition.source))):
        parts = Path(row.file).parts
        if len(parts) != 3 or parts[0] not in ("bpmn", "forms") or ".." in parts:
            raise DefinitionError([Problem(row.file, row.key, _("The file lies outside bpmn/ and forms/."))])
        path, content = root / row.file, row.source.encode()
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(path)
    return written


def active(key: str) -> ProcessDefinition:
    """The version of a process that new instances start with.

    Raises:
        NotFound: no such process is deployed.
    """
    query = select(ProcessDefinition).where(
        ProcessDefinition.kind == DefinitionKind.BPMN, ProcessDefinition.key == key, ProcessDefinition.active
    )
    if (definition := db.session.scalar(query)) is None:
        raise NotFound("process_missing", _("There is no process {name}.").format(name=key))
    return definition


def spec_of(definition: ProcessDefinition) -> engine.Spec:
    """The engine's spec of a definition, cached per version."""
    return _restored(definition.id, definition.hash)


@lru_cache(maxsize=128)
def _restored(definition_id: int, _hash: str) -> engine.Spec:
    query = select(ProcessDefinition.spec).where(ProcessDefinition.id == definition_id)
    return engine.Spec(db.session.scalar(query) or "")


def _read(bundle: Bundle, file: str, source: bytes) -> None:
    """Read one file into the bundle."""
    key = key_of(file)
    try:
        source.decode()
    except UnicodeDecodeError:
        raise DefinitionError([Problem(file, "", _("The file must be written in UTF-8."))]) from None
    bundle.files[file] = source
    if file.endswith(".bpmn"):
        diagram = Diagram(source, file)
        bundle.diagrams[diagram.key] = diagram
        bundle.sources[DefinitionKind.BPMN, diagram.key] = (file, source)
    elif file.endswith(".dmn"):
        bundle.tables[key] = decisions.read(source, file, key)
        bundle.hints += [Problem(file, e, str(m)) for e, m in decisions.hints(bundle.tables[key])]
        bundle.sources[DefinitionKind.DMN, key] = (file, source)
    elif file.endswith(cases.ENDING):
        try:
            bundle.tests[key] = cases.read(source)
        except ValueError as error:
            raise DefinitionError([Problem(file, "", str(error))]) from None
        bundle.sources[DefinitionKind.TESTS, key] = (file, source)
    else:
        try:
            content = parsed(source)
        except ValueError as error:
            raise DefinitionError([Problem(file, "", str(error))]) from None
        bundle.forms[key] = content
        bundle.problems += [Problem(file, element, message) for element, message in problems_in(content)]
        bundle.sources[DefinitionKind.FORM, key] = (file, source)


def _add_deployed(bundle: Bundle) -> None:
    """Add what the database holds and the files do not."""
    query = select(ProcessDefinition).where(ProcessDefinition.active)
    for row in db.session.scalars(query.options(undefer(ProcessDefinition.source))):
        bundle.files.setdefault(row.file, row.source.encode())
        if row.kind is DefinitionKind.BPMN and row.key not in bundle.diagrams:
            bundle.diagrams[row.key] = Diagram(row.source.encode(), f"deployed:{row.file}")
        elif row.kind is DefinitionKind.DMN and row.key not in bundle.tables:
            bundle.tables[row.key] = decisions.read(row.source.encode(), row.file, row.key)
        elif row.kind is DefinitionKind.FORM:
            bundle.forms.setdefault(row.key, json.loads(row.source))


def _strangers(bundle: Bundle, key: str) -> list[Problem]:
    """What the tests of a process name that its diagram, or one it calls, does not have."""
    file, _source = bundle.sources[DefinitionKind.TESTS, key]
    if key not in bundle.diagrams:
        return [Problem(file, key, _("There is no process {name}.").format(name=key))]
    diagrams = [bundle.diagrams[one] for one in closure(bundle, key)[0]]
    sentence = _("The case {name} names an element that the diagram does not have.")
    found = cases.strangers(bundle.tests[key], diagrams)
    return [Problem(file, element, sentence.format(name=name)) for name, element in found]


def _calls(bundle: Bundle, key: str) -> list[str]:
    """Refuse a process that calls itself, and subprocess ids that several processes use."""
    found = []
    called = bundle.diagrams[key].called() & bundle.diagrams.keys()
    if any(key in closure(bundle, other)[0] for other in called):
        found.append(_("The process calls itself."))
    seen: dict[str, str] = {}
    for other in sorted(closure(bundle, key)[0]):
        for scope in list(bundle.diagrams[other].scopes())[1:]:
            identifier = scope.get("id", "")
            if seen.setdefault(identifier, other) != other:
                found.append(_("The subprocess id {name} is used in two processes.").format(name=identifier))
    return found


def _builds(bundle: Bundle, diagram: Diagram) -> list[Problem]:
    """What the engine's own parser refuses beyond our checks."""
    try:
        _spec(bundle, diagram.key)
    except Exception as error:  # the library raises many kinds; each is a refusal of this file
        return [Problem(diagram.file, diagram.key, _("The engine refuses it: {reason}").format(reason=error))]
    return []


def _spec(bundle: Bundle, key: str, forms: Mapping[str, int] | None = None) -> str:
    processes, tables = closure(bundle, key)
    diagrams = [bundle.diagrams[other] for other in sorted(processes)]
    return engine.build_spec(diagrams, key, {name: bundle.tables[name] for name in tables}, forms)


def _forms(bundle: Bundle, processes: set[str]) -> dict[str, tuple[int, str]]:
    """Id and hash of the deployed version of each form these processes show."""
    used = {form for key in processes for form in bundle.diagrams[key].forms()}
    query = select(ProcessDefinition.key, ProcessDefinition.id, ProcessDefinition.hash).where(
        ProcessDefinition.kind == DefinitionKind.FORM,
        ProcessDefinition.active,
        ProcessDefinition.key.in_(used),
    )
    return {key: (form, digest) for key, form, digest in db.session.execute(query)}


def _deploy(bundle: Bundle, kind: DefinitionKind, key: str) -> ProcessDefinition | None:
    """Add a version of one definition unless nothing changed."""
    file, source = bundle.sources[kind, key]
    processes, tables = closure(bundle, key) if kind is DefinitionKind.BPMN else (set(), set())
    digest = hashlib.sha256(source)
    for other in sorted(processes - {key}):
        digest.update(bundle.diagrams[other].source)
    for name in sorted(tables):
        digest.update(json.dumps(bundle.tables[name], sort_keys=True).encode())
    forms = _forms(bundle, processes)
    for form in sorted(forms):
        digest.update(forms[form][1].encode())
    versions = {form: forms[form][0] for form in forms}
    query = select(ProcessDefinition).where(ProcessDefinition.kind == kind, ProcessDefinition.key == key)
    latest = db.session.scalar(query.order_by(ProcessDefinition.version.desc()).limit(1))
    if latest is not None and latest.active and latest.hash == digest.hexdigest():
        return None
    where = (ProcessDefinition.kind == kind, ProcessDefinition.key == key)
    db.session.execute(update(ProcessDefinition).where(*where).values(active=False))
    diagram = bundle.diagrams.get(key) if kind is DefinitionKind.BPMN else None
    definition = ProcessDefinition(
        kind=kind,
        key=key,
        version=latest.version + 1 if latest else 1,
        names=_names(bundle, kind, key),
        file=file,
        source=source.decode(),
        hash=digest.hexdigest(),
        closure={
            "processes": sorted(processes - {key}),
            "sources": {o: sha256_of(bundle.diagrams[o].source) for o in sorted(processes - {key})},
            "decisions": sorted(tables),
            "forms": versions,
        },
        starts_with=diagram.start_message() if diagram else None,
        spec=_spec(bundle, key, versions) if diagram else None,
        author_id=current_actor().user_id,
        author=current_actor().login,
        deployed_at=clock.now(),
        active=True,
    )
    db.session.add(definition)
    audit.record(
        "definition.deployed", f"{kind.value}:{key}", after={"version": definition.version, "file": file}
    )
    return definition


def sha256_of(source: bytes) -> str:
    """What tells the source of a called process from its other versions."""
    return hashlib.sha256(source).hexdigest()


def _names(bundle: Bundle, kind: DefinitionKind, key: str) -> dict[str, str]:
    if kind in (DefinitionKind.BPMN, DefinitionKind.TESTS):
        return names(bundle.diagrams[key].process)
    if kind is DefinitionKind.DMN:
        return bundle.tables[key]["names"]
    title = bundle.forms[key].get("title")
    return title if isinstance(title, dict) else {"en": str(title or key)}
