"""Why an expression cannot be used, told in the language of whoever reads it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

MAX_SHOWN = 80


class ExpressionError(ValueError):
    """The expression uses something outside the language, or fails on the data.

    Its text is in the language of whoever reads it: the message is translated when it is asked for.
    """

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message, self.values = message, values

    def __str__(self) -> str:
        text = _(self.message)
        return text.format(**self.values) if self.values else text


def shown(value: Any) -> str:
    """A value as a message names it."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
