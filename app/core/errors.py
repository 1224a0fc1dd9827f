"""Errors a person can do something about: a sentence in their language, and nothing changed."""

from __future__ import annotations


class DomainError(Exception):
    """A rule of the trade says no.

    A diagram may catch it by ``code`` as a BPMN error; a page shows ``message``
    beside ``field`` (a dotted path into the form) or above the form.
    """

    status = 422

    def __init__(
        self, code: str, message: object, *, field: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(str(message))
        self.code = code
        self.message = message
        self.field = field
        self.status = status or self.status


class NotFound(DomainError):
    """What was asked for does not exist, or not for this person."""

    status = 404


class Conflict(DomainError):
    """Somebody else was first, or the object has moved on."""

    status = 409


class Forbidden(DomainError):
    """The person may see it but may not do this."""

    status = 403
