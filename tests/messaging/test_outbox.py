"""Messages leave after the commit, at least once under one key, and none is lost when a runner dies."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from app.core import clock, outbox
from app.core.actors import SYSTEM, acting
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.outbox import SENDERS, Letter, OutboxMessage, Refused


class Died(BaseException):
    """The process ends here; nothing may catch it."""


@pytest.fixture
def other_side(monkeypatch):
    """Whom the messages of a channel reach; what it is given, and what it does next."""
    given, does = [], []

    def take(message):
        given.append(message.key)
        if does and (next_one := does.pop(0)) is not None:
            raise next_one

    monkeypatch.setitem(SENDERS, "test", take)
    take.given, take.does = given, does
    return take


def written(count=1):
    made = [outbox.put("test", "there", "subject", {"n": number}) for number in range(count)]
    db.session.commit()
    return made


def one():
    return db.session.scalar(db.select(OutboxMessage).execution_options(populate_existing=True))


def test_what_is_rolled_back_is_never_sent(app, other_side):
    outbox.put("test", "there", "subject", {})
    db.session.flush()
    db.session.rollback()

    assert outbox.work() == 0 and other_side.given == []


def test_what_is_committed_is_sent_once(database, other_side):
    keys = [message.key for message in written(3)]

    assert outbox.work() == 3
    assert outbox.work() == 0
    assert other_side.given == keys
    assert {message.status for message in db.session.scalars(db.select(OutboxMessage))} == {Letter.SENT}


def test_a_runner_that_dies_between_sending_and_noting_sends_again_under_the_same_key(database, other_side):
    (message,) = written()
    other_side.does.append(Died())
    with pytest.raises(Died):
        outbox.work()
    db.session.rollback()

    assert outbox.work() == 0  # the lease still holds
    with clock.freeze(clock.now() + outbox.LEASE + timedelta(seconds=1)):
        assert outbox.work() == 1
    assert other_side.given == [message.key] * 2
    assert one().status == Letter.SENT


def test_a_lease_that_ran_out_does_not_undo_what_the_next_runner_noted(app, other_side):
    written()
    slow = outbox._take()
    with clock.freeze(clock.now() + outbox.LEASE + timedelta(seconds=1)):
        assert outbox.work() == 1
    other_side.does.append(OSError("too late"))
    outbox._send(slow)

    assert (one().status, one().error) == (Letter.SENT, None)


def test_two_runners_take_different_messages(database):
    written(2)

    assert {outbox._take().id, outbox._take().id} == {1, 2}
    assert outbox._take() is None


def test_what_fails_is_tried_again_ever_later_and_is_a_dead_letter_in_the_end(app, other_side):
    written()
    moment, pauses = clock.now(), []
    other_side.does.extend([OSError("away")] * outbox.MAX_ATTEMPTS)
    while one().status == Letter.WAITING:
        with clock.freeze(moment):
            assert outbox.work() == 1
        pauses.append(one().next_at - moment)
        moment = max(moment, one().next_at)

    assert len(other_side.given) == outbox.MAX_ATTEMPTS == one().attempts
    assert (one().status, one().error) == (Letter.DEAD, "away")
    assert all(later > earlier for earlier, later in pairwise(pauses[:6]))


def test_what_is_refused_for_good_is_a_dead_letter_at_once(app, other_side):
    written()
    other_side.does.append(Refused("nobody here"))
    outbox.work()

    assert (one().status, one().attempts) == (Letter.DEAD, 1)


def test_one_that_fails_keeps_no_other_waiting(app, other_side):
    written(3)
    other_side.does.append(OSError("away"))

    assert outbox.work() == 3
    assert len(set(other_side.given)) == 3


def test_a_dead_letter_is_sent_again_under_its_key_or_dropped_with_a_reason(app, other_side):
    (message,) = written()
    other_side.does.append(Refused("nobody here"))
    outbox.work()
    with acting(SYSTEM):
        with pytest.raises(DomainError, match="reason"):
            outbox.drop(message.id, " ")
        outbox.again(message.id)
        db.session.commit()
        outbox.work()
        with pytest.raises(Conflict):
            outbox.drop(message.id, "never mind")

    assert other_side.given == [message.key] * 2
    assert one().status == Letter.SENT


def test_pages_show_and_settle_dead_letters(login, other_side):
    (message,) = written()
    other_side.does.append(Refused("nobody <b>here</b>"))
    message.channel = "test"
    outbox.work()
    db.session.execute(db.update(OutboxMessage).values(channel="mail", payload={"text": "<i>"}))
    db.session.commit()
    admin, manager = login("admin"), login("plant_manager")

    assert "nobody &lt;b&gt;here" in admin.get("/operations/messages").text
    assert "Send again" in admin.get(f"/operations/messages/{message.id}").text
    assert "Send again" not in manager.get(f"/operations/messages/{message.id}").text
    assert manager.post(f"/operations/messages/{message.id}", data={"_action": "again"}).status_code == 403
    assert admin.post(f"/operations/messages/{message.id}", data={"_action": "drop"}).status_code == 422
    admin.post(f"/operations/messages/{message.id}", data={"_action": "drop", "reason": "gone"})
    assert one().status == Letter.DROPPED
