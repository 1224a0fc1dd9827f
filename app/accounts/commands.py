"""The commands of the audit trail: a key, a checkpoint, a check."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app
from flask_babel import gettext as _

from app.core import audit_check, checkpoints
from app.core.commands import command, need_tables, refusal
from app.core.db import db

FILE = click.Path(path_type=Path, dir_okay=False)
THERE = click.Path(path_type=Path, exists=True, dir_okay=False)


@command("audit-key")
@click.argument("file", type=FILE)
def audit_key(file: Path) -> None:
    """Make a key that signs the audit trail, in a new FILE; prints the public key for the auditors."""
    try:
        key = checkpoints.make_key(file)
    except FileExistsError:
        raise refusal(_("{file} is there already and was left alone.").format(file=file)) from None
    click.echo(checkpoints.pem(key), nl=False)


@command("sign-audit")
def sign_audit() -> None:
    """Sign the audit trail as it ends now, and add what is missing to the copy."""
    need_tables()
    if not current_app.config["AUDIT_KEY"]:
        raise refusal(_("No key is set. Make one with flask audit-key, then set OCTAD_AUDIT_KEY."))
    made = checkpoints.make()
    if made is None:
        click.echo(_("Nothing was added since the last checkpoint."))
    else:
        click.echo(_("Signed up to entry {number}.").format(number=made.last))
    db.session.commit()
    if path := current_app.config["AUDIT_COPY"]:
        checkpoints.copy(Path(path))


@command("verify-audit")
@click.option("--copy", type=THERE, help="A file of checkpoints kept elsewhere.")
@click.option("--key", "keys", type=THERE, multiple=True, help="A public key that was signed with.")
def verify_audit(copy: Path | None, keys: tuple[Path, ...]) -> None:
    """Check the audit trail and its checkpoints; exit 1 and name the first bad entry when something is wrong."""
    try:
        verdict = audit_check.verify([checkpoints.public_key(one) for one in keys], copy)
    except checkpoints.BadFile as error:
        raise refusal(_("This file cannot be used: {error}").format(error=error)) from None
    if verdict.code is not None:
        click.echo(audit_check.sentence(verdict), err=True)
        sys.exit(1)
    click.echo(audit_check.sentence(verdict))
    click.echo(audit_check.signed(verdict))
