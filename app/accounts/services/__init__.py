"""Adding people, letting them in, their deputies and the keys of their programs."""

from app.accounts.services.deputies import (
    actor_in_place_of,
    add_substitute,
    may_act_for,
    name_for,
    principals,
    remove_substitute,
    renewed,
)
from app.accounts.services.duties import excused, may_override, name_owner, owner
from app.accounts.services.entrance import (
    TRIES_PER_ACCOUNT,
    TRIES_PER_ADDRESS,
    count_try,
    end_session,
    end_sessions,
    find,
    open_session,
    right_password,
)
from app.accounts.services.keys import create_token, revoke_token
from app.accounts.services.people import (
    SHORTEST_PASSWORD,
    change_mail,
    change_password,
    change_settings,
    create_user,
    people,
    set_active,
    set_roles,
)

__all__ = [
    "SHORTEST_PASSWORD",
    "TRIES_PER_ACCOUNT",
    "TRIES_PER_ADDRESS",
    "actor_in_place_of",
    "add_substitute",
    "change_mail",
    "change_password",
    "change_settings",
    "count_try",
    "create_token",
    "create_user",
    "end_session",
    "end_sessions",
    "excused",
    "find",
    "may_act_for",
    "may_override",
    "name_for",
    "name_owner",
    "open_session",
    "owner",
    "people",
    "principals",
    "remove_substitute",
    "renewed",
    "revoke_token",
    "right_password",
    "set_active",
    "set_roles",
]
