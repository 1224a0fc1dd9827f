#!/usr/bin/env bash
# All checks and tests.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/check.sh
.venv/bin/pytest -q -m "not soak and not browser" -n 2 --dist loadfile
.venv/bin/pytest -q -m "browser and not soak" -n 2 --dist loadfile
