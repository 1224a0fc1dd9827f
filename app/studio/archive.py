"""All that is deployed as one archive, and an archive's files back into a change: at their own places, to the letter.

Labels in every language lie in the diagrams, decisions, forms and test cases themselves, so translations travel
with them.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable

from flask_babel import gettext as _

from app.core.errors import DomainError
from app.studio import services
from app.studio.models import Change, ChangeFile
from app.studio.queries import active_of
from app.workflow.drawing.diagram import MAX_BYTES
from app.workflow.models import ProcessDefinition

ENDING = ".zip"
MOST = 1000
MOST_UNPACKED = 20_000_000
WRITTEN = (1980, 1, 1, 0, 0, 0)
"""Every file's date, so that the same files give the same archive."""


def packed(rows: Iterable[ProcessDefinition]) -> bytes:
    """The files of deployed definitions, at the paths they are deployed from."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in sorted(rows, key=lambda one: one.file):
            archive.writestr(zipfile.ZipInfo(row.file, WRITTEN), row.source, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def take_over(change: Change, content: bytes) -> list[ChangeFile]:
    """Take an archive's files into a draft, those that differ from what is deployed.

    Raises:
        DomainError: it is no archive, too large, holds other files than ours, or nothing that differs.
        Conflict: the change is no draft any more.
        Forbidden: somebody else's draft.
    """
    services.must_be_editable(change)
    taken = []
    for file, source in _files(content).items():
        if not services.FILE.match(file):
            message = _("The archive holds {name}, which is no diagram, decision, form or test case.")
            raise DomainError("unknown_kind", message.format(name=file[:80]), field="files")
        deployed = active_of(file)
        if deployed is None or deployed.source != source:
            taken.append(services.save_file(change, file, source))
    if not taken:
        raise DomainError("nothing_new", _("Everything in the archive is deployed as it is."), field="files")
    return taken


def _files(content: bytes) -> dict[str, str]:
    """Text by path; nothing is unpacked beyond what was counted."""
    found: dict[str, str] = {}
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            if len(entries) > MOST:
                raise _refused(_("The archive holds more than {count} files.").format(count=MOST))
            for entry in entries:
                with archive.open(entry) as stream:
                    read = stream.read(min(MAX_BYTES, left) + 1)
                left -= len(read)
                if len(read) > MAX_BYTES or left < 0:
                    raise _refused(_("{name} is larger than 2 MB.").format(name=entry.filename[:80]))
                found[entry.filename] = read.decode("utf-8")
    except UnicodeDecodeError:
        raise _refused(_("The archive holds a file that is not UTF-8 text.")) from None
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        RuntimeError,
        NotImplementedError,
        EOFError,
        OSError,
        zlib.error,
    ):
        raise _refused(_("This is no archive that can be read (.zip).")) from None
    return found


def _refused(message: str) -> DomainError:
    return DomainError("archive", message, field="files")
