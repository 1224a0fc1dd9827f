"""Measure everything and print the table; a missed limit is shown, it is no failure.

``--short`` measures a little on SQLite, to see that it can be measured; its figures mean nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import forecasting, layer, long, pages, planning, state
from benchmarks.store import Store, postgres
from benchmarks.table import Line, machine, table


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    runs: int
    seconds: float
    places: tuple[int, ...] = (1, 50, 300)
    filled: tuple[int, int] = (100_000, 1_000_000)
    series: int = forecasting.SERIES
    whole: bool = True


WHOLE = Size(runs=60, seconds=20)
SHORT = Size(runs=2, seconds=0.1, places=(1, 3, 11), series=50, whole=False)

Part = tuple[str, Callable[[], list[Line]]]


def parts(folder: Path, size: Size, server: str | None) -> Iterator[Part]:
    """What is measured, one after the other, each with its own database."""
    ends = (size.places[0], size.places[-1])
    for store in (Store(folder), Store(folder, server))[: 2 if server else 1]:
        yield f"long, {store.kind}", partial(long.measure, store, ends, size.runs, size.seconds)
        yield f"layer, {store.kind}", partial(layer.measure, store, size.places, size.runs)
    yield "state", partial(state.measure, Store(folder), size.places, size.runs)
    if size.whole:
        for store in (Store(folder), Store(folder, server)):
            yield f"pages, {store.kind}", partial(pages.measure, store, *size.filled, size.runs)
        yield "planning", lambda: [planning.measure(folder / "adventureworks")]
    yield "forecasting", partial(forecasting.measure, size.series)


def _server(size: Size) -> AbstractContextManager[str | None]:
    return postgres() if size.whole else nullcontext()


def main(arguments: list[str]) -> None:
    """Print the machine and the table; what is under way goes to standard error."""
    size = SHORT if "--short" in arguments else WHOLE
    print(machine(), flush=True)
    rows: list[Line] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="octad-bench-") as name, _server(size) as server:
        for what, measure in parts(Path(name), size, server):
            rows += measure()
            print(f"{time.monotonic() - began:5.0f} s  {what}", file=sys.stderr, flush=True)
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
