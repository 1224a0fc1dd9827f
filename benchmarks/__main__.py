"""Measure everything and print the table; a missed limit is shown, it is no failure."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import demo, planning
from benchmarks.table import machine, table


def main() -> None:
    """Print the machine and the table."""
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="octad-bench-") as name:
        folder = Path(name)
        rows = [*demo.measure(folder), planning.measure(folder / "adventureworks")]
    print(table(rows))


main()
