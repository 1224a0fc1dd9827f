"""A pattern of a text field is judged in bounded time, or refused when it is deployed."""

from __future__ import annotations

import pytest

from app.workflow.form import patterns

REFUSED = [
    "(a+)+b",
    "(a*)*b",
    "([a-z]+)*1",
    "(a|aa)+b",
    "(a|a)*b",
    "((ab)?)+c",
    "(?:a{1,9}){1,9}b",
    "(?P<x>a+)+b",
    "(?=(a+)+b).*",
    ".*.*.*.*x",
    "a?" * 30 + "a" * 30,
    "(a|a)" * 30 + "b",
    r"(\(+)+x",
    "([)]+)+x",
    "(a+){2}" * 5,
    "(",
    "[",
    "a" * 300,
    "[[]",
]


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_could_take_forever_or_is_broken_is_refused(pattern):
    assert patterns.problem(pattern)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"([01]\d|2[0-3]):[0-5]\d", "23:59", "24:00"),
        (r"[A-Z]{2}-\d{4,8}", "AB-12345", "AB-123"),
        (r"\d{1,3}(,\d{3})*", "1,234,567", "12,34"),
        (r"(?:\+886|0)\d{8,9}", "+88622345678", "22345678"),
        (r"[^@ ]+@[^@ ]+\.tw", "a@b.com.tw", "a@b.com"),
        (r"a(b(c|d))?", "abd", "ab"),
        (r"[\])(+]+", "](+)", "x"),
    ],
)
def test_what_plants_write_is_taken_and_judges_the_whole_text(pattern, good, bad):
    assert patterns.problem(pattern) is None
    assert patterns.fits(pattern, good)
    assert not patterns.fits(pattern, bad)
    assert not patterns.fits(pattern, good + "\n")


def test_a_text_longer_than_is_judged_does_not_fit():
    assert patterns.fits("x*", "x" * patterns.LONGEST)
    assert not patterns.fits("x*", "x" * (patterns.LONGEST + 1))
