"""The AdventureWorks company, imported once for all tests that only look or roll back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import create_app
from app.core import clock
from app.core.db import db
from app.imports.loading import import_folder
from tests.conftest import SHARED
from tests.real.adventureworks import Source, convert

FOLDER = SHARED / "data" / "adventureworks"
TODAY = datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The application after the import, with the import's report and the source tables."""
    if not FOLDER.is_dir():
        pytest.skip("The AdventureWorks tables are not beside the project (../shared/data/adventureworks).")
    folder: Path = tmp_path_factory.mktemp("adventureworks")
    convert(FOLDER, folder)
    app = create_app(
        {"TESTING": True, "DATABASE_URL": f"sqlite:///{folder}/aw.db", "FILES": str(folder / "files")}
    )
    with app.app_context(), clock.freeze(TODAY):
        db.create_all()
        report = import_folder(folder)
        db.session.commit()
        yield SimpleNamespace(app=app, report=report, source=Source(FOLDER), folder=folder)
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def company(imported: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """The imported company; what a test adds is rolled back."""
    yield imported
    db.session.rollback()
