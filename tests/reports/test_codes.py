"""Barcodes read back as what they say."""

from base64 import b64decode

import pytest

from app.reports.queries.codes import code39, qr


def test_a_code_has_nine_elements_for_each_character_and_the_two_marks():
    svg = b64decode(code39("MO2603-021").split(",", 1)[1]).decode()

    assert svg.count("<rect") == 5 * (len("MO2603-021") + 2)


def test_a_qr_code_is_a_picture_in_the_page():
    assert qr("BD25|BD25-260331").startswith("data:image/svg+xml")


@pytest.mark.parametrize("text", ["MO2603-021", "MO2603-021-10", "AL80", "BD25-260331"])
def test_a_scanner_reads_the_barcode(text):
    zxing = pytest.importorskip("zxingcpp")
    import numpy

    svg = b64decode(code39(text).split(",", 1)[1]).decode()
    width = int(svg.split('viewBox="-10 0 ')[1].split(" ")[0])
    picture = numpy.full((60, width * 3), 255, dtype=numpy.uint8)
    for part in svg.split("<rect ")[1:]:
        x, size = (int(part.split(f'{name}="')[1].split('"')[0]) for name in ("x", "width"))
        picture[10:50, (x + 10) * 3 : (x + 10 + size) * 3] = 0

    assert zxing.read_barcode(picture).text == text
