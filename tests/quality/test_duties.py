"""Who made pieces or bought goods has no say in whether they are right, in whatever case it comes up."""

from decimal import Decimal

import pytest

from app.core.actors import Actor, acting
from app.core.errors import Forbidden
from app.inventory import services as inventory
from app.inventory.models import LocationKind
from app.quality import queries, services
from app.scheduling import queries as orders
from app.scheduling import services as scheduling
from app.shopfloor import queries as shopfloor
from app.shopfloor import services as shop
from tests.scheduling.plant import Plant

HUNG = Actor(7, "hung_v", "Hung", frozenset({"operator", "inspector"}))
LAI = Actor(8, "lai", "Lai", frozenset({"inspector"}))
DEPUTY = Actor(9, "tu", "Tu", frozenset({"inspector"}), on_behalf_of=HUNG.user_id)


@pytest.fixture
def inspection(app, clock):
    """The final inspection of an order on which Hung reported pieces."""
    clock("2026-03-11T07:00:00+08:00")
    plant = Plant()
    with acting(HUNG):
        plant.stock("150")
        [made] = plant.release(114, good=110)
        scheduling.schedule("DY")
        shop.issue_materials(made.id)
        order = orders.work_order(made.id)
        shop.report_operation(
            order.id, order.operations[0].id, {"good": "114", "scrap": "0", "run_minutes": "0"}
        )
    plan = services.define_plan(plant.body.id, "final", sample_size=1)
    services.add_characteristic(plan, {"en": "Colour"}, defect_code="D03")
    inventory.post(
        order.item_id,
        Decimal(110),
        source=inventory.location(order.site_id, LocationKind.WIP),
        target=inventory.location(order.site_id, LocationKind.INSPECTION),
        document=order.document,
        lot_id=order.lot_id,
    )
    asked = services.request_inspection("final", order.item_id, order.lot_id, "110", order.document)
    services.sampling_plan(asked["inspection_id"])
    return asked["inspection_id"]


def judge(inspection_id):
    """Find the lot good."""
    sheet = queries.inspection_sheet(inspection_id)
    return services.record_results(inspection_id, [{"place": sheet["rows"][0]["place"], "value": "0"}])


@pytest.mark.parametrize("who", [HUNG, DEPUTY], ids=["self", "deputy"])
def test_who_made_the_pieces_does_not_release_them(inspection, who):
    with acting(who), pytest.raises(Forbidden) as refused:
        judge(inspection)

    assert refused.value.code == "inspects_own_work"


def test_anybody_else_releases_them(inspection):
    with acting(LAI):
        assert judge(inspection)["accepted"] is True


def test_only_work_orders_have_workers(inspection):
    assert shopfloor.workers("purchase_order:1") == set()
    assert shopfloor.workers("work_order:1") == {HUNG.user_id}
