"""A small plant that has work done outside: a relief valve assembled from supplied parts, a body anodised."""

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
from app.masterdata.models import BomLine, Company, Item, Partner, Site, SupplierPrice, Supply
from app.planning.models import Plan, PlannedOrder, PlanStatus
from app.quality import services as quality
from app.subcontracting import services

D = Decimal
TODAY = date(2026, 3, 4)
DUE = date(2026, 4, 7)
OUTSOURCING = Actor(9, "tsai", "Tsai Ming-hung", frozenset({"outsourcing"}))


class Plant:
    """The plant with short ways to what a test needs."""

    def __init__(self):
        self.company = self.add(Company(id=1, names={"en": "Heyu"}, currency="TWD", vat_percent=D(5)))
        self.site = self.add(Site(code="DY", names={"en": "Daya"}, timezone="Asia/Taipei", weekly_off=[5, 6]))
        self.workshop = self.supplier("P04", "A-Mei Assembly")
        self.finisher = self.supplier("P01", "Liangyang Finishing")
        self.furnace = self.supplier("P03", "Zhonghuo Heat Treatment")
        self.valve, self.poppet, self.spring = self.item("RV10"), self.item("PP10"), self.item("SP10")
        for part in (self.poppet, self.spring):
            self.add(BomLine(parent_id=self.valve.id, component_id=part.id, quantity=D(1), scrap=D("0.01")))
        self.price(self.workshop, self.valve, "18", lead_days=5, loss_allowance=D("0.01"))
        self.body, self.shaft = self.item("BD25"), self.item("GS25")
        self.price(
            self.finisher,
            self.body,
            "38",
            operation=30,
            lead_days=4,
            loss_allowance=D("0.01"),
            minimum_charge=D(1500),
        )
        self.price(
            self.furnace, self.shaft, "32", operation=30, unit="kg", lead_days=4, loss_allowance=D("0.01")
        )

    def add(self, row):
        db.session.add(row)
        db.session.flush()
        return row

    def supplier(self, code, name):
        return self.add(Partner(code=code, names={"en": name}, is_supplier=True, is_subcontractor=True))

    def item(self, number):
        return self.add(Item(number=number, names={"en": number}, supply=Supply.SUBCONTRACT, unit="pc"))

    def price(self, supplier, item, price, **fields):
        fields = {"unit": item.unit, "currency": "TWD"} | fields
        return self.add(SupplierPrice(supplier_id=supplier.id, item_id=item.id, price=D(price), **fields))

    def stock(self, item, quantity):
        lot = inventory.make_lot(item, f"{item.number}-260227", received_on=TODAY)
        places = [
            inventory.location(self.site.id, kind) for kind in (LocationKind.SUPPLIER, LocationKind.INTERNAL)
        ]
        inventory.post(
            item.id, D(quantity), source=places[0], target=places[1], document="opening", lot_id=lot.id
        )
        return lot

    def planned(self, item=None, quantity="190"):
        """Turn a plan's order for valves into a subcontract order; returns its id as processes know it."""
        item = item or self.valve
        plan = self.add(
            Plan(
                number=f"MP{db.session.query(Plan).count()}",
                site_id=self.site.id,
                status=PlanStatus.APPROVED,
                start=TODAY,
                end=date(2026, 8, 1),
                created_at=clock.now(),
            )
        )
        self.add(
            PlannedOrder(
                plan_id=plan.id,
                site_id=self.site.id,
                item_id=item.id,
                supply=Supply.SUBCONTRACT,
                quantity=D(quantity),
                good_quantity=D(quantity),
                release_date=date(2026, 3, 27),
                due_date=DUE,
            )
        )
        return str(services.order_from_plan(str(plan.id))["subcontract_order_ids"][0])

    def outside(self, item, supplier, quantity="110", **fields):
        """Have operation 30 of work order 21 done outside."""
        made = services.order_operation(
            work_order_id="21",
            operation_no="30",
            item_id=str(item.id),
            quantity=quantity,
            supplier_id=str(supplier.id),
            site_id=str(self.site.id),
            **fields,
        )
        return str(made["subcontract_order_id"])

    def accept(self, receipt_id):
        facts = services.receipt_facts(str(receipt_id))
        if facts["lot_id"]:
            quality.request_inspection(
                facts["kind"], facts["item_id"], facts["lot_id"], facts["quantity"], facts["document"]
            )
        return services.accept(str(receipt_id))

    def at(self, kind, item, supplier=None):
        """Sum what of an item lies at a kind of place, or at a supplier's."""
        place = inventory.location(self.site.id, LocationKind(kind), supplier.id if supplier else None)
        rows = db.session.query(StockBalance).filter_by(location_id=place.id, item_id=item.id).all()
        return sum((row.quantity for row in rows), D(0))

    def events(self, name):
        return [row.key for row in db.session.query(EventRecord).filter_by(name=name).all()]


@pytest.fixture
def plant():
    """The plant in an application with the database and languages only, on 2026-03-04, outsourcing acting."""
    app = Flask("octad-test")
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", SECRET_KEY="test", TIMEZONE="UTC")
    db.init_app(app)
    babel.init_app(app, locale_selector=lambda: "en")
    with app.app_context(), clock.freeze(datetime(2026, 3, 4, 2, tzinfo=UTC)), acting(OUTSOURCING):
        db.create_all()
        yield Plant()
        db.session.remove()
        db.engine.dispose()
