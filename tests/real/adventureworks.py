"""Turn the AdventureWorks tables into the files that ``flask import-data`` reads.

Settled here, because the tables don't say: one site; items are counted in the unit their bills
use, else in pieces; purchase prices and quantities are per that unit; a bike passes subassembly and
final assembly, what takes two days the frame shop, every other made item subassembly; an hour of set-up
per order, and the days to manufacture are those of a lot of 500, spread over the operations. A work
location has one machine for each 40 hours of its availability. Code of a vendor or store is its number.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

SITE, CURRENCY = "AW", "USD"
DAY, LOT = 480, 500
ROUTES = {"1": ["50"], "2": ["10", "20", "30", "40"], "4": ["50", "60"]}


class Source:
    """The tables of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.products = {row["ProductID"]: row for row in self.rows("Product")}
        self.numbers = {key: row["ProductNumber"] for key, row in self.products.items()}

    def rows(self, name: str) -> list[dict[str, str]]:
        """Return a table's rows with the blanks around cells removed."""
        with (self.folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return [
                {key: (value or "").strip() for key, value in row.items() if key}
                for row in csv.DictReader(file)
            ]


def convert(folder: Path, target: Path) -> None:
    """Write the import files for the tables of ``folder`` into ``target``."""
    source = Source(folder)
    for name, rows in (
        ("company", [{"name_en": "Adventure Works", "currency": CURRENCY, "document_decimals": 2}]),
        ("sites", [{"code": SITE, "name_en": "Bothell", "timezone": "America/Los_Angeles"}]),
        ("shifts", _shifts(source)),
        ("work_centres", _work_centres(source)),
        ("partners", _partners(source)),
        ("items", _items(source)),
        ("boms", _boms(source)),
        ("routings", _routings(source)),
        ("supplier_prices", _prices(source)),
        ("standard_costs", _costs(source)),
        ("locations", _locations(source)),
        ("stock", _stock(source)),
        ("purchase_history", _purchases(source)),
    ):
        _write(target / f"{name}.csv", list(rows))


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _shifts(source: Source) -> Iterable[dict]:
    for row in source.rows("Shift"):
        yield {
            "site": SITE,
            "code": row["Name"].lower(),
            "name_en": row["Name"],
            "start": row["StartTime"][:5],
            "end": row["EndTime"][:5],
        }


def _work_centres(source: Source) -> Iterable[dict]:
    for row in source.rows("Location"):
        if float(row["CostRate"]) > 0:
            yield {
                "site": SITE,
                "code": f"WC{row['LocationID']}",
                "name_en": row["Name"],
                "machine_per_hour": row["CostRate"],
                "machines": ";".join(
                    f"WC{row['LocationID']}-{n}" for n in range(1, int(float(row["Availability"])) // 40 + 1)
                ),
                "shifts": "day;evening;night",
            }


def _partners(source: Source) -> Iterable[dict]:
    common = {"country": "US", "currency": CURRENCY, "vat": "none"}
    for row in source.rows("Vendor"):
        yield {
            "code": row["BusinessEntityID"],
            "name_en": row["Name"],
            "is_customer": 0,
            "is_supplier": 1,
            "active": row["ActiveFlag"],
        } | common
    for row in source.rows("Store"):
        yield {
            "code": row["BusinessEntityID"],
            "name_en": row["Name"],
            "is_customer": 1,
            "is_supplier": 0,
            "active": 1,
        } | common


def _units(source: Source) -> dict[str, str]:
    return {row["ComponentID"]: row["UnitMeasureCode"] for row in source.rows("BillOfMaterials")}


def _items(source: Source) -> Iterable[dict]:
    units, quotes = _units(source), {}
    for row in source.rows("ProductVendor"):
        quotes.setdefault(row["ProductID"], []).append((float(row["StandardPrice"]), row))
    for key, row in source.products.items():
        best = min(quotes.get(key, []), key=lambda quote: quote[0], default=(0, {}))[1]
        made, unit = row["MakeFlag"] == "1", units.get(key, "EA")
        yield {
            "number": row["ProductNumber"],
            "name_en": row["Name"],
            "supply": "make" if made else "buy",
            "unit": unit.lower(),
            "unit_decimals": 0 if unit == "EA" else 2,
            "safety_stock": row["SafetyStockLevel"],
            "reorder_point": row["ReorderPoint"],
            "lead_days": row["DaysToManufacture"] if made else best.get("AverageLeadTime", "0"),
            "supplier": best.get("BusinessEntityID", "") if not made else "",
            "standard_cost": row["StandardCost"],
            "price": row["ListPrice"],
            "price_currency": CURRENCY,
        }


def _boms(source: Source) -> Iterable[dict]:
    for row in source.rows("BillOfMaterials"):
        if row["ProductAssemblyID"]:
            yield {
                "parent": source.numbers[row["ProductAssemblyID"]],
                "component": source.numbers[row["ComponentID"]],
                "quantity": row["PerAssemblyQty"],
                "valid_from": row["StartDate"][:10],
                "valid_to": row["EndDate"][:10],
            }


def _routings(source: Source) -> Iterable[dict]:
    names = {row["LocationID"]: row["Name"] for row in source.rows("Location")}
    for row in source.products.values():
        if row["MakeFlag"] != "1":
            continue
        places = ROUTES[row["DaysToManufacture"]]
        for step, place in enumerate(places, start=1):
            yield {
                "item": row["ProductNumber"],
                "number": step * 10,
                "name_en": names[place],
                "work_centre": f"WC{place}",
                "setup_minutes": 60,
                "run_minutes": DAY * int(row["DaysToManufacture"]) / len(places) / LOT,
            }


def _prices(source: Source) -> Iterable[dict]:
    units = _units(source)
    for row in source.rows("ProductVendor"):
        yield {
            "supplier": row["BusinessEntityID"],
            "item": source.numbers[row["ProductID"]],
            "price": row["StandardPrice"],
            "currency": CURRENCY,
            "unit": units.get(row["ProductID"], "EA").lower(),
            "minimum_quantity": 0,
            "lead_days": row["AverageLeadTime"],
        }


def _costs(source: Source) -> Iterable[dict]:
    """Return the cost in force of each product that has one: the one without an end."""
    for row in source.rows("ProductCostHistory"):
        if not row["EndDate"]:
            yield {"item": source.numbers[row["ProductID"]], "standard_cost": row["StandardCost"]}


def _locations(source: Source) -> Iterable[dict]:
    for row in source.rows("Location"):
        yield {"site": SITE, "code": f"L{row['LocationID']}", "name_en": row["Name"], "kind": "internal"}


def _stock(source: Source) -> Iterable[dict]:
    for row in source.rows("ProductInventory"):
        if int(row["Quantity"]) > 0:
            yield {
                "site": SITE,
                "location": f"L{row['LocationID']}",
                "item": source.numbers[row["ProductID"]],
                "quantity": row["Quantity"],
            }


def _purchases(source: Source) -> Iterable[dict]:
    headers = {row["PurchaseOrderID"]: row for row in source.rows("PurchaseOrderHeader")}
    for row in source.rows("PurchaseOrderDetail"):
        header = headers[row["PurchaseOrderID"]]
        yield {
            "order": row["PurchaseOrderID"],
            "line": row["PurchaseOrderDetailID"],
            "supplier": header["VendorID"],
            "ordered_on": header["OrderDate"][:10],
            "item": source.numbers[row["ProductID"]],
            "ordered": row["OrderQty"],
            "price": row["UnitPrice"],
            "due": row["DueDate"][:10],
            "received": row["ReceivedQty"],
            "rejected": row["RejectedQty"],
            "received_on": header["ShipDate"][:10],
        }
