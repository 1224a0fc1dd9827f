"""The story of order SO2603-0012 as the demo factory's file tells it: seventeen events, told by its people.

The events build on each other and run in order on one factory; what the product does not do yet is named
with its reason. Figures are the file's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit_check
from app.core.db import db
from app.costing import services as costing
from app.costing.models import Account, OrderProfit, Period, ProductionCost
from app.costing.queries import books, invoices, orders
from app.costing.services.production import wip_of
from app.demo import load
from app.demo.loader import plant
from app.inventory.models import Lot, LotStatus, StockMove
from app.logistics.models import Shipment
from app.masterdata.models import Partner
from app.purchasing.models import OrderStatus as PurchaseStatus
from app.purchasing.models import Payable, PurchaseOrder, SupplierInvoice
from app.quality.models import Inspection, Nonconformance
from app.sales.models import CustomerOrderLine
from app.sales.models import OrderStatus as SalesStatus
from app.scheduling.models import WorkOrder
from app.shopfloor.models import Downtime, TimeLog
from app.subcontracting.models import DeliveryRecord, SuppliedComponent
from app.workflow.models import Incident
from tests import conftest
from tests.scenarios import answers
from tests.scenarios.plot import (
    Story,
    document,
    in_store,
    item,
    line_of,
    planned,
    purchase_of,
    row_of,
    rows,
    sales_order,
    subcontract,
    work_order,
)
from tests.workflow.logs import kept, the_logs_fit

D = Decimal
PUMPS, VALVES = "SO2603-0012", "SO2603-0013"
FILM = [24.1, 23.5, 22.8, 25.0, 21.7, 23.9, 18.4, 22.2, 24.6, 17.9, 23.0, 21.9, 22.5]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The factory on the morning of Monday 2 March 2026, its two orders entered and not reviewed yet."""
    folder = tmp_path_factory.mktemp("story")
    for app in conftest._app(f"sqlite:///{folder}/story.db", folder):
        app.config["DEMO"] = True
        told = Story(app)
        with told.day("2026-03-02T08:00"):
            load(confirm=False)
        yield told


def invoice(story: Story, login: str, key: str, on: str, **typed: str) -> SupplierInvoice:
    """Enter the invoice of an order, dated a day; ``typed``: quantity by item, all as accepted when empty."""

    def fill(values: dict[str, str]) -> dict[str, str]:
        values = answers.invoice(values) | {"invoice_date": on}
        for name in rows(values, "quantity") if typed else []:
            about = values[name.replace("-quantity", "-item")]
            values[name] = next((amount for code, amount in typed.items() if about.startswith(code)), "0")
        return values

    story.do(login, "enter_invoice", fill, about=key)
    return db.session.scalars(select(SupplierInvoice).order_by(SupplierInvoice.id.desc()).limit(1)).one()


def reviewed_and_planned(story: Story) -> None:
    """Drawing, tooling, capacity and certificates are reviewed; wu pulls the bodies forward and approves."""
    with story.day("2026-03-02T09:00"):
        for number in (PUMPS, VALVES):
            path = f"/sales/orders/{sales_order(number).id}"
            ticked = {}
            for login, point in (
                ("tseng", "drawing"),
                ("tseng", "tooling"),
                ("wu", "capacity"),
                ("hsieh", "certificates"),
            ):
                ticked[point] = "on"
                story.post(login, f"{path}/review", ticked)
        for number in (VALVES, PUMPS):
            story.post("huang", f"/sales/orders/{sales_order(number).id}/confirm", {})
        for code, expected in plant()["expected_mrp"].items():
            order = planned(code, PUMPS)
            assert order.quantity == D(str(expected["quantity"])), code
            assert order.release_date == expected["release"], code

        def pull(values: dict[str, str]) -> dict[str, str]:
            return values | {"decision": "approve", f"{row_of(values, 'BD25')}release_date": "2026-03-11"}

        story.do("wu", "review_plan", pull, about=sales_order(PUMPS))
        assert planned("BD25", PUMPS).release_date == date(2026, 3, 11)
        assert planned("AL80", PUMPS).release_date == date(2026, 3, 4)
        story.do("wu", "review_plan", {"decision": "approve"}, about=sales_order(PUMPS))
        story.routine("review_plan", fill=lambda values: values | {"decision": "approve"})
        story.routine("review_schedule")
        assert work_order("BD25").quantity == 114
        assert work_order("GS25").quantity == 225
        assert work_order("GP25").quantity == 120
        assert subcontract("RV10", None).quantity == 190
    with story.day("2026-03-04T10:00"):
        story.routine("check_order")
        assert {order.status for order in db.session.scalars(select(PurchaseOrder))} == {PurchaseStatus.SENT}


def aluminium(story: Story) -> None:
    """Three bars ordered as 122.16 kg weigh 124.60 kg; the invoice is for what was weighed."""
    with story.day("2026-03-11T09:00"):
        order, line = purchase_of("AL80"), line_of("AL80")
        assert line.quantity == D("122.16")

        def receive(values: dict[str, str]) -> dict[str, str]:
            for name in rows(values, "quantity"):
                values[name] = "0"
            row = row_of(values, "AL80")
            weighed = {"quantity": "124.60", "second_quantity": "3", "lot": "AL80-260311"}
            weighed |= {"certificate": "MILL-6061"}
            return values | {f"{row}{key}": value for key, value in weighed.items()}

        story.do("liu", "receive_goods", receive, about=order)
        story.routine("put_away")
        lot = db.session.scalars(select(Lot).where(Lot.number == "AL80-260311")).one()
        assert (lot.status, lot.certificate) == (LotStatus.RELEASED, "MILL-6061")
        moved = db.session.scalars(
            select(StockMove).where(StockMove.lot_id == lot.id).order_by(StockMove.id)
        ).first()
        assert (moved.quantity, moved.second_quantity) == (D("124.6"), 3)
        assert in_store("AL80") == D("95") + D("124.6")
    with story.day("2026-03-16T09:00"):
        story.do("liu", "receive_goods", {"complete": "1"}, about=purchase_of("CM45"))
        story.routine("put_away")
        found = invoice(story, "yang", document(purchase_of("AL80")), "2026-03-11", AL80="124.60")
        assert (found.net, found.tax, found.total) == (15949, 797, 16746)
        found = invoice(story, "yang", document(purchase_of("CM45")), "2026-03-16")
        assert found.net == 8614  # 187.25 kg at 46


def bodies_turned(story: Story) -> None:
    """The bodies are turned on L01."""
    with story.day("2026-03-12T08:00"):
        order = work_order("BD25")
        story.do("liu", "issue_material", about=order)
        assert in_store("AL80") == D("95") + D("124.6") - D("103.17")
    with story.day("2026-03-13T16:00"):
        turned = {"machine": "L01", "good": "114", "run_minutes": "1026", "setup_minutes": "60"}
        story.do("hung_v", "report_operation", turned, about=order)
        log = db.session.scalars(select(TimeLog).where(TimeLog.work_order_id == order.id)).one()
        assert (log.good, log.scrap, log.labour_minutes) == (114, 0, 60 + 1026 * D("0.5"))


def mill_breaks(story: Story) -> None:
    """An end mill breaks: four bodies lost, the machine stands for 280 minutes and 40 more next morning."""
    order = work_order("BD25")
    with story.day("2026-03-16T23:10"):
        night = {"machine": "M01", "good": "60", "scrap": "4", "scrap_reason": "D06"}
        night |= {"stop_minutes": "280", "stop_reason": "P02", "run_minutes": "720", "setup_minutes": "90"}
        story.do("hsu", "report_operation", night, about=order)
    with story.day("2026-03-17T08:00"):
        story.do("hung", "review_scrap", {"action": "New end mills; life counted from now on"}, about=order)
        morning = {"machine": "M01", "good": "50", "run_minutes": "600", "setup_minutes": "0"}
        morning |= {"stop_minutes": "40", "stop_reason": "P02"}
        story.do("hsu", "report_operation", morning, about=order)
        story.do("chou", "measure", answers.measure)
        minutes = db.session.scalars(select(Downtime.minutes).where(Downtime.reason == "P02"))
        assert sum(minutes) == 320
        order = work_order("BD25")
        db.session.refresh(order, ["item"])
        assert (order.scrap, order.expected_scrap) == (4, D("3.42"))


def bought_after_the_fact(story: Story) -> None:
    """Three end mills were fetched at night; the order is written next day, the need confirmed, lin approves."""
    with story.day("2026-03-17T09:00"):
        supplier = db.session.scalars(select(Partner).where(Partner.code == "T01")).one()
        asked = {
            "site_id": "1",
            "description": "End mill dia 16",
            "quantity": "3",
            "needed_on": "2026-03-17",
            "supplier_id": str(supplier.id),
            "after_the_fact": "on",
            "bought_on": "2026-03-16",
            "reason": "M01 stood at night, tool broken",
        }
        story.post("wu", "/purchasing/requisitions/new", asked)
        order = db.session.scalars(
            select(PurchaseOrder).where(PurchaseOrder.supplier_id == supplier.id)
        ).one()
        story.do("chang", "check_order", {"lines-0-price": "1200"}, about=document(order))
        story.do("hung", "approve_need", {"approve": "1"}, about=document(order))
        story.do("lin", "approve_plant", {"approve": "1"}, about=document(order))
        db.session.refresh(order)
        assert (order.after_the_fact, order.status) == (True, PurchaseStatus.SENT)
        story.do("liu", "receive_goods", about=document(order))
        found = invoice(story, "yang", document(order), "2026-03-17")
        assert (found.net, found.tax) == (3600, 180)
        costing.value_moves()
        assert books.balances()[Account.EXPENSE]["balance"] == 3600


def sent_outside(story: Story) -> None:
    """110 bodies to P01; 225 shafts turned, hobbed at P02, delivered by P02 to P03."""
    with story.day("2026-03-18T10:00"):
        bodies = subcontract("BD25", 30)
        assert bodies.quantity == 110
        assert bodies.work_order_id == work_order("BD25").id
        story.do("liu", "send_pieces", {"sent": "1"}, about=bodies)
        shafts = work_order("GS25")
        story.do("liu", "issue_material", about=shafts)
        turned = {"machine": "L02", "good": "225", "run_minutes": "1350", "setup_minutes": "45"}
        story.do("hung_v", "report_operation", turned, about=shafts)
    with story.day("2026-03-19T10:00"):
        hobbing = subcontract("GS25", 20)
        story.do("liu", "send_pieces", {"sent": "1"}, about=hobbing)
        assert (hobbing.quantity, hobbing.price) == (225, 55)
    with story.day("2026-03-24T10:00"):
        story.do("liu", "receive_order", {"quantity": "225", "complete": "1"}, about=hobbing)
        found = invoice(story, "yang", f"subcontract_order:{hobbing.id}", "2026-03-24")
        assert (found.net, found.tax) == (12375, 619)
        hardening = subcontract("GS25", 30)
        assert hardening.quantity == 225
        db.session.refresh(hobbing)
        assert hobbing.next_supplier_id == hardening.supplier_id


def film_too_thin(story: Story) -> None:
    """Code letter F at AQL 1.0 becomes thirteen pieces; two films below 20: rejected."""
    with story.day("2026-03-24T14:00"):
        story.do("liu", "receive_order", {"quantity": "110", "complete": "1"}, about=subcontract("BD25", 30))
        inspection = film_inspection()
        assert (inspection.sample_size, inspection.accept_number, inspection.reject_number) == (13, 0, 1)
        assert inspection.code_letter == "F"
        story.do("chou", "measure", lambda values: typed(values, FILM), about=inspection)
        db.session.refresh(inspection)
        assert inspection.defective == 2
        found = db.session.scalars(select(Nonconformance)).one()
        assert (found.quantity, found.defect_code) == (110, "D02")
        story.do("chou", "contain", {"containment": "Locked away", "severity": "major"})


def film_inspection() -> Inspection:
    """Return the newest inspection of the bodies after anodising."""
    return db.session.scalars(
        select(Inspection)
        .where(Inspection.item_id == item("BD25").id, Inspection.operation == 30)
        .order_by(Inspection.id.desc())
    ).first()


def typed(values: dict[str, str], films: list[float], colour: int = 0) -> dict[str, str]:
    """Type thirteen films and the count of wrong colours."""
    names = rows(values, "value")
    assert len(names) == len(films) + 1
    return values | dict(zip(names, [*map(str, films), str(colour)], strict=True))


def concession_refused(story: Story) -> None:
    """Mikawa refuses the concession; the bodies go back to P01, the 8D is due on 8 April."""
    with story.day("2026-03-25T09:00"):
        wish = {"disposition": "use_as_is", "reason": "Film close to the limit"}
        story.do("hsieh", "decide", wish)
        story.do("huang", "customer_consent", {"reference": "Mail of Mikawa, 25 March"})
        back = {"disposition": "return_to_supplier", "reason": "Strip and anodise again, free of charge"}
        story.do("hsieh", "decide", back)
        story.routine("approve", fill=lambda values: values | {"approved": "1", "reason": "Agreed"})
        cause = {
            "cause_group": "method",
            "cause": "Bath too cold",
            "corrective_action": "Log the bath's temperature",
            "action_owner": "P01",
            "action_due": "2026-04-08",
        }
        story.do("hsieh", "analyse", cause)
        found = db.session.scalars(select(Nonconformance)).one()
        assert found.action_due == date(2026, 4, 8)
        assert "refused" in (found.customer_consent or "")
        again = film_inspection()
        assert again.round == 2
        assert [one.element for one in story.tasks("measure")] == ["measure"]


def seals_late(story: Story) -> None:
    """S02 promises 50 seals on 7 April and 100 on the 13th: with 30 in stock, 80 pumps by the 10th."""
    with story.day("2026-03-27T10:00"):
        order, line = purchase_of("OS15"), line_of("OS15")
        assert line.quantity == 150
        told = {
            "line": "1",
            "quantity": ["50", "100", ""],
            "promised_on": ["2026-04-07", "2026-04-13", ""],
            "note": "By telephone",
        }
        story.post("chang", f"/purchasing/orders/{order.id}/promise", told)
        expected = dict(
            db.session.execute(
                select(StockMove.date, StockMove.quantity).where(
                    StockMove.item_id == line.item_id,
                    StockMove.state == "expected",
                    StockMove.document == f"purchase_order:{order.id}",
                )
            ).all()
        )
        assert expected == {date(2026, 4, 7): 50, date(2026, 4, 13): 100}
        db.session.refresh(order)
        assert order.revision == 2
        assert in_store("OS15") + expected[date(2026, 4, 7)] == 80


def order_split(story: Story) -> None:
    """The customer accepts 80 on 10 April and 40 on the 17th: revision 2 of the order, two work orders."""
    with story.day("2026-03-30T10:00"):
        order = sales_order(PUMPS)
        line = db.session.scalars(
            select(CustomerOrderLine).where(CustomerOrderLine.order_id == order.id)
        ).one()
        change = {
            "reason": "Seals late; Mikawa accepts the split",
            "lines-0-number": "1",
            "lines-0-item_id": str(line.item_id),
            "lines-0-quantity": "80",
            "lines-0-due_date": "2026-04-10",
            "lines-1-item_id": str(line.item_id),
            "lines-1-quantity": "40",
            "lines-1-due_date": "2026-04-17",
            "lines-1-price": "8800",
        }
        story.post("huang", f"/sales/orders/{order.id}/revise", change)
        db.session.refresh(order)
        assert order.revision == 2
        lines = db.session.execute(
            select(CustomerOrderLine.quantity, CustomerOrderLine.due_date)
            .where(CustomerOrderLine.order_id == order.id)
            .order_by(CustomerOrderLine.number)
        ).all()
        assert lines == [(80, date(2026, 4, 10)), (40, date(2026, 4, 17))]
        made = work_order("GP25")
        split = {"quantity": "40", "due_date": "2026-04-17"}
        story.post("wu", f"/scheduling/work-orders/{made.id}/split", split)
        halves = db.session.scalars(
            select(WorkOrder).where(WorkOrder.item_id == made.item_id).order_by(WorkOrder.id)
        )
        assert [one.quantity for one in halves] == [80, 40]


def shafts_back(story: Story) -> None:
    """224 of 225 shafts come back, paid by the furnace's scale; 223 are ground well."""
    with story.day("2026-03-30T14:00"):
        order = subcontract("GS25", 30)
        story.do("liu", "send_pieces", {"sent": "1"}, about=order)
        came = {"quantity": "224", "lost": "1", "second_quantity": "163.4", "complete": "1"}
        story.do("liu", "receive_order", came, about=order)
        story.do("chou", "measure", answers.measure, about=newest("GS25", 30))
        found = invoice(story, "yang", f"subcontract_order:{order.id}", "2026-03-30")
        assert (found.net, found.tax) == (5229, 261)
    with story.day("2026-04-02T16:00"):
        ground = {"good": "223", "scrap": "1", "scrap_reason": "D01", "run_minutes": "1120"}
        story.do("cheng", "report_operation", ground | {"setup_minutes": "40"}, about=work_order("GS25"))
        story.do("chou", "measure", answers.measure, about=newest("GS25", 40))
        story.routine("measure_final", "put_away")
        order = work_order("GS25")
        assert (order.good, order.scrap) == (223, 2)
        assert in_store("GS25") == 243


def newest(number: str, operation: int | None) -> Inspection:
    """Return the newest inspection of an item's operation."""
    return db.session.scalars(
        select(Inspection)
        .where(Inspection.item_id == item(number).id, Inspection.operation == operation)
        .order_by(Inspection.id.desc())
    ).first()


def bodies_back(story: Story) -> None:
    """The films pass, four bores do not: 106 bodies are good and paid."""
    with story.day("2026-03-31T10:00"):
        good = [value if value >= 20 else 21.0 for value in FILM]

        def again(values: dict[str, str]) -> dict[str, str]:
            values = typed(values, good, colour=4)
            return values | {rows(values, "defect_code")[-1]: "D01"}

        story.do("chou", "measure", again, about=film_inspection())
        story.do("chou", "contain", {"containment": "Four set apart", "severity": "minor"})
        sorted_out = {"disposition": "sort", "good_quantity": "106", "reason": "Four bores out of tolerance"}
        story.do("hsieh", "decide", sorted_out)
        story.routine("approve", fill=lambda values: values | {"approved": "1", "reason": "Agreed"})
        order = subcontract("BD25", 30)
        db.session.refresh(order)
        assert (order.accepted, order.rejected) == (106, 4)
        found = invoice(story, "yang", f"subcontract_order:{order.id}", "2026-03-31")
        assert (found.net, found.tax) == (4028, 201)
    with story.day("2026-04-01T16:00"):
        washed = {"good": "106", "run_minutes": "318"}
        story.do("siti", "report_operation", washed, about=work_order("BD25"))
        story.routine("put_away", "review_scrap", fill=lambda values: values | {"action": "Claim with P01"})
        order = work_order("BD25")
        assert (order.good, order.scrap) == (106, 8)
        assert in_store("BD25") == 121


def valves_back(story: Story) -> None:
    """190 valves from P04; of 192 poppets one came back and one was lost, of 192 springs two came back."""
    with story.day("2026-03-27T14:00"):
        receive_all(story, "PP10")
        story.do("chou", "measure", answers.measure, about=newest("PP10", None))
        story.routine("put_away")
        order = subcontract("RV10", None)
        story.do("liu", "ship_components", about=order)
        supplied = {one.item.number: one.supplied for one in components(order.id)}
        assert supplied == {"PP10": 192, "SP10": 192}
    with story.day("2026-04-02T10:00"):

        def back(values: dict[str, str]) -> dict[str, str]:
            poppets, springs = row_of(values, "PP10"), row_of(values, "SP10")
            counted = {f"{poppets}returned": "1", f"{poppets}lost": "1", f"{springs}returned": "2"}
            return values | counted | {"quantity": "190", "complete": "1"}

        story.do("liu", "receive_order", back, about=order)
        story.routine("measure", "put_away", fill=answers.measure)
        found = {one.item.number: one for one in components(order.id)}
        poppets, springs = found["PP10"], found["SP10"]
        assert (poppets.used, poppets.returned, poppets.allowed_loss, poppets.excess_loss) == (190, 1, 1, 0)
        assert (springs.used, springs.returned, springs.allowed_loss) == (190, 2, 0)
        paid = invoice(story, "yang", f"subcontract_order:{order.id}", "2026-04-02")
        assert (paid.net, paid.tax) == (3420, 0)
        assert in_store("RV10") == 230


def components(order_id: int) -> list[SuppliedComponent]:
    """Return what was supplied to a subcontractor."""
    return list(
        db.session.scalars(
            select(SuppliedComponent)
            .where(SuppliedComponent.order_id == order_id)
            .options(selectinload(SuppliedComponent.item))
            .execution_options(populate_existing=True)
        )
    )


def receive_all(story: Story, number: str) -> None:
    """Receive an item's purchase order as it was ordered."""
    story.do("liu", "receive_goods", about=document(purchase_of(number)))


def assembled(story: Story) -> None:
    """C02 gets its 100 valves; 80 pumps are assembled, one leaks, is reseated and passes."""
    with story.day("2026-04-07T08:00"):
        for number in ("SC06", "BX25"):
            receive_all(story, number)
        seals = purchase_of("OS15")
        story.do("liu", "receive_goods", {"lines-0-quantity": "50"}, about=document(seals))
        story.routine("put_away")
        ship(story, VALVES)
        assert in_store("RV10") == 130
        assemble(story, work_order("GP25"), 80, leaks=1)
        assert in_store("GP25") == 80


def ship(story: Story, number: str) -> None:
    """Let the warehouse pick, pack and ship an order's next delivery."""
    order = sales_order(number)
    story.do("liu", "confirm_pick", about=order)
    story.do("liu", "pack", {"packages-0-contents": "Cartons", "packages-0-gross_kg": "200"}, about=order)
    story.do("huang", "prove", {"received_by": "K. Sato"}, about=order)


def assemble(story: Story, order: WorkOrder, pumps: int, *, leaks: int = 0) -> None:
    """Assemble, test and pack pumps."""
    story.do("liu", "issue_material", about=order)
    story.do("siti", "report_operation", {"good": str(pumps), "run_minutes": str(pumps * 14)}, about=order)
    story.do("siti", "report_operation", {"good": str(pumps), "run_minutes": str(pumps * 6)}, about=order)
    inspection = newest("GP25", 20)
    assert inspection.sample_size == pumps

    def tested(values: dict[str, str]) -> dict[str, str]:
        values = answers.measure(values)
        leak = next(
            name for name in rows(values, "value") if "kPa" in values[name.replace("value", "limits")]
        )
        return values | ({leak: "3.1"} if leaks else {})

    story.do("chou", "measure", tested, about=inspection)
    if leaks:
        found = db.session.scalars(select(Nonconformance).order_by(Nonconformance.id.desc())).first()
        assert found.defect_code == "D07"
        story.do("chou", "contain", {"containment": "On the bench", "severity": "minor"}, about=ncr(found))
        story.do("hsieh", "decide", {"disposition": "rework", "reason": "Reseat the seal"}, about=ncr(found))
        story.routine("approve", fill=lambda values: values | {"approved": "1", "reason": "Agreed"})
        story.do("chou", "measure", answers.measure, about=inspection)
    story.do("siti", "report_operation", {"good": str(pumps), "run_minutes": str(pumps * 3)}, about=order)
    story.routine("put_away")


def ncr(found: Nonconformance) -> str:
    """Return a nonconformance's key."""
    return f"nonconformance:{found.id}"


def eighty_shipped(story: Story) -> None:
    """80 pumps leave in 20 cartons; they bring 144,320."""
    with story.day("2026-04-10T10:00"):
        ship(story, PUMPS)
        order = sales_order(PUMPS)
        assert orders.order_cost(order.id).revenue == 144320
        assert order.status is SalesStatus.CONFIRMED
        assert in_store("BX25") == 50
        shipment = db.session.scalars(select(Shipment).where(Shipment.order_id == order.id)).one()
        assert shipment.shipped_at is not None


def the_rest_shipped(story: Story) -> None:
    """The last 40 leave; stock is as the story says; S02's line counts as late."""
    with story.day("2026-04-13T10:00"):
        story.do("liu", "receive_goods", about=document(purchase_of("OS15")))
        story.routine("put_away")
        second = db.session.scalars(
            select(WorkOrder).where(WorkOrder.item_id == item("GP25").id).order_by(WorkOrder.id.desc())
        ).first()
        assemble(story, second, 40)
    with story.day("2026-04-17T10:00"):
        ship(story, PUMPS)
        left = {"BD25": 1, "GS25": 3, "RV10": 10, "PP10": 19, "SP10": 310}
        left |= {"OS15": 60, "SC06": 320, "NP25": 10, "BX25": 40, "GP25": 0}
        assert {number: in_store(number) for number in left} == left
        record = db.session.scalars(
            select(DeliveryRecord).where(
                DeliveryRecord.document == f"purchase_order:{purchase_of('OS15').id}"
            )
        ).one()
        assert (record.complete_on, record.accepted) == (date(2026, 4, 13), 150)
        assert record.complete_on > record.due_on


def month_closed(story: Story) -> None:
    """Everything is invoiced and costed; March is closed; the profit per pump is known."""
    with story.day("2026-04-27T10:00"):
        story.routine("enter_invoice", fill=answers.invoice)
        story.routine("review_cost", fill=lambda values: values | {"decision": "submit"})
        story.routine("approve_cost", fill=lambda values: values | {"decision": "approve"})
        story.post("yang", "/costing/periods/2026-03/close", {})
        assert db.session.get(Period, "2026-03").closed
        order = sales_order(PUMPS)
        profit = db.session.scalars(select(OrderProfit).where(OrderProfit.order_id == order.id)).one()
        assert order.status is SalesStatus.CLOSED
        assert profit.revenue == 120 * 1804 == D("216480")
        assert profit.profit == 120 * 1804 - profit.cost
        assert 1200 < profit.cost / 120 < 1600  # standard 1,345.93
        costing.value_moves()
        assert invoices.received_not_invoiced() == {}
        assert books.balances()[Account.PAYABLE]["balance"] == -sum(
            db.session.scalars(select(Payable.amount))
        )
        assert books.check() == []
        body = production_cost("BD25")
        assert wip_of(body.document) == 0
        assert {one.name for one in body.variances} >= {"scrap_abnormal", "scrap_normal", "labour_idle"}


def production_cost(number: str) -> ProductionCost:
    """Return the costing of an item's first work order."""
    return db.session.scalars(
        select(ProductionCost)
        .where(ProductionCost.item_id == item(number).id)
        .options(selectinload(ProductionCost.variances))
        .order_by(ProductionCost.id.desc())
    ).first()


EVENTS: tuple[tuple[str, Callable[[Story], None]], ...] = (
    ("01 03-02 review, plan, bodies pulled forward", reviewed_and_planned),
    ("02 03-11 aluminium weighed and invoiced", aluminium),
    ("03 03-12 bodies turned", bodies_turned),
    ("04 03-16 end mill breaks", mill_breaks),
    ("05 03-16 end mills bought after the fact", bought_after_the_fact),
    ("06 03-18 bodies to P01, shafts to P02 and on to P03", sent_outside),
    ("07 03-24 film too thin", film_too_thin),
    ("08 03-25 concession refused", concession_refused),
    ("09 03-27 seals late", seals_late),
    ("10 03-30 order split", order_split),
    ("11 03-30 shafts back", shafts_back),
    ("12 03-31 bodies back", bodies_back),
    ("13 04-02 valves back", valves_back),
    ("14 04-07 pumps assembled", assembled),
    ("15 04-10 80 shipped", eighty_shipped),
    ("16 04-17 the rest shipped", the_rest_shipped),
    ("17 04-27 month closed", month_closed),
)


@pytest.mark.parametrize(("title", "event"), EVENTS, ids=[title for title, _event in EVENTS])
def test_event(story: Story, title: str, event: Callable[[Story], None]) -> None:
    if len(story.told) < [one for one, _event in EVENTS].index(title):
        pytest.skip("an earlier event of the story failed, or was not run")
    event(story)
    story.told.append(title)


def test_nothing_is_left_behind(story: Story) -> None:
    if len(story.told) < len(EVENTS):
        pytest.skip("the story was not told to its end")
    assert audit_check.verify().code is None
    assert db.session.scalars(select(Incident)).all() == []
    assert the_logs_fit().total() >= 40
    kept("story of order SO2603-0012")


LATER = {
    "03 first article on operation 10": "an operation's inspection is one sample when it is done; first "
    "articles and every n-th piece are written on the traveller, not recorded",
    "10 S03's offer refused by the plant manager": "prices are compared with the same supplier's approved "
    "one; S03's 68 is approved, so the rule asks the head of materials, not the plant manager",
    "12 claim of 1,503 as an allowance": "credit notes are entered for goods sent back to the "
    "supplier, not yet for pieces spoiled in process",
    "17 one invoice per supplier and statement": "an invoice is entered for one order at a time",
}


@pytest.mark.parametrize("part", LATER)
def test_part_of_an_event_for_later(part: str) -> None:
    pytest.skip(LATER[part])
