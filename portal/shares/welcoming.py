"""What a newcomer gets for having come: paid when their invitation counts, and taken back when it counts no more.

It hangs on the inviter's share for the invitation, and so both sides are treated alike: both are paid while something
that the newcomer shared stands; both go back if nothing of it stands at the end of that share's hold, or if a person
decides that the invitation does not count. After the hold both keep what they have: nobody answers for ever for what
somebody else posts, and a newcomer's own later posts are paid and taken back by themselves.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.kernel import events
from portal.points import awards, budgets
from portal.points.ledger import Cause
from portal.points.models import Award, AwardState
from portal.shares.events import WelcomeTakenBack
from portal.shares.handed_in_models import Newcomer
from portal.shares.inviting import STANDS
from portal.shares.models import Share

WELCOME, TAKE_BACK = "welcome_newcomer", "take_welcome_back"
CAUSE, REASON = "welcome", "invitation_over"


def welcome(share: Share, *, now: datetime) -> None:
    """Give the newcomer what the mission promised them, once; without any left in the season, nothing."""
    newcomer = _held_newcomer(share)
    points = share.mission.newcomer_points
    if newcomer is None or points == 0 or share.state not in STANDS:
        return
    cause, campaign_id = Cause(CAUSE, newcomer.person_id), share.mission.campaign_id
    if awards.is_paid(cause):
        return
    try:
        budgets.reserve(cause, campaign_id, points, now=now)
    except budgets.BudgetExhausted:
        return
    awards.award(
        cause, campaign_id=campaign_id, person_id=newcomer.person_id, points_now=points, points_held=0, now=now
    )


def take_back(share: Share, *, now: datetime) -> None:
    """The invitation counts no more: neither does the welcome. What was spent becomes a debt. Safe to repeat."""
    newcomer = _held_newcomer(share)
    if newcomer is None or share.state in STANDS:
        return
    theirs = Award.cause_kind == CAUSE, Award.cause_id == newcomer.person_id, Award.state != AwardState.REVOKED
    paid = db.session.scalar(select(Award).where(*theirs).execution_options(populate_existing=True))
    if paid is None:
        return
    awards.revoke(paid, now=now, reason=REASON)
    budgets.release(Cause(CAUSE, newcomer.person_id), paid.campaign_id, paid.points_now, now=now)
    events.record(WelcomeTakenBack(newcomer.person_id, share.mission_id, paid.points_now, paid.round))


def _held_newcomer(share: Share) -> Newcomer | None:
    """Whoever came by it, locked until the transaction ends. Leans on the unique `share_id`."""
    return db.session.scalar(select(Newcomer).where(Newcomer.share_id == share.id).with_for_update())
