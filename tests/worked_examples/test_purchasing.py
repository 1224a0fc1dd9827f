"""The worked examples of purchasing and subcontracting, read from the shared data."""

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from app.purchasing.models import PurchaseOrderLine
from app.subcontracting.reconciliation import charge, required
from app.subcontracting.scoring import Period, score

D = Decimal
DATA = Path(__file__).parents[3] / "shared" / "data"
SOURCE = DATA / "worked_examples.yaml"
pytestmark = pytest.mark.skipif(not SOURCE.exists(), reason="the folder with shared data is not here")


@pytest.fixture(scope="module")
def examples():
    found = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    rows = found["examples"] if isinstance(found, dict) else found
    return {row["id"]: row for row in rows}


@pytest.fixture(scope="module")
def order_lines():
    folder = DATA / "adventureworks"

    def read(name):
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    vendors = {row["PurchaseOrderID"]: int(row["VendorID"]) for row in read("PurchaseOrderHeader.csv")}
    return [(vendors[row["PurchaseOrderID"]], row) for row in read("PurchaseOrderDetail.csv")]


def test_outsourcing_ten_costs_components_and_service(examples):
    example = examples["prod-outsourcing"]
    given, expected = example["input"], example["expected"]
    ordered = required(D(given["qty"]), D(given["service_qty_per_unit"]))

    assert ordered == expected["purchase_qty"]
    total = D(given["qty"]) * D(given["component_cost"]) + charge(ordered, D(given["service_price"]))
    assert total == D(str(expected["total_cost"]))


def test_the_worst_vendors_by_rejections(examples, order_lines):
    expected = examples["data-aw-vendor-reject"]["expected"]
    received, rejected, lines = defaultdict(D), defaultdict(D), defaultdict(int)
    for vendor, row in order_lines:
        received[vendor] += D(row["ReceivedQty"])
        rejected[vendor] += D(row["RejectedQty"])
        lines[vendor] += 1
    quality = {
        vendor: score(
            [
                Period(
                    0,
                    received=received[vendor],
                    accepted=received[vendor] - rejected[vendor],
                    lines_due=lines[vendor],
                )
            ]
        ).parts["quality"]
        for vendor in received
    }
    worst = sorted(quality, key=quality.get)[: len(expected["worst"])]

    assert len(quality) == expected["vendors"]
    assert [
        {"vendor": vendor, "received": int(received[vendor]), "rejected": int(rejected[vendor])}
        for vendor in worst
    ] == expected["worst"]


def test_order_lines_sum_to_their_orders_and_stock_is_what_was_not_rejected(examples):
    expected = examples["data-aw-po-totals"]["expected"]
    folder = DATA / "adventureworks"
    with (folder / "PurchaseOrderHeader.csv").open(encoding="utf-8-sig", newline="") as file:
        orders = list(csv.DictReader(file))
    with (folder / "PurchaseOrderDetail.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    sums, off = defaultdict(D), 0
    for row in lines:
        line = PurchaseOrderLine(price=D(row["UnitPrice"]), numerator=D(1), denominator=D(1))
        sums[row["PurchaseOrderID"]] += line.amount_of(D(row["OrderQty"]))
        off += D(row["ReceivedQty"]) - D(row["RejectedQty"]) != D(row["StockedQty"])
    wrong = [
        row["PurchaseOrderID"]
        for row in orders
        if sums[row["PurchaseOrderID"]] != D(row["SubTotal"])
        or D(row["SubTotal"]) + D(row["TaxAmt"]) + D(row["Freight"]) != D(row["TotalDue"])
    ]

    assert (len(orders), len(lines)) == (expected["headers"], expected["lines"])
    assert (len(wrong), off) == (expected["headers_off"], expected["lines_off"])
    assert sum(D(row["OrderQty"]) for row in lines) == expected["ordered"]
    for column, key in (("ReceivedQty", "received"), ("RejectedQty", "rejected")):
        assert sum(D(row[column]) for row in lines) == D(expected[key])
    assert sum(sums.values()) == D(expected["sum_subtotal"])
    assert sum(D(row["TotalDue"]) for row in orders) == D(expected["sum_total_due"])
