"""Giving badges and taking them back: earned by a rule or given by hand, held once, gone with what earned them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import events
from portal.kernel.audit import audit
from portal.kernel.base import new_id
from portal.points.ledger import Cause
from portal.recognition.badge_models import HeldBadge
from portal.recognition.badges import all_badges
from portal.recognition.events import BadgeEarned, BadgeTakenBack
from portal.shares.inviting import STANDS
from portal.shares.models import Share

BY_HAND = "staff"
SHOWN_STATES = (PersonState.ACTIVE, PersonState.PAUSED)


class NotByHand(Exception):
    """This badge is earned by its rule, or there is none of that name."""


class NobodysOwn(Exception):
    """Nobody gives a badge to themselves."""


def weigh_badges(person_id: str, *, now: datetime) -> None:
    """Give what the rules say was earned, take back what no longer stands. Safe to repeat."""
    held = {each.badge: each for each in badges_of(person_id)}
    for badge in all_badges().values():
        if badge.cause is None:
            continue
        mine = held.get(badge.code)
        if mine is not None and _stands(mine):
            continue
        cause = badge.cause(person_id, now)
        if mine is None and cause is not None:
            before = _lost_with(person_id, badge.code, cause)
            _give(person_id, badge.code, cause, at=before.awarded_at if before else now, is_news=before is None)
        elif mine is not None and cause is not None:
            mine.cause_kind, mine.cause_id = cause.kind, cause.id  # something else earns it just as well
        elif mine is not None:
            _take(mine, why="", now=now)
    db.session.flush()


def give_by_hand(person: Person, code: str, *, reason: str, actor: Person, now: datetime) -> HeldBadge:
    """Staff give a badge that no program can see; given again, the first one stands.

    Raises NotByHand, NobodysOwn.
    """
    badge = all_badges().get(code)
    if badge is None or badge.cause is not None:
        raise NotByHand
    if person.id == actor.id:
        raise NobodysOwn
    known = next((each for each in badges_of(person.id) if each.badge == code), None)
    given = known or _give(person.id, code, Cause(BY_HAND, actor.id), reason=reason, at=now)
    if known is None:
        audit(
            "badge.given", ("person", person.id), actor_id=actor.id, why=reason,
            after={"badge": code, "held": given.id},
        )  # fmt: skip
    return given


def take_by_hand(held: HeldBadge, *, reason: str, actor: Person, now: datetime) -> None:
    """A badge that was given by hand ends; once it has, nothing happens. Raises NotByHand for an earned one."""
    if held.cause_kind != BY_HAND:
        raise NotByHand
    db.session.refresh(held, with_for_update=True)
    if held.taken_back_at is None:
        _take(held, why=reason, now=now)
        audit(
            "badge.taken_back", ("person", held.person_id), actor_id=actor.id, why=reason,
            before={"badge": held.badge, "held": held.id},
        )  # fmt: skip


def show_to_all(held: HeldBadge) -> str:
    """Make its public page; asked again, the one it has. The address is a secret until its bearer passes it on."""
    made = secrets.token_urlsafe(16)
    db.session.execute(
        update(HeldBadge)
        .where(HeldBadge.id == held.id, HeldBadge.share_token.is_(None), HeldBadge.taken_back_at.is_(None))
        .values(share_token=made),
        execution_options={"synchronize_session": False},
    )
    db.session.refresh(held)
    return held.share_token or ""


def show_no_more(held: HeldBadge) -> None:
    """The public page is gone at once, and its address never comes back."""
    held.share_token = None
    db.session.flush()


def badges_of(person_id: str) -> Sequence[HeldBadge]:
    """What somebody holds, the oldest first. Leans on `a_badge_is_held_once`."""
    mine = HeldBadge.person_id == person_id, HeldBadge.taken_back_at.is_(None)
    return db.session.scalars(select(HeldBadge).where(*mine).order_by(HeldBadge.awarded_at, HeldBadge.id)).all()


def badge_held_by(person_id: str, held_id: str) -> HeldBadge | None:
    """One of somebody's own badges."""
    mine = HeldBadge.id == held_id, HeldBadge.person_id == person_id, HeldBadge.taken_back_at.is_(None)
    return db.session.scalar(select(HeldBadge).where(*mine))


def badge_shown(token: str) -> HeldBadge | None:
    """By its public address; None once its bearer took it back, or left."""
    shown = select(HeldBadge).join(Person).where(HeldBadge.share_token == token, Person.state.in_(SHOWN_STATES))
    return db.session.scalar(shown)


def _lost_with(person_id: str, code: str, cause: Cause) -> HeldBadge | None:
    """The same badge, which went when what earned it was taken back: now that stands again, and its bearer knows.

    Leans on `ix_held_badge_cause`.
    """
    lost = HeldBadge.cause_kind == cause.kind, HeldBadge.cause_id == cause.id, HeldBadge.taken_back_at.is_not(None)
    theirs = select(HeldBadge).where(HeldBadge.person_id == person_id, HeldBadge.badge == code, *lost)
    return db.session.scalars(theirs.order_by(HeldBadge.awarded_at).limit(1)).first()


def _give(
    person_id: str, code: str, cause: Cause, *, at: datetime, reason: str = "", is_news: bool = True
) -> HeldBadge:
    held = HeldBadge(
        id=new_id(), person_id=person_id, badge=code, cause_kind=cause.kind, cause_id=cause.id, reason=reason,
        awarded_at=at,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(held)
    except IntegrityError:  # somebody else gave it at the same moment
        return next(each for each in badges_of(person_id) if each.badge == code)
    if is_news:
        events.record(BadgeEarned(held.id, person_id, code, reason))
    return held


def _take(held: HeldBadge, *, why: str, now: datetime) -> None:
    db.session.refresh(held, with_for_update=True)
    if held.taken_back_at is None:  # not by somebody else meanwhile, who has told it
        held.taken_back_at, held.taken_back_why, held.share_token = now, why, None
        db.session.flush()
        events.record(BadgeTakenBack(held.id, held.person_id, held.badge))


def _stands(held: HeldBadge) -> bool:
    if held.cause_kind != "share":
        return True
    state = db.session.scalar(select(Share.state).where(Share.id == held.cause_id))
    return state in STANDS
