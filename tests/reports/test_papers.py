"""Every paper prints in both languages, refers to nothing outside, and stays with those who may read it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.core import clock as the_clock
from app.core.db import db
from app.core.errors import DomainError
from app.inventory import services as inventory
from app.inventory.models import LocationKind, Lot
from app.logistics.models import Package, Shipment, ShipmentLine
from app.masterdata.models import Company, Item, Partner, Site, Supply, WorkCentre
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine, SupplierReturn
from app.quality.models import (
    Characteristic,
    Inspection,
    InspectionKind,
    InspectionPlan,
    InspectionResult,
    Nonconformance,
)
from app.reports import queries, services
from app.reports.models import Document, DocumentStatus
from app.reports.services import pdf
from app.sales.models import CustomerOrder, CustomerOrderLine, OrderStatus
from app.scheduling.models import WorkOrder, WorkOrderMaterial, WorkOrderOperation
from app.subcontracting.models import Form, SubcontractOrder, SuppliedComponent

D = Decimal
NOON = datetime(2026, 3, 12, 4, tzinfo=UTC)
TODAY = date(2026, 3, 12)


def add(row):
    """Keep a row and return it with its id."""
    db.session.add(row)
    db.session.flush()
    return row


@pytest.fixture
def papers(app):
    """One document of every kind; returns their ids."""
    company = "禾嶼精密工業股份有限公司（示範）"
    add(
        Company(
            id=1,
            names={"en": "Heyu Precision (demo)", "zh_Hant": company},
            tax_id="00000108",
            vat_percent=D(5),
        )
    )
    site = add(
        Site(
            code="DY", names={"en": "Daya plant", "zh_Hant": "大雅廠"}, timezone="Asia/Taipei", weekly_off=[]
        )
    )
    bar = add(
        Item(
            number="AL80",
            names={"en": "Aluminium bar 6061-T6", "zh_Hant": "鋁棒 6061-T6 φ80×3000"},
            supply=Supply.BUY,
            unit="kg",
            standard_cost=D(128),
        )
    )
    body = add(
        Item(
            number="BD25",
            names={"en": "Pump body", "zh_Hant": "泵體"},
            supply=Supply.MAKE,
            unit="pc",
            drawing="BD25-010",
            revision="C",
            standard_cost=D("440.76"),
        )
    )
    supplier = add(
        Partner(
            code="S01",
            names={"en": "Zhenghong Metals", "zh_Hant": "正鋐金屬材料行"},
            tax_id="00000120",
            is_supplier=True,
            payment_days=60,
        )
    )
    customer = add(
        Partner(
            code="C01",
            names={"en": "Mikawa Pump Co., Ltd.", "zh_Hant": "三河ポンプ株式会社"},
            is_customer=True,
            certificates=["材質證明", "出貨檢驗報告"],
        )
    )
    centre = add(
        WorkCentre(site_id=site.id, code="LATHE", names={"en": "CNC turning", "zh_Hant": "CNC車床課"})
    )
    lot = add(Lot(item_id=body.id, number="BD25-260331", received_on=TODAY))
    inventory.post(
        body.id,
        D(106),
        source=inventory.location(site.id, LocationKind.ADJUSTMENT),
        target=inventory.location(site.id, LocationKind.INTERNAL),
        document="opening",
        lot_id=lot.id,
    )
    ids = {"lot_label": lot.id}
    ids["purchase_order"] = add(
        PurchaseOrder(
            number="PO2603-0004",
            site_id=site.id,
            supplier_id=supplier.id,
            ordered_on=TODAY,
            currency="TWD",
            decimals=0,
            vat_percent=D(5),
            created_at=NOON,
            lines=[
                PurchaseOrderLine(
                    number=1,
                    item_id=bar.id,
                    quantity=D("122.16"),
                    price=D(128),
                    price_unit="kg",
                    due_date=TODAY,
                )
            ],
        )
    ).id
    ids["supplier_return"] = _supplier_return(site, supplier, bar).id
    work = add(
        WorkOrder(
            number="MO2603-021",
            site_id=site.id,
            item_id=body.id,
            lot_id=lot.id,
            revision="C",
            quantity=D(114),
            expected_good=D(110),
            release_date=TODAY,
            due_date=TODAY,
            created_at=NOON,
        )
    )
    add(WorkOrderMaterial(work_order_id=work.id, item_id=bar.id, required=D("103.17")))
    for number, english, chinese in ((10, "Turn", "車削"), (20, "Mill and drill", "銑削鑽孔")):
        add(
            WorkOrderOperation(
                work_order_id=work.id,
                number=number,
                names={"en": english, "zh_Hant": chinese},
                work_centre_id=centre.id,
                setup_minutes=D(60),
                run_minutes=D(9),
                inspect=number == 20,
                instructions={
                    "en": "First article to the inspector.",
                    "zh_Hant": "首件送品檢，合格後方可量產。",
                },
            )
        )
    ids["traveller"] = work.id
    ids["subcontract_order"] = add(
        SubcontractOrder(
            number="SC2603-007",
            site_id=site.id,
            supplier_id=supplier.id,
            item_id=body.id,
            form=Form.WHOLE_ITEM,
            quantity=D(110),
            price=D(38),
            price_unit="pc",
            currency="TWD",
            decimals=0,
            minimum_charge=D(1500),
            loss_allowance=D("0.01"),
            ordered_on=TODAY,
            release_date=TODAY,
            due_date=TODAY,
            created_at=NOON,
            components=[SuppliedComponent(item_id=bar.id, per=D(1), required=D(112))],
        )
    ).id
    ids["inspection"] = _inspection(site, body, lot).id
    order = add(
        CustomerOrder(
            number="SO2603-0012",
            site_id=site.id,
            customer_id=customer.id,
            customer_reference="MP-26-0387",
            entered_on=TODAY,
            currency="TWD",
            status=OrderStatus.DELIVERED,
            created_at=NOON,
            lines=[
                CustomerOrderLine(
                    number=1,
                    item_id=body.id,
                    quantity=D(80),
                    shipped=D(80),
                    price=D(1804),
                    due_date=TODAY,
                    customer_part="MK-7712-25",
                )
            ],
        )
    )
    ids["cost_report"] = order.id
    ids["delivery_note"] = add(
        Shipment(
            number="DN2604-0001",
            site_id=site.id,
            order_id=order.id,
            customer_id=customer.id,
            created_at=NOON,
            shipped_on=TODAY,
            carrier="Sea",
            lines=[
                ShipmentLine(
                    number=1,
                    order_line_id=order.lines[0].id,
                    item_id=body.id,
                    lot_id=lot.id,
                    location_id=inventory.location(site.id, LocationKind.INTERNAL).id,
                    quantity=D(80),
                )
            ],
            packages=[Package(number=1, contents="BD25 × 4", gross_kg=D("6.4"))],
        )
    ).id
    with the_clock.freeze(NOON):
        yield ids


def _supplier_return(site, supplier, item):
    """Bars that go back because of what was found wrong with them."""
    found = add(
        Nonconformance(
            number="NCR2603-004",
            site_id=site.id,
            item_id=item.id,
            document="purchase_order:1",
            supplier_id=supplier.id,
            quantity=D("40.72"),
            description="表面裂痕",
            opened_at=NOON,
        )
    )
    return add(
        SupplierReturn(
            number="SR2603-0001",
            site_id=site.id,
            supplier_id=supplier.id,
            nonconformance_id=found.id,
            document="purchase_order:1",
            item_id=item.id,
            quantity=D("40.72"),
            in_stock_before=False,
            created_at=NOON,
        )
    )


def _inspection(site, item, lot):
    """Thirteen film measurements, two of them under the limit."""
    plan = add(InspectionPlan(item_id=item.id, kind=InspectionKind.RECEIPT))
    film = add(
        Characteristic(
            plan_id=plan.id,
            number=1,
            names={"en": "Film thickness", "zh_Hant": "膜厚"},
            unit="µm",
            lower=D(20),
            upper=D(30),
        )
    )
    found = add(
        Inspection(
            number="IN2603-011",
            site_id=site.id,
            kind=InspectionKind.RECEIPT,
            item_id=item.id,
            lot_id=lot.id,
            plan_id=plan.id,
            document="subcontract_order:1",
            quantity=D(110),
            sample_size=13,
            accept_number=0,
            reject_number=1,
            code_letter="F",
            defective=2,
            status="rejected",
            requested_at=NOON,
            inspected_at=NOON,
            inspector="周佳穎",
        )
    )
    values = (
        "24.1",
        "23.5",
        "22.8",
        "25.0",
        "21.7",
        "23.9",
        "18.4",
        "22.2",
        "24.6",
        "17.9",
        "23.0",
        "21.9",
        "22.5",
    )
    for piece, value in enumerate(values, 1):
        add(
            InspectionResult(
                inspection_id=found.id,
                characteristic_id=film.id,
                piece=piece,
                value=D(value),
                conforms=D(value) >= 20,
            )
        )
    return found


@pytest.mark.parametrize("language", ["zh_Hant_TW", "en"])
@pytest.mark.parametrize("kind", list(queries.KINDS))
def test_every_paper_refers_to_nothing_outside(papers, kind, language):
    title, page = queries.page(kind, papers[kind], language)

    assert title.split()[-1] in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert 'src="/' not in page


def test_a_purchase_order_adds_up(papers):
    _title, page = queries.page("purchase_order", papers["purchase_order"], "en")

    assert "15,636" in page  # 122.16 x 128
    assert "782" in page  # 5 %
    assert "16,418" in page


@pytest.mark.parametrize("kind", ["traveller", "delivery_note", "lot_label", "inspection"])
def test_papers_of_the_shop_floor_show_no_money(papers, kind):
    _title, page = queries.page(kind, papers[kind], "en")

    for amount in ("440.76", "1,804", "128 "):
        assert amount not in page


def test_a_paper_is_kept_as_it_read_when_it_was_asked_for(papers):
    first = services.render("traveller", papers["traveller"], "en")
    assert services.render("traveller", papers["traveller"], "en") == first
    db.session.commit()

    assert services.make_pending() == 1
    row = db.session.scalars(select(Document)).one()
    assert row.status is DocumentStatus.RENDERED
    assert row.content.startswith(b"%PDF")
    assert services.make_pending() == 0


def test_a_paper_that_cannot_be_made_fails_after_three_attempts(papers, monkeypatch):
    services.render("traveller", papers["traveller"], "en")
    db.session.commit()

    def refuse(_page):
        raise DomainError("report_failed", "no")

    monkeypatch.setattr(pdf, "make", refuse)
    for _ in range(3):
        assert services.make_pending() == 0

    row = db.session.scalars(select(Document)).one()
    assert (row.status, row.attempts, row.error) == (DocumentStatus.FAILED, 3, "no")


def test_an_unknown_kind_is_refused(app):
    with pytest.raises(DomainError):
        queries.page("secrets", 1, "en")


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        ("operator", "traveller", 200),
        ("operator", "purchase_order", 403),
        ("operator", "cost_report", 403),
        ("inspector", "cost_report", 403),
        ("buyer", "purchase_order", 200),
        ("cost_accountant", "cost_report", 200),
    ],
)
def test_who_may_open_what(papers, login, monkeypatch, role, kind, status):
    monkeypatch.setattr(pdf, "make", lambda _page: b"%PDF-1.7")
    answer = login(role).get(f"/reports/{kind}/{papers[kind]}.pdf")

    assert answer.status_code == status


def test_the_worker_fetches_nothing():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        page = (
            f'<img src="http://127.0.0.1:{port}/x.png"><link rel="stylesheet" href="file:///etc/passwd"><p>x'
        )

        assert pdf.make(page).startswith(b"%PDF")
        with pytest.raises(TimeoutError):
            listener.accept()[0].close()


def test_a_bomb_ends_in_time():
    page = "<table>" + "<tr>" + "<td>x" * 2000
    page = page * 40

    with pytest.raises(DomainError):
        pdf.make(page, seconds=3)
