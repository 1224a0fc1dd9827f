"""The diagrams and forms of scheduling and the shop floor can be deployed."""

from pathlib import Path

import pytest

from app.workflow.catalogue import Catalogue
from app.workflow.drawing.diagram import Diagram
from app.workflow.drawing.diagram_check import check_diagram
from app.workflow.form.forms_check import check as check_form

ROOT = Path(__file__).parents[2]
AREAS = ("scheduling", "shopfloor")


def files(folder, suffix, areas=AREAS):
    return [path for area in areas for path in sorted((ROOT / folder / area).glob(f"*{suffix}"))]


def key(path):
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", files("forms", ".json"), ids=key)
def test_a_form_has_nothing_to_mend(app, path):
    assert check_form(path) == []


@pytest.mark.parametrize("path", files("bpmn", ".bpmn"), ids=key)
def test_a_diagram_has_nothing_to_mend(app, path):
    catalogue = Catalogue(
        processes={key(other).replace("/", ".") for other in files("bpmn", ".bpmn")},
        decisions=set(),
        forms={key(other) for other in files("forms", ".json")},
    )

    assert check_diagram(Diagram(path.read_bytes(), path.name), catalogue, key(path).replace("/", ".")) == []
