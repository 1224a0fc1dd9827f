"""The engine's commands: check, deploy, export, arrange, operators."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click
from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import clock
from app.core.commands import command
from app.core.db import db
from app.core.operators import OPERATORS, SOURCES, describe
from app.workflow import definitions
from app.workflow.drawing.diagram import DefinitionError
from app.workflow.trial import suite


def init_app(app: Flask) -> None:
    """Add the commands."""
    for one in (check, deploy, export, arrange, operators, event_logs):
        app.cli.add_command(one)


@command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Judge all diagrams, decisions and forms as deploying would; show only FILES when given."""
    bundle = definitions.check_folder()
    problems, hints = bundle.problems, bundle.hints
    if files:
        wanted = {definitions.key_of(str(path)) for path in files}
        problems = [p for p in problems if definitions.key_of(p.file) in wanted]
        hints = [p for p in hints if definitions.key_of(p.file) in wanted]
    for problem in problems:
        click.echo(f"{problem.file}: {problem.element}: {problem.message}")
    for hint in hints:
        click.echo(_("{file}: {element}: note: {message}").format(**hint._asdict()))
    failed = 0 if problems else _tests(bundle, {definitions.key_of(str(path)) for path in files})
    count = len(problems) + failed
    click.echo(
        ngettext("%(num)s problem", "%(num)s problems", count)
        if count
        else _("All definitions can be deployed.")
    )
    sys.exit(1 if count else 0)


def _tests(bundle: definitions.Bundle, wanted: set[str]) -> int:
    """Run the test cases beside the diagrams; returns how many went otherwise than expected."""
    failed = 0
    for key in sorted(bundle.tests.keys() & wanted if wanted else bundle.tests):
        report = suite.run(bundle, key, bundle.tests[key])
        failed += report.failed
        for one in report.outcomes:
            if not one.passed:
                click.echo(f"bpmn/{key.replace('.', '/')}.tests.json: {one.name}: {one.problem}")
        told = _("{name}: {passed} of {all} test cases passed, {percent} % of the flows walked")
        passed = len(report.outcomes) - report.failed
        click.echo(
            told.format(name=key, passed=passed, all=len(report.outcomes), percent=report.coverage.percent)
        )
    return failed


@command("deploy")
def deploy() -> None:
    """Take the diagrams, decisions and forms of the files into the database."""
    try:
        made = definitions.deploy()
    except DefinitionError as error:
        for problem in error.problems:
            click.echo(f"{problem.file}: {problem.element}: {problem.message}", err=True)
        sys.exit(1)
    db.session.commit()
    for definition in made:
        click.echo(f"{definition.kind.value} {definition.key} v{definition.version}")
    click.echo(_("%(count)s deployed", count=len(made)))


@command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=definitions.ROOT)
def export(folder: Path) -> None:
    """Write the deployed diagrams, decisions and forms to FOLDER, by default the installation's own."""
    try:
        written = definitions.export(folder)
    except DefinitionError as error:
        raise click.ClickException("\n".join(f"{p.file}: {p.message}" for p in error.problems)) from None
    for path in written:
        click.echo(str(path))
    click.echo(_("%(count)s written", count=len(written)))


@command("arrange")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--again", is_flag=True, help="Draw anew where there is a drawing already.")
def arrange(files: tuple[Path, ...], again: bool) -> None:
    """Draw BPMN files that hold no coordinates: lanes, columns, flows."""
    from app.workflow.drawing.layout import arrange_file

    for path in files:
        outcome = _("drawn") if arrange_file(path, again=again) else _("has a drawing already")
        click.echo(f"{path}: {outcome}")


@command("event-logs")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--first", type=click.DateTime(["%Y-%m-%d"]), help="First day; by default a year ago.")
@click.option("--last", type=click.DateTime(["%Y-%m-%d"]), help="Last day; by default today.")
def event_logs(folder: Path, first: datetime | None, last: datetime | None) -> None:
    """Write the event logs of all processes to FOLDER, each version with its diagram and net; see docs/operations.md."""
    from app.workflow.mining.folder import write

    today = clock.today()
    begin = first.date() if first else today - timedelta(days=365)
    for one in write(folder, begin, last.date() if last else today):
        told = _("{process} v{version}: {cases} cases, {events} events")
        click.echo(told.format(**one))


@command("operators")
def operators() -> None:
    """List what service tasks may call and what forms may read."""
    for title, registry in ((_("Operators of service tasks"), OPERATORS), (_("Sources of forms"), SOURCES)):
        click.echo(f"{title}:")
        for entry in describe(registry):
            click.echo(f"  {entry['name']}({', '.join(entry['parameters'])})\n      {entry['description']}")
