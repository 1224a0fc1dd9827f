"""Tasks that are not done in time: counted on the plant's calendar, reminded, escalated, handed over, each once."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import current_app

from app.accounts.models import User
from app.core import working_time
from app.core.actors import acting
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.working_time import PlantCalendar
from app.masterdata.models import CalendarException, Site
from app.workflow.drawing.diagram import DefinitionError
from app.workflow.models import StepHistory
from app.workflow.people.talk import Notice
from app.workflow.running import due_deeds, instances
from app.workflow.running.deadlines import DueDeed
from tests.workflow.diagrams import flows, lanes, process, user

TAIPEI = ZoneInfo("Asia/Taipei")
HOLIDAY, MAKE_UP = date(2026, 3, 9), date(2026, 3, 14)  # a Monday off, a Saturday worked
CALENDAR = PlantCalendar("Asia/Taipei", lambda day: day == MAKE_UP or (day.weekday() < 5 and day != HOLIDAY))
FRIDAY = datetime(2026, 3, 6, 15, tzinfo=TAIPEI)
TIME = {
    "due": "P1D",
    "warn_before": "PT4H",
    "escalate_after": "P1D",
    "escalate_to": "plant_manager",
    "reassign_after": "P3D",
    "reassign_to": "material_head",
}


def local(text: str) -> datetime:
    """A moment in March 2026 at the plant: ``10 15:00``."""
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=TAIPEI)


@pytest.mark.parametrize(
    ("begin", "given", "end"),
    [
        ("06 15:00", "P1D", "10 15:00"),  # over the weekend and the holiday
        ("06 22:00", "PT4H", "10 02:00"),
        ("07 10:00", "PT8H", "10 08:00"),  # a Saturday's hours begin on Tuesday
        ("13 09:00", "P1D", "14 09:00"),  # the Saturday that is worked
        ("13 09:00", "P2DT12H", "16 21:00"),
        ("11 09:00", "PT36H", "12 21:00"),
    ],
)
def test_working_time_passes_on_working_days_only_both_ways(begin, given, end):
    span = working_time.span(given)

    assert working_time.after(local(begin), span, CALENDAR) == local(end)
    if not begin.startswith("07"):  # no way back to a day off
        assert working_time.before(local(end), span, CALENDAR) == local(begin)


def test_where_nobody_ever_works_every_day_counts():
    span, never = working_time.span("P2DT3H"), PlantCalendar("UTC", lambda _day: False)

    assert working_time.after(FRIDAY, span, never) - FRIDAY == span.length


@pytest.mark.parametrize("text", ["", "P", "PT", "2 days", "P1W", "P-1D", "P1M", "P1000D", "PT5S"])
def test_what_is_no_working_time_is_none(text):
    assert working_time.span(text) is None


def diagram(**values: str) -> bytes:
    """Do, then approve; who did may not approve."""
    return process(
        "test.late",
        lanes(planner="make", buyer="approve"),
        user("make"),
        user("approve", separate_from="make", **values),
        flows("start -> make -> approve -> end"),
    )


@pytest.fixture
def plant(app):
    """The plant of the calendar."""
    site = Site(code="DY", names={"en": "Daya"}, timezone="Asia/Taipei", weekly_off=[5, 6])
    db.session.add(site)
    db.session.flush()
    db.session.add_all(
        CalendarException(site_id=site.id, date=day, working=day == MAKE_UP) for day in (HOLIDAY, MAKE_UP)
    )
    db.session.commit()


@pytest.fixture
def late(plant, world, clock):
    """An approval that began on Friday afternoon; whoever may take it over did the step before."""
    clock(FRIDAY.isoformat())
    world.deploy(diagram(**TIME))
    for login, *roles in (
        ("lin", "planner", "material_head"),
        ("wu", "buyer"),
        ("kuo", "buyer", "planner"),
        ("head", "material_head"),
        ("boss", "plant_manager"),
    ):
        world.person(login, *roles)
    with acting(world.people["lin"]):
        instances.start("test.late", {}, "thing:1")
    db.session.commit()
    world.done(world.people["lin"], "make")
    return world


@pytest.mark.parametrize("meant", ["2026-99-99", "9999-12-31", "tomorrow", "", 7, None, ["2026-03-12"]])
def test_data_that_names_no_day_leaves_the_time_that_is_given(plant, world, clock, meant):
    clock(FRIDAY.isoformat())
    world.deploy(
        process(
            "test.meant", lanes(buyer="do"), user("do", due_on="day", due="P1D"), flows("start -> do -> end")
        )
    )
    instances.start("test.meant", {"day": meant}, "thing:1")

    assert world.task("do").due_at == local("10 15:00")


@pytest.mark.parametrize("meant", [2**31 - 2, 2**70, "9" * 300, "nobody", "", -1, True, None, [], {"id": 1}])
def test_a_task_meant_for_nobody_there_is_goes_to_the_role(world, meant):
    world.person("wu", "buyer")
    world.deploy(
        process("test.meant", lanes(buyer="do"), user("do", candidate="person"), flows("start -> do -> end"))
    )
    instances.start("test.meant", {"person": meant}, "thing:1")
    db.session.commit()

    assert world.task("do").candidate_id is None
    world.done(world.people["wu"], "do", ok=True)


def told(login: str) -> list[str]:
    """What a person was told, in order."""
    query = db.select(Notice.kind).join(User, User.id == Notice.user_id).where(User.login == login)
    return [kind.value for kind in db.session.scalars(query.order_by(Notice.id))]


def test_a_late_task_is_reminded_of_escalated_and_handed_over_each_once(late, clock):
    task = late.task("approve")
    assert task.due_at == local("10 15:00")
    assert [row.at for row in db.session.query(DueDeed).order_by(DueDeed.at)] == [
        local("10 11:00"),
        local("11 15:00"),
        local("13 15:00"),
    ]
    seen = []
    for moment in ("10 10:59", "10 11:00", "11 14:59", "11 15:00", "13 14:59", "13 15:00"):
        clock(local(moment).isoformat())
        seen.append(due_deeds.carry_out())
        assert due_deeds.carry_out() == 0

    assert seen == [0, 1, 0, 1, 0, 1]
    task = late.task("approve")
    assert (task.role, task.reassigned_from, task.escalated_to) == ("material_head", "buyer", "plant_manager")
    assert told("wu") == told("kuo") == ["due_soon"]
    assert (told("boss"), told("head"), told("lin")) == (["escalated"], ["reassigned"], [])
    acts = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.login == "system").order_by(AuditEntry.id)
    )
    assert [(one.action, one.after["told"]) for one in acts if one.action.startswith("task.")] == [
        ("task.warned", ["kuo", "wu"]),
        ("task.escalated", ["boss"]),
        ("task.reassigned", ["head"]),
    ]
    waits = db.session.query(StepHistory).filter_by(element="approve").one()
    assert waits.role == "material_head"
    late.done(late.people["head"], "approve", ok=True)


def test_who_claimed_it_is_reminded_alone_and_learns_that_it_is_taken_away(late, clock):
    with acting(late.people["wu"]):
        instances.claim(late.task("approve").id)
    db.session.commit()

    clock(local("20 15:00").isoformat())  # the runner was away
    assert due_deeds.carry_out() == 3

    assert (told("wu"), told("kuo")) == (["due_soon", "escalated", "taken"], [])
    assert late.task("approve").owner_id is None


def test_a_task_done_in_time_is_left_alone(late, clock):
    late.done(late.people["wu"], "approve", ok=True)

    assert db.session.query(DueDeed).count() == 0
    clock(local("20 15:00").isoformat())
    assert due_deeds.carry_out() == 0
    assert told("boss") == []


def test_a_case_that_is_cancelled_leaves_nothing_to_happen(late):
    task = late.task("approve")
    instances.cancel(task.instance_id, "ordered twice")
    db.session.commit()

    assert db.session.query(DueDeed).count() == 0


def test_a_task_nobody_may_take_over_stays_where_it_is(late, clock):
    head = db.session.get(User, late.people["head"].user_id)
    head.active = False  # lin, the only other one, did the step before
    db.session.commit()

    clock(local("20 15:00").isoformat())
    assert due_deeds.carry_out() == 3

    assert (late.task("approve").role, told("lin")) == ("buyer", [])
    failed = db.session.query(DueDeed).filter_by(effective=False).one()
    assert failed.kind == "reassign"
    assert db.session.query(AuditEntry).filter_by(action="task.reassign_failed").count() == 1


def test_the_page_and_the_inbox_tell_what_happened_and_what_will(late, clock, login):
    boss, wu = login("plant_manager", name="boss"), login("buyer", name="wu")
    task_id = late.task("approve").id
    assert "Reminder" in wu.get(f"/tasks/{task_id}").text

    clock(local("11 15:00").isoformat())
    assert due_deeds.carry_out() == 2

    inbox = boss.get("/inbox?view=escalated").text
    assert f'href="/tasks/{task_id}"' in inbox and "Escalated to Plant manager" in inbox
    page = boss.get(f"/tasks/{task_id}").text
    assert "Reminded" in page and "Goes over to Head of materials" in page
    assert "tells you of a task that is late" in boss.get("/notices").text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"due": "P1W"}, "due: P1W is no working time"),
        ({"due": "P0D"}, "due: P0D is no time at all"),
        ({"warn_before": "PT4H"}, "nothing to count from: warn_before"),
        ({"due": "P1D", "warn_before": "4h"}, "warn_before: 4h is no working time"),
        ({"due": "P1D", "warn_before": "P1D"}, "not less than the P1D"),
        ({"due": "P1D", "escalate_after": "P1D"}, "escalate_after and escalate_to belong together"),
        ({"due": "P1D", "reassign_to": "buyer"}, "reassign_after and reassign_to belong together"),
        ({"due": "P1D", "escalate_after": "P1D", "escalate_to": "boss"}, "There is no role boss"),
        ({"due": "P1D", "reassign_after": "P1D", "reassign_to": "buyer"}, "lane of buyer already"),
        ({"due": "P1D", "amount": "order.("}, "amount: "),
    ],
)
def test_what_cannot_be_kept_is_refused_at_deploy_naming_the_task(world, values, sentence):
    with pytest.raises(DefinitionError) as refused:
        world.deploy(diagram(**values))

    assert {one.element for one in refused.value.problems} == {"approve"}
    assert sentence in refused.value.problems[0].message


def test_a_case_that_cannot_go_on_holds_up_no_other_deadline(both, clock, monkeypatch):
    clock(FRIDAY.isoformat())
    both.deploy(diagram(due="P1D", escalate_after="PT0M", escalate_to="plant_manager"))
    both.person("boss", "plant_manager")
    lin = both.person("lin", "planner")
    for number in range(2):
        with acting(lin):
            instances.start("test.late", {}, f"thing:{number}")
        db.session.commit()
        both.done(lin, "make")
    clock((FRIDAY + timedelta(days=30)).isoformat())
    do = due_deeds._do

    def refuse(deed: DueDeed, *rest: object) -> bool:
        if deed.instance_id == 1:
            raise ValueError("unreadable")
        return do(deed, *rest)

    monkeypatch.setattr(due_deeds, "_do", refuse)
    assert due_deeds.carry_out() == 1
    monkeypatch.undo()
    assert due_deeds.carry_out() == 1
    assert told("boss") == ["escalated"] * 2


def test_runners_side_by_side_do_each_deed_once(both, clock):
    clock(FRIDAY.isoformat())
    both.deploy(diagram(due="P1D", escalate_after="PT0M", escalate_to="plant_manager"))
    both.person("boss", "plant_manager")
    lin = both.person("lin", "planner")
    for number in range(6):
        with acting(lin):
            instances.start("test.late", {}, f"thing:{number}")
        db.session.commit()
        both.done(lin, "make")
    clock((FRIDAY + timedelta(days=30)).isoformat())
    app = current_app._get_current_object()

    def work() -> None:
        with app.app_context():
            while due_deeds.carry_out():
                pass
            db.session.remove()

    runners = [threading.Thread(target=work) for _ in range(3)]
    for one in runners:
        one.start()
    for one in runners:
        one.join()
    db.session.rollback()
    due_deeds.carry_out()  # what a runner passed by because another held its case

    assert told("boss") == ["escalated"] * 6
    assert db.session.query(DueDeed).filter(DueDeed.done_at.is_(None)).count() == 0
