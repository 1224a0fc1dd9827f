"""Papers as PDF."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask_babel import get_locale
from sqlalchemy import select

from app.accounts import AUDIT_READ
from app.core.actors import current_actor
from app.core.db import db
from app.core.downloads import file_answer
from app.core.errors import NotFound
from app.core.permissions import allowed, authorize, login_required_only, requires
from app.core.web import document_provider
from app.logistics.models import Shipment
from app.reports import queries, services
from app.reports.models import Document, DocumentStatus
from app.reports.services import pdf
from app.workflow.views import story as stories

blueprint = Blueprint("reports", __name__, url_prefix="/reports")


@blueprint.route("/<kind>/<int:key>.pdf")
@login_required_only
def document(kind: str, key: int) -> Any:
    """A paper from what the tables say now, for those who may open its kind."""
    authorize(current_actor(), queries.kind_of(kind).permission)
    title, content = services.live(kind, key)
    return _answer(title, content)


@blueprint.route("/inspections/<int:inspection_id>.pdf")
@login_required_only
def inspection(inspection_id: int) -> Any:
    """An inspection report."""
    return document("inspection", inspection_id)


@blueprint.route("/kept/<int:document_id>.pdf")
@login_required_only
def kept(document_id: int) -> Any:
    """A paper as it read when it was asked for."""
    row = db.session.get(Document, document_id)
    if row is None:
        raise NotFound("no_document", "")
    authorize(current_actor(), queries.kind_of(row.kind).permission)
    content = row.content if row.status is DocumentStatus.RENDERED else pdf.make(row.page)
    return _answer(row.title, content or b"")


@blueprint.route("/story/<path:subject>.pdf")
@requires(AUDIT_READ)
def story(subject: str) -> Any:
    """A page of the story of a case or a document, as it is told on the page."""
    told = stories.asked(subject)
    page = render_template(
        "workflow/story_paper.html", title=told.title, story=told.story, language=_reader()
    )
    return _answer(told.title, pdf.make(page))


def _reader() -> str:
    """The reader's language as a page names it."""
    return str(get_locale()).replace("_", "-")


def _answer(title: str, content: bytes) -> Response:
    name = re.sub(r"[^\w-]+", "-", title).strip("-")
    answer = file_answer(content, "application/pdf", f"{name}.pdf", inline=True)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@document_provider
def order_papers(customer_order_id: int) -> list[dict[str, Any]]:
    """The kept papers of a customer order and of its shipments."""
    shipments = select(Shipment.id).where(Shipment.order_id == customer_order_id)
    rows = db.session.scalars(
        select(Document)
        .where(
            ((Document.kind == "cost_report") & (Document.object_id == customer_order_id))
            | ((Document.kind == "delivery_note") & Document.object_id.in_(shipments))
        )
        .order_by(Document.id)
    )
    return [
        {
            "step": 8 if row.kind == "cost_report" else 7,
            "number": row.title,
            "label": "PDF",
            "status": "done",
            "url": url_for("reports.kept", document_id=row.id),
            "date": row.requested_at,
        }
        for row in rows
        if allowed(current_actor(), queries.kind_of(row.kind).permission)
    ]
