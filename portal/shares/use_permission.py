"""Permission to use what somebody made: asked for in plain words, kept word for word, taken back as easily as given."""

from __future__ import annotations

import calendar
import hashlib
from datetime import datetime

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.accounts.models import Person
from portal.extensions import db
from portal.missions.models import Mission
from portal.shares.handed_in_models import UsePermission
from portal.shares.models import Share


def wording_for(mission: Mission) -> str:
    """What stands beside the box, in the reader's language. Needs a request."""
    brand = current_app.config["SETTINGS"].brand_name
    what_for = mission.use_purpose or _("showing them on our own website and in our own posts")
    how_long = ngettext("%(num)d month", "%(num)d months", mission.use_months)
    return _(
        "%(brand)s may use these pictures for %(how_long)s, for this: %(what_for)s. They stay mine. I made them "
        "myself, and everybody who can be recognised in them agrees. I can take this back on this page at any time; "
        "%(brand)s then stops using them.",
        brand=brand, how_long=how_long, what_for=what_for,
    )  # fmt: skip


def give_permission(share: Share, person: Person, *, wording: str, months: int, now: datetime) -> UsePermission:
    """Keep what was agreed to. Given again for a share that was mended, the newest wording counts."""
    permission = db.session.get(UsePermission, share.id) or UsePermission(share_id=share.id, person_id=person.id)
    permission.wording, permission.version = wording, hashlib.sha256(wording.encode()).hexdigest()
    permission.given_at, permission.ends_at, permission.withdrawn_at = now, months_later(now, months), None
    db.session.add(permission)
    db.session.flush()
    return permission


def permission_of(share_id: str) -> UsePermission | None:
    return db.session.get(UsePermission, share_id)


def take_permission_back(permission: UsePermission, *, now: datetime) -> None:
    """From now on; asked twice, the first moment stays. Points are not touched."""
    if permission.withdrawn_at is None:
        permission.withdrawn_at = now
        db.session.flush()


def months_later(moment: datetime, months: int) -> datetime:
    """The same day so many months later, or that month's last day where it has no such day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
