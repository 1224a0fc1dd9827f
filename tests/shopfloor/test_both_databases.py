"""A work order from plan to finished lot, on SQLite and on PostgreSQL."""

from decimal import Decimal

from app.core.db import db
from app.scheduling import queries as orders
from app.scheduling import services as scheduling
from app.shopfloor import queries, services
from tests.scheduling.plant import Plant


def test_from_plan_to_finished_lot(database, clock):
    clock("2026-03-11T07:00:00+08:00")
    plant = Plant()
    plant.stock("150")
    [order] = plant.release(114, good=110)
    assert scheduling.schedule("DY") == {"operations": 4, "late": 0}
    services.issue_materials(order.id)
    for operation in order.operations:
        services.start_operation(order.id, operation.id) if operation.work_centre_id else None
        told = {"good": str(order.waiting(operation)), "run_minutes": "10"}
        services.report_operation(order.id, operation.id, told)
    services.finish_work_order(order.id)
    db.session.commit()

    assert plant.held(plant.body, "inspection") == Decimal(114)
    assert orders.work_order(order.id).status.value == "finished"
    assert len(queries.reports(order.id)) == 4
    assert queries.equipment(plant.site, order.release_date, 1)
