"""A finite forward schedule by dispatching rule.

Times are whole minutes since an origin the caller chose. Operations of an order
run one after the other; a machine does one at a time; work pauses outside the
machine's working intervals. Serial schedule generation with a priority rule, as
in Pinedo, *Scheduling* (Springer, 2016), ch. 14.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Interval = tuple[int, int]


class Rule(StrEnum):
    """Which waiting operation goes first."""

    EARLIEST_DUE_DATE = "earliest_due_date"
    SHORTEST_PROCESSING_TIME = "shortest_processing_time"
    CRITICAL_RATIO = "critical_ratio"


@dataclass(frozen=True)
class Operation:
    """One operation to place: ``minutes`` on one of ``machines``, or ``minutes`` elapsed outside.

    ``fixed`` is (machine, start, end) of an operation that is started or frozen.
    """

    order: int
    number: int
    minutes: int
    machines: tuple[str, ...] = ()
    fixed: tuple[str | None, int, int] | None = None


@dataclass(frozen=True)
class Job:
    """An order's operations in sequence, the minute it may begin and the minute it is due."""

    order: int
    operations: tuple[Operation, ...]
    earliest: int
    due: int


@dataclass(frozen=True)
class Slot:
    """Where an operation runs; ``machine`` is None outside. ``late`` minutes after due, of the whole order."""

    order: int
    number: int
    machine: str | None
    start: int
    end: int


class NoCapacity(ValueError):
    """A machine has too few working minutes left in the horizon."""


def dispatch(
    jobs: Sequence[Job],
    working: Mapping[str, Sequence[Interval]],
    rule: Rule = Rule.EARLIEST_DUE_DATE,
) -> list[Slot]:
    """Place every operation as early as the rule's order allows.

    Args:
        working: each machine's working intervals, ascending and disjoint.

    Raises:
        NoCapacity: the working intervals end before the work does.
    """
    free = dict.fromkeys(working, 0)
    slots: list[Slot] = []
    ready = {job.order: job.earliest for job in jobs}
    waiting = {job.order: list(job.operations) for job in jobs if job.operations}
    due = {job.order: job.due for job in jobs}
    for job in jobs:
        for operation in job.operations:
            if operation.fixed and operation.fixed[0] in free:
                free[operation.fixed[0]] = max(free[operation.fixed[0]], operation.fixed[2])
    while waiting:
        order = min(waiting, key=lambda o: (_priority(rule, o, waiting[o], ready[o], due[o]), o))
        operation = waiting[order].pop(0)
        slot = _place(operation, ready[order], free, working)
        slots.append(slot)
        ready[order] = slot.end
        if slot.machine is not None:
            free[slot.machine] = max(free[slot.machine], slot.end)
        if not waiting[order]:
            del waiting[order]
    return slots


def late_minutes(slots: Sequence[Slot], jobs: Sequence[Job]) -> dict[int, int]:
    """Return for each order that ends after its due minute by how much."""
    ends: dict[int, int] = {}
    for slot in slots:
        ends[slot.order] = max(ends.get(slot.order, 0), slot.end)
    return {job.order: ends[job.order] - job.due for job in jobs if ends.get(job.order, 0) > job.due}


def add_working(start: int, minutes: int, intervals: Sequence[Interval]) -> Interval:
    """Return when work of ``minutes`` begins and ends if it may begin at ``start``.

    >>> add_working(0, 90, [(0, 60), (100, 200)])
    (0, 130)
    """
    index = max(0, bisect_right(intervals, (start, 1 << 60)) - 1)
    begin: int | None = None
    left = minutes
    for opens, closes in intervals[index:]:
        at = max(opens, start)
        if at >= closes:
            continue
        begin = at if begin is None else begin
        if closes - at >= left:
            return begin, at + left
        left -= closes - at
    raise NoCapacity(f"{left} of {minutes} minutes do not fit before the horizon's end")


def _place(
    operation: Operation, earliest: int, free: Mapping[str, int], working: Mapping[str, Sequence[Interval]]
) -> Slot:
    if operation.fixed:
        return Slot(operation.order, operation.number, *operation.fixed)
    if not operation.machines:
        return Slot(operation.order, operation.number, None, earliest, earliest + operation.minutes)
    options = []
    for machine in operation.machines:
        start, end = add_working(max(earliest, free[machine]), operation.minutes, working[machine])
        options.append((end, start, machine))
    end, start, machine = min(options)
    return Slot(operation.order, operation.number, machine, start, end)


def _priority(rule: Rule, order: int, rest: Sequence[Operation], ready: int, due: int) -> tuple[float, ...]:
    if rule is Rule.SHORTEST_PROCESSING_TIME:
        return (rest[0].minutes, due)
    if rule is Rule.CRITICAL_RATIO:
        work = sum(operation.minutes for operation in rest)
        return ((due - ready) / max(work, 1), due)
    return (due, ready)
