"""Photos drawn anew to be looked at in the page: a picture and nothing else, whatever the file held."""

from __future__ import annotations

import warnings
from io import BytesIO

from app.workflow.people.barcodes import FORMATS, MAX_PIXELS

ENDINGS = ("png", "jpg", "jpeg", "webp")
LONGEST_SIDE = 1_600


def may_be(name: str) -> bool:
    """Whether a file's name is that of a picture browsers know."""
    return name.rpartition(".")[2].lower() in ENDINGS


def drawn(content: bytes) -> bytes | None:
    """The picture as a PNG of no more than 1,600 pixels a side; None where it cannot be read."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                return None
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new("RGBA", upright.size)
    bare.paste(upright)
    out = BytesIO()
    bare.save(out, "PNG")
    return out.getvalue()
