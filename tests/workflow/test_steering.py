"""Acts by hand on a case, the operations page, incidents by cause, and barcodes read from a photo."""

from __future__ import annotations

from io import BytesIO

import pytest
import segno
from PIL import Image

from app.accounts.models import User
from app.core.actors import Actor, acting
from app.core.audit import AuditEntry
from app.core.db import db
from app.workflow import definitions
from app.workflow.models import Incident, InstanceStatus, MessageWait, ProcessInstance, TimerDue
from app.workflow.running import instances
from tests.workflow import tiny
from tests.workflow.diagrams import (
    extensions,
    files,
    flows,
    lanes,
    message,
    node,
    process,
    properties,
    service,
    timer,
    user,
)

WAIT = node(
    "intermediateCatchEvent", "wait", extensions(properties(correlation="'x'")) + message("test.arrived")
)
CATCH = node("intermediateCatchEvent", "late", timer("PT2H"))


@pytest.fixture
def manager(login):
    """A plant manager's browser."""
    return login("plant_manager", name="manager")


def begin(*sources: bytes, key: str = "test.one", **data: object) -> ProcessInstance:
    """Deploy a process and start a case of it."""
    definitions.deploy(files(*sources))
    case = instances.start(key, data, "test:1", own=False)
    db.session.commit()
    return case


def status(case: ProcessInstance) -> InstanceStatus:
    """Where a case stands now."""
    db.session.rollback()
    db.session.refresh(case)
    return case.status


def acts() -> list[tuple[str, str | None]]:
    """What is on record with a reason."""
    db.session.rollback()
    rows = db.session.execute(db.select(AuditEntry.action, AuditEntry.reason).order_by(AuditEntry.id))
    return [(action, reason) for action, reason in rows]


def test_a_timer_fires_now_with_a_reason(app, manager):
    case = begin(process("test.one", CATCH, flows("start -> late -> end")))
    address = f"/processes/{case.id}/timers/{db.session.scalar(db.select(TimerDue.id))}"
    assert "late" in manager.get(f"/processes/{case.id}").text
    assert manager.post(address).status_code == 422
    assert status(case) == InstanceStatus.RUNNING

    manager.post(address, data={"reason": "The truck is here."})

    assert status(case) == InstanceStatus.COMPLETED
    assert ("timer.fired", "The truck is here.") in acts()


def test_a_message_is_sent_by_hand_with_its_values(app, manager):
    case = begin(process("test.one", WAIT, flows("start -> wait -> end"), messages=("test.arrived",)))
    address = f"/processes/{case.id}/messages/{db.session.scalar(db.select(MessageWait.id))}"

    manager.post(address, data={"data": "accepted = true\nlot = L-1", "reason": "Told by phone."})

    assert status(case) == InstanceStatus.COMPLETED
    assert case.data["wait"] == {"accepted": True, "lot": "L-1"}
    assert ("message.sent", "Told by phone.") in acts()


@pytest.mark.parametrize("data", ["no equals", "__class__ = 1", "a.b = 2"])
def test_a_message_of_another_shape_is_refused(app, manager, data):
    case = begin(process("test.one", WAIT, flows("start -> wait -> end"), messages=("test.arrived",)))
    address = f"/processes/{case.id}/messages/{db.session.scalar(db.select(MessageWait.id))}"

    assert manager.post(address, data={"data": data, "reason": "x"}).status_code == 422
    assert status(case) == InstanceStatus.RUNNING


def test_a_timer_of_another_case_is_not_found(app, manager):
    begin(process("test.one", CATCH, flows("start -> late -> end")))
    other = tiny.start()
    timer_id = db.session.scalar(db.select(TimerDue.id))

    answer = manager.post(f"/processes/{other.id}/timers/{timer_id}", data={"reason": "x"})

    assert answer.status_code == 404


def test_cancelling_shows_what_it_ends_and_is_confirmed_by_typing(app, manager):
    case = tiny.start()
    page = manager.get(f"/processes/{case.id}/cancel").text
    assert "Task: Review the plan" in page
    address = f"/processes/{case.id}/cancel"
    assert manager.post(address, data={"reason": "No longer wanted", "word": "x"}).status_code == 422
    assert manager.post(address, data={"reason": " ", "word": case.business_key}).status_code == 422

    manager.post(address, data={"reason": "No longer wanted", "word": case.business_key})

    assert status(case) == InstanceStatus.CANCELLED
    assert tiny.open_task("review") is None
    assert ("instance.cancelled", "No longer wanted") in acts()


def test_nobody_steers_without_the_right(app, login):
    case = tiny.start()
    planner = login("planner", "process_designer", name="lin")

    assert planner.get(f"/processes/{case.id}/cancel").status_code == 403
    assert planner.post(f"/processes/{case.id}/cancel", data={"reason": "x"}).status_code == 403
    assert "Acts by hand" not in planner.get(f"/processes/{case.id}").text


def test_incidents_are_grouped_by_cause_and_mended_with_other_data(app, manager):
    source = process(
        "test.one", service("call", "test.echo", "r", value="amount + 1"), flows("start -> call -> end")
    )
    case = begin(source, amount="x")
    other = instances.start("test.one", {"amount": "y"}, "test:2", own=False)
    db.session.commit()
    page = manager.get("/incidents").text
    assert page.count('<h2 id="group-') == 1
    assert "2 times" in page
    first, second = db.session.scalars(db.select(Incident.id).order_by(Incident.id))
    address = f"/incidents/causes/{db.session.scalar(db.select(Incident.cause).distinct())}"
    no_reason = {"_action": "skip", "incident": second}
    assert manager.post(address, data=no_reason).status_code == 422
    assert manager.post(address, data={"_action": "retry"}).status_code == 422

    correction = {"_action": "correct", "incident": first, "data": "amount = 4", "reason": "A typing error."}
    assert "Went on" in manager.post(address, data=correction).text
    assert "Failed again" in manager.post(address, data={"_action": "retry", "incident": second}).text
    assert "Skipped" in manager.post(address, data=no_reason | {"reason": "Done on paper."}).text

    assert (status(case), status(other)) == (InstanceStatus.COMPLETED, InstanceStatus.COMPLETED)
    assert {("incident.corrected", "A typing error."), ("incident.skipped", "Done on paper.")} <= set(acts())


def test_a_person_s_decision_is_not_corrected_by_hand(app, manager):
    case = begin(
        process(
            "test.one",
            lanes(planner="look"),
            user("look"),
            service("fine", "test.echo", "a"),
            service("post", "test.refuse", "r"),
            flows("start -> look -> fine -> post -> end"),
        )
    )
    someone = db.session.scalar(db.select(User.id))
    with acting(Actor(someone, "lin", "Lin", frozenset({"planner"}))):
        instances.complete(tiny.open_task("look").id, {"approve": False})
    db.session.commit()
    cause = db.session.scalar(db.select(Incident.cause))
    data = {"_action": "correct", "_all": "1", "data": 'look = {"approve": true}', "reason": "x"}

    answer = manager.post(f"/incidents/causes/{cause}", data=data)

    assert "is what a person decided" in answer.text
    assert status(case) == InstanceStatus.INCIDENT


def test_operations_counts_each_version(app, manager):
    case = begin(process("test.one", CATCH, flows("start -> late -> end")))
    page = manager.get("/operations").text

    assert "1 running · 0 tasks overdue · 0 incidents" in page
    manager.post(
        f"/processes/{case.id}/timers/{db.session.scalar(db.select(TimerDue.id))}", data={"reason": "x"}
    )
    assert "0 running" in manager.get("/operations").text


def test_operations_is_for_who_may_read_processes(app, login):
    assert login("operator").get("/operations").status_code == 403


def photo(text: str, kind: str = "png") -> BytesIO:
    """A photo of a QR code: a white sheet, turned a little."""
    drawn = BytesIO()
    segno.make(text).save(drawn, kind="png", scale=8, border=6)
    sheet = Image.open(drawn).convert("L").rotate(7, expand=True, fillcolor=255)
    out = BytesIO()
    sheet.save(out, kind)
    out.seek(0)
    return out


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_photo_s_barcode_is_read_by_the_server(app, login, kind):
    browser = login("operator")

    answer = browser.post("/scan", data={"photo": (photo("WO2603-0007/10", kind), "photo")})

    assert answer.json == {"codes": ["WO2603-0007/10"]}


@pytest.mark.parametrize("content", [b"", b"no picture", b"GIF89a" + b"\0" * 50])
def test_what_is_no_photo_is_refused(app, login, content):
    answer = login("operator").post("/scan", data={"photo": (BytesIO(content), "photo")})

    assert answer.status_code == 422


def test_an_enormous_picture_is_refused_unread(app, login):
    out = BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "png")
    out.seek(0)

    assert login("operator").post("/scan", data={"photo": (out, "photo")}).status_code == 413
