"""Why an order of a schedule ends late. Pure; times as in ``dispatching``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.scheduling.dispatching import Job, Slot
from app.scheduling.working_time import Interval, NoCapacity, add_working, after_outside


class Reason(StrEnum):
    """The binding constraint of a late order."""

    LEAD_TIME = "lead_time"
    """Its work and its time outside alone take longer than there is between release and due."""
    FROZEN = "frozen"
    """A started or frozen operation stands too late for what follows it."""
    CALENDAR = "calendar"
    """It would be in time if nobody paused; nights, breaks and days off make it late."""
    CAPACITY = "capacity"
    """It would be in time if it were alone; it waited for machines."""


@dataclass(frozen=True)
class Late:
    """By how many minutes an order is late and why; ``machine`` is where it waited longest."""

    order: int
    minutes: int
    reason: Reason
    machine: str | None = None
    waited: int = 0


def late_orders(
    slots: Sequence[Slot], jobs: Sequence[Job], working: Mapping[str, Sequence[Interval]]
) -> dict[int, Late]:
    """Return each order that ends after it is due, with its reason."""
    by_order: dict[int, list[Slot]] = {}
    for slot in sorted(slots, key=lambda one: (one.order, one.number)):
        by_order.setdefault(slot.order, []).append(slot)
    found = {}
    for job in jobs:
        own = by_order.get(job.order)
        if own and max(slot.end for slot in own) > job.due:
            found[job.order] = _explain(job, own, working)
    return found


def _explain(job: Job, slots: Sequence[Slot], working: Mapping[str, Sequence[Interval]]) -> Late:
    late = max(slot.end for slot in slots) - job.due
    ready, longest, where = job.earliest, 0, None
    for slot in slots:
        waited = slot.start - _could_start(ready, slot, working)
        fixed = any(one.fixed for one in job.operations if one.number == slot.number)
        if slot.machine and not fixed and waited > longest:
            longest, where = waited, slot.machine
        ready = max(ready, slot.end)
    reason = _reason(job, working)
    if reason is Reason.CAPACITY:
        return Late(job.order, late, reason, where, longest)
    return Late(job.order, late, reason)


def _reason(job: Job, working: Mapping[str, Sequence[Interval]]) -> Reason:
    """Return which constraint alone already makes an order late."""
    at, alone = job.earliest, job.earliest
    frozen = False
    for operation in job.operations:
        if operation.fixed:
            frozen = frozen or operation.fixed[2] > max(at, alone)
            at, alone = max(at, operation.fixed[2]), max(alone, operation.fixed[2])
            continue
        at += operation.shortest
        alone = _alone(alone, operation.minutes, operation.elapsed, working)
    if at > job.due:
        return Reason.FROZEN if frozen else Reason.LEAD_TIME
    return Reason.CALENDAR if alone > job.due else Reason.CAPACITY


def _alone(
    at: int, minutes: Mapping[str, int], elapsed: int, working: Mapping[str, Sequence[Interval]]
) -> int:
    """Return when an operation would end if every machine were free."""
    if not minutes:
        return after_outside(at, elapsed, working)
    ends = []
    for machine, needed in minutes.items():
        try:
            ends.append(add_working(at, needed, working.get(machine, ()))[1])
        except NoCapacity:
            continue
    return min(ends, default=at)


def _could_start(ready: int, slot: Slot, working: Mapping[str, Sequence[Interval]]) -> int:
    if slot.machine is None or slot.machine not in working:
        return ready
    try:
        return add_working(ready, 0, working[slot.machine])[0]
    except NoCapacity:
        return slot.start
