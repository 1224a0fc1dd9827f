"""The plant's documents and lots as things that are related: who ordered, made, consumed, inspected, shipped what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import literal, select

from app.core.db import db
from app.core.objects import Thing, things
from app.inventory.models import Location, LocationKind, Lot, MoveState, StockCount, StockMove, StockTransfer
from app.logistics.models import Shipment, ShipmentLine
from app.masterdata.models import Item, Partner
from app.planning.models import Plan
from app.purchasing.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    Requisition,
    SupplierInvoice,
    SupplierInvoiceLine,
    SupplierReturn,
)
from app.quality.models import Inspection, Nonconformance
from app.sales.models import CustomerOrder
from app.scheduling.models import WorkOrder
from app.subcontracting.models import SubcontractOrder, SubcontractReceipt

TOLD = ("number", "status", "quantity")
"""What is told of a thing where its table has it; prices and names of people never."""
KINDS: dict[str, tuple[Any, str]] = {
    "customer_order": (CustomerOrder, "created_at"),
    "plan": (Plan, "created_at"),
    "requisition": (Requisition, "created_at"),
    "purchase_order": (PurchaseOrder, "created_at"),
    "receipt": (Receipt, "created_at"),
    "supplier_invoice": (SupplierInvoice, "created_at"),
    "supplier_return": (SupplierReturn, "created_at"),
    "subcontract_order": (SubcontractOrder, "created_at"),
    "subcontract_receipt": (SubcontractReceipt, "created_at"),
    "work_order": (WorkOrder, "created_at"),
    "lot": (Lot, "received_on"),
    "inspection": (Inspection, "requested_at"),
    "nonconformance": (Nonconformance, "opened_at"),
    "shipment": (Shipment, "created_at"),
    "stock_transfer": (StockTransfer, "created_at"),
    "stock_count": (StockCount, "created_at"),
}
"""Each kind with its table and the column that says since when it is there."""
COLUMNS = (
    ("plan", Plan, "customer_order_id", "customer_order", "plans for"),
    ("purchase_order", PurchaseOrder, "requisition_id", "requisition", "orders"),
    ("receipt", Receipt, "order_id", "purchase_order", "delivers"),
    ("subcontract_order", SubcontractOrder, "plan_id", "plan", "planned by"),
    ("subcontract_order", SubcontractOrder, "work_order_id", "work_order", "works on"),
    ("subcontract_receipt", SubcontractReceipt, "order_id", "subcontract_order", "delivers"),
    ("subcontract_receipt", SubcontractReceipt, "lot_id", "lot", "brings"),
    ("work_order", WorkOrder, "plan_id", "plan", "planned by"),
    ("work_order", WorkOrder, "lot_id", "lot", "makes"),
    ("inspection", Inspection, "lot_id", "lot", "inspects"),
    ("nonconformance", Nonconformance, "lot_id", "lot", "is about"),
    ("nonconformance", Nonconformance, "inspection_id", "inspection", "found by"),
    ("supplier_return", SupplierReturn, "lot_id", "lot", "returns"),
    ("shipment", Shipment, "order_id", "customer_order", "ships"),
    ("stock_transfer", StockTransfer, "lot_id", "lot", "moves"),
)
"""Kind, table, the column that points to another thing, that thing's kind, and how they belong together."""
DOCUMENTS = (
    ("lot", Lot, "made or received by"),
    ("inspection", Inspection, "asked for by"),
    ("nonconformance", Nonconformance, "happened on"),
    ("supplier_return", SupplierReturn, "goes back from"),
)
"""Kinds whose table names another document in words, and how they belong together."""


@things
def documents() -> Iterator[Thing]:
    """Every document and lot of the plant with what it is related to."""
    found: dict[str, Thing] = {}
    for kind, (model, since) in KINDS.items():
        found.update({one.key: one for one in _things(kind, model, since)})
    found.update({one.key: one for one in _received_lines()})
    for origin, target, how in _relations():
        if origin in found and target in found:
            found[origin].related[target, how] = None
    yield from found.values()


def _things(kind: str, model: Any, since: str) -> Iterator[Thing]:
    columns = [name for name in TOLD if name in model.__table__.c]
    query = select(model.id, getattr(model, since), *(getattr(model, name) for name in columns))
    extra = []
    for name, other, label in (("item_id", Item, "number"), ("supplier_id", Partner, "code")):
        if name in model.__table__.c:
            query = query.outerjoin(other, other.id == getattr(model, name))
            query = query.add_columns(getattr(other, label))
            extra.append(name.removesuffix("_id"))
    for identifier, at, *values in db.session.execute(query.order_by(model.id)):
        told = {
            name: str(getattr(value, "value", value))
            for name, value in zip([*columns, *extra], values, strict=True)
            if value is not None
        }
        yield Thing(f"{kind}:{identifier}", _moment(at), told)


def _received_lines() -> Iterator[Thing]:
    """The lines of receipts: inspections and returns are about one of them."""
    query = select(ReceiptLine.id, ReceiptLine.receipt_id, ReceiptLine.quantity, Receipt.created_at)
    for identifier, receipt, quantity, at in db.session.execute(query.join(Receipt).order_by(ReceiptLine.id)):
        related = {(f"receipt:{receipt}", "line of"): None}
        yield Thing(f"receipt_line:{identifier}", at, {"quantity": str(quantity)}, related)


def _moment(at: datetime | date) -> datetime:
    """A day counts from its beginning at the plant."""
    return (
        at
        if isinstance(at, datetime)
        else datetime.combine(at, time(), ZoneInfo(current_app.config["TIMEZONE"]))
    )


def _relations() -> Iterator[tuple[str, str, str]]:
    """All relations: of what, to what, how."""
    for kind, model, column, other, how in COLUMNS:
        pointer = getattr(model, column)
        for identifier, target in _rows(
            select(model.id, pointer).where(pointer.is_not(None)).order_by(model.id)
        ):
            yield f"{kind}:{identifier}", f"{other}:{target}", how
    for kind, model, how in DOCUMENTS:
        query = select(model.id, model.document).where(model.document.is_not(None)).order_by(model.id)
        for identifier, target in _rows(query):
            yield f"{kind}:{identifier}", target, how
    yield from _through_lines()
    yield from _consumed()


def _rows(query: Any) -> Iterable[Any]:
    return db.session.execute(query)


def _through_lines() -> Iterator[tuple[str, str, str]]:
    """What belongs together by its lines: received, billed and shipped lots and orders."""
    received = select(ReceiptLine.receipt_id, ReceiptLine.lot_id).where(ReceiptLine.lot_id.is_not(None))
    shipped = select(ShipmentLine.shipment_id, ShipmentLine.lot_id).where(ShipmentLine.lot_id.is_not(None))
    bought = select(SupplierInvoiceLine.invoice_id, PurchaseOrderLine.order_id).join(
        PurchaseOrderLine, PurchaseOrderLine.id == SupplierInvoiceLine.order_line_id
    )
    worked = select(SupplierInvoiceLine.invoice_id, SupplierInvoiceLine.subcontract_order_id).where(
        SupplierInvoiceLine.subcontract_order_id.is_not(None)
    )
    for query, kind, other, how in (
        (received, "receipt", "lot", "brings"),
        (shipped, "shipment", "lot", "contains"),
        (bought, "supplier_invoice", "purchase_order", "bills"),
        (worked, "supplier_invoice", "subcontract_order", "bills"),
    ):
        for identifier, target in _rows(query.distinct().order_by(*query.selected_columns)):
            yield f"{kind}:{identifier}", f"{other}:{target}", how


def _consumed() -> Iterator[tuple[str, str, str]]:
    """The lots that went into a document's work, and so into the lots that came out of it."""
    query = (
        select(StockMove.document, StockMove.lot_id, literal("consumes"))
        .distinct()
        .join(Location, Location.id == StockMove.to_id)
        .where(StockMove.state == MoveState.DONE, StockMove.lot_id.is_not(None))
        .where(Location.kind.in_((LocationKind.WIP, LocationKind.SUBCONTRACTOR)))
        .order_by(StockMove.document, StockMove.lot_id)
    )
    used: dict[str, list[str]] = {}
    for document, lot, how in _rows(query):
        used.setdefault(document, []).append(f"lot:{lot}")
        yield document, f"lot:{lot}", how
    for lot, document in _rows(select(Lot.id, Lot.document).order_by(Lot.id)):
        for one in used.get(document or "", ()):
            if one != f"lot:{lot}":
                yield f"lot:{lot}", one, "made from"
