"""The first and the three-hundredth task of a long case, completed over HTTP; then as many as go, by several people."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import lxml.html

from benchmarks import loop
from benchmarks.store import Store, settle
from benchmarks.table import Line, Rate, Row
from benchmarks.web import Answer, Browser, server

LIMIT = 0.150
PEOPLE = 4


def measure(store: Store, places: Sequence[int], runs: int, seconds: float) -> list[Line]:
    """Time a completion at some places of many cases, then count those of several people at once."""
    with store.fresh("long") as (_app, settings):
        loop.deploy()
        actor = loop.person()
        people = [f"{loop.LOGIN}{number}" for number in range(PEOPLE)]
        for login in people:
            loop.person(login)
        tasks: dict[int, list[int]] = {}
        with loop.walk(actor) as case:
            for place in places:
                case.to(place)
                tasks[place] = [loop.open_task(one) for one in case.copies(runs + 1)]
            mine = [loop.open_task(one) for one in case.copies(PEOPLE)]
        settle()
        with server(settings) as address:
            browser = Browser(address, loop.LOGIN)
            for place in places:  # the process that serves has everything loaded
                _completed(browser, tasks[place].pop())
            times = {place: tuple(_each(browser, tasks[place])) for place in places}
            rate = _sustained(address, dict(zip(people, mine, strict=True)), seconds, store.kind)
    rows: list[Line] = [
        Row(
            f"complete task {place} of a case: POST /tasks/ID, gunicorn, audit, {store.kind}",
            LIMIT,
            times[place],
        )
        for place in places
    ]
    return [*rows, rate]


def _each(browser: Browser, tasks: Sequence[int]) -> list[float]:
    return [_completed(browser, task).seconds for task in tasks]


def _completed(browser: Browser, task_id: int) -> Answer:
    """Open a task and complete it; the POST alone is timed.

    Raises:
        RuntimeError: the server did not lead on to the next task.
    """
    page = lxml.html.fromstring(browser.get(f"/tasks/{task_id}").text)
    values = {name: value or "" for name, value in page.get_element_by_id("task-form").form_values()}
    answer = browser.post(f"/tasks/{task_id}", values | {"_complete": "1"})
    if answer.status_code != 302 or "/tasks/" not in answer.location:
        raise RuntimeError(f"Task {task_id} was not completed: {answer.status_code} {answer.location}")
    return answer


def _sustained(address: str, first: dict[str, int], seconds: float, kind: str) -> Rate:
    """Let several people complete task after task, each in a case of their own, page by page."""
    done: dict[str, int] = {}
    browsers = {login: Browser(address, login) for login in first}
    end = time.perf_counter() + seconds

    def work(login: str) -> None:
        task, count = first[login], 0
        while time.perf_counter() < end:
            answer = _completed(browsers[login], task)
            task, count = int(answer.location.rsplit("/", 1)[1]), count + 1
        done[login] = count

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(login,)) for login in first]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if len(done) != len(first):
        raise RuntimeError("Somebody could not go on.")
    what = f"sustained: {len(first)} people at once, each opens and completes task after task, {kind}"
    return Rate(what, sum(done.values()), took)
