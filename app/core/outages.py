"""Whether a failed statement means that the database is away, held or full: to be tried again, no fault of ours."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
CLASSES = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, rolled back for others, resources, locks, shut down or cancelled, disk."""
IDLE = "25P03"


def is_outage(error: BaseException) -> bool:
    """Say whether the same request may well succeed in a while."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if name := getattr(error.orig, "sqlite_errorname", ""):
        return name.startswith(SQLITE)
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # psycopg's own word for a connection that broke or was never made
        return type(error.orig).__module__.startswith("psycopg") and type(error.orig).__name__ == (
            "OperationalError"
        )
    return state == IDLE or state.startswith(CLASSES)
