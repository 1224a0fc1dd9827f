"""The file about inspection plans: one row per characteristic, the plan's own columns the same on each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.imports import columns as c
from app.imports.columns import Column
from app.imports.specs import FileSpec, Rows, codes, name_columns, named
from app.masterdata.models import CodeKind, Item, Partner, ReasonCode
from app.quality import sampling
from app.quality import services as quality
from app.quality.models import InspectionKind, InspectionPlan

OCCASION = ("item", "kind", "operation", "supplier")
RULE = ("aql", "sample_size", "accept_number", "certificate")
CHARACTERISTIC = ("names", "lower", "target", "upper", "unit", "decimals", "defect_code")


def _aql(cell: str) -> Any:
    """Read one of the standard's quality levels."""
    value = c.number(above=0)(cell)
    if value not in sampling.AQL:
        raise c.Bad("one of {words}", words=", ".join(str(level) for level in sampling.AQL))
    return value


def _plan_columns() -> list[Column]:
    return [
        Column("item", c.code_of("item", codes(Item, "number")), required=True, meaning="number of the item"),
        Column("kind", c.choice(InspectionKind), required=True, meaning=", ".join(InspectionKind)),
        Column("operation", c.whole(1), meaning="routing operation, for kind operation"),
        Column("supplier", c.code_of("partner", codes(Partner)), meaning="empty: all suppliers"),
        Column("aql", _aql, meaning="ISO 2859-1, level II; empty: sample_size"),
        Column("sample_size", c.whole(1), meaning="fixed; empty and no aql: every piece"),
        Column("accept_number", c.whole(), default=0, meaning="defective pieces accepted of sample_size"),
        Column("certificate", c.text(), meaning="paper that has to come with the lot"),
        *name_columns(),
        Column("lower", c.number(-c.LARGEST), meaning="no limit at all: pieces are counted, not measured"),
        Column("target", c.number(-c.LARGEST)),
        Column("upper", c.number(-c.LARGEST)),
        Column("unit", c.text(10), default=""),
        Column("decimals", c.whole(0, 6), default=3, meaning="places of a measured value"),
        Column("defect_code", c.text(20), meaning="reason code of a piece that fails"),
    ]


def _save_plans(rows: Rows) -> None:
    """Write each plan; one that says what is in force already stays, another becomes its next version."""
    defects = set(db.session.scalars(select(ReasonCode.code).where(ReasonCode.kind == CodeKind.DEFECT)))
    plans: dict[tuple, Rows] = {}
    for number, row in enumerate(named(rows), start=2):
        _check(number, row, defects)
        same = plans.setdefault(tuple(row[name] for name in OCCASION), [])
        if same and any(row[name] != same[0][name] for name in RULE):
            raise c.Bad(
                "row {row}: {columns} as on the plan's first row", row=number, columns=", ".join(RULE)
            )
        same.append(row)
    in_force = _in_force()
    for occasion, lines in plans.items():
        if in_force.get(occasion) != _content(lines):
            _write(lines)


def _check(number: int, row: dict[str, Any], defects: set[str]) -> None:
    if (row["kind"] is InspectionKind.OPERATION) != (row["operation"] is not None):
        raise c.Bad("row {row}: operation: a number for kind operation, else empty", row=number)
    if row["aql"] is not None and row["sample_size"] is not None:
        raise c.Bad("row {row}: either aql or sample_size", row=number)
    if row["lower"] is not None and row["upper"] is not None and row["lower"] > row["upper"]:
        raise c.Bad("row {row}: lower: at most upper", row=number)
    if row["defect_code"] is not None and row["defect_code"] not in defects:
        raise c.Bad(
            "row {row}: defect_code: a known defect code, not {code}", row=number, code=row["defect_code"]
        )


def _write(lines: Rows) -> None:
    first = lines[0]
    plan = quality.define_plan(
        first["item"],
        first["kind"],
        operation=first["operation"],
        supplier_id=first["supplier"],
        **{name: first[name] for name in RULE},
    )
    for row in lines:
        quality.add_characteristic(plan, **{name: row[name] for name in CHARACTERISTIC})


def _content(lines: Rows) -> tuple:
    rule = tuple(lines[0][name] for name in RULE)
    return rule, [tuple(row[name] for name in CHARACTERISTIC) for row in lines]


def _in_force() -> dict[tuple, tuple]:
    """Return what the plans in force say, by occasion."""
    query = select(InspectionPlan).options(selectinload(InspectionPlan.characteristics))
    return {
        (plan.item_id, plan.kind, plan.operation, plan.supplier_id): (
            tuple(getattr(plan, name) for name in RULE),
            [tuple(getattr(row, name) for name in CHARACTERISTIC) for row in plan.characteristics],
        )
        for plan in db.session.scalars(query.where(InspectionPlan.active))
    }


QUALITY = (
    FileSpec(
        "inspection_plans",
        _plan_columns,
        _save_plans,
        ("items", "partners", "reason_codes"),
        (*OCCASION, "name_en"),
    ),
)
