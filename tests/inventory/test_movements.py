"""Transfers and counts as people do them: the page that starts one, then the tasks of its process."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.accounts import services as accounts
from app.core.actors import Actor
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.inventory import queries as stock
from app.inventory import services
from app.inventory.models import Location, LocationKind, Reservation, StockBalance, StockMove, StockTransfer
from app.inventory.queries.pages import ledger_differences
from app.masterdata.models import Item, Site, Supply
from tests.purchasing.driver import Driver

D = Decimal


class Stores:
    """Two sites with a store each, a second place in the first, and 100 seals of one lot."""

    def __init__(self):
        self.here, self.there = self.add(self.site("DY")), self.add(self.site("TP"))
        self.seal = self.add(
            Item(number="OS15", names={"en": "Seal"}, supply=Supply.BUY, unit="pc", standard_cost=D(42))
        )
        self.store = services.location(self.here.id, LocationKind.INTERNAL)
        self.far = services.location(self.there.id, LocationKind.INTERNAL)
        self.shelf = self.add(
            Location(site_id=self.here.id, code="B-02", names={"en": "Shelf"}, kind=LocationKind.INTERNAL)
        )
        lot = services.make_lot(self.seal, "OS15-1", received_on=date(2026, 3, 1))
        services.post(
            self.seal.id,
            D(100),
            source=services.location(self.here.id, LocationKind.SUPPLIER),
            target=self.store,
            document="opening:1",
            lot_id=lot.id,
        )
        self.balance = db.session.scalars(
            select(StockBalance).where(StockBalance.location_id == self.store.id)
        ).one()
        db.session.commit()
        self.driver = Driver("inventory")

    @staticmethod
    def site(code):
        return Site(code=code, names={"en": code}, timezone="Asia/Taipei", weekly_off=[5, 6])

    @staticmethod
    def add(row):
        db.session.add(row)
        db.session.flush()
        return row

    def at(self, place):
        """What lies at a place."""
        db.session.expire_all()
        found = db.session.query(StockBalance).filter_by(location_id=place.id).all()
        return sum((row.quantity for row in found), D(0))

    def ask(self, browser, to, amount, **more):
        """Ask for a transfer on the page."""
        data = {"to_id": to.id, "quantity": amount, "reason": "Nearer"} | more
        answer = browser.post(f"/inventory/transfers/new/{self.balance.id}", data=data)
        db.session.expire_all()
        return answer


@pytest.fixture
def stores(app, clock):
    """The stores on 2026-03-04 with the processes of inventory deployed."""
    clock("2026-03-04T02:00:00")
    return Stores()


def acts():
    """What the record says was done."""
    return [
        row.action for row in db.session.query(AuditEntry).order_by(AuditEntry.id) if "stock" in row.action
    ]


def test_within_a_site_the_goods_are_moved_in_one_step(stores, login):
    assert stores.ask(login("warehouse", name="asking"), stores.shelf, "30").status_code == 302
    assert db.session.query(Reservation).one().quantity == 30

    stores.driver.do("send")

    assert stores.driver.waiting() == []
    assert (stores.at(stores.store), stores.at(stores.shelf)) == (70, 30)
    assert db.session.query(Reservation).count() == 0
    assert acts() == ["stock_transfer.requested", "stock_transfer.received"]
    assert ledger_differences() == []


def test_between_sites_somebody_else_receives_and_what_is_missing_has_a_reason(stores, login):
    stores.ask(login("planner", name="asking"), stores.far, "30", needed_on="2026-03-06")
    expected = {site: stock.expected_changes(site)[0] for site in (stores.here.id, stores.there.id)}
    assert [(one.quantity, one.date) for one in expected.values()] == [
        (-30, date(2026, 3, 6)),
        (30, date(2026, 3, 6)),
    ]

    stores.driver.do("send", quantity="25")
    transit = services.location(stores.here.id, LocationKind.TRANSIT)
    assert (stores.at(stores.store), stores.at(transit), stores.at(stores.far)) == (75, 25, 0)
    sender = stores.driver.people.pop("warehouse")
    task = stores.driver.open("arrive")[0]
    assert task.excluded == [sender.user_id]
    stores.driver.people["warehouse"] = second_person()
    stores.driver.do("arrive", quantity="24", reason="One crushed")

    assert (stores.at(transit), stores.at(stores.far)) == (0, 24)
    lost = db.session.query(StockMove).filter_by(reason="One crushed").one()
    assert lost.quantity == 1
    assert stock.expected_changes(stores.there.id) == []
    assert ledger_differences() == []


def second_person():
    """Another one of the warehouse."""
    user = accounts.create_user("second", {"en": "Second"}, {"warehouse"}, "a long password")
    db.session.commit()
    return Actor(user.id, "second", "Second", frozenset({"warehouse"}))


def test_a_withdrawn_transfer_frees_what_it_held(stores, login):
    stores.ask(login("warehouse", name="asking"), stores.far, "30")

    stores.driver.do("send", cancel="1")

    assert (stores.driver.waiting(), stores.at(stores.store)) == ([], 100)
    assert db.session.query(Reservation).count() == 0
    assert stock.expected_changes(stores.there.id) == []
    assert db.session.query(StockTransfer).one().status == "cancelled"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantity": "101"}, "quantity"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"reason": " "}, "reason"),
        ({"to_id": "0"}, "to_id"),
    ],
)
def test_an_impossible_transfer_is_shown_again_and_changes_nothing(stores, login, wrong, field):
    answer = stores.ask(login("warehouse", name="asking"), stores.shelf, "30", **wrong)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert db.session.query(StockTransfer).count() == 0


def start(stores, login):
    """Have the store counted."""
    answer = login("material_head", name="asking").post(
        "/inventory/counts", data={"location_id": stores.store.id}
    )
    db.session.expire_all()
    assert answer.status_code == 302


def test_a_count_that_agrees_needs_nobody_and_moves_nothing(stores, login):
    start(stores, login)
    stores.driver.do("count", {"lines": {"counted": "100"}})

    assert stores.driver.waiting() == []
    assert (stores.at(stores.store), acts()[-1]) == (100, "stock_count.posted")
    assert db.session.query(StockMove).count() == 1


@pytest.mark.parametrize(
    ("cost", "approvers"),
    [
        ("600", []),
        ("601", ["approve_head"]),
        ("6000", ["approve_head"]),
        ("6001", ["approve_head", "approve_plant"]),
    ],
)
def test_the_value_of_the_differences_says_who_approves(stores, login, cost, approvers):
    stores.seal.standard_cost = D(cost)
    db.session.commit()
    start(stores, login)
    stores.driver.do("count", {"lines": {"counted": "95", "reason": "Miscounted on receipt"}})

    for approver in approvers:
        assert stores.at(stores.store) == 100
        stores.driver.do(approver, approve="1")
    assert stores.driver.waiting() == []
    assert stores.at(stores.store) == 95
    move = db.session.query(StockMove).order_by(StockMove.id.desc()).first()
    assert (move.quantity, move.reason, move.document) == (5, "Miscounted on receipt", "stock_count:1")
    assert ledger_differences() == []


def test_refused_differences_are_counted_again_by_the_books_of_that_moment(stores, login):
    stores.seal.standard_cost = D(5000)
    db.session.commit()
    start(stores, login)
    stores.driver.do("count", {"lines": {"counted": "95", "reason": "?"}})
    stores.driver.do("approve_head", approve="", note="Look behind the rack")

    stores.driver.do("count", {"lines": {"counted": "100", "reason": ""}})

    assert (stores.driver.waiting(), stores.at(stores.store)) == ([], 100)


def test_what_leaves_between_count_and_approval_stays_gone(stores, login):
    stores.seal.standard_cost = D(5000)
    db.session.commit()
    start(stores, login)
    stores.driver.do("count", {"lines": {"counted": "101", "reason": "Found one"}})
    services.post(
        stores.seal.id,
        D(10),
        source=stores.store,
        target=stores.shelf,
        document="lot:1",
        lot_id=stores.balance.lot_id,
    )
    db.session.commit()
    stores.driver.do("approve_head", approve="1")

    assert stores.at(stores.store) == 91


def test_a_place_is_counted_once_at_a_time_and_a_difference_needs_its_reason(stores, login):
    start(stores, login)

    with pytest.raises(Conflict) as busy:
        services.start_count(stores.store.id)
    with pytest.raises(DomainError) as empty:
        services.start_count(stores.shelf.id)
    with pytest.raises(DomainError) as silent:
        services.record_count("1", [{"line_id": "1", "counted": "95"}])
    assert (busy.value.code, empty.value.code, silent.value.field) == ("counting", "empty", "lines.0.reason")


def test_the_counter_does_not_see_the_books(stores, login):
    start(stores, login)
    task = stores.driver.open("count")[0].id
    db.session.commit()
    browser = login("warehouse", name="asking")

    page = browser.get(f"/tasks/{task}").text
    assert "OS15-1" in page
    assert ">100<" not in page
    assert 'value="100"' not in page


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_the_pages_open_in_both_languages(stores, login, language):
    browser = login("warehouse", name="asking")
    stores.ask(browser, stores.shelf, "30")
    browser.post("/inventory/counts", data={"location_id": stores.store.id})

    for page in (
        "/inventory/transfers",
        f"/inventory/transfers/new/{stores.balance.id}",
        "/inventory/counts",
        "/inventory/counts/1",
        f"/inventory/items/{stores.seal.id}",
    ):
        assert browser.get(page, headers={"Accept-Language": language}).status_code == 200, page
    assert login("operator").get("/inventory/transfers/new/1").status_code == 403
    assert browser.get("/inventory/counts/99").status_code == 404
    assert browser.post("/inventory/counts", data={"location_id": stores.store.id}).status_code == 409
