"""Import: a company's own data from CSV or XLSX files, checked to the last cell before anything is kept.

One file per noun (``items.csv``, ``boms.xlsx`` …); ``docs/import.md`` lists the
columns. A file is taken whole or not at all; a file that needs a refused one
waits for it.
"""

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

IMPORT = permission("data:import", "Import the company's data from files.", roles=("admin", "engineer"))

NAVIGATION = [NavItem("imports.upload", lazy_gettext("Import data"), IMPORT)]
