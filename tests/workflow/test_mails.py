"""People are told by e-mail what waits for them: once, in their language, when they want it, and nobody else's things."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.accounts import services as accounts
from app.accounts.models import User
from app.core import clock, outbox
from app.core.actors import acting
from app.core.db import db
from app.core.errors import DomainError
from app.core.outbox import OutboxMessage
from app.messaging import mail
from app.workflow.people import mails, talk
from app.workflow.running import instances
from tests.workflow.conftest import World
from tests.workflow.diagrams import flows, lanes, process, user

MORNING = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
"""Half past seven on Wednesday in Taipei."""


@pytest.fixture
def plant(database) -> World:
    """A process whose task falls due after a day, a planner and a manager with addresses, and a mail server."""
    database.config |= {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_FROM": "octad@example.com",
        "BASE_URL": "https://octad.example.com/plant",
        "TIMEZONE": "Asia/Taipei",
    }
    world = World()
    world.deploy(
        process("test.one", lanes(planner="look"), user("look", due="P1D"), flows("start -> look -> end"))
    )
    for login, role, language in (("lin", "planner", "zh_Hant_TW"), ("lai", "supervisor", "en")):
        world.person(login, role)
        person(login).language, person(login).email = language, f"{login}@example.com"
    db.session.commit()
    return world


def person(login: str) -> User:
    return db.session.scalars(db.select(User).where(User.login == login)).one()


def wants(login: str, notices: str) -> None:
    accounts.change_mail(person(login), email=f"{login}@example.com", notices=notices)
    db.session.commit()


def begin(world: World, count: int = 1, at: datetime = MORNING) -> None:
    with clock.freeze(at), acting(world.person("boss", "admin")):
        for number in range(count):
            instances.start("test.one", {}, f"thing:{number}")
        db.session.commit()


def written(at: datetime) -> list[tuple[str, str, str]]:
    """What a runner writes at a moment: receiver, subject, text."""
    before = db.session.scalar(db.select(db.func.max(OutboxMessage.id))) or 0
    db.session.rollback()
    with clock.freeze(at):
        count = mails.work()
    found = db.session.scalars(
        db.select(OutboxMessage).where(OutboxMessage.id > before).order_by(OutboxMessage.id)
    )
    made = [(one.to, one.subject, one.payload["text"]) for one in found]
    db.session.rollback()
    assert count == len(made)
    return made


def test_each_morning_people_learn_what_waits_for_their_roles_once(plant):
    begin(plant, at=MORNING - timedelta(days=1))

    told = written(MORNING)
    again = written(MORNING + timedelta(hours=3))
    assert [(to, subject) for to, subject, _text in told] == [
        ("lin@example.com", "Octad 今日待辦：今日到期 1")
    ]
    assert "https://octad.example.com/plant/tasks/1\n" in told[0][2]
    assert again == []


def test_late_and_new_tasks_stand_apart_and_long_lists_are_cut(plant):
    begin(plant, 25, at=MORNING - timedelta(days=3))
    begin(plant, 2, at=MORNING - timedelta(hours=1))
    wants("lin", "at_once")

    [(_to, subject, text)] = written(MORNING)
    assert subject == "Octad 今日待辦：逾期 25、新任務 2"
    assert text.count("/tasks/") == mails.LINES + 2
    assert "……另有 5 件" in text


def test_before_seven_on_days_off_and_without_a_server_nobody_is_told(plant, monkeypatch):
    begin(plant, at=MORNING - timedelta(days=1))

    assert written(MORNING - timedelta(hours=1)) == []
    off = mails.working_time.PlantCalendar("Asia/Taipei", lambda _day: False)
    with monkeypatch.context() as day_off:
        day_off.setattr(mails.working_time, "plant_calendar", lambda _documents, _zone: off)
        assert written(MORNING) == []
    assert len(written(MORNING + timedelta(hours=14))) == 1  # no runner was there in the morning


def test_with_nothing_to_say_nobody_is_written_to_and_never_means_never(plant):
    assert written(MORNING) == []
    begin(plant, at=MORNING)
    wants("lin", "never")
    assert written(MORNING + timedelta(days=2)) == []


def test_at_once_tells_what_was_said_and_not_read_once(plant):
    wants("lin", "at_once")
    written(MORNING)
    begin(plant)
    for text in ("<b>one</b>", "two"):
        with clock.freeze(MORNING), acting(plant.person("lai", "supervisor")):
            talk.tell(person("lin").id, talk.NoticeKind.MENTION, plant.task("look"), text)
            db.session.commit()

    assert written(MORNING + timedelta(seconds=30)) == []
    told = written(MORNING + timedelta(seconds=90))
    again = written(MORNING + timedelta(seconds=120))
    message = db.session.scalars(db.select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert [(to, subject) for to, subject, _text in told] == [("lin@example.com", "2 則通知")]
    assert "<b>one</b>" in told[0][2] and "two" in told[0][2]
    assert "<b>one" not in message.payload["html"] and "&lt;b&gt;one" in message.payload["html"]
    assert again == []


def test_what_was_read_meanwhile_is_not_sent_and_the_morning_tells_others(plant):
    wants("lin", "at_once")
    written(MORNING)
    begin(plant)
    with clock.freeze(MORNING), acting(plant.person("boss", "admin")):
        for login in ("lin", "lai"):
            talk.tell(person(login).id, talk.NoticeKind.ESCALATED, plant.task("look"))
        talk.mark_read(person("lin").id)
        db.session.commit()

    assert written(MORNING + timedelta(minutes=5)) == []
    [told] = [one for one in written(MORNING + timedelta(days=1)) if one[0] == "lai@example.com"]
    assert told[1] == "Octad this morning: What you were told 1"
    assert "Boss tells you of a task that is late" in told[2]


def test_a_runner_that_dies_has_told_nobody_anything(plant, monkeypatch):
    begin(plant, at=MORNING - timedelta(days=1))

    class DeadError(BaseException):
        pass

    def dies(*_given):
        raise DeadError

    with monkeypatch.context() as dying, clock.freeze(MORNING), pytest.raises(DeadError):
        dying.setattr(outbox, "put", dies)
        mails.work()
    db.session.rollback()
    assert len(written(MORNING + timedelta(minutes=1))) == 1


def test_a_name_with_line_breaks_stays_one_line_of_the_head(plant):
    wants("lin", "at_once")
    written(MORNING)
    begin(plant)
    with clock.freeze(MORNING), acting(plant.person("lai", "supervisor")):
        plant.task("look").summaries = {
            "en": "a\r\nBcc: all@example.com",
            "zh_Hant": "甲\r\nBcc: all@example.com",
        }
        talk.tell(person("lin").id, talk.NoticeKind.QUESTION, plant.task("look"))
        db.session.commit()
    written(MORNING + timedelta(minutes=5))

    message = db.session.scalars(db.select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    letter = mail.letter(message, "octad@example.com")
    assert letter["Bcc"] is None and "\n" not in letter["Subject"]
    assert letter.get_body(("html",)) is not None


def test_what_is_no_time_is_refused_and_a_change_is_on_record(plant):
    with pytest.raises(DomainError, match="times offered"):
        accounts.change_mail(person("lin"), email="", notices="hourly")
    assert person("lin").email == "lin@example.com"
