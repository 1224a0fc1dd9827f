"""Inspection plans written in the browser: entry, revision, end, and what the next inspection does with them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.core import audit, clock
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.masterdata.models import CodeKind, ReasonCode
from app.quality import queries, services
from app.quality.models import InspectionPlan
from tests.quality.plant import Plant

BOXES = {
    "item_id": "1",
    "kind": "receipt",
    "valid_from": "",
    "sampling": "aql",
    "aql": "1",
    "lines-0-kind": "measured",
    "lines-0-name_zh": "膜厚",
    "lines-0-target": "25",
    "lines-0-lower": "２０",
    "lines-0-upper": "30.5",
    "lines-0-unit": "µm",
    "lines-0-instrument": "Eddy-current gauge",
    "lines-0-defect_code": "D02",
    "lines-1-kind": "counted",
    "lines-1-name_zh": "色差",
    "lines-1-name_en": "Colour",
    "lines-2-kind": "measured",
    "lines-2-name_en": "",
}


@pytest.fixture
def shop(app):
    """The plant with a defect code, in the database."""
    plant = Plant()
    db.session.add(ReasonCode(kind=CodeKind.DEFECT, code="D02", names={"en": "Film too thin"}))
    plant.body.item_group = "BODIES"
    db.session.commit()
    return plant


@pytest.fixture
def engineer(shop, login):
    """The browser of somebody who writes plans."""
    return login("engineer")


def boxes(**changes: str) -> dict[str, str]:
    """Return what was typed; today as first day."""
    return BOXES | {"valid_from": clock.today().isoformat()} | changes


def request_of(shop: Plant, quantity: str = "100") -> dict:
    lot = shop.receive(quantity)
    return services.request_inspection("receipt", shop.body.id, lot.id, quantity, "purchase_order:1")


def test_a_plan_entered_on_the_page_leads_the_next_inspection(shop, engineer):
    assert request_of(shop)["required"] is False
    db.session.commit()

    answer = engineer.post("/quality/plans/new", data=boxes())
    assert answer.status_code == 302, answer.text
    asked = services.request_inspection(
        "receipt", shop.body.id, shop.receive("100", number="B2").id, "100", "x"
    )
    facts = services.sampling_plan(asked["inspection_id"])
    film, colour = queries.characteristics(queries.inspection(asked["inspection_id"]).plan_id)

    sheet = queries.inspection_sheet(asked["inspection_id"])
    assert sheet["rows"][0]["characteristic"] == "膜厚 (Eddy-current gauge)"
    assert (facts["sample_size"], facts["accept"]) == (13, 0)
    assert (film.names["en"], film.lower, film.target, film.upper) == ("膜厚", 20, 25, Decimal("30.5"))
    assert (film.instrument, film.decimals, colour.kind) == ("Eddy-current gauge", 1, "counted")
    assert db.session.query(audit.AuditEntry).filter_by(action="inspection_plan.written").count() == 1


def test_a_revision_acts_from_its_day_on_and_the_old_one_is_kept(shop, engineer):
    engineer.post("/quality/plans/new", data=boxes())
    later = clock.today() + timedelta(days=7)
    typed = {name: value for name, value in boxes().items() if name not in {"item_id", "kind"}}
    answer = engineer.post(
        "/quality/plans/1/revise", data=typed | {"valid_from": str(later), "lines-0-lower": "22"}
    )
    assert answer.status_code == 302, answer.text

    assert queries.plan_for("receipt", shop.body.id).version == 1
    assert queries.plan_for("receipt", shop.body.id, on=later).characteristics[0].lower == 22
    with clock.freeze(clock.now() + timedelta(days=8)):
        assert queries.plan_for("receipt", shop.body.id).version == 2
        first, second = queries.plan(1), queries.plan(2)
        assert queries.plan_states([first, second]) == {1: "replaced", 2: "in_force"}
    assert queries.plan(1).characteristics[0].lower == 20
    page = engineer.get("/quality/plans/1").text
    assert "Eddy-current gauge" in page
    assert "/quality/plans/2" in page


@pytest.mark.parametrize(
    ("changes", "box", "sentence"),
    [
        ({"item_id": ""}, "item_id", "either an item or an item group"),
        ({"item_id": "999"}, "item_id", "Please choose"),
        ({"item_group": "BODIES"}, "item_id", "either an item or an item group"),
        ({"item_id": "", "item_group": "NONE"}, "item_group", "No item belongs"),
        ({"kind": "operation"}, "operation", "names its operation"),
        ({"kind": ""}, "kind", "Please choose"),
        ({"supplier_id": "999"}, "supplier_id", "Please choose"),
        ({"aql": ""}, "aql", "Please choose"),
        ({"aql": "1.1"}, "aql", "is not one of"),
        ({"sampling": "fixed"}, "sample_size", "fill in"),
        ({"sampling": "fixed", "sample_size": "3", "accept_number": "3"}, "accept_number", "Fewer defective"),
        ({"sampling": "fixed", "sample_size": "x"}, "sample_size", "whole number"),
        ({"valid_from": "soon"}, "valid_from", "not a date"),
        ({"lines-0-lower": "31"}, "lines-0-lower", "at most the upper"),
        ({"lines-0-lower": "thick"}, "lines-0-lower", "not a number"),
        ({"lines-0-target": "5"}, "lines-0-target", "between the limits"),
        ({"lines-0-lower": "", "lines-0-upper": ""}, "lines-0-lower", "needs a limit"),
        ({"lines-0-defect_code": "D99"}, "lines-0-defect_code", "no defect code"),
        ({"lines-1-upper": "3"}, "lines-1-kind", "neither a nominal value nor limits"),
        ({"lines-1-name_zh": "", "lines-1-name_en": "", "lines-1-unit": "x"}, "lines-1-name_zh", "fill in"),
        ({"lines-1-name_zh": "膜厚", "lines-1-name_en": "膜厚"}, "lines-1-name_en", "has this name"),
    ],
)
def test_a_mistake_is_told_beside_its_box_and_changes_nothing(engineer, changes, box, sentence):
    answer = engineer.post("/quality/plans/new", data=boxes(**changes), headers={"Accept-Language": "en"})

    assert answer.status_code == 422
    [_before, beside] = answer.text.split(f'id="{box}-error">', 1)
    assert sentence in beside.split("</div>", 1)[0]
    assert "Eddy-current gauge" in answer.text
    assert db.session.query(InspectionPlan).count() == 0


def test_rows_are_added_and_removed_without_a_script(engineer):
    more = engineer.post("/quality/plans/new", data=boxes(_add="lines"))
    less = engineer.post("/quality/plans/new", data=boxes(_remove="lines:0"))

    assert (more.status_code, less.status_code) == (200, 200)
    assert 'name="lines-4-name_en"' in more.text
    assert "膜厚" not in less.text
    assert "Colour" in less.text
    assert db.session.query(InspectionPlan).count() == 0


def test_the_record_tells_of_it_in_words(engineer, login):
    engineer.post("/quality/plans/new", data=boxes(item_id="", item_group="BODIES"))

    page = login("plant_manager").get("/account/audit", headers={"Accept-Language": "en"}).text

    assert "Inspection plan: written" in page
    assert "Inspection plan 1" in page
    assert "Item group: BODIES" in page


def test_a_second_plan_for_the_same_is_refused(engineer):
    engineer.post("/quality/plans/new", data=boxes())

    assert engineer.post("/quality/plans/new", data=boxes()).status_code == 422
    assert db.session.query(InspectionPlan).count() == 1


def test_a_revision_never_acts_from_a_day_gone_by(shop, engineer):
    services.define_plan(shop.body.id, "final")

    with pytest.raises(DomainError, match="at the earliest"):
        services.define_plan(shop.body.id, "final", valid_from=date(2020, 1, 1))


def test_a_plan_that_has_been_used_takes_no_characteristic(shop):
    plan = shop.film_plan()
    request_of(shop)

    with pytest.raises(Conflict, match="revise it instead"):
        services.add_characteristic(plan, {"en": "Weight"})


def test_a_withdrawn_plan_is_used_no_more(shop, engineer):
    engineer.post("/quality/plans/new", data=boxes())
    assert engineer.post("/quality/plans/1/withdraw", data={"reason": " "}).status_code == 422
    assert queries.plan_for("receipt", shop.body.id) is not None

    assert engineer.post("/quality/plans/1/withdraw", data={"reason": "Coated inside"}).status_code == 302

    db.session.expire_all()
    assert queries.plan_for("receipt", shop.body.id) is None
    assert engineer.post("/quality/plans/1/withdraw", data={"reason": "Again"}).status_code == 409
    assert engineer.post("/quality/plans/new", data=boxes()).status_code == 302
    assert queries.plan_for("receipt", shop.body.id).version == 2


def test_an_items_own_plan_goes_before_its_groups(shop):
    services.define_plan(None, "receipt", item_group="BODIES", supplier_id=shop.supplier.id)
    assert queries.plan_for("receipt", shop.body.id, supplier_id=shop.supplier.id).item_group == "BODIES"
    assert queries.plan_for("receipt", shop.body.id) is None

    own = services.define_plan(shop.body.id, "receipt")

    assert queries.plan_for("receipt", shop.body.id, supplier_id=shop.supplier.id) == own


@pytest.mark.parametrize("path", ["/quality/plans/new", "/quality/plans/1/revise"])
def test_only_who_may_plan_gets_there(shop, login, path):
    shop.film_plan()
    db.session.commit()

    assert login("inspector").get(path).status_code == 403
    assert login("quality_manager").get(path).status_code == 200
    assert "/quality/plans/new" not in login("inspector").get("/quality/plans").text


def test_the_list_is_searched_and_narrowed_to_what_acts(shop, login):
    shop.film_plan()
    shop.film_plan()
    services.define_plan(None, "final", item_group="BODIES")
    db.session.commit()
    browser = login("inspector")

    assert "BODIES" in browser.get("/quality/plans?q=BODIES").text
    assert "BD25" not in browser.get("/quality/plans?q=BODIES").text
    past = browser.get("/quality/plans?state=past&export=csv").text
    assert past.count("Replaced") == past.count("\n") - 1 == 1
