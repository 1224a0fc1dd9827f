"""A net as PNML (ISO/IEC 15909-2), as mining tools read it: silent transitions carry ProM's mark for them."""

from __future__ import annotations

from collections import Counter
from xml.sax.saxutils import escape, quoteattr

from app.workflow.mining.places import SINK, SOURCE, Net, Transition

GRAMMAR = "http://www.pnml.org/version-2009/grammar/"
SILENT = '<toolspecific tool="ProM" version="6.4" activity="$invisible$" localNodeID="{number}"/>'


def written(net: Net) -> str:
    """The net's text."""
    ids = {place: f"p{number}" for number, place in enumerate(net.places)}
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<pnml>"]
    parts.append(f'<net id={quoteattr(net.key)} type="{GRAMMAR}pnmlcoremodel">')
    parts.append(f'{_named(net.key)}<page id="page">')
    for place, identifier in ids.items():
        marked = "<initialMarking><text>1</text></initialMarking>" if place == SOURCE else ""
        parts.append(f'<place id="{identifier}">{_named(place)}{marked}</place>')
    for number, transition in enumerate(net.transitions):
        parts += _transition(number, transition, ids)
    parts.append(f'</page><finalmarkings><marking><place idref="{ids[SINK]}"><text>1</text></place>')
    parts.append("</marking></finalmarkings></net></pnml>\n")
    return "\n".join(parts)


def _transition(number: int, one: Transition, ids: dict[str, str]) -> list[str]:
    silent = SILENT.format(number=number) if one.label is None else ""
    parts = [f'<transition id="t{number}">{_named(one.label or one.name)}{silent}</transition>']
    for way, places in (("takes", one.takes), ("gives", one.gives)):
        for place, weight in Counter(places).items():
            ends = (ids[place], f"t{number}") if way == "takes" else (f"t{number}", ids[place])
            told = f"<inscription><text>{weight}</text></inscription>"
            parts.append(
                f'<arc id="{way}{number}_{ids[place]}" source="{ends[0]}" target="{ends[1]}">{told}</arc>'
            )
    return parts


def _named(text: str) -> str:
    return f"<name><text>{escape(text)}</text></name>"
