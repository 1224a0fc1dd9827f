"""Barcodes as data addresses, so that a page needs nothing from outside."""

from __future__ import annotations

import segno


def qr(text: str) -> str:
    """A QR code as ``data:`` address of an SVG picture."""
    return segno.make(text, error="m", micro=False).svg_data_uri(border=1)


_CODE39 = {
    "0": "nnnwwnwnn", "1": "wnnwnnnnw", "2": "nnwwnnnnw", "3": "wnwwnnnnn", "4": "nnnwwnnnw",
    "5": "wnnwwnnnn", "6": "nnwwwnnnn", "7": "nnnwnnwnw", "8": "wnnwnnwnn", "9": "nnwwnnwnn",
    "A": "wnnnnwnnw", "B": "nnwnnwnnw", "C": "wnwnnwnnn", "D": "nnnnwwnnw", "E": "wnnnwwnnn",
    "F": "nnwnwwnnn", "G": "nnnnnwwnw", "H": "wnnnnwwnn", "I": "nnwnnwwnn", "J": "nnnnwwwnn",
    "K": "wnnnnnnww", "L": "nnwnnnnww", "M": "wnwnnnnwn", "N": "nnnnwnnww", "O": "wnnnwnnwn",
    "P": "nnwnwnnwn", "Q": "nnnnnnwww", "R": "wnnnnnwwn", "S": "nnwnnnwwn", "T": "nnnnwnwwn",
    "U": "wwnnnnnnw", "V": "nwwnnnnnw", "W": "wwwnnnnnn", "X": "nwnnwnnnw", "Y": "wwnnwnnnn",
    "Z": "nwwnwnnnn", "-": "nwnnnnwnw", ".": "wwnnnnwnn", " ": "nwwnnnwnn", "*": "nwnnwnwnn",
    "$": "nwnwnwnnn", "/": "nwnwnnnwn", "+": "nwnnnwnwn", "%": "nnnwnwnwn",
}  # fmt: skip


def code39(text: str) -> str:
    """A Code 39 barcode as ``data:`` address of an SVG picture; other characters become a dash.

    Nine elements per character, bars and gaps in turn; wide is three narrow.
    """
    from base64 import b64encode

    bars, at = [], 0
    for sign in f"*{text.upper()}*":
        for place, width in enumerate(_CODE39.get(sign, _CODE39["-"])):
            size = 3 if width == "w" else 1
            if place % 2 == 0:
                bars.append(f'<rect x="{at}" width="{size}" height="40"/>')
            at += size
        at += 1
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 {at + 20} 40" '
        f'preserveAspectRatio="none">{"".join(bars)}</svg>'
    )
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
