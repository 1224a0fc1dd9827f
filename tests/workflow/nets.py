"""A token game of our own: whether a net allows a trace from its beginning to its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from app.workflow.mining.places import SINK, SOURCE, Net, Transition

MOST = 200_000
CROWD = 8
"""More tokens on one place are not tried: a repetition could add them without end."""

Marking = tuple[tuple[str, int], ...]


def fits(net: Net, trace: Iterable[str]) -> bool:
    """Whether the net can show exactly these labels, and be at its end after them."""
    labels = list(trace)
    begin: tuple[Marking, int] = (((SOURCE, 1),), 0)
    seen, ahead = {begin}, [begin]
    while ahead:
        marking, at = ahead.pop()
        if at == len(labels) and marking == ((SINK, 1),):
            return True
        for then in _next(net, marking, at, labels):
            if then not in seen:
                seen.add(then)
                ahead.append(then)
        assert len(seen) < MOST, f"{net.key}: too many markings"
    return False


def _next(net: Net, marking: Marking, at: int, labels: list[str]) -> Iterator[tuple[Marking, int]]:
    tokens = Counter(dict(marking))
    for one in net.transitions:
        shown = one.label is not None
        if shown and (at == len(labels) or one.label != labels[at]):
            continue
        if (after := _fired(tokens, one)) is not None:
            yield after, at + shown


def _fired(tokens: Counter[str], one: Transition) -> Marking | None:
    takes = Counter(one.takes)
    if any(tokens[place] < count for place, count in takes.items()):
        return None
    after = tokens - takes
    after.update(one.gives)
    return None if max(after.values(), default=0) > CROWD else tuple(sorted(after.items()))
