"""Gunicorn's settings in production: ``gunicorn -c scripts/gunicorn.py app.wsgi:app``."""

from __future__ import annotations

import os
from typing import Any

_sqlite = os.environ.get("OCTAD_DATABASE_URL", "sqlite").startswith("sqlite")

bind = os.environ.get("OCTAD_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("OCTAD_WORKERS", "1" if _sqlite else "2"))
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 30
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = None  # the application logs its requests itself


def child_exit(server: Any, worker: Any) -> None:
    """Forget the counters of a web process that ended."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
