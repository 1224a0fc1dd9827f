"""Inspection plans come from a file; a changed one is a new version beside the old."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from app.core.db import db
from app.masterdata.models import Item
from app.quality import queries
from app.quality.models import InspectionKind, InspectionPlan

BASE = {
    "partners": "code,name_en,is_supplier\nV,Vendor,yes\n",
    "items": "number,name_en,supply,unit\nA,Bike,make,pc\n",
    "reason_codes": "kind,code,name_en\ndefect,D02,Film\nstop,S1,Tool\n",
}
PLANS = (
    "item,kind,operation,supplier,aql,sample_size,accept_number,name_en,name_zh_Hant,lower,upper,unit,defect_code\n"
    "A,receipt,,V,1.0,,,Film,膜厚,20,30,µm,D02\n"
    "A,receipt,,V,1.0,,,Colour,色差,,,,D02\n"
    "A,operation,20,,,5,1,Bore,內孔,24.98,,mm,\n"
)


def _plan(kind: str = "receipt", operation: int | None = None, supplier_id: int | None = 1):
    item = db.session.scalars(select(Item)).one()
    return queries.plan_for(InspectionKind(kind), item.id, operation=operation, supplier_id=supplier_id)


def test_plans_with_their_characteristics(load):
    assert load(**BASE, inspection_plans=PLANS).problems == []
    receipt, bore = _plan(), _plan("operation", 20)
    assert (receipt.sampling, receipt.aql) == ("aql", Decimal("1.0"))
    assert [(one.names["zh_Hant"], one.kind, one.upper) for one in receipt.characteristics] == [
        ("膜厚", "measured", 30),
        ("色差", "counted", None),
    ]
    assert (bore.sampling, bore.sample_size, bore.accept_number) == ("fixed", 5, 1)
    assert _plan(supplier_id=None) is None


def test_same_plan_again_stays_and_a_changed_one_is_a_new_version(load):
    for _ in range(2):
        assert load(**BASE, inspection_plans=PLANS).problems == []
    first = _plan()
    assert first.version == 1

    assert load(inspection_plans=PLANS.replace("20,30", "22,30")).problems == []

    assert (_plan().version, _plan().characteristics[0].lower) == (2, 22)
    old = queries.plan(first.id)
    assert (old.version, old.characteristics[0].lower) == (1, 20)
    assert queries.plan_states([old, _plan()]) == {old.id: "replaced", _plan().id: "in_force"}
    assert _plan("operation", 20).version == 1


def test_a_plan_for_a_group_is_for_every_item_of_it(load):
    items = "number,name_en,supply,unit,item_group\nA,Bike,make,pc,BIKES\nB,Bell,make,pc,\n"
    plans = "item,item_group,kind,sample_size,name_en,lower,instrument\n,BIKES,final,3,Weight,9,Scale\n"
    assert load(**BASE | {"items": items}, inspection_plans=plans).problems == []

    bike, bell = db.session.scalars(select(Item).order_by(Item.number))
    found = queries.plan_for(InspectionKind.FINAL, bike.id)
    assert (found.item_id, found.item_group, found.characteristics[0].instrument) == (None, "BIKES", "Scale")
    assert queries.plan_for(InspectionKind.FINAL, bell.id) is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("V,1.0,,,Colour", "V,2.5,,,Colour", "as on the plan's first row"),
        ("operation,20", "operation,", "operation: An in-process inspection names"),
        ("A,receipt,,V,1.0,,,", "A,receipt,,V,1.0,8,,", "Either an AQL or a fixed sample size"),
        ("1.0,,,Film", "1.1,,,Film", "one of"),
        ("20,30", "40,30", "The lower limit is at most the upper"),
        ("µm,D02", "µm,S1", "There is no defect code S1"),
    ],
)
def test_bad_plan_takes_nothing(load, old, new, expected):
    report = load(**BASE, inspection_plans=PLANS.replace(old, new))
    assert expected in report.problems[0].expected
    assert db.session.scalars(select(InspectionPlan)).all() == []
