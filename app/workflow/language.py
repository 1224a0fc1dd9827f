"""Our expression language as diagrams use it: names of variables, single expressions, scripts."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from flask_babel import gettext as _

from app.core import expressions
from app.core.expressions import ExpressionError

RESERVED = {"typename", "source"}


def expression_problem(text: str | None) -> str | None:
    """Why a text is no expression of our language, or None."""
    try:
        expressions.check(text or "")
    except ExpressionError as error:
        return _("The expression cannot be used: {reason}").format(reason=error)
    return None


def is_name(text: str | None) -> bool:
    """Whether a text can be the name of a variable."""
    if not text or text in RESERVED or text.startswith("_") or keyword.iskeyword(text):
        return False
    return text.isidentifier() and text not in expressions.FUNCTIONS


def assignments(script: str) -> Iterator[tuple[str, str]]:
    """A script's lines ``name = expression`` as pairs.

    Raises:
        ExpressionError: a line is something else.
    """
    for line in filter(None, (part.strip() for part in script.splitlines())):
        name, equals, text = line.partition("=")
        if not equals or not is_name(name.strip()) or text.startswith("="):
            raise ExpressionError('"{line}" is not of the form name = expression.', line=line)
        expressions.check(text.strip())
        yield name.strip(), text.strip()
