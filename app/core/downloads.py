"""Files as answers: a name in any script in headers that every server sends."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from flask import Response


def file_answer(content: bytes | str, mimetype: str, name: str, *, inline: bool = False) -> Response:
    """Answer with a file, to keep or to look at.

    Headers are ASCII: the name stands there in letters that survive it, and whole as RFC 6266 writes it.
    """
    answer = Response(content, mimetype=mimetype)
    clean = re.sub(r"[\x00-\x1f\x7f\"\\/]+", "-", name).strip(" .-") or "file"
    stem, dot, ending = clean.rpartition(".")
    plain = unicodedata.normalize("NFKD", stem if dot else clean).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^\w .()+-]+", "-", plain).strip(" .-") or "file"
    ending = re.sub(r"[^A-Za-z0-9]+", "", ending) if dot else ""
    kind = "inline" if inline else "attachment"
    fallback = f"{plain}.{ending}" if ending else plain
    answer.headers["Content-Disposition"] = (
        f"{kind}; filename=\"{fallback}\"; filename*=UTF-8''{quote(clean, safe='')}"
    )
    return answer
