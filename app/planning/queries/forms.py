"""What the task forms of planning show: form sources."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.core.i18n import format_date, format_quantity, localized, unit_name
from app.core.operators import source
from app.core.web import status_label
from app.core.words import listed
from app.planning.models import MpsLine, Plan, PlanException, PlannedOrder
from app.planning.queries import pages
from app.planning.queries.labels import kind_label, supply_label

LARGEST_TABLE = 200


@source
def plan_review(plan_id: int) -> dict[str, Any]:
    """A plan for the planner: its orders as editable rows with what they are for, messages, master schedule."""
    found = pages.plan(int(plan_id))
    view = pages.PlanView(found)
    pegs = view.pegging()
    ends = {
        order.id: sorted(pegs.end_demands(f"planned_order:{order.id}", order.item_id))
        for order in found.orders
    }
    documents = {key for keys in ends.values() for key in keys}
    documents |= {message.document for message in found.exceptions if message.document}
    names = pages.document_names(documents)
    late = {message.planned_order_id for message in found.exceptions}
    mine = f"customer_order:{found.customer_order_id}"
    rows = sorted(found.orders, key=lambda order: (mine not in ends[order.id], order.release_date, order.id))
    return {
        "number": found.number,
        "status": status_label(found.status),
        "start": format_date(found.start),
        "include_forecast": found.include_forecast,
        "order_count": len(rows),
        "late_count": sum(1 for order in rows if order.id in late),
        "orders": [_row(order, [names[key] for key in ends[order.id]]) for order in rows[:LARGEST_TABLE]],
        "not_shown": max(0, len(rows) - LARGEST_TABLE),
        "exceptions": [_message(message, names) for message in found.exceptions],
        "schedule": _schedule(found),
    }


def _row(order: PlannedOrder, purposes: list[str]) -> dict[str, Any]:
    item = order.item
    return {
        "id": str(order.id),
        "item": _("{item} ({supply}, {unit})").format(
            item=f"{item.number} {localized(item.names)}",
            supply=supply_label(order.supply),
            unit=unit_name(item.unit),
        ),
        "quantity": format(order.quantity, "f"),
        "release_date": str(order.release_date),
        "due_date": str(order.due_date),
        "purpose": listed(purposes) or "–",
        "cancel": False,
    }


def _message(message: PlanException, names: dict[str, str]) -> dict[str, Any]:
    document = names.get(message.document or "")
    if not document:
        document = names.get(f"planned_order:{message.planned_order_id}") or "–"
    return {
        "kind": kind_label(message.kind),
        "item": f"{message.item.number} {localized(message.item.names)}",
        "document": document,
        "quantity": format_quantity(message.quantity, message.item.unit),
        "due": format_date(message.due_date),
        "needed": format_date(message.needed_date),
    }


def _schedule(plan: Plan, shown: int = 8) -> list[dict[str, Any]]:
    """Return the first weeks of the master schedule in which something happens; nothing is a dash."""
    return [
        {
            "item": item.number,
            "week": format_date(line.week),
            "forecast": format_quantity(line.forecast or None),
            "orders": format_quantity(line.orders or None),
            "receipts": format_quantity((line.scheduled + line.planned) or None),
            "projected": format_quantity(line.projected),
            "promise": format_quantity(line.available_to_promise),
        }
        for item, lines in pages.master_schedule(plan.id).items()
        for line in [one for one in lines if _happens(one, plan.include_forecast)][:shown]
    ]


def _happens(line: MpsLine, include_forecast: bool) -> bool:
    return bool(line.orders or line.scheduled or line.planned or (include_forecast and line.forecast))
