"""Make a PDF in a child process with limits; nothing it does can hurt the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flask_babel import gettext as _

from app.core.errors import DomainError

WORKER = Path(__file__).with_name("worker.py")
SECONDS = 30
LONGEST = 5_000_000


def make(page: str, *, seconds: float = SECONDS) -> bytes:
    """Return the PDF of an HTML page that refers to nothing outside itself.

    Raises:
        DomainError: it takes too long, needs too much memory, or cannot be laid out.
    """
    if len(page) > LONGEST:
        raise DomainError("report_too_long", _("This report is too long to print."))
    try:
        done = subprocess.run(  # noqa: S603 - our own file under our own interpreter
            [sys.executable, "-I", str(WORKER)],
            input=page.encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DomainError("report_too_slow", _("Making this report took too long."), status=503) from None
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise DomainError("report_failed", _("This report could not be made."), status=503)
    return done.stdout
