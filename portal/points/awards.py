"""Paying for what was verified: part now, part held until the hold is over; and taking it back.

An award's row says what holds now; the ledger says how it came to be. One cause has one award: paid again after it was
taken back, the same row counts its rounds, and each round has movements of its own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.kernel.rows import store
from portal.points import in_force, ledger, lots, tiers
from portal.points.ledger import Cause, Movement, Posting, hold
from portal.points.models import Award, AwardState, Kind
from portal.points.postings import campaign_account, person_account, program_account


class AwardRevoked(Exception):
    """What was taken back can't settle."""

    def __init__(self, award: Award) -> None:
        super().__init__(award.id)
        self.award = award


class AwardDiffers(Exception):
    """This cause was paid already, and differently."""

    def __init__(self, award: Award) -> None:
        super().__init__(award.id)
        self.award = award


def award(
    cause: Cause,
    *,
    campaign_id: str,
    person_id: str,
    points_now: int,
    points_held: int,
    now: datetime,
    held_until: datetime | None = None,
) -> Award:
    """Pay `points_now` at once and keep `points_held` pending, out of what the campaign has reserved.

    Asked again, gives the first award; after it was taken back, pays anew. Debts are repaid first.
    Raises AwardDiffers, ledger.InsufficientPoints when the campaign has reserved less.
    """
    hold([campaign_account(campaign_id, "reserved"), person_account(person_id, "available")])
    content = {
        "campaign_id": campaign_id, "person_id": person_id, "points_now": points_now, "points_held": points_held,
    }  # fmt: skip
    state = {
        "state": AwardState.HELD if points_held else AwardState.SETTLED,
        "awarded_at": now, "held_until": held_until if points_held else None,
    }  # fmt: skip
    paid = Award(cause_kind=cause.kind, cause_id=cause.id, **content, **state)
    if not store(paid, unless=("cause_kind", "cause_id")):
        paid = _award_of(cause)
        if paid.state != AwardState.REVOKED:
            if any(getattr(paid, name) != value for name, value in content.items()):
                raise AwardDiffers(paid)
            return paid
        paid.round += 1
        for name, value in {**content, **state}.items():
            setattr(paid, name, value)
        db.session.flush()
    if points_now or points_held:
        _pay(paid, Kind.AWARD, points_now, now=now, others=[
            Posting(campaign_account(campaign_id, "reserved"), -(points_now + points_held)),
            Posting(person_account(person_id, "pending"), points_held),
        ])  # fmt: skip
    return paid


def is_paid(cause: Cause) -> bool:
    """Was this cause paid already, and not taken back since?"""
    query = select(Award.id).where(
        Award.cause_kind == cause.kind, Award.cause_id == cause.id, Award.state != AwardState.REVOKED
    )
    return db.session.scalar(query) is not None


def settle(paid: Award, *, now: datetime) -> Award:
    """The hold is over: what was pending becomes available, debts first. Safe to repeat. Raises AwardRevoked."""
    hold([person_account(paid.person_id, "available")])
    _refresh(paid)
    if paid.state == AwardState.REVOKED:
        raise AwardRevoked(paid)
    if paid.state == AwardState.HELD:
        paid.state = AwardState.SETTLED
        _pay(paid, Kind.SETTLE, paid.points_held, now=now, others=[
            Posting(person_account(paid.person_id, "pending"), -paid.points_held),
        ])  # fmt: skip
    return paid


def revoke(paid: Award, *, now: datetime, reason: str) -> Award:
    """Take all of it back into what the campaign has reserved; what was spent already becomes a debt.

    What expired is not owed a second time: it goes back from there. Safe to repeat.
    """
    person_id, reserved = paid.person_id, campaign_account(paid.campaign_id, "reserved")
    available, debt = person_account(person_id, "available"), person_account(person_id, "debt")
    hold([reserved, available])
    _refresh(paid)
    if paid.state == AwardState.REVOKED:
        return paid
    paid_by = _paid_by(paid)
    expired = lots.expired_of(paid_by)
    pending = paid.points_held if paid.state == AwardState.HELD else 0
    owed = paid.points_now + paid.points_held - pending
    taken = min(owed - expired, hold([available])[available])
    paid.state = AwardState.REVOKED
    if owed + pending:
        movement = ledger.post(
            _key(paid, Kind.REVOKE), Kind.REVOKE, _cause(paid),
            [
                Posting(reserved, owed + pending),
                Posting(person_account(person_id, "pending"), -pending),
                Posting(available, -taken),
                Posting(program_account("expired"), -expired),
                Posting(debt, -(owed - expired - taken)),
            ],
            now=now, reason=reason,
        )  # fmt: skip
        lots.take(movement, person_id, taken, before_all=paid_by)
        _count_no_more(paid, now)
    db.session.flush()
    return paid


def _pay(paid: Award, kind: Kind, points: int, *, now: datetime, others: list[Posting]) -> None:
    """Give `points` to the person: what they owe is repaid first, the rest becomes a lot that they can spend."""
    debt = person_account(paid.person_id, "debt")
    repaid = min(points, -hold([debt])[debt])
    available = Posting(person_account(paid.person_id, "available"), points - repaid)
    movement = ledger.post(_key(paid, kind), kind, _cause(paid), [*others, Posting(debt, repaid), available], now=now)
    held = in_force.read()
    lots.make_lot(movement, paid.person_id, points - repaid, expires_at=held.expires_at(now), now=now)
    tiers.count_earned(paid.person_id, points, on=movement.posted_at.date())
    tiers.weigh_by(held.plan, paid.person_id, now=now)
    db.session.flush()


def _award_of(cause: Cause) -> Award:
    found = select(Award).where(Award.cause_kind == cause.kind, Award.cause_id == cause.id)
    return db.session.scalars(found.with_for_update().execution_options(populate_existing=True)).one()


def _refresh(paid: Award) -> None:
    """What somebody else did to it while we waited for the lock."""
    db.session.refresh(paid, with_for_update=True)


def _cause(paid: Award) -> Cause:
    return Cause(paid.cause_kind, paid.cause_id)


def _key(paid: Award, kind: Kind) -> str:
    return f"{_cause(paid)}:{kind}:{paid.round}"


def _count_no_more(paid: Award, now: datetime) -> None:
    """For tiers, what was taken back was never earned: it leaves the very days on which it became available."""
    parts = {Kind.AWARD: paid.points_now, Kind.SETTLE: paid.points_held}
    made = _movements_of(paid)
    for kind, points in parts.items():
        if (movement := made.get(_key(paid, kind))) is not None:
            tiers.count_earned(paid.person_id, -points, on=movement.posted_at.date())
    tiers.weigh(paid.person_id, now=now)


def _paid_by(paid: Award) -> list[str]:
    """The movements of this round that made points available."""
    return [made.id for made in _movements_of(paid).values()]


def _movements_of(paid: Award) -> dict[str, Movement]:
    return ledger.booked(_key(paid, kind) for kind in (Kind.AWARD, Kind.SETTLE))
