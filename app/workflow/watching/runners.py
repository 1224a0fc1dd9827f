"""The runners' own sign of life: what each has done since it started, and when it was last heard of."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import db

EVERY = timedelta(seconds=10)
SILENT = timedelta(seconds=60)
"""A runner that was not heard of for so long is taken for dead, or stuck in one job."""
FORGOTTEN = timedelta(days=7)


class RunnerBeat(db.Model):
    """One thread of a runner: its turns, or its long computations."""

    __table_args__ = (UniqueConstraint("host", "pid", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    part: Mapped[str] = mapped_column(comment="turns or long")
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime] = mapped_column(index=True)
    jobs: Mapped[dict[str, Any]] = mapped_column(
        comment="per job: done since the start, when it last did something, its last failure"
    )


class Pulse:
    """What one thread of a runner notes of itself; written every ten seconds, with a turn."""

    def __init__(self, part: str) -> None:
        self.part, self.started = part, clock.now()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.written: datetime | None = None

    def did(self, job: str, count: int) -> None:
        """Count what a job has done."""
        noted = self.jobs.setdefault(job, {"done": 0})
        if count:
            noted |= {"done": noted["done"] + count, "last": clock.now().isoformat()}

    def failed(self, job: str, error: BaseException) -> None:
        """Keep a job's last failure."""
        noted = self.jobs.setdefault(job, {"done": 0})
        noted |= {"failed": clock.now().isoformat(), "error": f"{type(error).__name__}: {error}"[:300]}

    def beat(self) -> bool:
        """Write the sign of life if the last one is old enough, in a transaction of its own."""
        now = clock.now()
        if self.written is not None and now - self.written < EVERY:
            return False
        row = self._row()
        if row is None:
            db.session.execute(delete(RunnerBeat).where(RunnerBeat.beat_at < now - FORGOTTEN))
            row = RunnerBeat(host=socket.gethostname(), pid=os.getpid(), part=self.part)
            db.session.add(row)
        row.started_at, row.beat_at, row.jobs = self.started, now, {k: dict(v) for k, v in self.jobs.items()}
        db.session.commit()
        self.written = now
        return True

    def end(self) -> None:
        """Take the sign away: the runner was stopped in order."""
        if (row := self._row()) is not None:
            db.session.delete(row)
            db.session.commit()

    def _row(self) -> RunnerBeat | None:
        known = select(RunnerBeat).where(
            RunnerBeat.host == socket.gethostname(), RunnerBeat.pid == os.getpid()
        )
        return db.session.scalar(known.where(RunnerBeat.part == self.part))


def known() -> list[RunnerBeat]:
    """Every thread of every runner that was not stopped in order."""
    return list(
        db.session.scalars(
            select(RunnerBeat).order_by(RunnerBeat.host, RunnerBeat.pid, RunnerBeat.part.desc())
        )
    )


def alive(beat: RunnerBeat) -> bool:
    """Whether a thread was heard of lately."""
    return clock.now() - beat.beat_at < SILENT


def last_beat() -> datetime | None:
    """When any runner took its turn last."""
    return db.session.scalar(select(func.max(RunnerBeat.beat_at)).where(RunnerBeat.part == "turns"))


def counted(pulse: Pulse | None, job: str, work: Callable[[], Any]) -> int:
    """Do a job and note how much was done."""
    done = work()
    count = done if isinstance(done, int) else 0
    if pulse is not None:
        pulse.did(job, count)
    return count
