"""The first share that counted."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.extensions import db
from portal.points.ledger import Cause
from portal.shares.inviting import FORMS_THAT_COUNT, STANDS
from portal.shares.models import Share

CODE, ICON = "first_share", "sparkles"
NAME = _l("First share")
RULE = _l("For the first post, comment, picture or gathering of theirs that was verified.")


def cause(person_id: str, now: datetime) -> Cause | None:
    """The earliest that stands. Leans on `ix_share_person`."""
    query = select(Share.id).where(
        Share.person_id == person_id, Share.form.in_(FORMS_THAT_COUNT), Share.state.in_(STANDS)
    )
    share_id = db.session.scalar(query.order_by(Share.submitted_at, Share.id).limit(1))
    return Cause("share", share_id) if share_id else None
