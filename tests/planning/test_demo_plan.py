"""The demo plant's plan, from its file alone: no database, every figure as expected there."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from app.masterdata.calendar import WorkingDays
from app.masterdata.explosion import Line, Structure
from app.planning import mrp
from app.planning.lot_sizing import LotPolicy

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "demo_factory.yaml"
pytestmark = pytest.mark.skipif(
    not SOURCE.exists(), reason="the folder with shared data is not beside the project"
)
START = date(2026, 3, 2)


def D(value):
    return Decimal(str(value))


def read():
    return yaml.safe_load(SOURCE.read_text(encoding="utf-8"))


def policy(factory, number):
    lot = factory["items"][number].get("lot")
    lot = {} if lot == "lot_for_lot" else dict(lot or {})
    for supplier in factory["suppliers"].values():
        offer = supplier.get("items", {}).get(number, {})
        if offer.get("rank", 1) == 1 and "multiple" in offer:
            lot.setdefault("multiple", offer["multiple"])
    if "buy_unit" in factory["items"][number]:
        lot.setdefault("multiple", next(iter(factory["items"][number]["buy_unit"].values())))
    return LotPolicy(
        minimum=D(lot.get("minimum", 0)), multiple=D(lot["multiple"]) if "multiple" in lot else None
    )


def lead(factory, number):
    if "lead" in factory["items"][number]:
        return factory["items"][number]["lead"]
    offers = [s["items"][number] for s in factory["suppliers"].values() if number in s.get("items", {})]
    return min(offers, key=lambda offer: offer.get("rank", 1))["lead"] if offers else 0


def parts(factory):
    return {
        number: mrp.Part(
            number,
            {"customer_supplied": "customer"}.get(row["type"], row["type"]),
            on_hand=D(row["stock"]),
            safety_stock=D(row.get("safety", 0)),
            lead_days=lead(factory, number),
            yield_ratio=D(row.get("yield", 1)),
            decimals=2 if row["unit"] == "kg" else 0,
            policy=policy(factory, number),
        )
        for number, row in factory["items"].items()
    }


def structure(factory):
    lines = []
    for parent, components in factory["boms"].items():
        for component, given in components.items():
            row = given if isinstance(given, dict) else {"quantity": given}
            lines.append(Line(parent, component, D(row["quantity"]), D(row.get("scrap", 0))))
    return Structure(lines)


def run(factory, receipts=()):
    calendar = factory["calendar"]
    days = WorkingDays(frozenset({5, 6}), dict.fromkeys(calendar["holidays_2026"], False))
    needs = [
        mrp.Need(line["item"], line["due"], D(line["quantity"]), number)
        for number, order in factory["orders"].items()
        for line in order["lines"]
    ]
    return mrp.plan(parts(factory), structure(factory), needs, receipts, start=START, shift=days.shift)


@pytest.fixture(scope="module")
def factory():
    return read()


@pytest.fixture(scope="module")
def result(factory):
    return run(factory)


EXPECTED = sorted(read()["expected_mrp"]) if SOURCE.exists() else []


@pytest.mark.parametrize("number", EXPECTED)
def test_the_planned_order_is_as_expected(factory, result, number):
    expected = factory["expected_mrp"][number]
    [order] = [one for one in result.orders if one.item == number]

    assert order.quantity == D(expected["quantity"])
    assert order.release == expected["release"]
    if "due" in expected:
        assert order.due == expected["due"]
    if "gross" in expected:
        assert round(sum(need.quantity for need in result.requirements[number]), 2) == D(expected["gross"])
    if "net" in expected:
        on_hand, safety = D(factory["items"][number]["stock"]), D(factory["items"][number].get("safety", 0))
        assert sum(need.quantity for need in result.requirements[number]) + safety - on_hand == D(
            expected["net"]
        )


def test_nothing_else_is_planned(factory, result):
    assert {order.item for order in result.orders} == set(factory["expected_mrp"])


def test_nothing_is_late_or_short(result):
    assert result.messages == []


def test_pulling_the_body_forward_pulls_its_bar_forward(factory):
    pulled = mrp.Receipt("BD25", date(2026, 4, 7), D(110), "firm", release=date(2026, 3, 11), started=D(114))

    result = run(factory, [pulled])

    [bar] = [order for order in result.orders if order.item == "AL80"]
    assert bar.release == date(2026, 3, 4)
    assert not [order for order in result.orders if order.item == "BD25"]
