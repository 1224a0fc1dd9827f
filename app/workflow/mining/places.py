"""A Petri net's parts, and where its tokens can stand together."""

from __future__ import annotations

from dataclasses import dataclass, field

SOURCE, SINK, STOPPED = "source", "sink", "stopped:"
MOST_MARKINGS = 5000
Places = tuple[str, ...]


@dataclass(frozen=True)
class Transition:
    """What may happen when there is a token on each of ``takes``; without a label nobody sees it."""

    name: str
    label: str | None
    takes: Places
    gives: Places


@dataclass
class Net:
    """Places and transitions; a case begins with one token on ``source`` and ends with one on ``sink``."""

    key: str
    places: dict[str, None] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)


def beside(net: Net) -> dict[str, set[str]]:
    """Where tokens may still stand at the moment of each stop: only these need to vanish.

    Places are counted as marked or not. A net with too many markings gives every place.
    """
    seen = {frozenset({SOURCE})}
    ahead = list(seen)
    found: dict[str, set[str]] = {}
    while ahead:
        marked = ahead.pop()
        for one in net.transitions:
            if not marked.issuperset(one.takes):
                continue
            then = (marked - frozenset(one.takes)) | frozenset(one.gives)
            for mark in (place for place in one.gives if place.startswith(STOPPED)):
                found.setdefault(mark, set()).update(then)
            then = frozenset(place for place in then if not place.startswith(STOPPED))
            if then not in seen:
                seen.add(then)
                ahead.append(then)
        if len(seen) > MOST_MARKINGS:
            marks = [place for place in net.places if place.startswith(STOPPED)]
            return {mark: set(net.places) for mark in marks}
    return found
