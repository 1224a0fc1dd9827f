"""The diagrams, decisions and forms of quality, logistics and inventory can be deployed."""

from decimal import Decimal
from pathlib import Path

import pytest

import app.inventory.services
import app.logistics.services
import app.masterdata.queries
import app.quality.services  # noqa: F401  registers operators and sources
from app.workflow.catalogue import Catalogue
from app.workflow.decision import deciding, decisions
from app.workflow.drawing.diagram import Diagram
from app.workflow.drawing.diagram_check import check_diagram
from app.workflow.form.forms_check import check as check_form

ROOT = Path(__file__).parents[2]
AREAS = ("quality", "logistics", "inventory")


def files(folder: str, suffix: str) -> list[Path]:
    """Return the files of the three areas."""
    return [path for area in AREAS for path in sorted((ROOT / folder / area).glob(f"*{suffix}"))]


def key(path: Path) -> str:
    """Return the file's key as area and name."""
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", files("forms", ".json"), ids=key)
def test_a_form_has_nothing_to_mend(plant, path):
    assert check_form(path) == []


@pytest.mark.parametrize("path", files("bpmn", ".bpmn"), ids=key)
def test_a_diagram_has_nothing_to_mend(plant, path):
    catalogue = Catalogue(
        processes={key(other).replace("/", ".") for other in files("bpmn", ".bpmn")},
        decisions={key(other).replace("/", ".") for other in files("bpmn", ".dmn")},
        forms={key(other) for other in files("forms", ".json")},
    )

    assert check_diagram(Diagram(path.read_bytes(), path.name), catalogue, key(path).replace("/", ".")) == []


@pytest.mark.parametrize(
    ("disposition", "customer_drawing", "value", "consent", "approval"),
    [
        ("use_as_is", True, "1", True, True),
        ("use_as_is", False, "48483.60", False, True),
        ("scrap", True, "3000.01", False, True),
        ("scrap", False, "3000", False, False),
        ("rework", True, "48483.60", False, False),
        ("sort", False, "1", False, False),
        ("return_to_supplier", True, "48483.60", False, False),
    ],
)
def test_who_must_agree_to_a_disposition(plant, disposition, customer_drawing, value, consent, approval):
    table = decisions.read(
        (ROOT / "bpmn/quality/disposition.dmn").read_bytes(), "disposition.dmn", "quality.disposition"
    )
    facts = {"customer_drawing": customer_drawing, "value": str(Decimal(value))}

    outcome, _record = deciding.decide(table, {"decided": {"disposition": disposition}, "facts": facts})

    assert outcome == {"disposition_consent": consent, "disposition_approval": approval}
