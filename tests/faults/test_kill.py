"""``kill -9`` of web and runner in the middle of steps: every instance goes on, each effect once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTANCES, KILLS = 80, 50
STEPS = 3


def harness(url: str, mode: str, *figures: object) -> dict:
    """Run the harness in a process of its own and return its report."""
    command = [sys.executable, "-m", "tests.faults.harness", url, mode, *map(str, figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def expect_each_once(told: dict) -> None:
    """All that was started is done, with each of its effects once, and the record of it is whole."""
    assert (told["completed"], told["effects"], told["doubled"], told["audit_broken_at"]) == (
        told["started"],
        STEPS * told["started"],
        0,
        None,
    )


def expect_many_kills(told: dict) -> None:
    """The kills fell while there was work: some of it was done before the last kill, not all."""
    assert told["killed"] >= KILLS
    assert 0 < told["under_fire"] < STEPS * INSTANCES


def test_each_effect_once_on_sqlite(tmp_path):
    told = harness(f"sqlite:///{tmp_path}/kill.db", "atomic", "random", INSTANCES, KILLS)

    expect_many_kills(told)
    expect_each_once(told)


@pytest.mark.postgres
def test_each_effect_once_on_postgresql(postgres_database):
    told = harness(postgres_database, "atomic", "random", INSTANCES, KILLS)

    expect_many_kills(told)
    expect_each_once(told)


def test_death_at_any_statement_doubles_and_loses_nothing_on_sqlite(tmp_path):
    told = harness(f"sqlite:///{tmp_path}/kill.db", "atomic", "points", 2)

    assert told["killed"] >= KILLS
    expect_each_once(told)


@pytest.mark.postgres
def test_death_at_any_statement_doubles_and_loses_nothing_on_postgresql(postgres_database):
    told = harness(postgres_database, "atomic", "points", 2)

    assert told["killed"] >= KILLS
    expect_each_once(told)


def test_the_same_deaths_double_effects_that_have_a_transaction_of_their_own(tmp_path):
    """The red control: what the tests above look for is found where it is."""
    told = harness(f"sqlite:///{tmp_path}/kill.db", "naive", "points", 5)

    assert told["doubled"] > 0
    assert told["completed"] == told["started"]


@pytest.mark.soak
@pytest.mark.parametrize("number", ["first", "second"])
def test_death_at_each_single_statement(tmp_path, number):
    """Every point, not every other; twice, for the ways that timing still leaves open."""
    told = harness(f"sqlite:///{tmp_path}/{number}.db", "atomic", "points", 1)

    assert told["killed"] >= 2 * KILLS
    expect_each_once(told)
