"""A folder of files to import."""

from __future__ import annotations

import pytest

from app.imports.loading import import_folder


@pytest.fixture
def load(app, tmp_path):
    """Write files and import their folder."""
    folder = tmp_path / "files"
    folder.mkdir()

    def write(**texts: str | bytes):
        for name, text in texts.items():
            (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_folder(folder)

    return write
