"""Files attached to task forms: kept once by their hash, given out as downloads only."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime
from typing import Any

from flask import Request
from flask_babel import gettext as _
from sqlalchemy import ForeignKey, LargeBinary, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.inputs import identifier
from app.workflow.form.forms import Form
from app.workflow.models import HumanTask

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
    created_by_name: Mapped[str] = mapped_column(default="")
    task_id: Mapped[int | None] = mapped_column(ForeignKey("human_task.id"), index=True)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"), index=True)


def keep_files(task: HumanTask, form: Form, values: dict[str, Any], request: Request) -> bool:
    """Put `{id, name}` of each uploaded or earlier kept file into the form's values; True when one is new."""
    new = False
    for component in form.components:
        if component["type"] != "file":
            continue
        key = component["key"]
        sent = request.files.get(key)
        if sent is not None and sent.filename:
            kept = _kept(task, sent.filename, sent.stream.read(LIMIT + 1), key)
            values[key], new = {"id": kept.id, "name": kept.name}, True
        elif (earlier := request.form.get(f"_kept_{key}", type=identifier)) and (found := _own(earlier)):
            values[key] = {"id": found.id, "name": found.name}
        else:
            values[key] = None
    return new


def refuse_foreign(form: Form, values: dict[str, Any]) -> None:
    """Let a program name only files that its own person attached before, as ``{"id": …}``."""
    for component in form.components:
        key = component.get("key", "")
        if component["type"] != "file" or values.get(key) is None:
            continue
        named = values[key].get("id") if isinstance(values[key], dict) else None
        found = _own(named) if isinstance(named, int) and 0 < named < 2**31 else None
        if found is None:
            raise DomainError("file_unknown", _("There is no such file, or not for you."), field=key)
        values[key] = {"id": found.id, "name": found.name}


def attach(task: HumanTask, request: Request) -> Attachment:
    """Keep a file beside the task, outside its form."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise DomainError("file_missing", _("Please choose a file."), field="file")
    return _kept(task, sent.filename, sent.stream.read(LIMIT + 1), "file")


def of_cases(*instance_ids: int) -> list[Attachment]:
    """The files of some cases, the latest first."""
    query = select(Attachment).where(Attachment.instance_id.in_(instance_ids))
    return list(db.session.scalars(query.order_by(Attachment.id.desc()).limit(200)))


def _kept(task: HumanTask, filename: str, content: bytes, field: str) -> Attachment:
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
        created_by_name=current_actor().name or current_actor().login,
        task_id=task.id,
        instance_id=task.instance_id,
    )
    db.session.add(kept)
    db.session.flush()
    after = {"file": kept.name, "sha256": kept.sha256, "size": kept.size}
    audit.record(
        "file.attached", f"task:{task.id}", after=after, instance_id=task.instance_id, task_id=task.id
    )
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
