"""The process purchasing.return_goods: rejected goods leave at what they cost, are credited or replaced."""

from datetime import date
from decimal import Decimal

import pytest

from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import DomainError
from app.costing import queries as costing_queries
from app.costing import services as costing
from app.costing.models import Account, CostEntry, MoveValue
from app.inventory.models import Lot, LotStatus, MoveState, StockMove
from app.purchasing import queries, services
from app.purchasing.models import ReceiptLine, Requisition, ReturnStatus, SupplierReturn
from app.quality import services as quality
from app.reports import queries as papers
from app.subcontracting.models import DeliveryRecord
from app.workflow.models import InstanceStatus, ProcessInstance
from tests.purchasing.conftest import Plant
from tests.purchasing.driver import Driver

D = Decimal
DUE = date(2026, 3, 13)


@pytest.fixture
def plant(app, clock):
    """The plant with 150 seals received, accepted and put into stock."""
    clock("2026-03-04T02:00:00")
    plant = Plant()
    plant.driver = Driver("purchasing", "quality")
    services.order_from_plan(str(plant.plan((plant.seal, "150", DUE)).id))
    db.session.commit()
    plant.driver.do("check_order")
    plant.driver.do("receive_goods", {"lines": {"quantity": "150"}})
    plant.driver.open()
    return plant


def found_bad(plant, quantity):
    """Find pieces of the lot bad in the store and decide that they go back."""
    lot = db.session.query(ReceiptLine).one().lot_id
    opened = quality.open_nonconformance(
        plant.seal.id, quantity, "Cracked lips", "complaint:1", lot_id=lot, severity="minor"
    )
    db.session.commit()
    driver = plant.driver
    driver.do("contain", containment="Set apart, marked red")
    driver.do("decide", disposition="return_to_supplier", reason="The supplier's mould")
    return opened["nonconformance_id"]


def returned():
    """The one return there is."""
    return queries.supplier_return(db.session.query(SupplierReturn).one().id)


def tasks(plant):
    """What waits for people in the return's own process."""
    return [task for task in plant.driver.waiting() if task.split()[0] in ("agree", "ship", "credit")]


def test_invoiced_goods_are_credited_at_the_order_s_price(plant):
    plant.driver.do("enter_invoice", invoice_number="AB12345678")
    found_bad(plant, "20")

    assert tasks(plant) == ["agree buyer"]
    plant.driver.do("agree", supplier_reference="RMA-77")
    assert (plant.at("reject", plant.seal), plant.at("supplier", plant.seal)) == (20, -150)
    plant.driver.do("ship", carrier="Hsinchu Transport")
    assert (plant.at("reject", plant.seal), plant.at("supplier", plant.seal)) == (0, -130)
    assert tasks(plant) == ["credit accounts_payable"]
    plant.driver.do("credit", credit_number="ZZ-1", credit_date="2026-03-05")

    found = returned()
    assert found.status is ReturnStatus.SETTLED
    assert (found.credit_net, found.credit_tax) == (840, 42)  # 20 x 42, 5 %
    line = found.order_line
    assert (line.accepted, line.rejected, line.invoiced) == (130, 20, 130)
    case = db.session.query(ProcessInstance).filter_by(business_key="nonconformance:1")
    assert {one.status for one in case if "return" in one.definition.key} == {InstanceStatus.COMPLETED}


def test_the_supplier_s_record_shows_what_came_back(plant):
    before = db.session.query(DeliveryRecord).one().accepted
    found_bad(plant, "20")
    plant.driver.do("agree")
    plant.driver.do("ship", carrier="Own truck")

    db.session.expire_all()
    assert (before, db.session.query(DeliveryRecord).one().accepted) == (150, 130)


def test_goods_not_invoiced_yet_need_no_credit_note_and_a_replacement_is_bought(plant):
    found_bad(plant, "50")
    plant.driver.do("agree", replacement="1", needed_on="2026-03-20")

    again = db.session.query(Requisition).order_by(Requisition.id.desc()).first()
    assert (again.supplier_id, again.lines[0].quantity, again.lines[0].needed_on) == (
        plant.seals.id,
        50,
        date(2026, 3, 20),
    )
    assert "check_order buyer" in plant.driver.waiting()
    plant.driver.do("ship", carrier="Own truck")
    assert returned().status is ReturnStatus.SETTLED
    assert tasks(plant) == []


def test_the_goods_leave_at_what_the_receipt_cost(plant):
    found_bad(plant, "20")
    plant.driver.do("agree")
    plant.driver.do("ship", carrier="Own truck")
    costing.value_moves()

    move = db.session.query(StockMove).filter_by(document=returned().key, state=MoveState.DONE).one()
    values = db.session.query(MoveValue).filter_by(move_id=move.id).all()
    assert {abs(value.value) for value in values if value.method != "standard"} == {D(840)}


def test_a_credit_note_of_another_amount_or_older_than_the_return_is_refused(plant):
    plant.driver.do("enter_invoice", invoice_number="AB12345678")
    found_bad(plant, "20")
    plant.driver.do("agree")
    plant.driver.do("ship", carrier="Own truck")
    key = str(returned().id)

    for values, field in (
        (("ZZ-1", "2026-03-05", "900", "42"), "net"),
        (("ZZ-1", "2026-03-05", "840", "50"), "tax"),
        (("ZZ-1", "2026-03-01", "840", "42"), "credit_date"),
        (("", "2026-03-05", "840", "42"), "credit_number"),
    ):
        with pytest.raises(DomainError) as refused:
            services.record_credit(key, *values)
        assert refused.value.field == field


def test_a_lot_rejected_on_arrival_is_counted_rejected_once(app, clock):
    clock("2026-03-04T02:00:00")
    plant = Plant()
    order = plant.order((plant.seal, "150", DUE))
    services.receive(str(order["order_id"]), [{"line_id": "1", "quantity": "150"}])
    line = db.session.query(ReceiptLine).one()
    opened = services.open_return(
        "1", str(plant.seals.id), str(plant.seal.id), "150", "purchase_order:1", lot_id=str(line.lot_id)
    )
    db.session.get_one(Lot, line.lot_id).status = LotStatus.BLOCKED
    services.accept(str(line.id))
    services.agree_return(str(opened["return_id"]))

    assert services.ship_return(str(opened["return_id"]))["credit_due"] is False
    assert (line.accepted, line.rejected) == (0, 150)
    assert plant.at("inspection", plant.seal) == 0
    again = services.open_return(
        "1", str(plant.seals.id), str(plant.seal.id), "150", "purchase_order:1", lot_id=str(line.lot_id)
    )
    assert again["return_id"] == opened["return_id"]


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_its_pages_and_paper_open_in_both_languages(plant, login, language):
    found_bad(plant, "20")
    plant.driver.open()
    key = returned().id
    browser = login("buyer")

    for page in ("/purchasing/returns", f"/purchasing/returns/{key}", "/purchasing/returns?export=csv"):
        answer = browser.get(page, headers={"Accept-Language": language})
        assert answer.status_code == 200
        assert returned().number in answer.text
    assert browser.get("/purchasing/returns/99").status_code == 404
    title, page = papers.page("supplier_return", key, language)
    assert returned().number in title
    assert "Cracked lips" in page


def books():
    """Value what moved and return what is owed, what is received and not invoiced, and what does not hold."""
    costing.value_moves()
    owed = -costing_queries.balances()[Account.PAYABLE]["balance"]
    return owed, list(costing_queries.received_not_invoiced().values()), costing_queries.check()


def test_the_books_of_a_return_before_its_invoice_clear_the_line(plant):
    found_bad(plant, "20")
    plant.driver.do("agree")
    plant.driver.do("ship", carrier="Own truck")
    assert books() == (0, [D(5460)], [])  # 130 x 42

    plant.driver.do("enter_invoice", invoice_number="AB12345678")
    plant.driver.open()

    assert books() == (D(5733), [], [])  # 5,460 and 5 % of it, 273


def test_the_books_of_a_return_after_its_invoice_owe_less_by_the_credit_note(plant):
    plant.driver.do("enter_invoice", invoice_number="AB12345678")
    found_bad(plant, "20")
    plant.driver.do("agree")
    plant.driver.do("ship", carrier="Own truck")
    assert books() == (D(6615), [D(-840)], [])  # 150 x 42 and 5 %: the supplier owes 20 x 42

    plant.driver.do("credit", credit_number="ZZ-1", credit_date="2026-03-05")

    assert books() == (D(5733), [], [])
    [entry] = db.session.query(AuditEntry).filter_by(action="supplier_return.credited")
    assert entry.after == {"number": "ZZ-1", "net": "840", "tax": "42"}


def test_a_credit_note_that_is_not_in_the_books_as_written_is_found(plant):
    test_the_books_of_a_return_after_its_invoice_owe_less_by_the_credit_note(plant)
    returned().credit_tax = D(40)

    [problem] = costing_queries.check()
    assert problem == f"{returned().number}: the books owe -882.00, purchasing -880.00."


def test_a_closed_line_that_does_not_clear_is_found(plant):
    plant.driver.do("enter_invoice", invoice_number="AB12345678")
    plant.driver.open()
    assert books()[2] == []
    entry = db.session.query(CostEntry).filter_by(name="invoice").one()
    entry.amount -= 7

    assert len(costing_queries.check()) == 2  # neither the payable nor the line holds
