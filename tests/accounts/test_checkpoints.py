"""The audit trail is signed: whoever rewrites it with right hashes, or cuts it off, is found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.accounts.commands import sign_audit, verify_audit
from app.core import audit, audit_check, checkpoints, clock
from app.core.audit import AuditEntry, AuditHead
from app.core.checkpoints import AuditCheckpoint
from app.core.db import db


@pytest.fixture
def signed(app, tmp_path):
    """Nine entries, a checkpoint after each third, and a copy of these."""
    return nine_entries(app, tmp_path)


@pytest.fixture
def signed_anywhere(database, tmp_path):
    """The same on SQLite and on PostgreSQL."""
    return nine_entries(database, tmp_path)


def nine_entries(app, folder):
    app.public = checkpoints.make_key(folder / "audit.pem")
    app.config |= {"AUDIT_KEY": str(folder / "audit.pem"), "AUDIT_COPY": str(folder / "copy.jsonl")}
    for number in range(1, 10):
        audit.record("note.made", f"note:{number}", after={"text": "true"})
        db.session.commit()
        if number % 3 == 0:
            checkpoints.make()
            db.session.commit()
    checkpoints.copy(folder / "copy.jsonl")
    return app


def rewrite(first: int, **values: object) -> None:
    """Change an entry and give every entry after it the hash that fits, as who knows the code would."""
    entries = list(db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id)))
    for name, value in values.items():
        setattr(entries[first - 1], name, value)
    for before, entry in zip([None, *entries], entries, strict=False):
        entry.hash = audit.digest(before.hash if before else audit.START, entry)
    head = db.session.get(AuditHead, 1)
    head.last, head.hash = entries[-1].id, entries[-1].hash
    db.session.commit()


def cut(after: int) -> None:
    """Take the end off: entries, their checkpoints, and the head as it was then."""
    db.session.execute(db.delete(AuditEntry).where(AuditEntry.id > after))
    db.session.execute(db.delete(AuditCheckpoint).where(AuditCheckpoint.last > after))
    head, last = db.session.get(AuditHead, 1), db.session.get(AuditEntry, after)
    head.last, head.hash = last.id, last.hash
    db.session.commit()


def found(app, *, copied: bool = False) -> tuple:
    verdict = audit_check.verify(copied=Path(app.config["AUDIT_COPY"]) if copied else None)
    assert audit_check.sentence(verdict)
    return verdict.code, verdict.since, verdict.entry, verdict.checkpoint


def test_what_nobody_touched_holds(signed_anywhere):
    verdict = audit_check.verify(copied=Path(signed_anywhere.config["AUDIT_COPY"]))

    assert (verdict.code, verdict.entries, verdict.checkpoints, verdict.signed) == (None, 9, 3, 9)


def test_a_chain_rewritten_with_right_hashes_is_found_and_the_place_is_named(signed_anywhere):
    rewrite(5, reason="never")

    assert found(signed_anywhere) == ("rewritten", 4, 6, 2)


def test_an_act_put_on_record_while_the_trail_is_checked_breaks_nothing(signed_anywhere, monkeypatch):
    digest = audit.digest

    def meanwhile(previous: str, entry: AuditEntry) -> str:
        if entry.id == 9:
            with signed_anywhere.app_context():
                audit.record("note.made", "note:10")
                db.session.commit()
        return digest(previous, entry)

    db.session.connection(execution_options={"readonly": True})
    monkeypatch.setattr(audit, "digest", meanwhile)
    found = audit_check.verify()

    assert (found.code, found.entries) == (None, 9)
    assert db.session.query(AuditHead).populate_existing().one().last >= 9


def test_without_checkpoints_the_same_is_not_found(signed):
    """The red control: the chain alone agrees with itself."""
    rewrite(5, reason="never")
    db.session.execute(db.delete(AuditCheckpoint))
    db.session.commit()

    assert found(signed)[0] is None
    assert found(signed, copied=True) == ("copy", None, 1, 1)


def test_an_end_that_was_cut_off_with_its_checkpoints_is_found_by_the_copy(signed):
    cut(after=6)

    assert found(signed)[0] is None
    assert found(signed, copied=True) == ("cut", None, 7, 3)


def test_entries_cut_off_without_their_checkpoint_are_found(signed):
    db.session.execute(db.delete(AuditEntry).where(AuditEntry.id > 7))
    head, last = db.session.get(AuditHead, 1), db.session.get(AuditEntry, 7)
    head.last, head.hash = 7, last.hash
    db.session.commit()

    assert found(signed) == ("cut", None, 8, 3)


def test_a_checkpoint_that_was_taken_out_is_missed(signed):
    db.session.execute(db.delete(AuditCheckpoint).where(AuditCheckpoint.id == 2))
    db.session.commit()

    assert found(signed) == ("checkpoint_missing", None, 4, 2)


def test_checkpoints_that_changed_places_do_not_fit(signed):
    first, second = (db.session.get(AuditCheckpoint, number) for number in (1, 2))
    first.signature, second.signature = second.signature, first.signature
    db.session.commit()

    assert found(signed) == ("signature", None, 1, 1)


def test_a_checkpoint_changed_to_fit_a_rewritten_chain_does_not_fit_its_signature(signed):
    rewrite(5, reason="never")
    for point in db.session.scalars(db.select(AuditCheckpoint).where(AuditCheckpoint.last > 4)):
        point.hash = db.session.get(AuditEntry, point.last).hash
    db.session.commit()

    assert found(signed) == ("signature", None, 4, 2)


def test_another_key_is_not_believed(signed, tmp_path):
    """Everything is rewritten and signed anew, with a key made for it."""
    rewrite(5, reason="never")
    db.session.execute(db.delete(AuditCheckpoint))
    checkpoints.make_key(tmp_path / "other.pem")
    kept = signed.config["AUDIT_KEY"]
    signed.config["AUDIT_KEY"] = str(tmp_path / "other.pem")
    checkpoints.make()
    db.session.commit()
    signed.config["AUDIT_KEY"] = kept

    assert found(signed)[0] == "unknown_key"


def test_after_a_change_of_keys_the_old_public_key_is_given(signed, tmp_path):
    checkpoints.make_key(tmp_path / "new.pem")
    (tmp_path / "old.pub").write_text(checkpoints.pem(signed.public))
    signed.config["AUDIT_KEY"] = str(tmp_path / "new.pem")

    alone = signed.test_cli_runner().invoke(verify_audit)
    told = signed.test_cli_runner().invoke(verify_audit, ["--key", str(tmp_path / "old.pub")])

    assert (alone.exit_code, "not known here" in alone.stderr) == (1, True)
    assert told.exit_code == 0 and "Signed up to entry 9; checkpoints: 3." in told.output


def test_the_runner_signs_when_it_is_time_and_copies_what_is_missing(signed, tmp_path):
    moment = clock.now()
    lines = (tmp_path / "copy.jsonl").read_text().count("\n")
    audit.record("note.made", "note:10")
    db.session.commit()

    with clock.freeze(moment):
        assert checkpoints.keep() == 0
    with clock.freeze(moment + checkpoints.EVERY + timedelta(seconds=1)):
        assert checkpoints.keep() == 1
        assert checkpoints.keep() == 0
    assert (tmp_path / "copy.jsonl").read_text().count("\n") == lines + 1
    assert audit_check.verify(copied=tmp_path / "copy.jsonl").signed == 10


def test_the_command_signs_at_once(signed):
    audit.record("note.made", "note:10")
    db.session.commit()

    assert "Signed up to entry 10" in signed.test_cli_runner().invoke(sign_audit).output
    assert "Nothing was added" in signed.test_cli_runner().invoke(sign_audit).output


def test_the_page_says_what_is_vouched_for_and_hands_out_the_proof(login, app, tmp_path):
    admin = login("admin")
    assert "Nothing is signed: who can write the database" in admin.get("/account/audit").text
    assert admin.get("/account/audit/key").location == "/account/audit"

    key = checkpoints.make_key(tmp_path / "audit.pem")
    app.config["AUDIT_KEY"] = str(tmp_path / "audit.pem")
    made = checkpoints.make()
    line = checkpoints.line(made)
    db.session.commit()

    assert "Signed up to entry" in admin.get("/account/audit").text
    assert admin.get("/account/audit/key").text == checkpoints.pem(key)
    assert admin.get("/account/audit/checkpoints").text == line


def test_the_key_file_is_its_owners_alone(tmp_path):
    checkpoints.make_key(tmp_path / "audit.pem")

    assert (tmp_path / "audit.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        checkpoints.make_key(tmp_path / "audit.pem")
