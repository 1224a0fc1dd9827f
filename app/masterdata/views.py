"""The company's settings as a page: amounts, tolerances, limits, score weights, currencies, duties."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import queries as people
from app.accounts.services import duties
from app.core.actors import current_actor
from app.core.errors import DomainError
from app.core.inputs import identifier, takes
from app.core.permissions import allowed, requires
from app.core.record_words import FIELDS
from app.core.web import Column, url_if
from app.masterdata import COMPANY_CHANGE, COMPANY_READ, DUTY_CHANGE, queries, services

blueprint = Blueprint("masterdata", __name__, url_prefix="/company")

GROUPS = (
    (
        _l("Amounts"),
        (
            ("document_decimals", _l("Places of amounts in the company's currency"), ""),
            ("price_decimals", _l("Most places of a price"), ""),
            ("vat_percent", _l("Value-added tax"), "%"),
        ),
    ),
    (
        _l("Three-way match: within tolerance"),
        (
            ("match_price_percent", _l("Price above the order's"), "%"),
            ("match_quantity_percent", _l("Quantity above what was accepted"), "%"),
            ("match_amount", _l("Difference of a line that never matters"), "currency"),
        ),
    ),
    (
        _l("Purchasing and receiving"),
        (
            ("dear_percent", _l("Exceptional price: above the list by more than"), "%"),
            ("after_fact_days", _l("Purchase after the fact: recorded within"), _l("working days")),
            ("overrun_percent", _l("More than ordered still accepted"), "%"),
            ("weighed_percent", _l("The same, of what is counted and weighed"), "%"),
        ),
    ),
    (
        _l("Nonconformances"),
        (("effect_days", _l("From a corrective action to the check of its effect"), _l("days")),),
    ),
    (
        _l("Supplier score: weights, together 100"),
        (
            ("score_quality", _l("Quality"), ""),
            ("score_delivery", _l("Delivery"), ""),
            ("score_price", _l("Price"), ""),
            ("score_capacity", _l("Capacity"), ""),
            ("score_response", _l("Response"), ""),
        ),
    ),
    (
        _l("Supplier score: what it means"),
        (
            ("score_preferred", _l("Preferred from"), ""),
            ("score_approved", _l("Approved from"), ""),
            ("score_warn", _l("Warned from, blocked below"), ""),
            ("score_minimum_sample", _l("Unrated below so many order lines"), ""),
            ("score_decay", _l("A quarter's age leaves of a fact"), ""),
        ),
    ),
)
FIELDS.update({name: label for _title, settings in GROUPS for name, label, _unit in settings})


@blueprint.get("")
@requires(COMPANY_READ)
def company() -> Any:
    """Show the company's settings."""
    return _page()


@blueprint.post("")
@requires(COMPANY_CHANGE)
@takes(*services.SETTINGS, "reason")
def save_company() -> Any:
    """Keep the company's settings; what changed goes on record."""
    try:
        changed = services.change_settings(request.form, request.form.get("reason", ""))
    except DomainError as problem:
        return _page(problem, request.form.to_dict()), problem.status
    flash(_("Saved.") if changed else _("Nothing was changed."))
    return redirect(url_for(".company"))


@blueprint.post("/currencies")
@requires(COMPANY_CHANGE)
@takes("code", "decimals")
def save_currency() -> Any:
    """Keep how many places amounts of another currency have."""
    try:
        services.set_currency(request.form.get("code", ""), request.form.get("decimals", ""))
    except DomainError as problem:
        return _page(problem, request.form.to_dict()), problem.status
    flash(_("Saved."))
    return redirect(url_for(".company", _anchor="currencies"))


@blueprint.post("/owner")
@requires(DUTY_CHANGE)
@takes("user_id", "reason")
def save_owner() -> Any:
    """Name the owner whom the separation of duties does not bind, or nobody."""
    try:
        duties.name_owner(
            request.form.get("user_id", 0, type=identifier) or None, request.form.get("reason", "")
        )
    except DomainError as problem:
        return _page(problem, {}), problem.status
    flash(_("Saved."))
    return redirect(url_for(".company", _anchor="duties"))


def _page(problem: DomainError | None = None, typed: dict[str, str] | None = None) -> str:
    found, actor = queries.company(), current_actor()
    values = {name: plain(getattr(found, name)) for name in services.SETTINGS} | (typed or {})
    return render_template(
        "masterdata/company.html",
        company=found,
        groups=GROUPS,
        values=values,
        problem=problem,
        may_change=allowed(actor, COMPANY_CHANGE),
        may_name=allowed(actor, DUTY_CHANGE),
        owner=duties.owner(),
        everybody=people.active() if allowed(actor, DUTY_CHANGE) else [],
        currency_columns=[
            Column("code", _("Currency")),
            Column("decimals", _("Places of amounts"), "number"),
        ],
        currencies=queries.currencies(),
        audit_url=url_if("accounts.audit", q="company:1"),
    )


def plain(value: Decimal | int) -> str:
    """A setting as a box shows it, without trailing zeros."""
    return format(Decimal(value).normalize(), "f")
