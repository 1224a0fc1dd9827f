"""MRP of a real company's items, bills and stock: from the database to the saved planned orders."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from app import create_app
from app.core import clock
from app.core.db import db
from app.imports.loading import import_folder
from app.masterdata.models import Company, Item, Partner
from app.planning.models import PlannedOrder
from app.planning.services import run_mrp
from app.sales.services import confirm_order, create_order, review_order
from app.sales.services.orders import REVIEW
from benchmarks.table import Row
from benchmarks.web import ROOT
from tests.real.adventureworks import CURRENCY, SITE, convert

DATA = ROOT.parent / "shared" / "data" / "adventureworks"
WHAT, LIMIT, RUNS = "MRP of AdventureWorks: SQLite to saved planned orders", 1.0, 10
BIKES = 20


def measure(folder: Path) -> Row:
    """Import the company into ``folder`` and plan it again and again."""
    if not DATA.is_dir():
        return Row(WHAT, LIMIT, absent="no ../shared/data/adventureworks")
    folder.mkdir()
    convert(DATA, folder)
    settings = {"DEMO": "1", "DATABASE_URL": f"sqlite:///{folder}/aw.db", "FILES": str(folder / "files")}
    with create_app(settings).app_context():
        db.create_all()
        db.session.add(Company(id=1, names={"en": "Adventure Works"}, currency=CURRENCY, document_decimals=2))
        import_folder(folder)
        _order()
        db.session.commit()
        times = tuple(_plan() for _ in range(RUNS))
        items, orders = _counted(Item), _counted(PlannedOrder) // RUNS
        db.session.remove()
        db.engine.dispose()
    return Row(f"{WHAT} ({items} items, {orders} orders)", LIMIT, times)


def _order() -> None:
    """Let a store order ten of each of many bikes."""
    store = db.session.scalars(select(Partner).where(Partner.is_customer).order_by(Partner.id)).first()
    bikes = db.session.scalars(select(Item).where(Item.number.like("BK-%")).order_by(Item.id).limit(BIKES))
    due = (clock.today("UTC") + timedelta(days=90)).isoformat()
    lines = [{"item_id": bike.id, "quantity": "10", "due_date": due} for bike in bikes]
    order = create_order(SITE, store.id, lines)
    review_order(order.id, dict.fromkeys(REVIEW, True))
    confirm_order(order.id)


def _plan() -> float:
    """Return the seconds that one plan takes, nothing being in memory before."""
    db.session.remove()
    begun = time.perf_counter()
    run_mrp(SITE)
    db.session.commit()
    return time.perf_counter() - begun


def _counted(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0
