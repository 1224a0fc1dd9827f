"""The edge of every command: what is wrong is one sentence in the terminal's language, and exit code 1."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import terminal_language

MISSING = ("no such table", "no such column", "has no column", "undefinedtable", "undefinedcolumn")


def command(
    name: str, *, speaks: bool = True, **options: Any
) -> Callable[[Callable[..., None]], click.Command]:
    """Make a function a command of the application.

    Args:
        speaks: the function's own texts are in the terminal's language; not where it stores texts.
    """

    def decorate(function: Callable[..., None]) -> click.Command:
        @wraps(function)
        def told(*arguments: Any, **values: Any) -> None:
            with telling():
                if not speaks:
                    function(*arguments, **values)
                    return
                with force_locale(terminal_language()):
                    function(*arguments, **values)

        return click.command(name, **options)(with_appcontext(told))

    return decorate


def say(message: object) -> None:
    """Print a message in the terminal's language."""
    with force_locale(terminal_language()):
        click.echo(str(message))


def refusal(message: object) -> click.ClickException:
    """The end of a command that cannot do what was asked, in the terminal's language."""
    with force_locale(terminal_language()):
        return click.ClickException(str(message))


@contextmanager
def telling() -> Iterator[None]:
    """Turn what a person can mend into a sentence; anything else stays what it is.

    Raises:
        click.ClickException: a rule said no, the database is not there or not set up, a file is out of reach.
    """
    try:
        yield
    except DomainError as error:
        raise refusal(error.message) from None
    except (DBAPIError, ArgumentError, NoSuchModuleError) as error:
        with force_locale(terminal_language()):
            sentence = database_problem(error)
        if sentence is None:
            raise
        raise click.ClickException(sentence) from None
    except OSError as error:
        if error.errno == errno.EPIPE or error.filename is None:
            raise
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None


def database_problem(error: Exception) -> str | None:
    """What to do about a database that is not set up or not there; None where it is something else."""
    cause = getattr(error, "orig", None) or error
    text = f"{type(cause).__name__}: {cause}".lower()
    if any(word in text for word in MISSING):
        return _unprepared()
    if isinstance(error, DBAPIError) and "Operational" not in type(error).__name__:
        return None
    reason = str(cause).strip().splitlines()[0]
    return _("The database cannot be used: {reason}").format(reason=reason)


def need_tables() -> None:
    """Refuse to begin on a database without the tables.

    Raises:
        click.ClickException: a table is missing.
    """
    if set(db.metadata.tables) - set(inspect(db.engine).get_table_names()):
        with force_locale(terminal_language()):
            raise click.ClickException(_unprepared())


def _unprepared() -> str:
    return _("The database has no tables, or those of another version. Run: {command}").format(
        command="flask --app app.wsgi db upgrade"
    )
