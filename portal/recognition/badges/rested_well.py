"""Eight weeks in which the followers were never asked too much."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.extensions import db
from portal.missions.audience import chosen_by
from portal.missions.resting import MONTH, WEEK, Limits
from portal.points.ledger import Cause
from portal.shares.inviting import STANDS
from portal.shares.models import Share, ShareForm

CODE, ICON = "rested_well", "leaf"
NAME = _l("Rested well")
RULE = _l(
    "After eight weeks with at least three verified posts, none of them beyond what followers should see at most and "
    "each with the rest that is advised before it. More posts don’t bring it sooner."
)
SPAN, POSTS_MIN = timedelta(weeks=8), 3
READ_MAX = 100
"""More posts than that in eight weeks are beyond any limit."""


def cause(person_id: str, now: datetime) -> Cause | None:
    """The newest of the posts. Leans on `ix_share_person`."""
    query = select(Share.id, Share.submitted_at).where(
        Share.person_id == person_id, Share.form == ShareForm.POST, Share.state.in_(STANDS),
        Share.submitted_at > now - SPAN - WEEK, Share.submitted_at <= now,
    )  # fmt: skip
    posts = db.session.execute(query.order_by(Share.submitted_at).limit(READ_MAX)).all()
    if not kept_to_rest([at for _id, at in posts], chosen_by(person_id).limits, now=now):
        return None
    return Cause("share", posts[-1][0])


def kept_to_rest(posted: Sequence[datetime], limits: Limits, *, now: datetime) -> bool:
    """Posts over the whole span, oldest first: enough of them, and none too soon or too many. Pure.

    The first has to lie in the span's first week or before it: a rest needs something to rest from.
    """
    if len(posted) < POSTS_MIN or posted[0] > now - SPAN + WEEK:
        return False
    gap = timedelta(hours=limits.gap_hours)
    if any(later - sooner < gap for sooner, later in pairwise(posted)):
        return False
    return all(
        sum(at - length < each <= at for each in posted) <= most
        for at in posted
        for length, most in ((WEEK, limits.week_max), (MONTH, limits.month_max))
    )
