"""A net with fewer silent transitions and the same traces: one that only hands a token on melts with its places.

After Murata, Petri nets: properties, analysis and applications, 1989: fusion of series places.
"""

from __future__ import annotations

from dataclasses import replace

from app.workflow.mining.places import SINK, SOURCE, Net, Transition


def fused(net: Net) -> Net:
    """The same net, smaller."""
    transitions, places = list(net.transitions), dict(net.places)
    while (found := _next(transitions)) is not None:
        one, gone, kept = found
        transitions.remove(one)
        places.pop(gone)
        transitions = list(dict.fromkeys(_instead(other, gone, kept) for other in transitions))
    return Net(net.key, places, _once(transitions))


def _next(transitions: list[Transition]) -> tuple[Transition, str, str] | None:
    """A transition that only hands on, the place that goes and the one that stays."""
    for one in transitions:
        if one.label is not None or len(one.takes) != 1 or len(one.gives) != 1:
            continue
        before, after = one.takes[0], one.gives[0]
        if before == after or _stopped(transitions, before) != _stopped(transitions, after):
            continue
        takers = [other for other in transitions if before in other.takes and not _vanishes(other)]
        givers = [other for other in transitions if after in other.gives and not _vanishes(other)]
        if before != SOURCE and takers == [one]:
            return one, before, after
        if after != SINK and givers == [one]:
            return one, after, before
    return None


def _vanishes(one: Transition) -> bool:
    return one.label is None and len(one.takes) == 2 and one.gives == one.takes[:1]


def _stopped(transitions: list[Transition], place: str) -> set[str]:
    return {one.takes[0] for one in transitions if _vanishes(one) and one.takes[1] == place}


def _instead(one: Transition, gone: str, kept: str) -> Transition:
    def put(places: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(kept if place == gone else place for place in places)

    return replace(one, takes=put(one.takes), gives=put(one.gives))


def _once(transitions: list[Transition]) -> list[Transition]:
    """Silent transitions that do the same stand once; those that do nothing not at all."""
    found: dict[object, Transition] = {}
    for one in transitions:
        takes, gives = tuple(sorted(one.takes)), tuple(sorted(one.gives))
        if one.label is not None:
            found[one] = one
        elif takes != gives:
            found.setdefault((takes, gives), one)
    return list(found.values())
