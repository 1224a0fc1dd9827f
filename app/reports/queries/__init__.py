"""The kinds of paper: who may open them, what they say, how they look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from app.core import clock
from app.core.errors import NotFound
from app.core.i18n import LANGUAGES, format_date, localized
from app.costing import COST_READ
from app.masterdata import queries as masterdata
from app.reports import OPEN, PRICED
from app.reports.queries import objects as objects
from app.reports.queries import papers, papers_out


@dataclass(frozen=True)
class Kind:
    """One kind of paper."""

    permission: str
    read: Callable[[int], dict[str, Any]]
    template: str


KINDS = {
    "purchase_order": Kind(PRICED, papers.purchase_order, "reports/purchase_order.html"),
    "subcontract_order": Kind(PRICED, papers.subcontract_order, "reports/subcontract_order.html"),
    "traveller": Kind(OPEN, papers.traveller, "reports/traveller.html"),
    "inspection": Kind(OPEN, papers.inspection, "reports/inspection.html"),
    "delivery_note": Kind(OPEN, papers_out.delivery_note, "reports/delivery_note.html"),
    "lot_label": Kind(OPEN, papers_out.lot_label, "reports/lot_label.html"),
    "supplier_return": Kind(OPEN, papers_out.supplier_return, "reports/supplier_return.html"),
    "cost_report": Kind(COST_READ, papers_out.cost_report, "reports/cost_report.html"),
}


def kind_of(name: str) -> Kind:
    """Return a kind of paper.

    Raises:
        NotFound: there is no such kind.
    """
    if name not in KINDS:
        raise NotFound("no_report", _("There is no report %(kind)s.", kind=name))
    return KINDS[name]


def page(kind: str, key: int, language: str) -> tuple[str, str]:
    """Return the title and the HTML of a paper in a language; it refers to nothing outside itself."""
    chosen = kind_of(kind)
    with force_locale(language if language in LANGUAGES else "en"):
        paper = chosen.read(key)
        company = masterdata.company()
        html = render_template(
            chosen.template,
            paper=paper,
            company={"name": localized(company.names), "tax_id": company.tax_id or ""},
            language="zh-Hant-TW" if language.startswith("zh") else "en",
            printed_on=format_date(clock.today()),
        )
    return f"{paper['title']} {paper['number']}", html
