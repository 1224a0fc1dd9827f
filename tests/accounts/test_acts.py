"""When an act is put on record: with the commit of what it did, and never without it."""

from __future__ import annotations

import pytest

from app.core import audit, audit_check
from app.core.db import db


def on_record() -> list[str]:
    """What the acts were done to, in their order."""
    return list(db.session.scalars(db.select(audit.AuditEntry.object).order_by(audit.AuditEntry.id)))


def act(name: str) -> None:
    audit.record("note.made", name)


def test_an_act_is_on_record_with_its_commit_and_not_before(app):
    act("note:1")
    assert on_record() == []

    db.session.commit()
    assert on_record() == ["note:1"]


@pytest.mark.parametrize("leave", [db.session.rollback, db.session.close, db.session.remove])
def test_what_was_given_up_is_not_on_record(app, leave):
    act("note:1")
    leave()
    act("note:2")
    db.session.commit()

    assert on_record() == ["note:2"]


def test_a_savepoint_rolled_back_takes_its_acts_with_it_and_no_others(app):
    act("note:1")
    with db.session.begin_nested():
        act("note:2")
        inner = db.session.begin_nested()
        act("note:3")
        inner.rollback()
        act("note:4")
    outer = db.session.begin_nested()
    with db.session.begin_nested():
        act("note:5")
    outer.rollback()
    act("note:6")
    db.session.commit()

    assert on_record() == ["note:1", "note:2", "note:4", "note:6"]
    assert audit_check.verify().code is None
