"""Cost sheets: the figures of one order as tables for forms, pages and the report."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.core.i18n import format_quantity, localized
from app.core.money import ZERO, round_money
from app.core.operators import source
from app.costing import variances
from app.costing.models import OrderProfit, ProductionCost
from app.costing.queries import orders, production
from app.costing.queries.wording import ELEMENTS, METHODS, VARIANCE_TREE, VARIANCES, money
from app.costing.rollup import ELEMENTS as COSTED
from app.masterdata import queries as masterdata
from app.masterdata.models import Item

Row = dict[str, str]


@source
def order_cost_sheet(order_id: int) -> dict[str, Any]:
    """A customer order's cost: elements, three methods, variances and the orders it came from."""
    found = orders.order_cost(int(order_id))
    profit = profit_of(int(order_id))
    order, revenue, cost = found.order, found.revenue, found.cost
    return {
        "number": order.number,
        "customer": f"{order.customer.code} {localized(order.customer.names)}",
        "currency": masterdata.company().currency,
        "revenue": money(revenue),
        "goods": money(found.posted),
        "variance": money(found.variances),
        "cost": money(cost),
        "profit": money(revenue - cost),
        "margin": percent(revenue - cost, revenue),
        "abnormal_scrap": money(-sum((one.abnormal for one in found.shares), ZERO)),
        "note": (profit.note if profit else None) or "",
        "status": profit.status.value if profit else "draft",
        "open": len(found.open_documents),
        "elements": element_rows(found.elements, cost),
        "methods": [
            {
                "method": str(METHODS[name]),
                "cost": money(found.by_method(name)),
                "profit": money(revenue - found.by_method(name)),
                "difference": money(found.by_method(name) - cost),
            }
            for name in orders.METHODS
        ],
        "variances": variance_rows(_shared_variances(found)),
        "lines": [
            {
                "item": f"{line.item.number} {localized(line.item.names)}",
                "shipped": format_quantity(line.shipped, line.item.unit),
                "price": f"{format_quantity(line.price)} {order.currency}",
            }
            for line in order.lines
        ],
        "work_orders": [_share_row(one) for one in found.shares],
    }


def _shared_variances(found: orders.OrderCost) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in found.shares:
        for row in one.cost.variances:
            sums[row.name] += one.of(row.amount)
    return sums


def _share_row(one: orders.Share) -> Row:
    cost = one.cost
    return {
        "number": cost.number,
        "document": cost.document,
        "item": f"{cost.item.number} {localized(cost.item.names)}",
        "good": format_quantity(cost.good, cost.item.unit),
        "share": percent(Decimal(one.share.numerator), Decimal(one.share.denominator)),
        "standard": money(cost.received_value),
        "actual": money(cost.total),
        "variance": money(cost.received_value - cost.total),
    }


def profit_of(order_id: int) -> OrderProfit | None:
    """The stored result of an order's costing."""
    return db.session.scalar(select(OrderProfit).where(OrderProfit.order_id == order_id))


def percent(part: Decimal, whole: Decimal) -> str:
    """A share in percent with one place; a dash where there is no whole."""
    return f"{round_money(part * 100 / whole, 1)} %" if whole else "–"


def element_rows(elements: dict[str, Decimal], total: Decimal) -> list[Row]:
    """Cost elements with their share of the whole, and the sum."""
    rows = [
        {"element": str(ELEMENTS[name]), "amount": money(amount), "share": percent(amount, total)}
        for name, amount in elements.items()
    ]
    return [*rows, {"element": _("Total"), "amount": money(total), "share": percent(total, total)}]


def variance_rows(named: dict[str, Decimal]) -> list[Row]:
    """Variances grouped as a tree, flattened: groups with their sum, then their parts."""
    rows = []
    for label, names in VARIANCE_TREE.values():
        parts = [(name, named.get(name, ZERO)) for name in names if named.get(name)]
        if not parts:
            continue
        rows.append({"name": str(label), "amount": money(sum((v for _n, v in parts), ZERO)), "level": "1"})
        if len(parts) > 1 or str(VARIANCES[parts[0][0]]) != str(label):
            rows += [
                {"name": f"  {VARIANCES[name]}", "amount": money(amount), "level": "2"}
                for name, amount in parts
            ]
    total = sum(named.values(), ZERO)
    return [*rows, {"name": _("Total"), "amount": money(total), "level": "1"}]


def work_order_sheet(document: str) -> dict[str, Any]:
    """A work order's cost: as posted once it is costed, as it stands before."""
    cost = orders.production_cost(document)
    if cost is not None:
        return _costed(cost)
    kind, _sep, number = document.partition(":")
    read = production.work_order_facts if kind == "work_order" else production.subcontract_facts
    facts = read(int(number))
    outcome = variances.work_order(facts.order)
    return {
        "number": facts.number,
        "item": f"{facts.item.number} {localized(facts.item.names)}",
        "good": format_quantity(facts.order.good, facts.item.unit),
        "scrapped": format_quantity(facts.order.started - facts.order.good, facts.item.unit),
        "costed": False,
        "standard": money(facts.order.received_value),
        "actual": money(outcome.actual_cost),
        "variance": money(outcome.total) if facts.finished else "–",
        "elements": element_rows(outcome.actual, outcome.actual_cost),
        "variances": variance_rows(outcome.variances) if facts.finished else [],
        "materials": [
            {
                "item": f"{one.item.number} {localized(one.item.names)}",
                "allowed": format_quantity(round_money(one.allowed, 3), one.item.unit),
                "used": format_quantity(one.quantity, one.item.unit),
                "standard_price": money(one.standard_price),
                "posted": money(one.posted),
            }
            | {name: money(value) for name, value in one.by_method.items()}
            for one in facts.used
        ],
    }


def _costed(cost: ProductionCost) -> dict[str, Any]:
    items = {
        item.id: item
        for item in db.session.scalars(
            select(Item).where(Item.id.in_([row.item_id for row in cost.materials]))
        )
    }
    elements = {name: getattr(cost, name) for name in COSTED}
    return {
        "number": cost.number,
        "item": f"{cost.item.number} {localized(cost.item.names)}",
        "good": format_quantity(cost.good, cost.item.unit),
        "scrapped": format_quantity(cost.scrapped, cost.item.unit),
        "costed": True,
        "standard": money(cost.received_value),
        "actual": money(cost.total),
        "variance": money(cost.received_value - cost.total),
        "elements": element_rows(elements, cost.total),
        "variances": variance_rows({row.name: row.amount for row in cost.variances}),
        "materials": [
            {
                "item": f"{items[row.item_id].number} {localized(items[row.item_id].names)}",
                "allowed": format_quantity(round_money(row.allowed, 3), items[row.item_id].unit),
                "used": format_quantity(row.used, items[row.item_id].unit),
                "standard_price": money(row.standard_price),
                "posted": money(row.posted),
            }
            | {name: money(getattr(row, name)) for name in production.METHODS}
            for row in cost.materials
        ],
    }


def so_far(order_id: int) -> dict[str, Any]:
    """What the work orders of a customer order have taken so far, by element; its result once it is closed."""
    elements = dict.fromkeys(COSTED, ZERO)
    rows = []
    for order in orders.work_orders_of(order_id):
        document = f"work_order:{order.id}"
        cost = orders.production_cost(document)
        if cost is not None:
            actual = {name: getattr(cost, name) for name in COSTED}
        else:
            actual = variances.work_order(production.work_order_facts(order.id).order).actual
        for name, amount in actual.items():
            elements[name] += amount
        rows.append(
            {
                "number": order.number,
                "document": document,
                "item": f"{order.item.number} {localized(order.item.names)}",
                "status": order.status.value,
                "actual": money(sum(actual.values(), ZERO)),
            }
        )
    total = sum(elements.values(), ZERO)
    profit = profit_of(order_id)
    return {
        "elements": element_rows(elements, total),
        "total": f"{money(total)} {masterdata.company().currency}",
        "work_orders": rows,
        "result": _result(profit) if profit is not None and profit.closed_at else None,
    }


def _result(profit: OrderProfit) -> dict[str, str]:
    """Revenue, cost and profit of a closed order."""
    return {
        "revenue": money(profit.revenue),
        "cost": money(profit.cost),
        "profit": money(profit.revenue - profit.cost),
    }
