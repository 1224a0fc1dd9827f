"""Import a folder: each file whole or not at all, every problem named at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flask_babel import gettext as _

from app.core import audit
from app.core.db import db
from app.core.errors import DomainError
from app.imports.columns import Bad, Column, parse_row
from app.imports.company_specs import COMPANY, CUSTOMERS
from app.imports.history_specs import HISTORY
from app.imports.plant_specs import PLANT
from app.imports.quality_specs import QUALITY
from app.imports.reading import Problem, Unreadable, count_rows, read
from app.imports.specs import MASTER, FileSpec, Rows
from app.imports.stock_specs import STOCK
from app.imports.told import Told

FILES: list[FileSpec] = [*COMPANY, *PLANT, *MASTER, *CUSTOMERS, *QUALITY, *STOCK, *HISTORY]
SUFFIXES = (".csv", ".xlsx")
SHOWN = 100


@dataclass
class Report:
    """What became of each file: rows taken, or problems (the first hundred are kept, all are counted)."""

    taken: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    def add(self, problem: Problem) -> None:
        """Count a problem and keep it while there is room."""
        self.problem_count += 1
        if len(self.problems) < SHOWN:
            self.problems.append(problem)


def find(folder: Path) -> dict[str, Path]:
    """Return the importable files of a folder by name."""
    return {
        spec.name: path
        for spec in FILES
        for suffix in SUFFIXES
        if (path := folder / f"{spec.name}{suffix}").is_file()
    }


def row_counts(folder: Path) -> dict[str, int]:
    """Return roughly how many rows each importable file has, for showing progress."""
    return {path.name: count_rows(path) for path in find(folder).values()}


def import_folder(folder: Path, progress: Callable[[str, int], None] = lambda _name, _rows: None) -> Report:
    """Import every known file of a folder in the order they need each other.

    Each file is one savepoint: kept whole or rolled back whole. The caller commits.

    Args:
        progress: called with the file's name and its rows so far.
    """
    report, refused = Report(), set[str]()
    found = find(folder)
    if not found:
        names = ", ".join(f"{spec.name}.csv" for spec in FILES)
        report.add(Problem(str(folder), None, None, _("at least one of {names}").format(names=names)))
    for spec in FILES:
        if spec.name not in found:
            continue
        if blocked := refused & set(spec.needs):
            report.skipped[found[spec.name].name] = ", ".join(sorted(blocked))
            refused.add(spec.name)
        elif not _import_file(spec, found[spec.name], report, progress):
            refused.add(spec.name)
    return report


def _import_file(spec: FileSpec, path: Path, report: Report, progress: Callable[[str, int], None]) -> bool:
    """Take one file, or add its problems to the report. Returns whether it was taken."""
    before, rows = report.problem_count, []
    columns = spec.columns()
    try:
        for number, values in _parsed(path, spec, columns, report):
            rows.append(values)
            if number % 500 == 0:
                progress(path.name, number)
    except Unreadable as error:
        report.add(Problem(path.name, None, None, _told(error)))
    if report.problem_count > before or not _save(spec, path, rows, report):
        return False
    progress(path.name, len(rows))
    report.taken[path.name] = len(rows)
    return True


def _told(error: Told) -> str:
    """What was expected, in the reader's language."""
    return str(_(error.message)).format(**error.values)


def _save(spec: FileSpec, path: Path, rows: Rows, report: Report) -> bool:
    count = len(rows)
    try:
        with db.session.begin_nested():
            spec.save(rows)
            audit.record("import.taken", f"import:{spec.name}", after={"file": path.name, "rows": count})
    except (Bad, DomainError) as error:
        reason = _told(error) if isinstance(error, Bad) else str(error.message)
        report.add(Problem(path.name, None, None, reason))
        return False
    return True


def _parsed(path: Path, spec: FileSpec, columns: list[Column], report: Report) -> Iterator[tuple[int, dict]]:
    """Yield the good rows of a file; add what is wrong with the others to the report."""
    known, checked = {column.name for column in columns}, False
    seen: dict[tuple, int] = {}
    for number, cells in read(path):
        if not checked:
            checked = True
            _check_header(path, columns, known, set(cells), report)
        values, problems = parse_row(columns, cells)
        for column, expected, found in problems:
            report.add(Problem(path.name, number, column, _told(expected), found))
        if problems:
            continue
        if spec.key:
            identity = tuple(values[name] for name in spec.key)
            if identity in seen:
                expected = _("each {key} once (it is in row {row} already)")
                expected = expected.format(key=" + ".join(spec.key), row=seen[identity])
                report.add(Problem(path.name, number, None, expected))
                continue
            seen[identity] = number
        yield number, values


def _check_header(
    path: Path, columns: list[Column], known: set[str], given: set[str], report: Report
) -> None:
    for name in sorted(given - known):
        names = ", ".join(column.name for column in columns)
        report.add(Problem(path.name, 1, name, _("a known column: {names}").format(names=names)))
    for column in columns:
        if column.required and column.name not in given:
            report.add(Problem(path.name, 1, column.name, _("this column")))
