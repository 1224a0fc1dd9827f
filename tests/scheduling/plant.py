"""A shop of three work centres, a pump body with an outside operation in the middle, and its plan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.core import clock
from app.core.db import db
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind, Lot, StockBalance
from app.masterdata.models import (
    BomLine,
    CodeKind,
    Company,
    Item,
    Machine,
    Partner,
    ReasonCode,
    RoutingOperation,
    Shift,
    Site,
    Supply,
    WorkCentre,
)
from app.planning.models import Plan, PlannedOrder
from app.planning.models import Supply as PlannedSupply
from app.scheduling import queries, services
from app.scheduling.models import WorkOrder

D = Decimal
BREAKS = [["10:00", "10:10"], ["12:00", "13:00"], ["15:00", "15:10"]]


class Plant:
    """The shop with short ways to what a test needs."""

    def __init__(self) -> None:
        self.add(Company(id=1, names={"en": "Heyu"}, labour_per_hour=D(280), overrun_percent=D(5)))
        self.site = self.add(Site(code="DY", names={"en": "Daya"}, timezone="Asia/Taipei", weekly_off=[5, 6]))
        self.day = self.shift("D", "08:00", "17:00", BREAKS)
        self.night = self.shift("N", "20:00", "05:00", [["00:00", "01:00"]])
        self.lathe = self.centre("LATHE", ["L01", "L02"], [self.day, self.night], "0.5")
        self.mill = self.centre("MILL", ["M01"], [self.day])
        self.wash = self.centre("WASH", ["W01"], [self.day])
        self.finisher = self.add(Partner(code="P01", names={"en": "Liangyang"}, is_subcontractor=True))
        self.bar = self.add(
            Item(number="AL80", names={"en": "Bar"}, supply=Supply.BUY, unit="kg", unit_decimals=3)
        )
        self.body = self.add(
            Item(
                number="BD25",
                names={"en": "Pump body"},
                supply=Supply.MAKE,
                unit="pc",
                revision="C",
                yield_ratio=Decimal("0.97"),
            )
        )
        self.add(BomLine(parent_id=self.body.id, component_id=self.bar.id, quantity=D("0.905")))
        self.routing(10, self.lathe, 60, 9)
        self.routing(20, self.mill, 90, 12, inspect=True)
        self.add(
            RoutingOperation(
                item_id=self.body.id,
                number=30,
                names={"en": "Anodise"},
                supplier_id=self.finisher.id,
                outside_lead_days=4,
            )
        )
        self.routing(40, self.wash, 0, 3)
        for kind, code in ((CodeKind.DEFECT, "D06"), (CodeKind.STOP, "P02")):
            self.add(ReasonCode(kind=kind, code=code, names={"en": code}))

    @staticmethod
    def add(row):
        db.session.add(row)
        db.session.flush()
        return row

    def shift(self, code, start, end, breaks):
        return self.add(
            Shift(site_id=self.site.id, code=code, names={"en": code}, start=start, end=end, breaks=breaks)
        )

    def centre(self, code, machines, shifts, crew="1"):
        return self.add(
            WorkCentre(
                site_id=self.site.id,
                code=code,
                names={"en": code.title()},
                crew=D(crew),
                machines=[Machine(code=one) for one in machines],
                shifts=shifts,
            )
        )

    def routing(self, number, centre, setup, run, **fields):
        return self.add(
            RoutingOperation(
                item_id=self.body.id,
                number=number,
                names={"en": f"Operation {number}"},
                work_centre_id=centre.id,
                setup_minutes=D(setup),
                run_minutes=D(run),
                **fields,
            )
        )

    def plan(self, *quantities, release=date(2026, 3, 11), due=date(2026, 4, 7), good=None) -> Plan:
        """Add a plan with a planned order of the body for each quantity."""
        plan = self.add(
            Plan(
                number=f"PL{db.session.query(Plan).count() + 1}",
                site_id=self.site.id,
                start=release,
                end=due,
                created_at=clock.now(),
            )
        )
        for quantity in quantities:
            self.add(
                PlannedOrder(
                    plan_id=plan.id,
                    site_id=self.site.id,
                    item_id=self.body.id,
                    supply=PlannedSupply.MAKE,
                    quantity=D(quantity),
                    good_quantity=D(good or quantity),
                    release_date=release,
                    due_date=due,
                )
            )
        return plan

    def release(self, *quantities, **dates) -> list[WorkOrder]:
        """Release work orders for so many bodies each."""
        made = services.release_work_orders(self.plan(*quantities, **dates).id)
        return [queries.work_order(one) for one in made["work_order_ids"]]

    def stock(self, quantity, *, number="AL80-260311", on=date(2026, 3, 11)) -> Lot:
        """Receive a lot of bar into the store."""
        lot = inventory.make_lot(self.bar, number, received_on=on)
        inventory.post(
            self.bar.id,
            D(quantity),
            source=self.place("supplier"),
            target=self.place("internal"),
            document="purchase_order:1",
            lot_id=lot.id,
        )
        return lot

    def place(self, kind) -> Location:
        return inventory.location(self.site.id, LocationKind(kind))

    def held(self, item, kind) -> Decimal:
        """Return how much of an item lies in the locations of a kind."""
        rows = db.session.query(StockBalance).join(StockBalance.location)
        found = rows.filter(StockBalance.item_id == item.id, Location.kind == LocationKind(kind))
        return sum((row.quantity for row in found), D(0))
