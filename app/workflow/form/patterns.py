"""Patterns for text fields that are judged in bounded time.

Python's expressions try every way to match: the ways are bounded here by
multiplying what each part allows (source: Davis et al. 2018, *The impact of
regular expression denial of service*).
"""

from __future__ import annotations

import re
import warnings

from flask_babel import gettext as _

LONGEST = 200
"""Characters of the longest text that is held against a pattern."""
WAYS = LONGEST**3 + 1
_PLAIN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?:)?((?:[^()])*)\)")
_REPEAT = re.compile(r"(.)(\?|\*|\+|\{\d*,?\d*\})[?+]?", re.DOTALL)
_VARIED = "\x01"


def problem(pattern: str) -> str | None:
    """Why a pattern cannot be used, or None: it is broken, or a text could keep it busy."""
    try:
        with warnings.catch_warnings(action="error", category=FutureWarning):
            re.compile(pattern)
    except FutureWarning:
        return _("A pattern may not have a set of characters inside another.")
    except re.error as error:
        return _("The pattern cannot be read from character {column} on.").format(column=(error.pos or 0) + 1)
    except (OverflowError, RecursionError):
        return _("The pattern asks for too much.")
    if len(pattern) > LONGEST:
        return _("A pattern has at most {count} characters.").format(count=LONGEST)
    rest, ways = _PLAIN.sub("x", pattern), 1
    if re.search(r"\(\?(?!:)", rest):
        return _("A pattern holds only plain groups, (…) and (?:…).")
    while group := _GROUP.search(rest):
        inside = _ways(group[1])
        if inside is None:
            return _("A repetition inside a repetition can take forever.")
        ways *= inside
        rest = rest[: group.start()] + (_VARIED if inside > 1 else "x") + rest[group.end() :]
    outside = _ways(rest)
    if outside is None:
        return _("A repetition inside a repetition can take forever.")
    return _("Too many parts of the pattern may repeat.") if ways * outside > WAYS else None


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says; a text too long to be judged is not."""
    return len(text) <= LONGEST and re.fullmatch(pattern, text) is not None


def _ways(part: str) -> int | None:
    """In how many ways a part without groups may match; None where what varies is repeated."""
    ways = part.count("|") + 1
    for repeated, quantifier in _REPEAT.findall(part):
        low, high = _times(quantifier)
        if repeated == _VARIED and high > 1:
            return None
        ways *= high - low + 1
    return ways


def _times(quantifier: str) -> tuple[int, int]:
    """The fewest and the most repetitions that matter in a text of at most ``LONGEST`` characters."""
    if quantifier in "?*+":
        return {"?": (0, 1), "*": (0, LONGEST - 1), "+": (1, LONGEST)}[quantifier]
    low, comma, high = quantifier[1:-1].partition(",")
    least = min(int(low or 0), LONGEST)
    most = min(int(high or LONGEST), LONGEST) if comma else least
    return least, max(least, most)
