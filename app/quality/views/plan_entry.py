"""Entering, revising and ending an inspection plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.core import clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import format_date
from app.core.inputs import takes
from app.core.permissions import requires
from app.core.schemas import flat_errors
from app.quality import PLAN, queries, sampling, schemas, services
from app.quality.models import InspectionKind, InspectionPlan, Sampling
from app.quality.views import blueprint
from app.quality.views.plans import CHARACTERISTIC_KINDS, plan_page

SAMPLING = {
    Sampling.FULL: lazy_gettext("Every piece"),
    Sampling.FIXED: lazy_gettext("A fixed number of pieces"),
    Sampling.AQL: lazy_gettext("ISO 2859-1, normal, level II, by AQL"),
}
BLANK_ROWS = 3
RULE_FIELDS = ("sampling", "aql", "sample_size", "accept_number", "certificate", "valid_from")
OCCASION_FIELDS = ("kind", "item_id", "item_group", "operation", "supplier_id")
LINE_FIELDS = tuple(f"lines-*-{name}" for name in schemas.LINE_BOXES)


@blueprint.get("/plans/new")
@requires(PLAN)
def new_plan() -> str:
    """Show an empty plan."""
    return _form_page({"valid_from": clock.today().isoformat(), "sampling": "full", "lines": []}, {})


@blueprint.post("/plans/new")
@requires(PLAN)
@takes(*OCCASION_FIELDS, *RULE_FIELDS, *LINE_FIELDS)
def enter_plan() -> Any:
    """Write a new plan; for an occasion that has one already it would be a revision, which is refused here."""
    data = schemas.form_data(request.form)
    if shown := _rows_changed():
        return _form_page(data, {}, blank=shown)

    def write() -> Response:
        values: Any = schemas.PlanSchema().load(data)
        occasion = schemas.occasion(values)
        _refuse_a_second(occasion)
        return _write(occasion, values)

    return _attempt(write, lambda errors: _form_page(data, errors))


def _refuse_a_second(occasion: services.Occasion) -> None:
    there = queries.revisions(
        occasion.kind,
        occasion.item_id,
        occasion.item_group,
        operation=occasion.operation,
        supplier_id=occasion.supplier_id,
    )
    if there and there[0].active:
        raise DomainError(
            "plan_exists", _("There is a plan for this already; revise that one."), field="item_id"
        )


def _write(occasion: services.Occasion, values: dict[str, Any]) -> Response:
    rule, lines = schemas.rule(values), schemas.lines(values)
    if problems := services.plan_problems(occasion, rule, lines):
        raise ValidationError(problems)
    made = services.write_plan(occasion, rule, lines, valid_from=values["valid_from"])
    flash(
        _("Revision {number} is in force from {day}.").format(
            number=made.version, day=format_date(made.valid_from)
        ),
        "success",
    )
    return redirect(url_for(".plan", plan_id=made.id))


@blueprint.get("/plans/<int:plan_id>/revise")
@requires(PLAN)
def revise_plan(plan_id: int) -> str:
    """Show a plan to be changed into its next revision."""
    found = queries.plan(plan_id)
    return _form_page(schemas.as_typed(found, clock.today()), {}, plan=found)


@blueprint.post("/plans/<int:plan_id>/revise")
@requires(PLAN)
@takes(*RULE_FIELDS, *LINE_FIELDS)
def save_plan_revision(plan_id: int) -> Any:
    """Write the next revision; the one before stays as it was."""
    found, data = queries.plan(plan_id), schemas.form_data(request.form)
    if shown := _rows_changed():
        return _form_page(data, {}, plan=found, blank=shown)

    def write() -> Response:
        occasion = services.Occasion(
            found.kind, found.item_id, found.item_group, found.operation, found.supplier_id
        )
        return _write(occasion, schemas.RuleSchema().load(data))

    return _attempt(write, lambda errors: _form_page(data, errors, plan=queries.plan(plan_id)))


@blueprint.post("/plans/<int:plan_id>/withdraw")
@requires(PLAN)
@takes("reason")
def withdraw_plan(plan_id: int) -> Any:
    """End a plan, with its reason."""

    def end() -> Response:
        services.withdraw_plan(plan_id, request.form.get("reason", ""))
        flash(_("The plan is withdrawn; nothing is inspected by it any more."), "success")
        return redirect(url_for(".plan", plan_id=plan_id))

    return _attempt(end, lambda errors: plan_page(plan_id, errors))


def _rows_changed() -> int:
    """Return how many empty rows to show after a row was added or removed; 0: nothing of that was asked."""
    if "_add" in request.form:
        return BLANK_ROWS
    return 1 if "_remove" in request.form else 0


def _attempt(act: Callable[[], Response], again: Callable[[dict[str, str]], str]) -> Any:
    """Do it, or show the page again with what is wrong and change nothing."""
    try:
        return act()
    except (ValidationError, DomainError) as error:
        db.session.rollback()
        return again(flat_errors(error)), getattr(error, "status", 422)


def _form_page(
    values: dict[str, Any],
    errors: dict[str, str],
    *,
    plan: InspectionPlan | None = None,
    blank: int = 0,
) -> str:
    rows = values["lines"] + [{}] * (blank or (1 if values["lines"] else BLANK_ROWS))
    return render_template(
        "quality/plan_form.html",
        plan=plan,
        title=_("Revise the inspection plan %(item)s", item=queries.applies_to(plan))
        if plan
        else _("New inspection plan"),
        values=values,
        rows=rows[: schemas.MAX_LINES],
        errors=errors,
        choices=_choices(),
        inspection_kinds=[(kind.value, queries.INSPECTION_KINDS[kind]) for kind in InspectionKind],
        kinds=[(kind.value, word) for kind, word in CHARACTERISTIC_KINDS.items()],
        samplings=[(way.value, word) for way, word in SAMPLING.items()],
        levels=[(schemas.plain(level),) * 2 for level in sampling.AQL],
        today=clock.today().isoformat(),
    )


def _choices() -> dict[str, list[tuple[str, str]]]:
    """Return the options of the page's boxes as pairs of value and words."""
    found = queries.plan_choices()
    return {
        "items": [(one["value"], one["label"]) for one in found.items],
        "groups": [(name, name) for name in found.groups],
        "suppliers": [(one["value"], one["label"]) for one in found.suppliers],
        "defects": [(one["value"], one["label"]) for one in found.defects],
    }
