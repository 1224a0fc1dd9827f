"""Three-way match and tax."""

from decimal import Decimal

import pytest

from app.purchasing.matching import Difference, Line, Tolerance, match, matched, value_added_tax

D = Decimal


def line(**changes):
    facts = {
        "line_id": 1,
        "ordered_price": D(128),
        "accepted": D("124.60"),
        "already_invoiced": D(0),
        "invoiced": D("124.60"),
        "invoiced_price": D(128),
    }
    return Line(**facts | changes)


def test_an_invoice_for_what_was_accepted_at_the_ordered_price_is_clean():
    assert match([line()], Tolerance()) == []


def test_more_than_accepted_is_found_and_stops_the_payment():
    [finding] = match([line(invoiced=D(130))], Tolerance())

    assert (finding.difference, finding.amount) == (Difference.QUANTITY, D("5.40") * 128)
    assert not matched([finding])


def test_earlier_invoices_count():
    [finding] = match([line(already_invoiced=D(100))], Tolerance())

    assert finding.amount == D(12800)


def test_a_dearer_price_within_the_percentage_passes_and_is_shown():
    [finding] = match([line(invoiced_price=D(129))], Tolerance(price_percent=D(1)))

    assert finding.difference is Difference.PRICE
    assert finding.within


def test_a_dearer_price_beyond_percentage_and_amount_does_not_pass():
    found = match([line(invoiced_price=D(140))], Tolerance(price_percent=D(1), amount=D(100)))

    assert not matched(found)


def test_in_our_favour_always_passes():
    assert matched(match([line(invoiced=D(100), invoiced_price=D(120))], Tolerance()))


def test_a_line_that_was_never_ordered_never_passes():
    [finding] = match([line(ordered_price=None)], Tolerance(amount=D(10**9)))

    assert finding.difference is Difference.NOT_ORDERED
    assert not finding.within


def test_nothing_accepted_yet_is_not_excused_by_the_amount():
    assert not matched(match([line(accepted=D(0), invoiced=D(1))], Tolerance(amount=D(1000))))


@pytest.mark.parametrize(
    ("net", "tax"), [(15949, 797), (12375, 619), (5229, 261), (4028, 201), (3600, 180), (10, 1)]
)
def test_tax_is_rounded_half_up_once_per_invoice(net, tax):
    assert value_added_tax(D(net), D(5)) == tax
