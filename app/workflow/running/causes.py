"""What failures have in common: the kind of error, the element and the message without its particulars."""

from __future__ import annotations

import hashlib
import re

from app.core.errors import DomainError
from app.core.expressions import ExpressionError

_PARTICULARS = re.compile(
    r"""'[^']*'|"[^"]*"|“[^”]*”|「[^」]*」|\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b|[-+]?\d[\d.,:]*""",
    re.IGNORECASE,
)


def kind(error: BaseException) -> str:
    """The kind of an error: a rule's own code, else its class."""
    return error.code if isinstance(error, DomainError) else type(error).__name__


def cause(process: str, element: str, error: BaseException) -> str:
    """The same short word for all failures of one cause.

    A rule of the trade is told in the language of whoever meets it, so that its code stands for its message.
    """
    parts = (process, element, kind(error), "" if isinstance(error, DomainError) else plain(_message(error)))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _message(error: BaseException) -> str:
    return error.message if isinstance(error, ExpressionError) else str(error)


def plain(message: str) -> str:
    """A message without numbers, keys and quoted words, which differ from case to case."""
    return " ".join(_PARTICULARS.sub("…", message).split())[:300]
