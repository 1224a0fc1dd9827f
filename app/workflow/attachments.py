"""Files attached to task forms: kept once by their hash, given out as downloads only."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime
from typing import Any

from flask import Request
from flask_babel import gettext as _
from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.workflow.forms import Form

LIMIT = 15_000_000
ALLOWED = {
    "pdf",
    "png",
    "jpg",
    "jpeg",
    "webp",
    "heic",
    "txt",
    "csv",
    "xlsx",
    "docx",
    "odt",
    "ods",
    "step",
    "stp",
    "dxf",
}
_UNSAFE = re.compile(r"[^\w.\-() ]+")


class Attachment(db.Model):  # type: ignore[name-defined]
    """A file somebody attached to a task."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None]


def keep_files(form: Form, values: dict[str, Any], request: Request) -> None:
    """Put `{id, name}` of each uploaded or earlier kept file into the form's values."""
    for component in form.components:
        if component["type"] != "file":
            continue
        key = component["key"]
        sent = request.files.get(key)
        if sent is not None and sent.filename:
            kept = _kept(sent.filename, sent.stream.read(LIMIT + 1), key)
            values[key] = {"id": kept.id, "name": kept.name}
        elif (earlier := request.form.get(f"_kept_{key}", type=int)) and (found := _own(earlier)):
            values[key] = {"id": found.id, "name": found.name}
        else:
            values[key] = None


def _kept(filename: str, content: bytes, field: str) -> Attachment:
    """Store a file under its hash."""
    name = clean_name(filename)
    if len(content) > LIMIT:
        raise DomainError("file_too_large", _("The file is larger than 15 MB."), field=field)
    if not content:
        raise DomainError("file_empty", _("The file is empty."), field=field)
    if name.rpartition(".")[2].lower() not in ALLOWED:
        raise DomainError("file_type", _("Files of this type are not accepted."), field=field)
    kept = Attachment(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
        created_at=clock.now(),
        created_by_id=current_actor().user_id,
    )
    db.session.add(kept)
    db.session.flush()
    return kept


def _own(attachment_id: int) -> Attachment | None:
    """A file this person attached before."""
    found = db.session.get(Attachment, attachment_id)
    return found if found is not None and found.created_by_id == current_actor().user_id else None


def clean_name(filename: str) -> str:
    """A file name without path, control or direction-changing characters."""
    plain = unicodedata.normalize("NFC", filename).replace("\\", "/").rpartition("/")[2]
    plain = "".join(one for one in plain if unicodedata.category(one)[0] != "C")
    return _UNSAFE.sub("_", plain).strip(". ")[:120] or "file"
