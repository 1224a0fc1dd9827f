"""MRP on the AdventureWorks bills of material: every planned order covers exactly what is missing."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.masterdata.explosion import Line, Structure, explode
from app.planning import mrp

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "adventureworks"
pytestmark = pytest.mark.skipif(
    not FOLDER.exists(), reason="the folder with shared data is not beside the project"
)
START, DUE, BICYCLE = date(2026, 3, 2), date(2026, 9, 1), "749"


def read(name):
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def plain(day, count):
    return day + timedelta(count)


@pytest.fixture(scope="module")
def structure():
    return Structure(
        Line(row["ProductAssemblyID"], row["ComponentID"], Decimal(row["PerAssemblyQty"]))
        for row in read("BillOfMaterials.csv")
        if row["ProductAssemblyID"] and not row["EndDate"]
    )


@pytest.fixture(scope="module")
def parts():
    stock = {}
    for row in read("ProductInventory.csv"):
        stock[row["ProductID"]] = stock.get(row["ProductID"], Decimal(0)) + Decimal(row["Quantity"])
    return {
        row["ProductID"]: mrp.Part(
            row["ProductID"],
            "make" if row["MakeFlag"] == "1" else "buy",
            on_hand=stock.get(row["ProductID"], Decimal(0)),
            safety_stock=Decimal(row["SafetyStockLevel"]),
            lead_days=int(row["DaysToManufacture"]),
            decimals=2,
        )
        for row in read("Product.csv")
    }


def run(parts, structure):
    need = mrp.Need(BICYCLE, DUE, Decimal(10), "customer_order:1")
    return mrp.plan(parts, structure, [need], start=START, shift=plain)


def test_without_stock_the_plan_is_the_explosion(parts, structure):
    bare = {key: mrp.Part(key, part.supply, decimals=2) for key, part in parts.items()}

    planned = {order.item: order.quantity for order in run(bare, structure).orders}

    expected = explode(structure, BICYCLE, Decimal(10), on=START)
    assert planned == expected | {BICYCLE: 10}


def test_planned_orders_cover_exactly_the_net_requirements(parts, structure):
    result = run(parts, structure)

    planned = {}
    for order in result.orders:
        planned[order.item] = planned.get(order.item, Decimal(0)) + order.good
    for item, part in parts.items():
        gross = sum((need.quantity for need in result.requirements[item]), Decimal(0))
        assert planned.get(item, 0) == max(Decimal(0), part.safety_stock + gross - part.on_hand), item


def test_every_requirement_of_a_component_is_its_parents_start(parts, structure):
    result = run(parts, structure)

    for order in result.orders:
        for line in structure.components(order.item):
            asked = [n for n in result.requirements[line.component] if n.source == order.source]
            assert sum(need.quantity for need in asked) >= order.quantity * line.quantity
            assert {need.day for need in asked} == {order.release}
