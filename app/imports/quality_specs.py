"""The file about inspection plans: one row per characteristic, the plan's own columns the same on each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.imports import columns as c
from app.imports.columns import Column
from app.imports.specs import FileSpec, Rows, codes, name_columns, named
from app.masterdata.models import Item, Partner
from app.quality import queries, sampling
from app.quality import services as quality
from app.quality.models import InspectionKind, InspectionPlan

OCCASION = ("item", "item_group", "kind", "operation", "supplier")
RULE = ("aql", "sample_size", "accept_number", "certificate")
CHARACTERISTIC = ("names", "lower", "target", "upper", "unit", "decimals", "instrument", "defect_code")


def _aql(cell: str) -> Any:
    """Read one of the standard's quality levels."""
    value = c.number(above=0)(cell)
    if value not in sampling.AQL:
        raise c.Bad("one of {words}", words=", ".join(str(level) for level in sampling.AQL))
    return value


def _plan_columns() -> list[Column]:
    return [
        Column("item", c.code_of("item", codes(Item, "number")), meaning="number of the item"),
        Column("item_group", c.text(40), meaning="instead of item: all items of the group"),
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
        Column("instrument", c.text(60), meaning="what it is measured with"),
        Column("defect_code", c.text(20), meaning="reason code of a piece that fails"),
    ]


def _save_plans(rows: Rows) -> None:
    """Write each plan; one that says what is in force already stays, another becomes its next version."""
    plans: dict[tuple, list[tuple[int, dict[str, Any]]]] = {}
    for number, row in enumerate(named(rows), start=2):
        same = plans.setdefault(tuple(row[name] for name in OCCASION), [])
        if same and any(row[name] != same[0][1][name] for name in RULE):
            raise c.Bad(
                "row {row}: {columns} as on the plan's first row", row=number, columns=", ".join(RULE)
            )
        same.append((number, row))
    in_force = _in_force()
    for occasion, lines in plans.items():
        _check(lines)
        if in_force.get(occasion) != _content([row for _number, row in lines]):
            quality.write_plan(*_draft([row for _number, row in lines]))


def _draft(rows: Rows) -> tuple[quality.Occasion, quality.Rule, list[quality.Line]]:
    first = rows[0]
    item, group, kind, operation, supplier = (first[name] for name in OCCASION)
    return (
        quality.Occasion(kind, item, group, operation, supplier),
        quality.Rule(*(first[name] for name in RULE)),
        [quality.Line(**{name: row[name] for name in CHARACTERISTIC}) for row in rows],
    )


def _check(lines: list[tuple[int, dict[str, Any]]]) -> None:
    """Refuse a plan as the page would, naming the row and the column."""
    for field, sentence in quality.plan_problems(*_draft([row for _number, row in lines])).items():
        _list, _dot, place = field.rpartition("lines.")
        index, _dot, column = place.rpartition(".")
        number = lines[int(index or 0)][0]
        raise c.Bad("row {row}: {column}: {sentence}", row=number, column=column, sentence=sentence)


def _content(lines: Rows) -> tuple:
    rule = tuple(lines[0][name] for name in RULE)
    return rule, [tuple(row[name] for name in CHARACTERISTIC) for row in lines]


def _in_force() -> dict[tuple, tuple]:
    """Return what the plans in force say, by occasion."""
    query = select(InspectionPlan).options(selectinload(InspectionPlan.characteristics))
    plans = list(db.session.scalars(query))
    states = queries.plan_states(plans)
    return {
        (plan.item_id, plan.item_group, plan.kind, plan.operation, plan.supplier_id): (
            tuple(getattr(plan, name) for name in RULE),
            [tuple(getattr(row, name) for name in CHARACTERISTIC) for row in plan.characteristics],
        )
        for plan in plans
        if states[plan.id] == "in_force"
    }


QUALITY = (
    FileSpec(
        "inspection_plans",
        _plan_columns,
        _save_plans,
        ("items", "partners", "reason_codes", "routings"),
        (*OCCASION, "name_en"),
    ),
)
