"""Each control is taken away once: the test that stands for it sees the attack succeed."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from app import create_app
from tests.threats.table import TABLE, Removal

ROOT = Path(__file__).parents[2]
LONGEST = 180
"""Seconds after which a process without its control is ended; its test fails then."""
REMOVALS = {f"{one.control}": one for threat in TABLE for one in threat.removals}
HEAVY = ("tests/test_routes.py", "tests/test_markup.py", "tests/reports/test_papers.py")
"""Proofs that need a whole plant, or wait: their red controls run in ``make soak``."""


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """The application is imported once, here, not in each process without a control."""
    create_app({"TESTING": True, "DATABASE_URL": "sqlite://"})


def run_without(removal: Removal, told: Path) -> int:
    """Run the proof in a process of its own in which the control is gone; pytest's exit code."""
    pid = os.fork()
    if pid == 0:
        out = told.open("w")
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        sys.stdout = sys.stderr = out
        code = 99
        try:
            for name in [name for name in os.environ if name.startswith("PYTEST_")]:
                del os.environ[name]
            removal.take_away(pytest.MonkeyPatch())
            code = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", removal.proof])
        finally:
            out.flush()
            os._exit(code)
    for _turn in range(LONGEST * 10):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


ALONE = {"escaping", "nothing fetched", "most repetitions", "most steps"}
"""Controls whose absence shows only in a process that has drawn and run nothing yet: in ``make soak`` too."""


def heavy(control: str, removal: Removal) -> list[pytest.MarkDecorator]:
    """Whether a red control is left to the long run."""
    return [pytest.mark.soak] * (removal.proof.startswith(HEAVY) or control in ALONE)


@pytest.mark.parametrize("control", [pytest.param(n, marks=heavy(n, one)) for n, one in REMOVALS.items()])
def test_without_its_control_the_proof_fails(control, tmp_path):
    code = run_without(REMOVALS[control], tmp_path / "told.txt")
    told = (tmp_path / "told.txt").read_text(encoding="utf-8", errors="replace")

    assert code == pytest.ExitCode.TESTS_FAILED, told[-3000:]
    assert re.search(r"\d+ failed", told) and not re.search(r"\d+ error", told), told[-3000:]


def document() -> str:
    """The table as it stands in docs/security.md."""
    rows = ["| threat | control | proof |", "|---|---|---|"]
    for threat in TABLE:
        proofs = dict.fromkeys([*(one.proof.partition("[")[0] for one in threat.removals), *threat.own])
        named = ", ".join(f"`{proof.removeprefix('tests/')}`" for proof in proofs)
        rows.append(f"| {threat.name} | {threat.control} | {named} |")
    return "\n".join(rows)


def test_the_document_holds_this_table():
    assert document() in (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_proof_exists():
    for threat in TABLE:
        for proof in (*(one.proof for one in threat.removals), *threat.own):
            file, _colons, name = proof.partition("[")[0].partition("::")
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), proof
