"""A small plant that buys: one site, suppliers with approved prices, a planner and a buyer."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask

from app.core import clock
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.events import EventRecord
from app.core.i18n import babel
from app.inventory import services as inventory
from app.inventory.models import LocationKind, StockBalance
from app.masterdata.models import Company, Item, ItemUnit, Partner, Site, SupplierPrice, Supply
from app.planning.models import Plan, PlannedOrder, PlanStatus
from app.purchasing import services
from app.quality import services as quality

D = Decimal
TODAY = date(2026, 3, 4)
BUYER = Actor(7, "chang", "Chang Shu-fen", frozenset({"buyer"}))


class Plant:
    """The plant with short ways to what a test needs."""

    def __init__(self):
        self.company = self.add(
            Company(id=1, names={"en": "Heyu"}, currency="TWD", vat_percent=D(5), period_cut_off_day=25)
        )
        self.site = self.add(Site(code="DY", names={"en": "Daya"}, timezone="Asia/Taipei", weekly_off=[5, 6]))
        self.metals = self.supplier("S01", "Zhenghong Metals")
        self.seals = self.supplier("S02", "Taiyong Seal")
        self.bar = self.item(
            "AL80", unit="kg", unit_decimals=2, second_unit="bar", second_unit_ratio=D("40.72")
        )
        self.price(self.metals, self.bar, "128", lead_days=5)
        self.seal = self.item("OS15")
        self.price(self.seals, self.seal, "42", lead_days=15, order_multiple=D(50))

    def add(self, row):
        db.session.add(row)
        db.session.flush()
        return row

    def supplier(self, code, name, **fields):
        fields = {"is_supplier": True, "payment_days": 60, "cut_off_day": 25} | fields
        return self.add(Partner(code=code, names={"en": name}, **fields))

    def item(self, number, *, unit="pc", **fields):
        return self.add(Item(number=number, names={"en": number}, supply=Supply.BUY, unit=unit, **fields))

    def unit(self, item, unit, numerator):
        return self.add(ItemUnit(item_id=item.id, unit=unit, numerator=D(numerator), denominator=D(1)))

    def price(self, supplier, item, price, **fields):
        fields = {"unit": item.unit, "currency": "TWD"} | fields
        return self.add(SupplierPrice(supplier_id=supplier.id, item_id=item.id, price=D(price), **fields))

    def plan(self, *needs, supply=Supply.BUY):
        """Approve a plan with planned orders (item, quantity, due)."""
        made = Plan(
            number=f"MP{db.session.query(Plan).count()}",
            site_id=self.site.id,
            status=PlanStatus.APPROVED,
            start=TODAY,
            end=date(2026, 8, 1),
            created_at=clock.now(),
        )
        self.add(made)
        for item, quantity, due in needs:
            self.add(
                PlannedOrder(
                    plan_id=made.id,
                    site_id=self.site.id,
                    item_id=item.id,
                    supply=supply,
                    quantity=D(quantity),
                    good_quantity=D(quantity),
                    release_date=TODAY,
                    due_date=due,
                )
            )
        return made

    def order(self, *needs):
        """Take a plan's needs to a purchase order that was sent; returns the order's facts."""
        found = services.order_from_plan(str(self.plan(*needs).id))
        made = services.create_order(str(found["requisition_ids"][0]))
        return services.send_order(str(made["order_id"]))

    def accept_all(self, receipt_id):
        """Let inspection pass every line of a receipt."""
        from app.purchasing.models import ReceiptLine

        for line in db.session.query(ReceiptLine).filter_by(receipt_id=receipt_id).all():
            if line.lot_id:
                facts = services.receipt_line_facts(str(line.id))
                quality.request_inspection(
                    "receipt", facts["item_id"], facts["lot_id"], facts["quantity"], facts["document"]
                )
                services.accept(str(line.id))

    def at(self, kind, item):
        """Sum what of an item lies at a kind of place."""
        place = inventory.location(self.site.id, LocationKind(kind))
        rows = db.session.query(StockBalance).filter_by(location_id=place.id, item_id=item.id).all()
        return sum((row.quantity for row in rows), D(0))

    def events(self, name):
        return [row.key for row in db.session.query(EventRecord).filter_by(name=name).all()]


@pytest.fixture
def plant():
    """The plant in an application with the database and languages only, on 2026-03-04, the buyer acting."""
    app = Flask("octad-test")
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", SECRET_KEY="test", TIMEZONE="UTC")
    db.init_app(app)
    babel.init_app(app, locale_selector=lambda: "en")
    with app.app_context(), clock.freeze(datetime(2026, 3, 4, 2, tzinfo=UTC)), acting(BUYER):
        db.create_all()
        yield Plant()
        db.session.remove()
        db.engine.dispose()
