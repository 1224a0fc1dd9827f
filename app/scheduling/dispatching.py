"""A finite forward schedule by dispatching rule. Pure.

Times are whole minutes since an origin the caller chose. Operations of an order
run one after the other; a machine does one at a time; work pauses outside the
machine's working intervals. Whenever a machine is free in working time it takes
the waiting operation the rule puts first: non-delay dispatching as in Pinedo,
*Scheduling* (Springer, 2016), ch. 14.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.scheduling.working_time import NEVER, Interval, NoCapacity, add_working, after_outside


class Rule(StrEnum):
    """Which waiting operation goes first."""

    EARLIEST_DUE_DATE = "earliest_due_date"
    SHORTEST_PROCESSING_TIME = "shortest_processing_time"
    CRITICAL_RATIO = "critical_ratio"


@dataclass(frozen=True)
class Operation:
    """One operation to place: working minutes on each machine that can do it, or elapsed time outside.

    ``fixed`` is (machine, start, end) of an operation that is started or frozen.
    """

    order: int
    number: int
    minutes: Mapping[str, int] = field(default_factory=dict)
    elapsed: int = 0
    fixed: tuple[str | None, int, int] | None = None

    @property
    def shortest(self) -> int:
        """The minutes it takes at least, pauses not counted."""
        if self.fixed:
            return self.fixed[2] - self.fixed[1]
        return min(self.minutes.values(), default=self.elapsed)


@dataclass(frozen=True)
class Job:
    """An order's operations in sequence, the minute it may begin and the minute it is due."""

    order: int
    operations: tuple[Operation, ...]
    earliest: int
    due: int


@dataclass(frozen=True)
class Slot:
    """Where an operation runs; ``machine`` is None outside."""

    order: int
    number: int
    machine: str | None
    start: int
    end: int


def dispatch(
    jobs: Sequence[Job],
    working: Mapping[str, Sequence[Interval]],
    rule: Rule = Rule.EARLIEST_DUE_DATE,
) -> list[Slot]:
    """Place every operation: fixed ones where they are, the others as the rule says.

    Args:
        working: each machine's working intervals, ascending and disjoint.

    Raises:
        NoCapacity: the working intervals end before the work does.
    """
    return _Shop(jobs, working, rule).run()


class _Machine:
    """A machine's calendar, what is fixed on it, and who waits for it."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        self.intervals = intervals
        self.fixed: list[Interval] = []
        self.free = 0
        self.wake = NEVER
        self.waiting: dict[int, tuple[int, ...]] = {}
        self.queue: list[tuple[tuple[int, ...], int]] = []

    def opens(self, at: int) -> int:
        """Return the first minute from ``at`` in which it works and nothing is fixed; NEVER after the last."""
        at = max(at, self.free)
        while True:
            try:
                at = add_working(at, 0, self.intervals)[0]
            except NoCapacity:
                return NEVER
            block = self._block(at, at + 1)
            if block is None:
                return at
            at = block[1]

    def fits(self, at: int, minutes: int) -> Interval | None:
        """Return the interval of work that begins at ``at``; None when something fixed is in the way."""
        start, end = add_working(at, minutes, self.intervals)
        return (start, end) if start == at and self._block(start, end) is None else None

    def after_block(self, at: int) -> int:
        """Return when the next fixed operation after ``at`` ends."""
        return min((end for start, end in self.fixed if start >= at), default=NEVER)

    def _block(self, start: int, end: int) -> Interval | None:
        return next(((a, b) for a, b in self.fixed if a < end and start < b), None)


class _Shop:
    """The simulation: orders move on, machines wake, the rule decides."""

    def __init__(self, jobs: Sequence[Job], working: Mapping[str, Sequence[Interval]], rule: Rule) -> None:
        self.jobs = {job.order: job for job in jobs}
        self.rule = rule
        self.working = working
        self.machines = {code: _Machine(intervals) for code, intervals in working.items()}
        self.next = dict.fromkeys(self.jobs, 0)
        self.rest = {job.order: sum(one.shortest for one in job.operations) for job in jobs}
        self.slots: list[Slot] = []
        self.events: list[tuple[int, int, int, str]] = []
        for job in jobs:
            for operation in job.operations:
                if operation.fixed and operation.fixed[0] in self.machines:
                    self.machines[operation.fixed[0]].fixed.append(operation.fixed[1:])
        for machine in self.machines.values():
            machine.fixed.sort()

    def run(self) -> list[Slot]:
        """Run until nothing happens any more.

        Raises:
            NoCapacity: somebody still waits then.
        """
        for job in self.jobs.values():
            self._arrive(job, job.earliest)
        while self.events:
            now = self.events[0][0]
            awake: dict[str, None] = {}
            while self.events and self.events[0][0] == now:
                _time, kind, order, code = heapq.heappop(self.events)
                if kind == _READY:
                    self._join(self.jobs[order], now)
                elif self.machines[code].wake == now:
                    self.machines[code].wake = NEVER
                    awake[code] = None
            for code in awake:
                self._serve(code, now)
        stuck = [job for job in self.jobs.values() if self.next[job.order] < len(job.operations)]
        if stuck:
            operation = stuck[0].operations[self.next[stuck[0].order]]
            raise NoCapacity(f"{operation.shortest} minutes on {', '.join(operation.minutes) or '–'}")
        return self.slots

    def _arrive(self, job: Job, at: int) -> None:
        """Let an order reach its next operation; what needs no machine is placed at once."""
        for operation in job.operations[self.next[job.order] :]:
            if operation.fixed:
                self._place(operation, operation.fixed[0], *operation.fixed[1:])
                at = max(at, operation.fixed[2])
            elif operation.minutes:
                heapq.heappush(self.events, (at, _READY, job.order, ""))
                return
            else:
                back = after_outside(at, operation.elapsed, self.working)
                self._place(operation, None, at, back)
                at = back

    def _join(self, job: Job, now: int) -> None:
        operation = job.operations[self.next[job.order]]
        priority = self._priority(job, operation)
        for code in operation.minutes:
            if code not in self.machines:
                raise NoCapacity(f"{code} has no working time")
            machine = self.machines[code]
            machine.waiting[job.order] = priority
            heapq.heappush(machine.queue, (priority, job.order))
            self._wake(code, now)

    def _wake(self, code: str, now: int) -> None:
        machine = self.machines[code]
        at = machine.opens(now)
        if at < machine.wake:
            machine.wake = at
            heapq.heappush(self.events, (at, _WAKE, 0, code))

    def _serve(self, code: str, now: int) -> None:
        """Give a machine that is free now the waiting operation the rule puts first."""
        machine = self.machines[code]
        if not machine.waiting:
            return
        if machine.opens(now) > now:
            self._wake(code, now)
            return
        passed: list[tuple[tuple[int, ...], int]] = []
        while (order := self._first(machine, now)) is not None:
            operation = self.jobs[order].operations[self.next[order]]
            best = self._best(operation, now)
            if best is not None:
                self._start(operation, *best)
                if best[0] == code:
                    break
            else:
                passed.append((machine.waiting.pop(order), order))
        for priority, order in passed:
            machine.waiting[order] = priority
            heapq.heappush(machine.queue, (priority, order))
        if machine.waiting:
            later = machine.free if machine.free > now else machine.after_block(now)
            if later < NEVER:
                self._wake(code, later)

    def _first(self, machine: _Machine, now: int) -> int | None:
        """Return the waiting order the rule puts first."""
        if self.rule is Rule.CRITICAL_RATIO:
            jobs, rest = self.jobs, self.rest
            return min(
                machine.waiting, key=lambda o: ((jobs[o].due - now) / max(rest[o], 1), o), default=None
            )
        while machine.queue and machine.waiting.get(machine.queue[0][1]) != machine.queue[0][0]:
            heapq.heappop(machine.queue)
        return machine.queue[0][1] if machine.queue else None

    def _best(self, operation: Operation, now: int) -> tuple[str, int, int] | None:
        """Return the machine, free now, on which an operation ends first."""
        found = []
        for code, minutes in operation.minutes.items():
            machine = self.machines[code]
            if machine.free > now:
                continue
            try:
                interval = machine.fits(now, minutes)
            except NoCapacity:
                continue
            if interval:
                found.append((interval[1], code, interval[0]))
        if not found:
            return None
        end, code, start = min(found)
        return code, start, end

    def _start(self, operation: Operation, code: str, start: int, end: int) -> None:
        for other in operation.minutes:
            self.machines[other].waiting.pop(operation.order, None)
        self.machines[code].free = end
        self._place(operation, code, start, end)
        self._arrive(self.jobs[operation.order], end)

    def _place(self, operation: Operation, machine: str | None, start: int, end: int) -> None:
        self.slots.append(Slot(operation.order, operation.number, machine, start, end))
        self.next[operation.order] += 1
        self.rest[operation.order] -= operation.shortest

    def _priority(self, job: Job, operation: Operation) -> tuple[int, ...]:
        if self.rule is Rule.SHORTEST_PROCESSING_TIME:
            return operation.shortest, job.due
        return job.due, self.rest[job.order]


_READY, _WAKE = 0, 1
