"""Shop floor: making what the work orders say.

The warehouse issues material, operators report each operation's good and
scrapped pieces and minutes, the supervisor looks at what goes wrong
(``shopfloor.work_order``). Every piece stays countable: good + scrap + open =
started.
"""

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

SHOPFLOOR_READ = permission("shopfloor:read", "See the shop floor's boards.", roles="*")

NAVIGATION = [NavItem("shopfloor.board", lazy_gettext("Shop floor"), SHOPFLOOR_READ, 5)]
