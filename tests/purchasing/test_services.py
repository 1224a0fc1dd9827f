"""From planned orders to payables, against a real database."""

from datetime import date
from decimal import Decimal

import pytest

from app.core.actors import Actor, acting
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.inventory import queries as ledger
from app.inventory.models import MoveState, StockMove
from app.masterdata.models import SupplierPrice
from app.planning.models import PlannedOrder, PlannedStatus
from app.purchasing import queries, services
from app.purchasing.models import Match, PurchaseOrder, Receipt, Requisition, SupplierInvoice
from app.subcontracting.models import DeliveryRecord

D = Decimal
DUE = date(2026, 3, 13)


def arrival(plant, facts, **changes):
    line = queries.receiving(str(facts["order_id"]))["lines"][0]
    return [line | changes]


def test_planned_orders_become_one_requisition_per_supplier_and_are_released(plant):
    plan = plant.plan((plant.bar, "122.16", DUE), (plant.seal, "110", DUE), (plant.bar, "40.72", DUE))

    found = services.order_from_plan(str(plan.id))

    assert found["count"] == 2
    assert {row.status for row in db.session.query(PlannedOrder)} == {PlannedStatus.RELEASED}
    assert plant.events("purchasing.requisition_created") == ["requisition:1", "requisition:2"]
    seals = db.session.query(Requisition).filter_by(supplier_id=plant.seals.id).one()
    assert services.requisition_facts(str(seals.id))["priced"]


def test_the_same_plan_orders_nothing_twice(plant):
    plan = plant.plan((plant.bar, "122.16", DUE))
    services.order_from_plan(str(plan.id))

    assert services.order_from_plan(str(plan.id)) == {"requisition_ids": [], "count": 0}


def test_a_need_is_raised_to_the_suppliers_multiple(plant):
    services.order_from_plan(str(plant.plan((plant.seal, "110", DUE)).id))

    [change] = ledger.expected_changes(plant.site.id)
    assert (change.quantity, change.document) == (D(150), "requisition:1")


def test_without_an_approved_price_nobody_is_chosen(plant):
    odd = plant.item("XX01")
    found = services.order_from_plan(str(plant.plan((odd, "5", DUE)).id))

    assert not services.requisition_facts(str(found["requisition_ids"][0]))["priced"]


def test_an_order_replaces_what_its_requisition_expected(plant):
    plant.order((plant.bar, "122.16", DUE))

    [change] = ledger.expected_changes(plant.site.id)
    assert (change.quantity, change.document) == (D("122.16"), "purchase_order:1")


def test_a_price_per_box_costs_per_piece(plant):
    screw = plant.item("SC06")
    plant.unit(screw, "box", 200)
    plant.price(plant.seals, screw, "180", unit="box", lead_days=3)

    facts = plant.order((screw, "400", DUE))

    assert D(facts["amount"]) == 360
    move = db.session.query(StockMove).filter_by(document="purchase_order:1", state=MoveState.EXPECTED).one()
    assert move.unit_cost == D("0.9")


def test_bars_are_ordered_by_nominal_and_received_by_actual_weight(plant):
    facts = plant.order((plant.bar, "122.16", DUE))

    receipt = services.receive(
        str(facts["order_id"]),
        arrival(plant, facts, quantity="124.60", second_quantity="3", lot="AL80-260311"),
    )

    assert receipt["complete"]
    assert plant.at("inspection", plant.bar) == D("124.60")
    assert ledger.on_hand(plant.bar.id, plant.site.id) == 0
    plant.accept_all(receipt["receipt_id"])
    assert ledger.on_hand(plant.bar.id, plant.site.id) == D("124.60")


def test_partial_receipts_leave_the_rest_expected(plant):
    facts = plant.order((plant.seal, "150", DUE))

    first = services.receive(str(facts["order_id"]), arrival(plant, facts, quantity="50"))

    assert not first["complete"]
    expected = [one for one in ledger.expected_changes(plant.site.id) if one.document == "purchase_order:1"]
    assert [one.quantity for one in expected] == [D(100)]
    assert services.receive(str(facts["order_id"]), arrival(plant, facts, quantity="100"))["complete"]


@pytest.mark.parametrize("quantity", ["-1", "NaN", "1e30", "151", "abc", "1.5"])
def test_an_impossible_quantity_changes_nothing(plant, quantity):
    facts = plant.order((plant.seal, "150", DUE))

    with pytest.raises(DomainError):
        services.receive(str(facts["order_id"]), arrival(plant, facts, quantity=quantity))

    assert db.session.query(Receipt).count() == 0
    assert plant.at("inspection", plant.seal) == 0


def test_an_order_that_was_not_sent_receives_nothing(plant):
    found = services.order_from_plan(str(plant.plan((plant.seal, "150", DUE)).id))
    made = services.create_order(str(found["requisition_ids"][0]))

    with pytest.raises(DomainError, match="is Draft"):
        services.receive(str(made["order_id"]), arrival(plant, made, quantity="50"))


def received(plant):
    facts = plant.order((plant.bar, "122.16", DUE))
    receipt = services.receive(
        str(facts["order_id"]), arrival(plant, facts, quantity="124.60", second_quantity="3")
    )
    plant.accept_all(receipt["receipt_id"])
    return facts, f"purchase_order:{facts['order_id']}"


def invoice(document, quantity="124.60", price="128", number="AB12345678"):
    line = queries.invoice_basis(document).lines[0]
    rows = [{"line_id": str(line.line_id), "quantity": quantity, "price": price}]
    return services.record_invoice(document, number, "2026-03-04", rows)


def test_an_invoice_for_what_was_weighed_matches_and_is_payable_after_the_cut_off(plant):
    facts, document = received(plant)

    entered = invoice(document)
    matched = services.match_invoice(str(entered["invoice_id"]))
    payable = services.post_payable(str(entered["invoice_id"]))

    assert (entered["net"], entered["tax"]) == ("15949", "797")
    assert matched["within"]
    assert payable["amount"] == "16746"
    assert payable["due_date"] == "2026-05-24"
    assert services.invoice_state(document)["complete"]
    services.close_order(str(facts["order_id"]))
    assert plant.events("purchasing.purchase_order_closed") == [document]


def test_an_invoice_for_more_than_accepted_waits_for_the_buyer(plant):
    _facts, document = received(plant)
    entered = invoice(document, quantity="130")

    assert not services.match_invoice(str(entered["invoice_id"]))["within"]
    with pytest.raises(Conflict):
        services.post_payable(str(entered["invoice_id"]))
    refused = services.resolve_match(str(entered["invoice_id"]), "refuse", "Weight slip says 124.60")

    assert not refused["accepted"]
    assert db.session.query(Match).one().reason == "Weight slip says 124.60"
    assert services.match_invoice(str(invoice(document)["invoice_id"]))["within"]


def test_the_same_invoice_is_not_entered_twice(plant):
    _facts, document = received(plant)
    invoice(document)

    with pytest.raises(DomainError, match="entered before"):
        invoice(document)
    assert db.session.query(SupplierInvoice).count() == 1


@pytest.mark.parametrize("number", ["", "AB1234567", "12345678AB", "AB123456789"])
def test_a_uniform_invoice_number_has_two_letters_and_eight_digits(plant, number):
    _facts, document = received(plant)

    with pytest.raises(DomainError):
        invoice(document, number=number)


def test_what_is_rejected_is_not_paid(plant):
    facts = plant.order((plant.seal, "150", DUE))
    services.receive(str(facts["order_id"]), arrival(plant, facts, quantity="150"))
    line = queries.unsettled_line(facts["order_id"])

    settled = services.accept(str(line))  # the lot stays in quarantine: nothing was released

    assert settled == {"accepted": "0", "rejected": "150"}
    assert services.invoice_state(f"purchase_order:{facts['order_id']}")["complete"]


def test_the_delivery_is_kept_for_the_suppliers_score(plant):
    received(plant)

    record = db.session.query(DeliveryRecord).one()
    assert (record.supplier_id, record.accepted) == (plant.metals.id, D("124.6"))
    assert record.complete_on <= record.due_on


def quoted(plant, *prices):
    odd = plant.item("XX01")
    found = services.order_from_plan(str(plant.plan((odd, "10", DUE)).id))
    requisition = str(found["requisition_ids"][0])
    suppliers = [{"supplier_id": plant.metals.id}, {"supplier_id": plant.seals.id}]
    request = str(services.request_quotations(requisition, suppliers, "2026-03-10")["request_id"])
    rows = queries.quotation_entry(request)["lines"]
    for row, price in zip(rows, prices, strict=True):
        row.update(price=price, lead_days="3", valid_until="2026-12-31")
    services.record_quotations(request, rows)
    return requisition, request, [row["quotation_id"] for row in rows]


def test_an_awarded_and_approved_price_makes_the_order(plant):
    requisition, request, quotations = quoted(plant, "12", "11")

    awarded = services.award(request, quotations[1])
    services.approve_price(request, "2026-12-31")

    assert (awarded["total"], awarded["cheapest"]) == ("110", True)
    assert services.requisition_facts(requisition)["priced"]
    assert D(services.create_order(requisition)["amount"]) == 110
    assert db.session.query(SupplierPrice).filter_by(supplier_id=plant.seals.id, price=D(11)).one().approved


def test_a_dearer_award_needs_a_reason(plant):
    _requisition, request, quotations = quoted(plant, "12", "11")

    with pytest.raises(DomainError, match="not the cheapest"):
        services.award(request, quotations[0])
    assert services.award(request, quotations[0], "Delivers a week earlier")["cheapest"] is False


def test_a_refused_award_can_be_given_to_another(plant):
    _requisition, request, quotations = quoted(plant, "12", "11")
    services.award(request, quotations[1])
    services.refuse_award(request, "Never delivered on time")

    assert services.award(request, quotations[0], "Reliable")["supplier_id"] == plant.metals.id


def test_the_months_total_counts_so_that_splitting_does_not_help(plant):
    first = plant.order((plant.seal, "500", DUE))
    second = plant.order((plant.seal, "500", DUE))

    facts = services.approval_facts(f"purchase_order:{second['order_id']}")

    assert D(first["amount"]) == 21000
    assert (D(facts["month_total"]), facts["regular"], facts["exceptional"]) == (42000, "yes", "no")


def test_a_price_six_percent_over_the_list_is_exceptional(plant):
    found = services.order_from_plan(str(plant.plan((plant.seal, "50", DUE)).id))
    made = services.create_order(str(found["requisition_ids"][0]))
    line = queries.order_review(str(made["order_id"]))["lines"][0]

    services.prepare_order(str(made["order_id"]), [line | {"price": "44.52"}])
    facts = services.approval_facts(f"purchase_order:{made['order_id']}")

    assert (facts["over_percent"], facts["regular"], facts["exceptional"]) == ("6.00", "no", "yes")


def test_tools_bought_after_the_fact_carry_the_reason_and_need_no_stock(plant):
    lines = [{"description": "End mill dia 16", "quantity": "3", "needed_on": "2026-03-04"}]
    made = services.create_requisition(
        plant.site.id,
        lines,
        supplier_id=plant.metals.id,
        after_the_fact=True,
        reason="Mill broke at night",
        bought_on="2026-03-03",
    )
    order = services.create_order(str(made.id))
    line = queries.order_review(str(order["order_id"]))["lines"][0]
    services.prepare_order(str(order["order_id"]), [line | {"price": "1200"}])
    services.send_order(str(order["order_id"]))
    with acting(Actor(8, "liu", "Liu Hsiu-ying", frozenset({"warehouse"}))):
        receipt = services.receive(str(order["order_id"]), arrival(plant, order, quantity="3"))

    assert services.approval_facts("purchase_order:1")["after_the_fact"] == "yes"
    assert receipt["complete"]
    assert services.receiving_state(str(order["order_id"]))["ready"]
    assert invoice("purchase_order:1", quantity="3", price="1200")["tax"] == "180"


def test_after_the_fact_without_a_reason_is_refused(plant):
    with pytest.raises(DomainError, match="after the fact"):
        services.create_requisition(
            plant.site.id,
            [{"description": "x", "quantity": "1"}],
            supplier_id=plant.metals.id,
            after_the_fact=True,
        )


def test_a_new_promise_moves_the_expected_receipt_and_is_a_revision(plant):
    facts = plant.order((plant.seal, "150", DUE))

    services.record_promise(str(facts["order_id"]), "2026-04-13", "Told by phone")

    [change] = ledger.expected_changes(plant.site.id)
    assert change.date == date(2026, 4, 13)
    assert db.session.query(PurchaseOrder).one().revision == 2
    assert queries.order_detail(facts["order_id"])["revisions"][0].reason == "Told by phone"


def test_goods_without_an_order_are_received_and_wait(plant):
    row = {"item_id": plant.seal.id, "quantity": "20"}

    services.receive_without_order(str(plant.site.id), str(plant.seals.id), [row])

    assert plant.at("inspection", plant.seal) == 20
    assert plant.events("purchasing.goods_received") == []
    assert plant.events("purchasing.unordered_received") == ["receipt:1"]


def test_the_tolerance_of_the_match_is_the_company_s(plant):
    _facts, document = received(plant)
    plant.company.match_price_percent, plant.company.match_amount = D(0), D("62.29")
    found = invoice(document, price="128.50")
    assert not services.match_invoice(str(found["invoice_id"]))["within"]  # 124.60 x 0.50 = 62.30

    services.resolve_match(str(found["invoice_id"]), "refuse", "Dearer than ordered")
    plant.company.match_amount = D("62.30")
    found = invoice(document, price="128.50")
    assert services.match_invoice(str(found["invoice_id"]))["within"]


def test_from_when_a_price_is_exceptional_is_the_company_s(plant):
    order = services.orders.load(plant.order((plant.bar, "40.72", DUE))["order_id"])
    order.lines[0].price = D("136.96")  # 7 % above 128
    assert services.approval_facts("purchase_order:1")["exceptional"] == "yes"

    plant.company.dear_percent = D(7)
    assert services.approval_facts("purchase_order:1")["exceptional"] == "no"
