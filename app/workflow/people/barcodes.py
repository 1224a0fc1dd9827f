"""Barcodes in a photo."""

from __future__ import annotations

import warnings
from io import BytesIO

from flask_babel import gettext as _

from app.core.errors import DomainError

LIMIT = 10_000_000
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


def read(content: bytes) -> list[str]:
    """The texts of the barcodes and QR codes in a photo.

    Raises:
        DomainError: no photo, too large, or none that can be read.
    """
    import zxingcpp
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise DomainError("photo", _("Please take a photo of the barcode."), field="photo")
    if len(content) > LIMIT:
        raise DomainError("photo_too_large", _("The photo is too large."), field="photo", status=413)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise DomainError("photo_too_large", _("The photo is too large."), field="photo", status=413)
            grey = image.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise DomainError("photo", _("This photo cannot be read."), field="photo") from error
    return [one.text for one in zxingcpp.read_barcodes(grey) if one.text]
