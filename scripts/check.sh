#!/usr/bin/env bash
# Everything that can be said about the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
$bin/ruff check .
$bin/ruff format --check .
$bin/mypy
$bin/lint-imports
OCTAD_DEMO=1 $bin/flask --app app.wsgi check
$bin/python scripts/translations.py --check
