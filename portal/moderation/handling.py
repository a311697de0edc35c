"""Sharing the queue: taking a case, putting it off, handing it to a colleague."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.changing import rows_changed
from portal.moderation import rules
from portal.moderation.errors import (
    AlreadyDecided,
    CaseMoved,
    HandOverRefused,
    NotYours,
    PutOffRefused,
    TakenByColleague,
)
from portal.moderation.kinds import NEEDS
from portal.moderation.models import Case, CaseKind, CaseState, Decision

NOTE_LENGTH_MAX = 500


def take(case: Case, *, moderator: Person, now: datetime, take_over: bool = False) -> Case:
    """Keep the case from colleagues for fifteen minutes; asked again, for fifteen more.

    `take_over`: even though a colleague has it open. Raises TakenByColleague, NotYours, AlreadyDecided or CaseMoved.
    Its version stays: nothing changed that a decision depends on.
    """
    refuse_not_theirs(case, moderator)
    free = or_(Case.taken_by_id.is_(None), Case.taken_by_id == moderator.id, Case.taken_until <= now)
    mine = (
        update(Case)
        .where(Case.id == case.id, Case.state == CaseState.OPEN)
        .values(taken_by_id=moderator.id, taken_until=now + rules.LEASE)
        .execution_options(synchronize_session=False)
    )
    before = case.taken_by_id
    taken = rows_changed(mine if take_over else mine.where(free))
    db.session.refresh(case)
    if taken == 0:
        refuse_closed(case)
        refuse_taken(case, moderator, now)
        raise CaseMoved
    if take_over and before not in (None, moderator.id):
        audit(
            "case.taken_over", ("case", case.id), actor_id=moderator.id, why="asked for by the moderator",
            before={"taken_by": before}, after={"taken_by": moderator.id},
        )  # fmt: skip
    return case


def put_off(case: Case, *, moderator: Person, until: datetime, now: datetime) -> Case:
    """Let it rest until a chosen time, at most a week; the fan's promised moment stays what it is.

    Raises PutOffRefused, TakenByColleague, NotYours, AlreadyDecided or CaseMoved.
    """
    lock(case)
    _refuse(case, moderator, now)
    if not now < until <= now + rules.PUT_OFF_MAX:
        raise PutOffRefused
    before = case.later_until
    case.later_until, case.taken_by_id, case.taken_until = until, None, None
    db.session.flush()
    audit(
        "case.put_off", ("case", case.id), actor_id=moderator.id, why="to be looked at later",
        before={"later_until": _plain(before)}, after={"later_until": _plain(until)},
    )  # fmt: skip
    return case


def hand_over(case: Case, *, moderator: Person, to: Person, note: str, now: datetime) -> Case:
    """Give it to a colleague with a note.

    Raises HandOverRefused, TakenByColleague, NotYours, AlreadyDecided or CaseMoved.
    """
    lock(case)
    _refuse(case, moderator, now)
    theirs = rules.why_not_theirs(to.id, person_id=case.person_id, not_for_id=case.not_for_id) is None
    if to.id == moderator.id or not theirs or NEEDS[CaseKind(case.kind)] not in to.permissions:
        raise HandOverRefused
    before = case.handed_to_id
    case.handed_to_id, case.handed_note = to.id, note.strip()[:NOTE_LENGTH_MAX]
    case.taken_by_id = case.taken_until = case.later_until = None
    db.session.flush()
    audit(
        "case.handed_over", ("case", case.id), actor_id=moderator.id, why=case.handed_note or "without a note",
        before={"handed_to": before}, after={"handed_to": to.id},
    )  # fmt: skip
    return case


def lock(case: Case) -> None:
    """See the case as it is now, and keep it so until the transaction ends."""
    db.session.scalars(
        select(Case).where(Case.id == case.id).with_for_update().execution_options(populate_existing=True)
    ).one()


def refuse_not_theirs(case: Case, moderator: Person) -> None:
    """Raises NotYours."""
    reason = rules.why_not_theirs(moderator.id, person_id=case.person_id, not_for_id=case.not_for_id)
    if reason is not None:
        raise NotYours(reason)


def refuse_closed(case: Case) -> None:
    """Raises AlreadyDecided, naming who and when, or CaseMoved for a case that was dropped."""
    if case.state == CaseState.OPEN:
        return
    decision = decision_in_force(case)
    raise CaseMoved if decision is None else AlreadyDecided(decision.moderator, decision.decided_at)


def refuse_taken(case: Case, moderator: Person, now: datetime) -> None:
    """Raises TakenByColleague while another's lease runs."""
    if case.taken_by is not None and case.taken_until is not None and rules.is_held_by_another(
        moderator.id, taken_by_id=case.taken_by_id, taken_until=case.taken_until, now=now
    ):  # fmt: skip
        raise TakenByColleague(case.taken_by, case.taken_until)


def decision_in_force(case: Case) -> Decision | None:
    """The one decision that was not undone. Leans on `one_decision_in_force`."""
    return db.session.scalar(select(Decision).where(Decision.case_id == case.id, Decision.undone_at.is_(None)))


def _refuse(case: Case, moderator: Person, now: datetime) -> None:
    refuse_closed(case)
    refuse_not_theirs(case, moderator)
    refuse_taken(case, moderator, now)


def _plain(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
