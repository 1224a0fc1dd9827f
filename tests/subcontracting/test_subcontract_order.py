"""The process subcontracting.subcontract_order, run by its people, with selection and contract."""

import pytest

from app.core.db import db
from app.subcontracting.models import Contract, ContractStatus, OrderStatus, SubcontractOrder
from tests.purchasing.driver import Driver
from tests.subcontracting.conftest import Plant


@pytest.fixture
def factory(app, clock):
    """The plant in the whole application, its processes deployed, on 2026-03-04."""
    clock("2026-03-04T02:00:00")
    plant = Plant()
    plant.driver = Driver("subcontracting", "purchasing", "quality")
    return plant


def test_valves_are_assembled_outside_from_supplied_parts(factory):
    driver = factory.driver
    factory.stock(factory.poppet, "192")
    factory.planned()
    db.session.commit()

    driver.do("contract_missing", decision="single", reason="One trial lot")
    assert driver.waiting() == []  # springs are short: the order waits for them
    factory.stock(factory.spring, "192")
    db.session.commit()
    driver.do("ship_components")
    driver.do("receive_order", {"components": {"returned": "1", "lost": "1"}})
    driver.do("enter_invoice", invoice_number="AB12345678")

    assert driver.waiting() == []
    order = db.session.query(SubcontractOrder).one()
    assert (order.status, order.accepted, order.invoiced) == (OrderStatus.CLOSED, 190, 190)
    assert factory.events("subcontracting.order_received") == ["subcontract_order:1"]


def test_an_outside_operation_goes_out_and_comes_back(factory):
    driver = factory.driver
    factory.outside(factory.body, factory.finisher)
    db.session.commit()
    driver.do("contract_missing", decision="single", reason="Old customer")
    driver.do("send_pieces", sent="1")
    driver.do("receive_order", quantity="109", lost="1")
    driver.do("enter_invoice", invoice_number="AB12345678")

    assert db.session.query(SubcontractOrder).one().status is OrderStatus.CLOSED


def test_a_refused_supplier_and_a_contract_sent_back_go_round_again(factory):
    driver = factory.driver
    odd = factory.item("XX01")
    factory.planned(odd, "1000")
    db.session.commit()
    suppliers = [{"supplier_id": str(factory.workshop.id)}]
    driver.do("invite_offers", suppliers=suppliers, reply_by="2026-03-09")
    driver.do("enter_offers", {"lines": {"price": "20", "lead_days": "5"}})
    driver.do("propose_offer", offer_id="1", reason="Only one")
    driver.do("approve_offer", reason="Ask a second time")
    driver.do("invite_offers", suppliers=suppliers, reply_by="2026-03-09")
    driver.do("enter_offers", {"lines": {"price": "19", "lead_days": "5"}})
    driver.do("propose_offer", offer_id="1", reason="Cheaper now")
    driver.do("approve_offer", approve="1")
    driver.do("contract_missing", decision="agree")
    terms = dict.fromkeys(
        ("production_standard", "delivery_terms", "quality_terms", "penalties"), "as agreed"
    )
    driver.do("draft_contract", amount="300000", **terms)
    driver.do("review_quality", comment="Name the film thickness")
    driver.do("review_prices", agree="1")
    driver.do("draft_contract", amount="300000", **terms)
    driver.do("review_quality", agree="1")
    driver.do("review_prices", agree="1")
    driver.do("approve_plant", approve="1")
    driver.do("sign_contract", signed_on="2026-03-04", signed_file={"id": "1", "name": "signed.pdf"})

    assert db.session.query(Contract).one().status is ContractStatus.IN_FORCE
    assert driver.waiting() == ["send_pieces warehouse"]
