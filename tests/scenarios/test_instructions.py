"""What the demo plant's people are told to do: on the traveller and on the operator's task, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from app.core import clock
from app.core.db import db
from app.demo import load
from app.demo.loader import plant
from app.masterdata.models import Item, RoutingOperation, Site
from app.reports.queries import papers
from app.scheduling import services as scheduling
from app.scheduling.models import WorkOrder
from app.shopfloor import queries as shopfloor

MORNING = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def demo(app: Flask) -> Iterator[Flask]:
    """The demo plant on its first morning."""
    app.config["DEMO"] = True
    with clock.freeze(MORNING):
        load()
        yield app


def _order() -> WorkOrder:
    shaft = db.session.scalars(db.select(Item).where(Item.number == "GS25")).one()
    site = db.session.scalars(db.select(Site).where(Site.code == "DY")).one()
    return scheduling.make_work_order(
        site.id,
        shaft.id,
        Decimal(40),
        expected_good=Decimal(39),
        release_date=date(2026, 3, 2),
        due_date=date(2026, 3, 31),
    )


def test_every_operation_tells_what_to_do_in_both_languages(demo: Flask) -> None:
    for operation in db.session.scalars(db.select(RoutingOperation)):
        assert set(operation.instructions) == {"en", "zh_Hant"}, operation.names
        assert all(len(text) > 40 for text in operation.instructions.values()), operation.names
    assert plant()["instructions"].keys() == plant()["routings"].keys()


@pytest.mark.parametrize(("locale", "words"), [("en", "Dress the wheel"), ("zh_Hant_TW", "先修整砂輪")])
def test_the_traveller_and_the_task_show_it_in_the_readers_language(
    demo: Flask, locale: str, words: str
) -> None:
    order = _order()
    grinding = next(one for one in order.operations if one.number == 40)

    with demo.test_request_context(), force_locale(locale):
        paper = papers.traveller(order.id)
        task = shopfloor.operation_report(order.id, grinding.id)

    assert words in paper["operations"][3]["instructions"]
    assert words in task["instructions"]
