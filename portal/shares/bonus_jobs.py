"""Once a day: what links brought is paid between two looks, and what nobody can earn any more goes back.

What the shop tells is paid, or taken back, as it is told.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select, text

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import listens_to
from portal.links.events import ConversionsChanged
from portal.missions import bonus_reserve
from portal.missions.bonus import OF_LINKS
from portal.missions.claim_models import Claim
from portal.missions.models import Mission
from portal.shares import bonuses, rechecking
from portal.shares.models import Share, ShareState

ONE = "pay_bonus_of_share"
OPEN = text("claim.bonus_left > 0 AND claim.state = 'fulfilled'")
"""Spelt out as in `ix_claim_bonus_open`."""


@jobs.every(timedelta(days=1), "pay_bonuses")
def pay_bonuses(_lease: jobs.Lease) -> None:
    """Make a job due for each share: they lock a season's and a person's points, one at a time."""
    now = clock.now()
    open_ = (
        select(Share.id).join(Claim, Claim.id == Share.claim_id).join(Mission, Mission.id == Share.mission_id)
        .where(OPEN)
        .where(
            or_(
                (Share.state == ShareState.VERIFIED) & Mission.bonus_measure.in_(OF_LINKS),
                (Share.state == ShareState.REVOKED) & (Share.settles_at <= now),
            )
        )
    )  # fmt: skip
    with jobs.without_hints():
        for share_id in db.session.scalars(open_):
            jobs.schedule(ONE, share_id, {"share": share_id}, due_at=now)


@jobs.in_transaction(ONE)
def pay_bonus_of_share(lease: jobs.Lease) -> None:
    """Of a post in its hold, pay; of one whose points were taken back and whose hold is over, give the rest back."""
    now = clock.now()
    share = db.session.get(Share, lease.payload["share"], with_for_update=True, populate_existing=True)
    if share is None:
        return
    if share.state == ShareState.VERIFIED:
        rechecking.pay_for_clicks(share, now=now)
    elif share.state == ShareState.REVOKED and share.settles_at is not None and share.settles_at <= now:
        bonus_reserve.give_back(share.claim, now=now)


@listens_to(ConversionsChanged, name="shares.count_conversions")
def count_conversions(happened: ConversionsChanged) -> None:
    """The share that counts for this claim, if one does yet: else its verification or the daily round pays."""
    found = select(Share).where(Share.claim_id == happened.claim_id, Share.state.in_(bonuses.COUNTS))
    share = db.session.scalars(found.with_for_update(of=Share).execution_options(populate_existing=True)).one_or_none()
    if share is None:
        return
    if happened.taken_back:
        bonuses.take_back_undone(share, now=clock.now())
    elif share.state == ShareState.VERIFIED:
        rechecking.pay_for_clicks(share, now=clock.now())
