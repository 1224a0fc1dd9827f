"""Whether the audit trail is what it was: every entry, every signed checkpoint, and a copy of these."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit
from app.core.audit import AuditEntry, AuditHead
from app.core.checkpoints import AuditCheckpoint, content, fingerprint, lines, own_key, told
from app.core.db import db

HEAD = select(AuditHead).where(AuditHead.id == 1)
ENTRIES = (
    select(
        AuditEntry,
        HEAD.with_only_columns(AuditHead.last).scalar_subquery(),
        HEAD.with_only_columns(AuditHead.hash).scalar_subquery(),
    )
    .order_by(AuditEntry.id)
    .execution_options(yield_per=1000)
)
"""Every entry and the end of the chain in one statement: what is put on record meanwhile belongs to neither."""


@dataclass(frozen=True)
class Verdict:
    """What was found: ``code`` None: nothing wrong.

    ``entry`` is the first bad entry; where the entries agree among themselves and not with what was signed, the
    first bad one lies between ``since`` and ``entry``. ``signed``: the last entry that a signature vouches for.
    """

    entries: int
    checkpoints: int
    signed: int
    code: str | None = None
    entry: int | None = None
    since: int | None = None
    checkpoint: int | None = None


def sentence(verdict: Verdict) -> str:
    """What was found, in one sentence."""
    told = {
        None: _("The chain holds up to entry {entries}: none was changed, removed or inserted."),
        "entry": _("The chain is broken at entry {entry}."),
        "rewritten": _("Entries were rewritten: from {since} to {entry} they are not what was signed."),
        "checkpoint_missing": _(
            "Checkpoint {checkpoint} is missing; from entry {entry} on nothing is vouched for."
        ),
        "unknown_key": _("Checkpoint {checkpoint} is signed with a key that is not known here."),
        "signature": _("Checkpoint {checkpoint} was changed: its signature does not fit."),
        "cut": _("The end was cut off: the entries from {entry} on, which checkpoint {checkpoint} signed."),
        "copy": _("Checkpoint {checkpoint} is not the one that the copy has."),
    }
    return told[verdict.code].format(**asdict(verdict))


def signed(verdict: Verdict) -> str:
    """Up to where signatures vouch for the entries, in one sentence."""
    if verdict.checkpoints:
        words = _("Signed up to entry {signed}; checkpoints: {checkpoints}.")
        return words.format(signed=verdict.signed, checkpoints=verdict.checkpoints)
    if current_app.config["AUDIT_KEY"]:
        return _("Nothing is signed yet.")
    return _("Nothing is signed: who can write the database could rewrite it unseen. Set OCTAD_AUDIT_KEY.")


def verify(keys: Iterable[Ed25519PublicKey] = (), copied: Path | None = None) -> Verdict:
    """Check every entry and every checkpoint, and that nothing is missing that a copy has.

    Args:
        keys: public keys that were signed with, beside this installation's own.
        copied: a file that ``copy`` wrote.

    Raises:
        BadFile: the own key's file holds no key, or the copy is none.
    """
    own = own_key()
    trusted = {fingerprint(one): one for one in (*keys, *([own.public_key()] if own else ()))}
    points = list(db.session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.id)))
    return _Check(points, trusted, copied).verdict()


class _Check:
    """One check of the whole trail."""

    def __init__(
        self, points: list[AuditCheckpoint], trusted: dict[str, Ed25519PublicKey], copied: Path | None
    ) -> None:
        self.points, self.trusted, self.copied = points, trusted, copied
        self.entries = self.signed = 0

    def verdict(self) -> Verdict:
        broken = self._entries() or self._signatures() or self._copy() or {}
        return Verdict(self.entries, len(self.points), self.signed, **broken)

    def _entries(self) -> dict[str, Any] | None:
        """The entries among themselves, with the end of the chain, and against the hashes that were signed."""
        wanted = {one.last: one for one in self.points}
        previous = audit.START
        end: tuple[Any, ...] | None = None
        with closing(db.session.execute(ENTRIES)) as entries:
            for entry, *head in entries:
                end, expected = tuple(head), self.entries + 1
                if entry.id != expected or entry.hash != audit.digest(previous, entry):
                    return {"code": "entry", "entry": expected}
                if (point := wanted.get(entry.id)) is not None:
                    if point.hash != entry.hash:
                        place = {"entry": entry.id, "since": self.signed + 1}
                        return {"code": "rewritten", **place, "checkpoint": point.id}
                    self.signed = entry.id
                previous, self.entries = entry.hash, entry.id
        if end is None:
            end = tuple(
                db.session.execute(select(AuditHead.last, AuditHead.hash)).one_or_none() or (None, None)
            )
        if end not in ((None, None), (self.entries, previous)):
            return {"code": "entry", "entry": self.entries + 1}
        return None

    def _signatures(self) -> dict[str, Any] | None:
        """Each checkpoint's signature after the one before, without gaps, none beyond the last entry."""
        previous, since = "", 1
        for number, point in enumerate(self.points, start=1):
            key = self.trusted.get(point.key)
            where, self.signed = {"entry": since, "checkpoint": number}, since - 1
            if point.id != number:
                return {"code": "checkpoint_missing", **where}
            if key is None:
                return {"code": "unknown_key", **where}
            try:
                key.verify(base64.b64decode(point.signature), content(point, previous))
            except (InvalidSignature, ValueError):
                return {"code": "signature", **where}
            if point.last > self.entries:
                return {"code": "cut", "entry": self.entries + 1, "checkpoint": number}
            previous, since, self.signed = point.signature, point.last + 1, point.last
        return None

    def _copy(self) -> dict[str, Any] | None:
        """What a copy has must be here, alike."""
        if self.copied is None:
            return None
        here = {one.id: told(one) for one in self.points}
        with self.copied.open(encoding="utf-8") as file:
            for read in lines(file):
                ours = here.get(read["id"])
                if ours == read:
                    continue
                before = here.get(read["id"] - 1)
                cut = ours is None and read["last"] > self.entries
                first = self.entries + 1 if cut else (before["last"] + 1 if before else 1)
                return {"code": "cut" if cut else "copy", "entry": first, "checkpoint": read["id"]}
        return None
