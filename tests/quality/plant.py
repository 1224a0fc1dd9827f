"""One site, a supplier, a customer and a few items; receipts and orders as the other steps make them."""

from datetime import date
from decimal import Decimal

from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.events import EventRecord
from app.core.i18n import babel
from app.inventory import services as inventory
from app.inventory.models import LocationKind, Lot, LotStatus, StockBalance
from app.masterdata.models import Item, Partner, Site, Supply
from app.quality import services as quality
from app.sales.models import CustomerOrder, CustomerOrderLine, OrderStatus

DAY = date(2026, 3, 24)


def small_app() -> Flask:
    """Return an application with the database and languages only."""
    app = Flask("octad-test")
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", SECRET_KEY="test", TIMEZONE="UTC")
    db.init_app(app)
    babel.init_app(app, locale_selector=lambda: "en")
    with app.app_context():
        db.create_all()
    return app


class Plant:
    """The plant with short ways to what a test needs."""

    def __init__(self) -> None:
        self.site = self._add(
            Site(code="DY", names={"en": "Daya"}, timezone="Asia/Taipei", weekly_off=[5, 6])
        )
        self.supplier = self._add(Partner(code="P01", names={"en": "Liangyang"}, is_supplier=True))
        self.customer = self._add(Partner(code="C01", names={"en": "Mikawa"}, is_customer=True))
        self.body = self.item("BD25", standard_cost=Decimal("440.76"))

    def _add(self, row):
        db.session.add(row)
        db.session.flush()
        return row

    def item(self, number: str, **fields) -> Item:
        """Add an item."""
        return self._add(Item(number=number, names={"en": number}, supply=Supply.MAKE, unit="pc", **fields))

    def place(self, kind: str):
        """Return the site's location of a kind."""
        return inventory.location(self.site.id, LocationKind(kind))

    def receive(self, quantity, *, into="inspection", number="BD25-260324", item=None, on=DAY) -> Lot:
        """Receive a lot from the supplier."""
        item = item or self.body
        status = LotStatus.QUARANTINE if into == "inspection" else LotStatus.RELEASED
        lot = inventory.make_lot(item, number, received_on=on, status=status, supplier_id=self.supplier.id)
        inventory.post(
            item.id,
            Decimal(quantity),
            source=self.place("supplier"),
            target=self.place(into),
            document="purchase_order:1",
            lot_id=lot.id,
            on=on,
        )
        return lot

    def held(self, lot: Lot) -> dict[str, Decimal]:
        """Return what of a lot lies where, by kind of location."""
        rows = db.session.query(StockBalance).filter_by(lot_id=lot.id).all()
        places = {kind: self.place(kind).id for kind in LocationKind}
        return {
            k.value: r.quantity
            for k, place in places.items()
            for r in rows
            if r.location_id == place and r.quantity
        }

    def film_plan(self, kind="receipt"):
        """Write the plan of the film thickness: 20 to 30 µm, AQL 1.0, and the colour by limit sample."""
        plan = quality.define_plan(self.body.id, kind, aql=Decimal("1.0"))
        quality.add_characteristic(
            plan, {"en": "Film"}, lower=Decimal(20), upper=Decimal(30), unit="µm", defect_code="D02"
        )
        quality.add_characteristic(plan, {"en": "Colour"}, defect_code="D03")
        return plan

    def order(self, *lines) -> CustomerOrder:
        """Add a confirmed order with lines (item, quantity, due date)."""
        order = CustomerOrder(
            number="SO2603-0012",
            site_id=self.site.id,
            customer_id=self.customer.id,
            entered_on=DAY,
            currency="TWD",
            status=OrderStatus.CONFIRMED,
            created_at=clock.now(),
        )
        for number, (item, quantity, due) in enumerate(lines, start=1):
            order.lines.append(
                CustomerOrderLine(number=number, item_id=item.id, quantity=Decimal(quantity), due_date=due)
            )
        self._add(order)
        for line in order.lines:
            inventory.expect(
                line.item_id,
                line.quantity,
                source=self.place("internal"),
                target=self.place("customer"),
                on=line.due_date,
                document=f"customer_order:{order.id}",
                line=str(line.number),
            )
        return order

    @staticmethod
    def told(name: str) -> list[EventRecord]:
        """Return the events of a name in their order."""
        return db.session.query(EventRecord).filter_by(name=name).order_by(EventRecord.id).all()


def rows(*films, colour=0, film_id=1, colour_id=2):
    """Return what the inspector typed: film values piece by piece and the count of wrong colours."""
    values = [{"place": f"{film_id}:{piece}", "value": str(v)} for piece, v in enumerate(films, start=1)]
    return [*values, {"place": f"{colour_id}:0", "value": str(colour)}]
