"""docs/import.md tells every file and column that can be imported, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.imports.columns import Column
from app.imports.loading import FILES
from app.imports.specs import FileSpec

DOCUMENT = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")


def _row(column: Column) -> str:
    default = column.default
    if isinstance(default, bool):
        default = "yes" if default else "no"
    told = [column.meaning] if column.meaning else []
    if default not in (None, [], ""):
        told.append(f"default {default}")
    return f"| {f'**{column.name}**' if column.required else column.name} | {'; '.join(told)} |"


def _head(spec: FileSpec) -> str:
    key = f"Key: {', '.join(f'`{name}`' for name in spec.key)}." if spec.key else "One row."
    needs = f" Needs: {', '.join(f'`{name}`' for name in spec.needs)}." if spec.needs else ""
    return key + needs


def section(spec: FileSpec) -> str:
    """Return what the document says about a file."""
    rows = "\n".join(_row(column) for column in spec.columns())
    return f"## {spec.name}\n\n{_head(spec)}\n\n| Column | Meaning |\n|---|---|\n{rows}\n"


@pytest.mark.parametrize("spec", FILES, ids=lambda spec: spec.name)
def test_the_document_tells_each_column(app, spec):
    assert section(spec) in DOCUMENT


def test_the_document_tells_no_other_file():
    assert re.findall(r"^## (\w+)$", DOCUMENT, re.MULTILINE) == [spec.name for spec in FILES]
