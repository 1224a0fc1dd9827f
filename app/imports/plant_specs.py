"""The files about the plant: its sites, their days and shifts, its work centres."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import select

from app.core.db import db
from app.imports import columns as c
from app.imports.columns import Column
from app.imports.specs import FileSpec, Rows, codes, name_columns, named, renamed, upsert
from app.masterdata.models import CalendarException, Machine, Shift, Site, WorkCentre, WorkCentreShift


def _site() -> Column:
    return Column("site", c.code_of("site", codes(Site)), required=True, meaning="code of the site")


def _site_columns() -> list[Column]:
    return [
        Column("code", c.text(20), required=True),
        *name_columns(),
        Column("timezone", c.time_zone, meaning="IANA name, e.g. Asia/Taipei; empty: the company's"),
        Column(
            "weekly_off",
            c.weekdays,
            default=[5, 6],
            meaning="weekdays off, Monday 0, separated by ;",
        ),
    ]


def _save_sites(rows: Rows) -> None:
    for row in rows:
        row["timezone"] = row["timezone"] or current_app.config["TIMEZONE"]
    upsert(Site, ("code",), named(rows))


def _calendar_columns() -> list[Column]:
    return [
        _site(),
        Column("date", c.day, required=True),
        Column("working", c.yes_no, required=True, meaning="no: a holiday; yes: worked although off"),
        Column("reason", c.text()),
    ]


def _save_calendar(rows: Rows) -> None:
    for row in renamed(rows, site="site_id"):
        reason = row["reason"]
        row |= {"reason": {"en": reason, "zh_Hant": reason} if reason else None}
        row |= {"work_centre_id": None, "shift_id": None}
    upsert(CalendarException, ("site_id", "date", "work_centre_id", "shift_id"), rows)


def _shift_columns() -> list[Column]:
    return [
        _site(),
        Column("code", c.text(20), required=True),
        *name_columns(),
        Column("start", c.time_of_day, required=True, meaning="HH:MM"),
        Column("end", c.time_of_day, required=True, meaning="HH:MM; before start: the next day"),
        Column(
            "breaks",
            c.pauses,
            default=[],
            meaning="12:00-13:00;15:00-15:10",
        ),
    ]


def _save_shifts(rows: Rows) -> None:
    upsert(Shift, ("site_id", "code"), named(renamed(rows, site="site_id")))


def _work_centre_columns() -> list[Column]:
    return [
        _site(),
        Column("code", c.text(20), required=True),
        *name_columns(),
        Column("crew", c.number(0), default=1, meaning="persons per running machine"),
        Column("machine_per_hour", c.number(0), default=0, meaning="machine cost rate"),
        Column("labour_per_hour", c.number(0), meaning="labour cost rate; empty: the company's"),
        Column("machines", c.words, default=[], meaning="machine codes separated by ;"),
        Column("shifts", c.words, default=[], meaning="shift codes separated by ;"),
    ]


def _save_work_centres(rows: Rows) -> None:
    extras = {row["code"]: (row.pop("machines"), row.pop("shifts")) for row in rows}
    upsert(WorkCentre, ("code",), named(renamed(rows, site="site_id")))
    centres, machines, shifts = codes(WorkCentre), codes(Machine), codes(Shift)
    linked = {(row.work_centre_id, row.shift_id) for row in db.session.scalars(select(WorkCentreShift))}
    for code, (machine_codes, shift_codes) in extras.items():
        for machine in machine_codes or [code]:
            if machine not in machines:
                db.session.add(Machine(work_centre_id=centres[code], code=machine))
        for shift in shift_codes:
            if shift not in shifts:
                raise c.Bad("shifts: the code of a known shift, not {code}", code=shift)
            if (centres[code], shifts[shift]) not in linked:
                db.session.add(WorkCentreShift(work_centre_id=centres[code], shift_id=shifts[shift]))
    db.session.flush()


PLANT = (
    FileSpec("sites", _site_columns, _save_sites, key=("code",)),
    FileSpec("calendar", _calendar_columns, _save_calendar, ("sites",), ("site", "date")),
    FileSpec("shifts", _shift_columns, _save_shifts, ("sites",), ("site", "code")),
    FileSpec("work_centres", _work_centre_columns, _save_work_centres, ("sites", "shifts"), ("code",)),
)
