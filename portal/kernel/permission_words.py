"""What a page that somebody may not open is for, and whose it is: the 403 page says it instead of a bare no."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.kernel.access import PERMISSIONS, Permission, Role

NEEDS = {
    Permission.TAKE_PART: _l("This page is for people who take part in the programme."),
    Permission.USE_QUEUE: _l("This page is for whoever decides what needs a person."),
    Permission.REVIEW_SHARES: _l("This page is for reviewing shares."),
    Permission.SEE_PEOPLE: _l("This page shows other people, so it is open to those who look after them."),
    Permission.GRANT_ROLES: _l("Roles are granted and withdrawn here."),
    Permission.ADJUST_POINTS: _l("Points are put right here."),
    Permission.MANAGE_GUIDELINES: _l("Guidelines are written and published here."),
    Permission.MANAGE_MISSIONS: _l("Missions are made and run here."),
    Permission.MANAGE_CAMPAIGNS: _l("Seasons are planned and run here."),
    Permission.MANAGE_REWARDS: _l("Rewards are kept here."),
    Permission.SET_VERDICTS: _l("What follows from the checks is set here."),
    Permission.OPERATE: _l("The portal itself is looked after here."),
}
ROLES = {
    Role.MODERATOR: _l("moderator"),
    Role.MANAGER: _l("manager"),
    Role.MARKETER: _l("marketer"),
    Role.ADMIN: _l("admin"),
}


def who_can(permission: Permission) -> str:
    """Which roles open the door, and who gives them."""
    roles = [str(ROLES[role]) for role in Role if permission in PERMISSIONS[role]]
    return _(
        "It needs one of these roles: %(roles)s. An admin of the programme can give you one.", roles=", ".join(roles)
    )
