"""Merge translations/parts/*.po into the catalogues and compile them.

``--check``: say what is missing, fuzzy or has other placeholders, and exit 1.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "zh_Hant_TW"
FOLDER = ROOT / "translations" / LANGUAGE / "LC_MESSAGES"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
KEYWORDS |= {"lazy_pgettext": ((1, "c"), 2)}
KEYWORDS |= {"Bad": None, "Unreadable": None, "told": None}  # what an import tells
KEYWORDS |= {"ExpressionError": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def wanted() -> Catalog:
    """Return every message the code and the templates use."""
    catalog = Catalog()
    for name, line, message, _comments, context in extract_from_dir(
        ROOT / "app", method_map=METHODS, keywords=KEYWORDS, options_map={"**": {"silent": "false"}}
    ):
        catalog.add(message, locations=[(name, line)], context=context)
    return catalog


def translated() -> Catalog:
    """Return the parts put together; a message in several parts keeps its first translation."""
    merged = Catalog(locale=LANGUAGE)
    for path in sorted((ROOT / "translations" / "parts").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=LANGUAGE):
                if message.id and message.string and merged.get(message.id, message.context) is None:
                    merged.add(message.id, message.string, context=message.context)
    return merged


def problems(needed: Catalog, given: Catalog) -> list[str]:
    """Return what keeps the catalogue from being complete."""
    found = []
    for message in needed:
        if not message.id:
            continue
        match = given.get(message.id, message.context)
        place = ":".join(str(part) for part in message.locations[0])
        if match is None or not match.string or (isinstance(match.string, tuple) and not all(match.string)):
            found.append(f"{place}: no translation of {message.id!r}")
        else:
            source = message.id[-1] if isinstance(message.id, tuple) else message.id
            target = match.string[0] if isinstance(match.string, tuple) else match.string
            if set(PLACEHOLDER.findall(source)) != set(PLACEHOLDER.findall(target)):
                found.append(f"{place}: other placeholders in {target!r}")
    return found


def main() -> int:
    """Write the catalogues, or check them."""
    needed, given = wanted(), translated()
    if "--check" in sys.argv:
        found = problems(needed, given)
        sys.stdout.write("\n".join([*found, f"{len(found)} problems in the {LANGUAGE} catalogue", ""]))
        return bool(found)
    result = Catalog(locale=LANGUAGE, project="Octad", version="0.1")
    for message in needed:
        if message.id:
            match = given.get(message.id, message.context)
            result.add(message.id, match.string if match else "", context=message.context)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "messages.po").open("wb") as file:
        write_po(file, result, sort_output=True, no_location=True, omit_header=False)
    with (FOLDER / "messages.mo").open("wb") as file:
        write_mo(file, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
