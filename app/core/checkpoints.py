"""Signed checkpoints of the audit trail: whoever can write the database cannot rewrite what was signed.

A checkpoint states the number and the hash of the trail's last entry, signed with a key (Ed25519, RFC 8032) that
the database does not hold, after the signature of the checkpoint before it. Entries that are changed with all
hashes after them, or checkpoints that are changed, exchanged or taken out, do not fit any more. An end that was
cut off together with its checkpoints is found by the copy, a file on another machine that is only added to.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import current_app
from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import audit, clock
from app.core.db import db

EVERY = timedelta(minutes=10)
PURPOSE = "octad-audit-checkpoint-1"
"""Signed along, so that the signature means nothing elsewhere."""


class AuditCheckpoint(db.Model):
    """The end of the trail as it was at a moment, signed; never changed or removed."""

    __table_args__ = (UniqueConstraint("last"),)

    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="counts from 1 without gaps"
    )
    at: Mapped[datetime]
    last: Mapped[int] = mapped_column(comment="the entry it ends with")
    hash: Mapped[str] = mapped_column(comment="that entry's")
    key: Mapped[str] = mapped_column(comment="fingerprint of the public key")
    signature: Mapped[str]


class BadFile(ValueError):
    """A file that does not hold the key, or the checkpoints, it should."""


def make_key(path: Path) -> Ed25519PublicKey:
    """Make a private key in a new file that only its owner reads; returns its public key.

    Raises:
        FileExistsError: there is a file already; it is not touched.
    """
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(text)
    return key.public_key()


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key a file holds.

    Raises:
        BadFile: it holds none, or cannot be read.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise BadFile(f"{path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadFile(f"{path}: not an Ed25519 key")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key a file holds; see ``private_key``."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadFile(f"{path}: not an Ed25519 key")
    return key


def pem(key: Ed25519PublicKey) -> str:
    """A public key as text."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def fingerprint(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a public key."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def own_key() -> Ed25519PrivateKey | None:
    """The key this installation signs with; None where none is set."""
    path = current_app.config["AUDIT_KEY"]
    return private_key(Path(path)) if path else None


def make() -> AuditCheckpoint | None:
    """Sign the trail as it ends now; None where nothing was added since, or there is no key. The caller commits."""
    key = own_key()
    head = db.session.execute(audit.HEAD).one_or_none()
    before = _latest()
    if key is None or head is None or (before is not None and before.last >= head.last):
        return None
    made = AuditCheckpoint(
        id=before.id + 1 if before else 1,
        at=clock.now(),
        last=head.last,
        hash=head.hash,
        key=fingerprint(key.public_key()),
        signature="",
    )
    signed = key.sign(content(made, before.signature if before else ""))
    made.signature = base64.b64encode(signed).decode()
    db.session.add(made)
    return made


def keep() -> int:
    """Sign and copy, when the last checkpoint is old enough; returns how many were made. A job of the runner."""
    count = 0
    if current_app.config["AUDIT_KEY"]:
        before = _latest()
        if before is None or clock.now() - before.at >= EVERY:
            count = 1 if make() is not None else 0
        db.session.commit()
    if path := current_app.config["AUDIT_COPY"]:
        copy(Path(path))
    return count


def copy(path: Path) -> int:
    """Add the checkpoints that a file does not have yet to its end; returns how many."""
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = max((one["id"] for one in lines(file)), default=0)
        query = select(AuditCheckpoint).where(AuditCheckpoint.id > known).order_by(AuditCheckpoint.id)
        new = [line(one) for one in db.session.scalars(query)]
        db.session.rollback()
        file.writelines(new)
        file.flush()
        os.fsync(file.fileno())
    return len(new)


def line(checkpoint: AuditCheckpoint) -> str:
    """A checkpoint as a line of a copy."""
    return json.dumps(told(checkpoint)) + "\n"


def all_lines() -> Iterator[str]:
    """Every checkpoint as a line of a copy."""
    for one in db.session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.id)):
        yield line(one)


def _latest() -> AuditCheckpoint | None:
    return db.session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.id.desc()).limit(1))


def told(point: AuditCheckpoint) -> dict[str, Any]:
    """A checkpoint as plain data."""
    return {
        "id": point.id,
        "at": point.at.isoformat(),
        "last": point.last,
        "hash": point.hash,
        "key": point.key,
        "signature": point.signature,
    }


def content(point: AuditCheckpoint, previous: str) -> bytes:
    """What a checkpoint's signature covers: itself and the signature before it."""
    covered = {key: value for key, value in told(point).items() if key != "signature"}
    return json.dumps([PURPOSE, covered, previous], sort_keys=True, separators=(",", ":")).encode()


def lines(file: TextIO) -> Iterator[dict[str, Any]]:
    """The checkpoints a copy has."""
    for number, text in enumerate(file, start=1):
        try:
            read = json.loads(text)
            yield {key: read[key] for key in ("id", "at", "last", "hash", "key", "signature")}
        except (ValueError, KeyError, TypeError):
            raise BadFile(f"{file.name}: line {number} is no checkpoint") from None
