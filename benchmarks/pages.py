"""The pages people read, in a database after years: the inbox, a case, the lists of cases, operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.demo import load
from app.workflow.models import (
    DefinitionKind,
    HumanTask,
    InstanceStatus,
    ProcessDefinition,
    ProcessInstance,
    TaskStatus,
)
from benchmarks import full
from benchmarks.store import Store, settle
from benchmarks.table import Line, Row
from benchmarks.web import Browser, server
from tests.scenarios.answers import SMOOTH

COMPLETION, INBOX, CASE = 0.150, 0.200, 0.300


@dataclass(frozen=True)
class Page:
    """A page to open, what it must say, and how long it may take."""

    what: str
    path: str
    says: str
    limit: float | None


def measure(store: Store, open_tasks: int, closed_cases: int, runs: int) -> list[Line]:
    """Fill a database and open each page many times, always as somebody who may see everything."""
    with store.fresh("full") as (app, settings):
        load()
        db.session.remove()
        with server(settings) as address:
            people = full.Keepers(app, address=address)
            people.run(SMOOTH)
        full.fill(people, open_tasks, closed_cases)
        settle()
        what = f"complete a task of the demo's orders: POST /tasks/ID, gunicorn, audit, {store.kind}"
        lines: list[Line] = [Row(what, COMPLETION, tuple(people.times))]
        with server(settings) as address:
            browser = Browser(address, full.EVERYBODY)
            size = f"{open_tasks:,} open tasks, {closed_cases:,} closed cases, {store.kind}"
            pages = list(_pages())
            db.session.rollback()
            for page in pages:
                lines.append(Row(f"{page.what}; {size}", page.limit, _opened(browser, page, runs)))
    return lines


def _pages() -> Iterator[Page]:
    """What is opened."""
    late, number = "/inbox?view=overdue&step=3", _late_order(3)
    yield Page("inbox: overdue, step 3, an order's number", f"{late}&q={number}", "data-task", INBOX)
    yield Page("inbox: overdue, step 3, a customer's name", f"{late}&q=machinery", "inbox", INBOX)
    yield Page("inbox: overdue, step 3, words nothing has", f"{late}&q=zebra", "zebra", INBOX)
    yield Page("inbox as it opens", "/inbox", "data-task", INBOX)
    yield Page("inbox: an order's number among all", f"/inbox?view=all&q={number}", "data-task", None)
    yield Page("inbox: newest first", "/inbox?sort=-created", "data-task", None)
    yield Page("inbox: page 100", "/inbox?page=100", "data-task", None)
    closed = select(func.max(ProcessInstance.id)).where(ProcessInstance.status == InstanceStatus.COMPLETED)
    running = select(func.max(HumanTask.instance_id)).where(HumanTask.status == TaskStatus.OPEN)
    for what, query in (("closed", closed), ("running", running)):
        yield Page(f"page of a {what} case", f"/processes/{db.session.scalar(query)}", "cockpit", CASE)
    yield Page("list of cases", "/processes", "page=2", CASE)
    yield Page("list of cases: page 100", "/processes?page=100", "page=99", CASE)
    yield Page(
        "list of cases: completed inspections",
        "/processes?status=completed&process=quality.inspection",
        "page=2",
        CASE,
    )
    yield Page("list of cases: by when they ended", "/processes?sort=-ended_at", "page=2", CASE)
    yield Page("list of cases: search for a document's number", "/processes?q=IQ-777", "IQ-777", CASE)
    yield Page("operations: every process and version", "/operations", "operations", CASE)
    version = select(ProcessDefinition.id).where(
        ProcessDefinition.key == "quality.inspection",
        ProcessDefinition.kind == DefinitionKind.BPMN,
        ProcessDefinition.active,
    )
    yield Page("operations: heat on a diagram", f"/operations/{db.session.scalar(version)}", "measure", CASE)
    yield Page("operations: runner and queues", "/operations/runner", "runner", CASE)
    yield Page("incidents", "/incidents", "incidents", CASE)


def _late_order(step: int) -> str:
    """The number of an order with an overdue task of a step that nobody owns, the middle one of them."""
    found = db.session.scalars(
        select(HumanTask.summaries)
        .where(
            HumanTask.status == TaskStatus.OPEN,
            HumanTask.owner_id.is_(None),
            HumanTask.step == step,
            HumanTask.due_at < clock.now(),
        )
        .order_by(HumanTask.due_at)
    ).all()
    return found[len(found) // 2]["en"]


def _opened(browser: Browser, page: Page, runs: int) -> tuple[float, ...]:
    """Open a page again and again.

    Raises:
        RuntimeError: it does not open, or does not say what it should.
    """
    browser.get(page.path)
    answers = [browser.get(page.path) for _ in range(runs)]
    bad = [one for one in answers if one.status_code != 200 or page.says not in one.text]
    if bad:
        raise RuntimeError(f"{page.path} answers {bad[0].status_code} without “{page.says}”.")
    return tuple(one.seconds for one in answers)
