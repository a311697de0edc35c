"""Putting points right by hand: a manager gives the reason, the person reads it; above a limit a second one agrees.

The limit counts what one manager did alone for one person within thirty days, so that it can't be cut into pieces.

Points that are added come from the programme, after debts are repaid; points that are taken are written off, never more
than the person has. Nobody adjusts their own account, and nobody is the second person of their own request: the
table's CHECK constraints hold both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, lazyload, load_only

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import events
from portal.kernel.access import Permission
from portal.kernel.audit import audit
from portal.kernel.base import new_id
from portal.kernel.shell import LOOKING
from portal.points import ledger, lots
from portal.points.adjustment_models import Adjustment, AdjustmentState
from portal.points.events import PointsAdjusted
from portal.points.ledger import Cause, InsufficientPoints, Movement, Posting
from portal.points.models import Kind
from portal.points.postings import person_account, program_account
from portal.points.programme import alone_max_of, expiry_of
from portal.points.rules import needs_second_person

CAUSE = "adjustment"
POINTS_MAX = 1_000_000
ALONE_WITHIN = timedelta(days=30)
"""What one manager adjusts alone for one person within so long counts together against the limit."""


class AdjustmentRefused(Exception):
    """It can't be done; `sentence` says why."""

    sentence: LazyString | str = ""


class OwnAccount(AdjustmentRefused):
    sentence = _l("Nobody adjusts their own points. Ask a colleague.")


class SamePerson(AdjustmentRefused):
    sentence = _l("You asked for this one: somebody else has to agree.")


class NotEnoughToTake(AdjustmentRefused):
    def __init__(self, available: int) -> None:
        super().__init__(available)
        self.sentence = _l("They have %(points)s points to spend: no more can be taken.", points=available)


class AlreadyDecided(AdjustmentRefused):
    sentence = _l("A colleague decided this meanwhile. Nothing else was done.")


class PersonGone(AdjustmentRefused):
    sentence = _l("This person takes no part any more.")


def adjust(person: Person, points: int, *, reason: str, actor: Person, now: datetime) -> Adjustment:
    """Book it, or above the limit ask a second person.

    Raises OwnAccount, PersonGone, NotEnoughToTake; ValueError for nothing or more than POINTS_MAX.
    """
    if points == 0 or abs(points) > POINTS_MAX:
        raise ValueError(points)
    if person.id == actor.id:
        raise OwnAccount
    ledger.hold([person_account(person.id, "available")])  # one at a time: what was done alone is counted
    _takes_part(person)
    second = needs_second_person(abs(points) + _done_alone(person, actor, now), alone_max_of(actor))
    asked = Adjustment(
        id=new_id(), person_id=person.id, points=points, reason=reason, needs_second=second,
        state=AdjustmentState.REQUESTED, requested_by_id=actor.id, requested_at=now,
    )  # fmt: skip
    if not second:
        return _book(asked, actor=actor, now=now)
    if points < 0:
        _enough(person.id, -points)
    db.session.add(asked)
    db.session.flush()
    _trail("points.adjustment_requested", asked, actor=actor, why=reason)
    return asked


def agree(asked: Adjustment, *, actor: Person, now: datetime) -> Adjustment:
    """A second person agrees and it is booked.

    Raises OwnAccount, SamePerson, AlreadyDecided, PersonGone, NotEnoughToTake.
    """
    if actor.id == asked.person_id:
        raise OwnAccount
    if actor.id == asked.requested_by_id:
        raise SamePerson
    ledger.hold([person_account(asked.person_id, "available")])  # first, as erasing does
    _hold(asked)
    _takes_part(asked.person)
    return _book(asked, actor=actor, now=now)


def refuse(asked: Adjustment, *, answer: str, actor: Person, now: datetime) -> Adjustment:
    """It is not done. Whoever asked may take it back that way, too. Raises OwnAccount, AlreadyDecided."""
    if actor.id == asked.person_id:
        raise OwnAccount
    _hold(asked)
    asked.state, asked.decided_by_id, asked.decided_at, asked.answer = AdjustmentState.REFUSED, actor.id, now, answer
    db.session.flush()
    _trail("points.adjustment_refused", asked, actor=actor, why=answer)
    return asked


def waiting() -> Sequence[Adjustment]:
    """Those that need a second person, the oldest first. Leans on `ix_points_adjustment_waiting`."""
    query = select(Adjustment).where(Adjustment.state == AdjustmentState.REQUESTED).order_by(Adjustment.requested_at)
    return db.session.scalars(query.options(*_WITH_PEOPLE).limit(100)).all()


def counting_theirs(_permissions: frozenset[Permission]) -> Select[int]:
    """The query of how many the person who looks could decide. Leans on the same index."""
    mine = (Adjustment.requested_by_id == LOOKING) | (Adjustment.person_id == LOOKING)
    return select(func.count()).select_from(Adjustment).where(Adjustment.state == AdjustmentState.REQUESTED, ~mine)


def adjustment(adjustment_id: str) -> Adjustment | None:
    return db.session.get(Adjustment, adjustment_id)


_NAME_ALONE = (load_only(Person.display_name), lazyload(Person.advocacy_roles), lazyload(Person.staff_roles))
_WITH_PEOPLE = tuple(
    joinedload(each).options(*_NAME_ALONE)
    for each in (Adjustment.person, Adjustment.requested_by, Adjustment.decided_by)
)


def latest(*, person_id: str | None = None, length: int = 30) -> Sequence[Adjustment]:
    """Those that are decided, the newest first; of one person, or of all."""
    query = select(Adjustment).where(Adjustment.state != AdjustmentState.REQUESTED).order_by(Adjustment.id.desc())
    if person_id is not None:
        query = query.where(Adjustment.person_id == person_id)
    return db.session.scalars(query.options(*_WITH_PEOPLE).limit(length)).all()


def _book(asked: Adjustment, *, actor: Person, now: datetime) -> Adjustment:
    person_id, points = asked.person_id, asked.points
    ledger.hold([person_account(person_id, "available")])
    cause = Cause(CAUSE, asked.id)
    movement = _add(cause, person_id, points, now) if points > 0 else _take(cause, person_id, -points, now)
    asked.state, asked.decided_by_id, asked.decided_at = AdjustmentState.BOOKED, actor.id, now
    asked.transaction_id = movement.id
    db.session.add(asked)
    db.session.flush()
    _trail("points.adjusted", asked, actor=actor, why=asked.reason)
    events.record(PointsAdjusted(person_id, asked.id, points, asked.reason))
    return asked


def _add(cause: Cause, person_id: str, points: int, now: datetime) -> Movement:
    """Out of the programme, not of any season's budget. What the person owes is repaid first."""
    debt = person_account(person_id, "debt")
    repaid = min(points, -ledger.hold([debt])[debt])
    movement = ledger.post(
        f"{cause}:adjust", Kind.ADJUST, cause,
        [
            Posting(program_account("issued"), -points),
            Posting(debt, repaid),
            Posting(person_account(person_id, "available"), points - repaid),
        ],
        now=now, reason="adjusted",
    )  # fmt: skip
    lots.make_lot(movement, person_id, points - repaid, expires_at=expiry_of(now), now=now)
    return movement


def _take(cause: Cause, person_id: str, points: int, now: datetime) -> Movement:
    available = person_account(person_id, "available")
    try:
        movement = ledger.post(
            f"{cause}:adjust", Kind.ADJUST, cause,
            [Posting(available, -points), Posting(program_account("written_off"), points)],
            now=now, reason="adjusted",
        )  # fmt: skip
    except InsufficientPoints:
        raise NotEnoughToTake(ledger.balance(available)) from None
    lots.take(movement, person_id, points)
    return movement


def _done_alone(person: Person, actor: Person, now: datetime) -> int:
    """Points that `actor` added to and took from this person alone of late: many small ones are a large one.

    Leans on the index of `person_id`.
    """
    mine = select(func.coalesce(func.sum(func.abs(Adjustment.points)), 0)).where(
        Adjustment.person_id == person.id, Adjustment.requested_by_id == actor.id,
        Adjustment.state == AdjustmentState.BOOKED, Adjustment.needs_second.is_(False),
        Adjustment.requested_at > now - ALONE_WITHIN,
    )  # fmt: skip
    return int(db.session.scalar(mine) or 0)


def _enough(person_id: str, points: int) -> None:
    available = ledger.balance(person_account(person_id, "available"))
    if available < points:
        raise NotEnoughToTake(available)


def _hold(asked: Adjustment) -> None:
    """What a colleague did to it while we waited for the lock; it is gone when its person was erased."""
    mine = select(Adjustment).where(Adjustment.id == asked.id).with_for_update(of=Adjustment)
    found = db.session.scalar(mine.execution_options(populate_existing=True))
    if found is None or found.state != AdjustmentState.REQUESTED:
        raise AlreadyDecided


def _takes_part(person: Person) -> None:
    """As they are now: who removes or erases them may have been first, and then holds their accounts no more."""
    db.session.refresh(person)
    if person.state in (PersonState.REMOVED, PersonState.ERASED):
        raise PersonGone


def _trail(action: str, asked: Adjustment, *, actor: Person, why: str) -> None:
    audit(
        action, ("points_adjustment", asked.id), actor_id=actor.id, why=why,
        after={"person": asked.person_id, "points": asked.points, "state": asked.state,
               "requested_by": asked.requested_by_id},
    )  # fmt: skip
