"""Somebody whom they invited found their feet."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.extensions import db
from portal.points.ledger import Cause
from portal.shares.inviting import STANDS
from portal.shares.models import Share, ShareForm

CODE, ICON = "helped_newcomer", "hand-heart"
NAME = _l("Helped a newcomer")
RULE = _l("When the first share of a person they invited was verified. Once, however many they invite.")


def cause(person_id: str, now: datetime) -> Cause | None:
    """The earliest invitation that counts. Leans on `ix_share_person`."""
    query = select(Share.id).where(
        Share.person_id == person_id, Share.form == ShareForm.NEWCOMER, Share.state.in_(STANDS)
    )
    share_id = db.session.scalar(query.order_by(Share.submitted_at, Share.id).limit(1))
    return Cause("share", share_id) if share_id else None
