"""Ask for papers now, make the PDFs afterwards."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask_babel import get_locale, lazy_gettext
from sqlalchemy import func, select

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.operators import operator
from app.core.queues import Depth, queue
from app.reports import queries
from app.reports.models import Document, DocumentStatus
from app.reports.services import pdf

ATTEMPTS = 3


@operator
def render(kind: str, id: int, language: str = "") -> dict[str, Any]:
    """Ask for a paper of a document.

    ``kind``: purchase_order, subcontract_order, traveller, inspection, delivery_note, lot_label,
    supplier_return or cost_report. What it says is kept as it reads now; the PDF is made outside this
    transaction. Returns ``document_id``.
    """
    chosen = language or _reader()
    title, page = queries.page(kind, int(id), chosen)
    known = db.session.scalar(
        select(Document)
        .where(Document.kind == kind, Document.object_id == int(id), Document.page == page)
        .limit(1)
    )
    if known is None:
        known = Document(
            kind=kind,
            object_id=int(id),
            language=chosen,
            title=title,
            page=page,
            requested_at=clock.now(),
            requested_by_id=current_actor().user_id,
        )
        db.session.add(known)
        db.session.flush()
    return {"document_id": known.id}


def _reader() -> str:
    locale = get_locale()
    return "zh_Hant_TW" if locale is not None and locale.language == "zh" else "en"


def live(kind: str, key: int) -> tuple[str, bytes]:
    """Make a paper from what the tables say now, without keeping it. Returns title and PDF."""
    title, page = queries.page(kind, key, _reader())
    return title, pdf.make(page)


@queue(lazy_gettext("Documents to make"))
def depth() -> Depth:
    """Documents that were asked for and are not made."""
    query = select(func.count(), func.min(Document.requested_at)).where(
        Document.status == DocumentStatus.PENDING
    )
    total, oldest = db.session.execute(query).one()
    return Depth(total, total, oldest)


def make_pending(limit: int = 10) -> int:
    """Make the PDFs that were asked for; each is committed by itself. Returns how many were made.

    For the runner: it holds no lock while a PDF is being made. After three
    failed attempts a document stays failed, with the reason.
    """
    made = 0
    waiting = db.session.execute(
        select(Document.id, Document.page)
        .where(Document.status == DocumentStatus.PENDING)
        .order_by(Document.id)
        .limit(limit)
    ).all()
    db.session.rollback()
    for document_id, page in waiting:
        try:
            content, error = pdf.make(page), None
        except DomainError as problem:
            content, error = None, str(problem.message)
        row = db.session.get(Document, document_id, with_for_update=True)
        if row is None or row.status is not DocumentStatus.PENDING:
            db.session.rollback()
            continue
        _finish(row, content, error)
        made += content is not None
        db.session.commit()
    return made


def _finish(row: Document, content: bytes | None, error: str | None) -> None:
    row.attempts += 1
    row.error = error
    if content is not None:
        row.content, row.status = content, DocumentStatus.RENDERED
        row.sha256, row.rendered_at = sha256(content).hexdigest(), clock.now()
    elif row.attempts >= ATTEMPTS:
        row.status = DocumentStatus.FAILED
