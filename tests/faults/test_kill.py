"""``kill -9`` of web and runner in the middle of steps: every instance goes on, each effect once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTANCES, KILLS = 120, 50


def harness(url: str, mode: str) -> dict:
    """Run the harness in a process of its own and return its report."""
    command = [sys.executable, "-m", "tests.faults.harness", url, mode, str(INSTANCES), str(KILLS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def expect_each_once(told: dict) -> None:
    assert told["killed"] >= KILLS
    assert told == {
        "killed": told["killed"],
        "completed": INSTANCES,
        "effects": 3 * INSTANCES,
        "doubled": 0,
        "audit_broken_at": None,
    }


def test_each_effect_once_on_sqlite(tmp_path):
    expect_each_once(harness(f"sqlite:///{tmp_path}/kill.db", "atomic"))


@pytest.mark.postgres
def test_each_effect_once_on_postgresql(postgres_database):
    expect_each_once(harness(postgres_database, "atomic"))


@pytest.mark.soak  # kills fall at random: in a short run they may miss the gap
def test_without_the_one_transaction_effects_are_doubled(tmp_path):
    """The red control: the same kills find the fault where the effect has a transaction of its own."""
    assert harness(f"sqlite:///{tmp_path}/kill.db", "naive")["doubled"] > 0
