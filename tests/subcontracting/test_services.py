"""Subcontract orders of both forms, selection, contracts and scores, against a real database."""

from datetime import date
from decimal import Decimal

import pytest

from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.inventory import queries as ledger
from app.inventory.models import LotConsumption
from app.purchasing import services as purchasing
from app.subcontracting import queries, services
from app.subcontracting.models import (
    Contract,
    ContractStatus,
    DeliveryRecord,
    SubcontractOrder,
    SuppliedComponent,
    SupplierScore,
)
from app.subcontracting.scoring import Standing

D = Decimal


def out(plant):
    """A valve order whose components have left for the workshop."""
    plant.stock(plant.poppet, "210")
    plant.stock(plant.spring, "500")
    order = plant.planned()
    services.approve_order(order)
    services.ship_components(order, queries.component_shipping(order)["lines"])
    return order


def returned(order, poppets=("1", "1"), springs=("2", "0"), quantity="190", **fields):
    rows = queries.receiving(order)["components"]
    for row, (back, lost) in zip(rows, (poppets, springs), strict=True):
        row.update(returned=back, lost=lost)
    return services.receive(order, quantity=quantity, components_back=rows, **fields)


def test_a_planned_order_becomes_a_subcontract_order_with_its_components_rounded_up(plant):
    order = db.session.get(SubcontractOrder, int(plant.planned()))

    assert (order.supplier_id, order.price, order.approved_price) == (plant.workshop.id, D(18), True)
    assert [(one.item_id, one.required) for one in order.components] == [
        (plant.poppet.id, D(192)),
        (plant.spring.id, D(192)),
    ]
    assert plant.events("subcontracting.order_created") == [f"subcontract_order:{order.id}"]


def test_planning_sees_components_leave_and_valves_arrive(plant):
    plant.planned()

    changes = {one.item_id: one.quantity for one in ledger.expected_changes(plant.site.id)}
    assert changes == {plant.valve.id: D(190), plant.poppet.id: D(-192), plant.spring.id: D(-192)}


def test_an_order_waits_for_the_first_component_that_is_short(plant):
    plant.stock(plant.poppet, "192")
    order = plant.planned()

    assert services.components_ready(order) == {"ready": False, "waiting_for": f"item:{plant.spring.id}"}
    plant.stock(plant.spring, "192")
    assert services.components_ready(order)["ready"]


def test_shipped_components_lie_at_the_subcontractor(plant):
    out(plant)

    assert plant.at("subcontractor", plant.poppet, plant.workshop) == 192
    assert ledger.on_hand(plant.poppet.id, plant.site.id) == 18
    assert {one.item_id for one in ledger.expected_changes(plant.site.id)} == {plant.valve.id}


def test_more_components_than_in_stock_are_refused(plant):
    plant.stock(plant.poppet, "100")
    order = plant.planned()
    services.approve_order(order)

    with pytest.raises(DomainError, match="192 pc wanted, 100 free"):
        services.ship_components(order, queries.component_shipping(order)["lines"])


def test_the_demo_order_is_reconciled_at_receipt(plant):
    order = out(plant)

    receipt = returned(order)

    poppet, spring = db.session.query(SuppliedComponent).order_by(SuppliedComponent.id)
    assert (poppet.used, poppet.returned, poppet.allowed_loss, poppet.excess_loss) == (190, 1, 1, 0)
    assert (spring.used, spring.returned, spring.remaining) == (190, 2, 0)
    assert (receipt["complete"], receipt["excess_loss"]) == (True, "0")
    assert plant.at("subcontractor", plant.poppet, plant.workshop) == 0
    assert (plant.at("scrap", plant.poppet), plant.at("inspection", plant.valve)) == (1, 190)
    assert ledger.ledger_sum(plant.poppet.id) == ledger.ledger_sum(plant.valve.id) == 0
    assert sorted(row.quantity for row in db.session.query(LotConsumption)) == [190, 190]


def test_a_loss_beyond_the_allowance_is_excess(plant):
    order = out(plant)

    assert returned(order, poppets=("0", "2"))["excess_loss"] == "1"


def test_accounting_for_more_than_was_supplied_is_refused(plant):
    order = out(plant)

    with pytest.raises(DomainError, match="PP10: more is accounted for"):
        returned(order, poppets=("5", "0"))


def test_accepted_valves_are_stock_and_tell_who_waits(plant):
    order = out(plant)
    receipt = returned(order)

    assert plant.accept(receipt["receipt_id"]) == {"accepted": "190", "rejected": "0"}
    assert ledger.on_hand(plant.valve.id, plant.site.id) == 190
    assert plant.events("subcontracting.order_received") == [f"subcontract_order:{order}"]
    assert services.receiving_state(order)["ready"]
    assert db.session.query(DeliveryRecord).one().accepted == 190


def test_the_workshop_without_tax_invoice_is_paid_its_fee(plant):
    order = out(plant)
    plant.workshop.vat = "none"
    plant.accept(returned(order)["receipt_id"])
    document = f"subcontract_order:{order}"

    entered = purchasing.record_invoice(
        document, "R-17", "2026-03-04", [{"line_id": order, "quantity": "190", "price": "18"}]
    )

    assert (entered["net"], entered["tax"]) == ("3420", "0")
    assert purchasing.match_invoice(str(entered["invoice_id"]))["within"]
    purchasing.post_payable(str(entered["invoice_id"]))
    assert purchasing.invoice_state(document)["complete"]
    services.close_order(order)


def test_an_outside_operation_keeps_its_pieces_work_in_process(plant):
    order = plant.outside(plant.body, plant.finisher)
    services.approve_order(order)
    services.ship_components(order)

    assert plant.at("subcontractor", plant.body, plant.finisher) == 110
    assert ledger.on_hand(plant.body.id, plant.site.id) == 0
    assert ledger.expected_changes(plant.site.id) == []
    receipt = services.receive(order, quantity="106", lost="4")
    assert receipt["excess_loss"] == "3"
    assert plant.at("subcontractor", plant.body, plant.finisher) == 0
    assert plant.at("scrap", plant.body) == 4
    plant.accept(receipt["receipt_id"])
    assert plant.events("subcontracting.order_received") == [f"subcontract_order:{order}"]
    assert queries.billable_quantity(db.session.get(SubcontractOrder, int(order))) == 106


def test_pieces_go_straight_from_one_supplier_to_the_next(plant):
    first = plant.outside(plant.shaft, plant.finisher, next_supplier_id=str(plant.furnace.id))
    services.approve_order(first)
    services.ship_components(first)
    services.receive(first, quantity="110")
    second = services.order_operation(
        work_order_id="21",
        operation_no="40",
        item_id=str(plant.shaft.id),
        quantity="110",
        supplier_id=str(plant.furnace.id),
        site_id=str(plant.site.id),
    )["subcontract_order_id"]
    services.approve_order(str(second))
    services.ship_components(str(second))

    assert plant.at("subcontractor", plant.shaft, plant.furnace) == 110
    assert plant.at("wip", plant.shaft) == -110


def test_heat_treatment_is_paid_by_the_furnace_scale(plant):
    order = plant.outside(plant.shaft, plant.furnace, quantity="225")
    services.approve_order(order)
    services.ship_components(order)
    plant.accept(services.receive(order, quantity="224", lost="1", second_quantity="163.4")["receipt_id"])

    entered = purchasing.record_invoice(
        f"subcontract_order:{order}",
        "CD12345678",
        "2026-03-04",
        [{"line_id": order, "quantity": "163.4", "price": "32"}],
    )

    assert (entered["net"], entered["tax"]) == ("5229", "261")
    assert purchasing.match_invoice(str(entered["invoice_id"]))["within"]


@pytest.mark.parametrize("quantity", ["-1", "111", "NaN", "1.5", "abc"])
def test_an_impossible_receipt_changes_nothing(plant, quantity):
    order = plant.outside(plant.body, plant.finisher)
    services.approve_order(order)
    services.ship_components(order)

    with pytest.raises(DomainError):
        services.receive(order, quantity=quantity)
    assert plant.at("subcontractor", plant.body, plant.finisher) == 110


def test_a_late_report_moves_the_expected_receipt(plant):
    order = out(plant)

    assert services.report_progress(order, "50", "2026-04-13", "Two people ill")["days_late"] == 6
    [change] = ledger.expected_changes(plant.site.id)
    assert change.date == date(2026, 4, 13)


def selection(plant):
    odd = plant.item("XX01")
    order = plant.planned(odd, "100")
    assert not services.order_facts(order)["has_supplier"]
    found = str(services.start_selection(order)["selection_id"])
    invited = [{"supplier_id": plant.workshop.id}, {"supplier_id": plant.finisher.id}]
    services.invite_offers(found, invited, "2026-03-09")
    rows = queries.offer_entry(found)["lines"]
    rows[0].update(price="20", lead_days="5")
    rows[1].update(price="25", lead_days="3")
    services.record_offers(found, rows)
    return order, found, [row["offer_id"] for row in rows]


def test_a_refused_proposal_goes_round_again_with_the_reason(plant):
    order, found, offers = selection(plant)
    services.propose_offer(found, offers[1], "Faster")
    services.refuse_offer(found, "Too dear")

    assert queries.selection_invite(found)["refusal"] == "Too dear"
    assert services.propose_offer(found, offers[0], "Cheaper")["amount"] == "2000"
    services.award_offer(found)
    facts = services.order_facts(order)
    assert (facts["supplier_id"], facts["approved_price"]) == (plant.workshop.id, True)


def test_a_proposal_needs_a_reason(plant):
    _order, found, offers = selection(plant)

    with pytest.raises(DomainError, match="Say why"):
        services.propose_offer(found, offers[0], " ")


def drafted(plant, contract_id=""):
    rows = queries.contract_draft(str(plant.finisher.id))
    draft = rows | {"amount": "300000", "valid_to": "2026-12-31"}
    return str(services.draft_contract(str(plant.finisher.id), draft, contract_id)["contract_id"])


def test_a_contract_sent_back_is_reworked_then_signed_and_in_force(plant):
    contract = drafted(plant)
    services.review_contract(contract, "quality_manager", agreed=False, comment="Film 20 to 30 um")
    services.send_back_contract(contract)
    assert drafted(plant, contract) == contract
    services.review_contract(contract, "quality_manager", agreed=True)
    services.approve_contract(contract)
    with pytest.raises(DomainError, match="needed as a file"):
        services.sign_contract(contract, "2026-03-04")

    services.sign_contract(contract, "2026-03-04", {"id": "12", "name": "contract.pdf"})

    assert services.contract_check(str(plant.finisher.id))["in_force"]
    assert not services.contract_check(str(plant.workshop.id))["in_force"]


def test_a_new_version_ends_the_one_before(plant):
    for _version in (1, 2):
        contract = drafted(plant)
        services.approve_contract(contract)
        services.sign_contract(contract, "2026-03-04", "file:1")

    first, second = db.session.query(Contract).order_by(Contract.version)
    assert (first.status, second.status) == (ContractStatus.ENDED, ContractStatus.IN_FORCE)
    assert first.number == second.number


def test_a_contract_in_review_cannot_be_signed(plant):
    contract = drafted(plant)

    with pytest.raises(Conflict):
        services.sign_contract(contract, "2026-03-04", "file:1")


def test_scores_follow_from_deliveries(plant):
    from app.subcontracting.services.scores import Delivery, record_delivery

    for number, accepted in enumerate((100, 90, 80)):
        record_delivery(
            plant.finisher.id,
            f"purchase_order:{number}",
            "1",
            Delivery(
                due_on=date(2026, 2, 10),
                complete_on=date(2026, 2, 10 + number),
                ordered=D(100),
                received=D(100),
                accepted=D(accepted),
            ),
        )

    assert services.rate_suppliers("2026-03-04") == {"rated": 1, "unrated": 0}
    rated = db.session.query(SupplierScore).one()
    assert rated.parts["quality"] == "90"
    assert rated.total == round((D(35) * 90 + D(30) * D(100) / 3) / 65, 6)
    assert "blocked" not in queries.score_text(plant.workshop.id)

    plant.company.score_quality, plant.company.score_delivery = D(65), D(0)
    plant.company.score_preferred = D(95)
    services.rate_suppliers("2026-03-04")
    assert (rated.total, rated.standing) == (90, Standing.APPROVED)
