"""How the runner goes through what is due: case by case, each in its own transaction, whoever else does the same."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from app.core.actors import SYSTEM, acting
from app.core.db import db
from app.core.outages import is_outage
from app.workflow.models import ProcessInstance
from app.workflow.running import steps

log = logging.getLogger(__name__)


class CannotGoOn(Exception):
    """A step of one case failed outside what its diagram calls."""

    def __init__(self, instance: int) -> None:
        super().__init__(f"instance {instance}")
        self.instance = instance


def each(one: Callable[[set[int]], bool], limit: int) -> int:
    """Do one after the other; a case that cannot go on is left out of this turn and stops no other."""
    count, left_out = 0, set[int]()
    with acting(SYSTEM):
        while count + len(left_out) < limit:
            try:
                if not one(left_out):
                    break
            except CannotGoOn as error:
                db.session.rollback()
                log.exception("instance %s cannot go on, next turn again", error.instance)
                left_out.add(error.instance)
                continue
            except Exception:
                db.session.rollback()
                raise
            count += 1
    return count


@contextmanager
def going_on(instance: int) -> Iterator[None]:
    """The step of one case; what fails in it is that case's own, unless the database is away, held or full."""
    try:
        yield
    except Exception as error:
        if is_outage(error):
            raise
        raise CannotGoOn(instance) from error


def first_of_free_case(
    model: Any, due: tuple[Any, ...], order: Any, left_out: set[int]
) -> tuple[Any | None, ProcessInstance] | None:
    """The first due row whose case nobody else holds, and its case; no row where somebody has just seen to it.

    The case is locked before the row, as by whoever completes one of its tasks: nobody waits for the other.
    """
    query = select(model.id, ProcessInstance.id).join(
        ProcessInstance, ProcessInstance.id == model.instance_id
    )
    query = (
        query.where(*due, ProcessInstance.id.not_in(left_out))
        .order_by(order, model.id)
        .limit(1)
        .with_for_update(of=ProcessInstance, skip_locked=True)
    )
    found = db.session.execute(query).first()
    if found is None:
        return None
    return db.session.get(model, found[0], populate_existing=True), steps.lock(found[1])
