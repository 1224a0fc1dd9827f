"""The ``flask`` commands that belong to no single area."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.core import audit
from app.core.db import db
from app.core.errors import DomainError


def init_app(app: Flask) -> None:
    """Add the commands."""
    for command in (create_admin, verify_audit, demo, import_data, runner):
        app.cli.add_command(command)


@click.command("create-admin")
@click.argument("login")
@click.password_option()
@with_appcontext
def create_admin(login: str, password: str) -> None:
    """Add a person who may add the others."""
    from app.accounts import services

    try:
        services.create_user(login, {"en": login}, {"admin"}, password)
    except DomainError as error:
        raise click.ClickException(str(error.message)) from None
    db.session.commit()
    click.echo(f"{login} may sign in as administrator.")


@click.command("verify-audit")
@with_appcontext
def verify_audit() -> None:
    """Check the audit chain; exit 1 and name the first bad entry when it is broken."""
    broken = audit.verify()
    if broken is not None:
        click.echo(f"The chain is broken at entry {broken}.", err=True)
        sys.exit(1)
    click.echo("The chain holds.")


@click.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing when there is data already.")
@with_appcontext
def demo(if_empty: bool) -> None:
    """Lay the demo factory into the empty database."""
    from app.demo import load
    from app.masterdata.models import Company

    if db.session.get(Company, 1) is not None:
        if not if_empty:
            raise click.ClickException("The database is not empty.")
        return
    load(history=True)
    click.echo("The demo factory is there.")


@click.command("import-data")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@with_appcontext
def import_data(folder: Path) -> None:
    """Import a folder of CSV or XLSX files; see docs/import.md."""
    from app.imports.loading import import_folder, row_counts

    counts = row_counts(folder)
    shown = dict.fromkeys(counts, 0)
    with click.progressbar(
        length=sum(counts.values()), label="import", item_show_func=lambda text: text or ""
    ) as bar:

        def tell(name: str, rows: int) -> None:
            """Move the bar by what was read since the last time."""
            now = min(rows, counts[name])
            bar.update(now - shown[name], f"{name} {rows}")
            shown[name] = now

        report = import_folder(folder, tell)
        db.session.commit()
    for name, rows in report.taken.items():
        click.echo(f"{name}: {rows} rows taken")
    for name, blocked in report.skipped.items():
        click.echo(f"{name}: not taken, it needs {blocked}", err=True)
    for problem in report.problems:
        click.echo(str(problem), err=True)
    if hidden := report.problem_count - len(report.problems):
        click.echo(f"… and {hidden} more problems", err=True)
    if report.problem_count:
        sys.exit(1)


@click.command("runner")
@click.option("--once", is_flag=True, help="One turn, then end.")
@with_appcontext
def runner(once: bool) -> None:
    """Deliver events, fire timers, try failed steps again, compute in the background."""
    from app import jobs

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        click.echo(str(jobs.run_once(app)))
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    jobs.run(app, stop=stop)
