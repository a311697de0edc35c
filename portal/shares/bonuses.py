"""The bonus of a verified post: each step that it reached is paid once, out of what its claim keeps in reserve.

Nothing is paid while the post is missing, while a person weighs it, or after its hold. What decides when two workers
pay at once: the share's row, one award for each step, and the claim's reserve, which never goes below zero. What the
shop takes back is the one figure that falls, and its steps with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.kernel import events
from portal.links import conversions
from portal.links.patterns import pattern_of
from portal.links.queries import link_of_claim
from portal.missions import bonus_reserve
from portal.missions.bonus import OF_LINKS, Bonus, BonusMeasure
from portal.points import awards
from portal.points.ledger import Cause
from portal.points.models import Award, AwardState
from portal.shares import queries
from portal.shares.events import ShareBonusPaid, ShareBonusTakenBack
from portal.shares.models import CountSample, Share, ShareForm, ShareState
from portal.shares.platforms.reading import Counts
from portal.shares.ports import review_desk
from portal.shares.signals.facts import reactions

CAUSE = "bonus"
COUNTS = (ShareState.VERIFIED, ShareState.SETTLED)


@dataclass(frozen=True)
class Figure:
    """What was measured, and when somebody could see it; both None where nobody can tell."""

    count: int | None = None
    at: datetime | None = None


def terms_of(share: Share) -> Bonus | None:
    """What its claim was promised; None where there is no bonus, or no public post that could bring one."""
    if share.form != ShareForm.POST:
        return None
    return Bonus.of(share.mission, cap=share.claim.bonus_cap, percent=share.claim.bonus_percent)


def cause_of_step(share: Share, step: int) -> Cause:
    """What the ledger names as the reason: each step of each share once."""
    return Cause(CAUSE, f"{share.id}:{step}")


def read_cause(cause_id: str) -> tuple[str, int]:
    """Share and step of such a cause."""
    share_id, _colon, step = cause_id.partition(":")
    return share_id, int(step)


def causes_of(share: Share) -> list[str]:
    """The ids of all causes that this share can have."""
    terms = terms_of(share)
    return [cause_of_step(share, step).id for step in range(1, terms.steps_max + 1)] if terms else []


def figure_of(share: Share, measure: BonusMeasure) -> Figure:
    """What is known now: of the link all days so far, of the post what the last look saw."""
    if measure in OF_LINKS:
        link = link_of_claim(share.claim_id)
        if link is None:
            return Figure()
        return Figure(pattern_of(link.id).people if measure is BonusMeasure.VISITORS else conversions.count_of(link.id))
    newest = select(CountSample).where(CountSample.share_id == share.id).order_by(CountSample.at.desc()).limit(1)
    seen = db.session.scalar(newest)
    if seen is None:
        return Figure()
    counts = Counts(likes=seen.likes, comments=seen.comments)
    told = {BonusMeasure.LIKES: seen.likes, BonusMeasure.COMMENTS: seen.comments}
    return Figure(told[measure] if measure in told else reactions(counts), seen.at)


def paid_steps(share: Share) -> list[Award]:
    """The awards that hold now. Leans on the unique key of causes."""
    causes = causes_of(share)
    if not causes:
        return []
    held = Award.cause_kind == CAUSE, Award.cause_id.in_(causes), Award.state != AwardState.REVOKED
    return list(db.session.scalars(select(Award).where(*held).execution_options(populate_existing=True)))


def pay(share: Share, *, now: datetime) -> int:
    """Pay every step that is reached and not paid yet; returns the points. Safe to repeat."""
    if terms_of(share) is None:
        return 0
    db.session.flush()
    queries.hold(share)
    terms = terms_of(share)
    if terms is None or not _may_be_paid(share):
        return 0
    reached = terms.steps_at(figure_of(share, terms.measure).count)
    paid = {award.cause_id for award in paid_steps(share)}
    points, payment = 0, ""
    for step in range(1, reached + 1):
        cause = cause_of_step(share, step)
        if cause.id in paid:
            continue
        if not bonus_reserve.draw(share.claim, terms.points):
            break
        award = awards.award(
            cause, campaign_id=share.mission.campaign_id, person_id=share.person_id, points_now=terms.points,
            points_held=0, now=now,
        )  # fmt: skip
        points, payment = points + terms.points, f"{step}:{award.round}"
    if points:
        events.record(ShareBonusPaid(share.id, share.person_id, share.mission_id, points, payment))
    return points


def take_back(share: Share, *, now: datetime, reason: str) -> None:
    """The share does not count any more: neither does its bonus. What was spent already becomes a debt."""
    paid = paid_steps(share)
    if not paid:
        return
    bonus_reserve.put_back(share.claim, sum(award.points_now for award in paid))
    for award in paid:
        awards.revoke(award, now=now, reason=reason)


def take_back_undone(share: Share, *, now: datetime) -> int:
    """The shop took conversions back: steps that are no longer reached go back, after the hold as well; the points.

    Only this measure can fall by somebody's word; what was seen of a post or its visitors was there. Safe to repeat.
    """
    queries.hold(share)
    terms = terms_of(share)
    if terms is None or terms.measure is not BonusMeasure.CONVERSIONS or share.state not in COUNTS:
        return 0
    reached = terms.steps_at(figure_of(share, terms.measure).count)
    undone = [award for award in paid_steps(share) if read_cause(award.cause_id)[1] > reached]
    if not undone:
        return 0
    points = sum(award.points_now for award in undone)
    bonus_reserve.put_back(share.claim, points)
    for award in undone:
        awards.revoke(award, now=now, reason="conversions_undone")
    if share.state == ShareState.SETTLED:
        bonus_reserve.give_back(share.claim, now=now)
    step = f"{reached}:{max(award.round for award in undone)}"
    events.record(ShareBonusTakenBack(share.id, share.person_id, share.mission_id, points, step))
    return points


def _may_be_paid(share: Share) -> bool:
    in_hold = share.state == ShareState.VERIFIED and share.missing_since is None
    return in_hold and not review_desk().has_open_case(share)
