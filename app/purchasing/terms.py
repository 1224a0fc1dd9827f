"""When a payable is due: invoices up to the cut-off day go on this month's statement, then the terms run."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def statement_date(invoiced: date, cut_off_day: int) -> date:
    """Find the cut-off date an invoice falls under.

    Raises:
        ValueError: the cut-off day is not between 1 and 31.
    """
    if not 1 <= cut_off_day <= 31:
        raise ValueError(f"cut-off day {cut_off_day}")
    this_month = _day(invoiced.year, invoiced.month, cut_off_day)
    if invoiced <= this_month:
        return this_month
    following = invoiced.replace(day=1) + timedelta(days=31)
    return _day(following.year, following.month, cut_off_day)


def due_date(invoiced: date, *, cut_off_day: int, net_days: int) -> date:
    """Find the day a payable falls due: net days after its statement.

    Raises:
        ValueError: the net days are below zero.
    """
    if net_days < 0:
        raise ValueError(f"net days {net_days}")
    return statement_date(invoiced, cut_off_day) + timedelta(days=net_days)


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
