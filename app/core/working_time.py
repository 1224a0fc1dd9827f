"""Working time: the clock of a plant that stands still on its days off.

Whoever owns the plants' calendars tells them here; due dates are counted on
them. Days keep the time of day, hours and minutes pass on working days only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
LONGEST_BREAK = 366
"""A calendar that is off for longer than so many days on end is not believed: there every day counts."""
_SPAN = re.compile(r"P(?=.)(?:(\d{1,3})D)?(?:T(?=.)(?:(\d{1,3})H)?(?:(\d{1,3})M)?)?\Z", re.ASCII)


@dataclass(frozen=True)
class Span:
    """So many working days, and so long of working time."""

    days: int
    rest: timedelta

    @property
    def length(self) -> timedelta:
        """How long it is where every day is worked."""
        return DAY * self.days + self.rest


@dataclass(frozen=True)
class PlantCalendar:
    """On which days a plant works, by its own clock."""

    zone: str
    works: Callable[[date], bool] = lambda _day: True


def span(text: str) -> Span | None:
    """Read a working time such as ``P2D``, ``PT4H`` or ``P1DT30M``; None where it is none."""
    found = _SPAN.match(text)
    if found is None:
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return Span(days, timedelta(hours=hours, minutes=minutes))


def after(moment: datetime, given: Span, calendar: PlantCalendar) -> datetime:
    """The moment so much working time later."""
    local = _shifted(moment.astimezone(ZoneInfo(calendar.zone)), given.days, calendar)
    left = given.rest
    while left:
        midnight = datetime.combine(local.date() + DAY, time(), local.tzinfo)
        if not _works(calendar, local.date()):
            local = midnight
            continue
        passed = min(left, midnight.astimezone(UTC) - local.astimezone(UTC))
        local, left = _plus(local, passed), left - passed
    return local.astimezone(UTC)


def before(moment: datetime, given: Span, calendar: PlantCalendar) -> datetime:
    """The moment so much working time earlier."""
    local = _shifted(moment.astimezone(ZoneInfo(calendar.zone)), -given.days, calendar)
    left = given.rest
    while left:
        today = datetime.combine(local.date(), time(), local.tzinfo)
        if local == today:
            today -= DAY
        if not _works(calendar, today.date()):
            local = today
            continue
        passed = min(left, local.astimezone(UTC) - today.astimezone(UTC))
        local, left = _plus(local, -passed), left - passed
    return local.astimezone(UTC)


def _plus(local: datetime, passed: timedelta) -> datetime:
    """A local time so long later as time passes, whatever the clocks are set to meanwhile."""
    return (local.astimezone(UTC) + passed).astimezone(local.tzinfo)


def _shifted(local: datetime, days: int, calendar: PlantCalendar) -> datetime:
    """The same time of day so many working days later, or earlier where negative."""
    step, day = (DAY if days > 0 else -DAY), local.date()
    for _count in range(abs(days)):
        day += step
        while not _works(calendar, day):
            day += step
    return datetime.combine(day, local.timetz().replace(tzinfo=None), local.tzinfo)


def _works(calendar: PlantCalendar, day: date) -> bool:
    """Whether a day is worked; where nobody ever works around it, it counts."""
    if calendar.works(day):
        return True
    around = range(1, LONGEST_BREAK)
    return not any(calendar.works(day + DAY * n) or calendar.works(day - DAY * n) for n in around)


_sources: list[Callable[[list[str]], PlantCalendar | None]] = []


def calendar_source(
    function: Callable[[list[str]], PlantCalendar | None],
) -> Callable[[list[str]], PlantCalendar | None]:
    """Let the owner of the calendars find that of the plant that documents belong to, the nearest named first."""
    _sources.append(function)
    return function


def plant_calendar(documents: Iterable[str | None], zone: str) -> PlantCalendar:
    """The calendar of the plant of some documents; where no plant is set up every day is worked."""
    keys = [key for key in documents if key]
    found = (source(keys) for source in _sources)
    return next((one for one in found if one is not None), PlantCalendar(zone))
