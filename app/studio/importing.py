"""Files from elsewhere become files of a change: ours as they are, other engines' diagrams in our dialect."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict

from flask_babel import gettext as _

from app.core.errors import DomainError
from app.core.operators import OPERATORS
from app.core.permissions import ROLES
from app.studio import archive, dialects, services
from app.studio.models import Change, ChangeFile
from app.workflow.drawing.diagram import MAX_BYTES

KEY = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z")
MOST = 20
"""Files at once."""


def take_over(change: Change, key: str, files: Mapping[str, bytes]) -> list[ChangeFile]:
    """Take files into a draft: one BPMN diagram with the forms it names, decisions, forms; or all of an archive.

    Args:
        change: a draft of the acting person.
        key: the area and name they get, such as ``purchasing.invoice``; an archive's files keep their own.
        files: content by file name.

    Raises:
        DomainError: the key is none, a file is of no kind we read, or too large.
        DefinitionError: a diagram is no readable BPMN.
        Conflict: the change is no draft any more.
        Forbidden: somebody else's draft.
    """
    if len(files) == 1 and (name := next(iter(files))).endswith(archive.ENDING):
        if len(files[name]) > MAX_BYTES:
            raise DomainError("too_large", _("{name} is larger than 2 MB.").format(name=name), field="files")
        return archive.take_over(change, files[name])
    if not KEY.match(key):
        message = _("Give an area and a name, such as purchasing.invoice.")
        raise DomainError("key_needed", message, field="key")
    if not 0 < len(files) <= MOST:
        message = _("Choose between one and {count} files.").format(count=MOST)
        raise DomainError("files_needed", message, field="files")
    taken: list[ChangeFile] = []
    for name, content in files.items():
        if len(content) > MAX_BYTES:
            raise DomainError("too_large", _("{name} is larger than 2 MB.").format(name=name), field="files")
        if name.endswith(".bpmn"):
            taken += _diagram(change, key, content, {k: v for k, v in files.items() if k.endswith(".json")})
        elif name.endswith(".dmn"):
            taken.append(
                services.save_file(change, f"bpmn/{key.replace('.', '/')}.dmn", _text(name, content))
            )
        elif not name.endswith(".json"):
            message = _("{name} is no diagram, decision or form (.bpmn, .dmn, .json).")
            raise DomainError("unknown_kind", message.format(name=name), field="files")
    for name, content in files.items():
        if name.endswith(".json") and '"components"' in (text := _text(name, content)):
            file = f"forms/{key.partition('.')[0]}/{dialects.forms.key_of(name.removesuffix('.json'))}.json"
            taken.append(services.save_file(change, file, text))
    if not taken:
        raise DomainError("nothing_taken", _("None of the files could be taken in."), field="files")
    return taken


def _diagram(change: Change, key: str, content: bytes, schemas: Mapping[str, bytes]) -> list[ChangeFile]:
    """A diagram in our dialect and the forms made for it."""
    made = dialects.translate(
        content, key, operators=OPERATORS.keys(), roles=ROLES.keys() - {"system"}, schemas=schemas
    )
    row = services.save_file(change, f"bpmn/{key.replace('.', '/')}.bpmn", made.bpmn)
    row.notes = [asdict(note) for note in made.notes]
    forms = [
        services.save_file(
            change, f"forms/{form}.json", json.dumps(told, ensure_ascii=False, indent=2) + "\n"
        )
        for form, told in made.forms.items()
    ]
    return [row, *forms]


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise DomainError(
            "not_text", _("{name} is not UTF-8 text.").format(name=name), field="files"
        ) from None
