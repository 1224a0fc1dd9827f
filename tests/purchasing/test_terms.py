"""Cut-off days and due dates."""

from datetime import date

import pytest

from app.purchasing.terms import due_date, statement_date


@pytest.mark.parametrize(
    ("invoiced", "cut_off", "expected"),
    [
        (date(2026, 3, 25), 25, date(2026, 3, 25)),
        (date(2026, 3, 26), 25, date(2026, 4, 25)),
        (date(2026, 12, 31), 25, date(2027, 1, 25)),
        (date(2026, 1, 31), 30, date(2026, 2, 28)),
        (date(2026, 2, 28), 31, date(2026, 2, 28)),
    ],
)
def test_an_invoice_falls_under_the_next_cut_off(invoiced, cut_off, expected):
    assert statement_date(invoiced, cut_off) == expected


def test_the_terms_run_from_the_statement():
    assert due_date(date(2026, 3, 11), cut_off_day=25, net_days=60) == date(2026, 5, 24)


def test_impossible_terms_are_refused():
    with pytest.raises(ValueError, match="cut-off day 0"):
        statement_date(date(2026, 3, 1), 0)
    with pytest.raises(ValueError, match="net days -1"):
        due_date(date(2026, 3, 1), cut_off_day=25, net_days=-1)
