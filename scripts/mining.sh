#!/usr/bin/env bash
# Runs the shipped processes, writes their event logs, and replays these with pm4py; docs/mining.md takes the figures.
# usage: scripts/mining.sh PYTHON, an interpreter that has pm4py and jsonschema
set -euo pipefail
cd "$(dirname "$0")/.."
logs=build/mining
rm -rf "$logs"
OCTAD_MINING_LOGS="$PWD/$logs" OCTAD_MINING_PYTHON="$1" .venv/bin/pytest -q tests/workflow/test_mining.py \
  tests/scenarios/test_order_to_cost.py::test_two_orders_travel_through_all_eight_steps \
  tests/scenarios/test_story.py \
  tests/scenarios/test_migration.py::test_all_cases_are_moved_midway_and_both_orders_are_delivered_and_costed
"$1" scripts/replay.py --into docs/mining.md "$logs"/* 2>"$logs.log" || { status=$?; tail -3 "$logs.log"; exit $status; }
