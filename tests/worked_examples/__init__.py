"""The worked examples of ../shared/data/worked_examples.yaml, by kind.

A module ``test_<area>.py`` here runs the examples of its kinds:

    COVERED = ("lot_sizing.wagner_whitin",)

    @pytest.mark.parametrize("example", examples("lot_sizing.wagner_whitin"), ids=name)
    def test_wagner_whitin(example): ...

``test_uncovered.py`` lists every kind that no module's COVERED names, as skipped.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SOURCE = DATA / "worked_examples.yaml"
MISSING = "the folder with shared data is not beside the project"


@cache
def everything() -> list[dict[str, Any]]:
    """Return all examples; none when the file is not there."""
    if not SOURCE.exists():
        return []
    return yaml.safe_load(SOURCE.read_text(encoding="utf-8"))["examples"]


def examples(kind_prefix: str) -> list[dict[str, Any]]:
    """Return the examples of one kind (``lot_sizing.eoq``) or of an area (``lot_sizing``)."""
    return [
        one for one in everything() if one["kind"] == kind_prefix or one["kind"].startswith(f"{kind_prefix}.")
    ]


def named(example_id: str) -> dict[str, Any] | None:
    """Return one example by its id."""
    return next((one for one in everything() if one["id"] == example_id), None)


def name(example: dict[str, Any]) -> str:
    """Return the id under which a test run shows an example."""
    return example["id"]
