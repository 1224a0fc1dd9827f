"""Diagrams as readers see them: the labels of their language in place of the English names."""

from __future__ import annotations

from functools import lru_cache

from lxml import etree

from app.core.i18n import language
from app.core.permissions import ROLES

_SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
LANES = ROLES | {"system": {"en": "System", "zh_Hant": "系統"}}
"""What a lane is called: its role, or that nobody needs to do anything."""
_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def localized_xml(source: str) -> bytes:
    """The diagram's XML with each `label.<language>` property as the element's name, and roles in words."""
    return _localized(source, language())


@lru_cache(maxsize=64)
def _localized(source: str, wanted: str) -> bytes:
    """As above, for one language."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(source.encode(), parser)
    for item in root.iter(f"{_SPIFF}property"):
        if item.get("name") != f"label.{wanted}" or not item.get("value"):
            continue
        extension = item.getparent().getparent()
        element = extension.getparent() if extension is not None else None
        if element is not None and extension.tag == f"{_BPMN}extensionElements":
            element.set("name", item.get("value"))
    for lane in root.iter(f"{_BPMN}lane"):
        lane.set("name", LANES.get(lane.get("name", ""), {}).get(wanted) or lane.get("name", ""))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
