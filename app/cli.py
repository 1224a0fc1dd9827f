"""The ``flask`` commands that belong to no single area."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click
from flask import Flask, current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.accounts.commands import audit_key, sign_audit, verify_audit
from app.core.commands import command, need_tables, refusal, say
from app.core.db import db


def init_app(app: Flask) -> None:
    """Add the commands."""
    for one in (create_admin, verify_audit, sign_audit, audit_key, demo, import_data, runner):
        app.cli.add_command(one)


@command("create-admin")
@click.argument("login")
@click.password_option()
def create_admin(login: str, password: str) -> None:
    """Add a person who may add the others."""
    from app.accounts import services

    services.create_user(login, {"en": login}, {"admin"}, password)
    db.session.commit()
    click.echo(_("{login} may sign in as administrator.").format(login=login))


@command("demo", speaks=False)
@click.option("--if-empty", is_flag=True, help="Do nothing when there is data already.")
def demo(if_empty: bool) -> None:
    """Lay the demo factory into the empty database."""
    from app.demo import load
    from app.masterdata.models import Company

    if db.session.get(Company, 1) is not None:
        if not if_empty:
            raise refusal(lazy_gettext("The database is not empty."))
        return
    load(history=True)
    say(lazy_gettext("The demo factory is there."))


@command("import-data")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
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
        click.echo(_("{name}: {count} rows taken").format(name=name, count=rows))
    for name, blocked in report.skipped.items():
        click.echo(_("{name}: not taken, it needs {other}").format(name=name, other=blocked), err=True)
    for problem in report.problems:
        click.echo(str(problem), err=True)
    if hidden := report.problem_count - len(report.problems):
        click.echo(_("… and {count} more problems").format(count=hidden), err=True)
    if report.problem_count:
        sys.exit(1)


@command("runner", speaks=False)
@click.option("--once", is_flag=True, help="One turn, then end.")
def runner(once: bool) -> None:
    """Deliver events, fire timers, try failed steps again, compute in the background."""
    from app import jobs

    need_tables()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        click.echo(str(jobs.run_once(app)))
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    jobs.run(app, stop=stop)
