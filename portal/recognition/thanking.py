"""Giving thanks and what becomes of them: hidden by who got them, reported, taken down by staff, taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import events
from portal.kernel.audit import audit
from portal.kernel.base import new_id
from portal.recognition.events import ThanksGiven, ThanksKept, ThanksPutBack, ThanksRemoved, ThanksTakenBack
from portal.recognition.league_models import LeagueChoice
from portal.recognition.naming import watched_in
from portal.recognition.thanks_models import Thanks
from portal.recognition.thanks_rules import A_DAY_MAX, A_DAY_MAX_STAFF, AGAIN_AFTER, DAY, refused_text


class ThanksRefused(Exception):
    """Nothing was sent. `reason_code` is a code of `wording.THANKS_REFUSALS`; `details` goes into its words.

    `wait_until`: from when on it can be tried again, where only time is in the way.
    """

    def __init__(self, reason_code: str, *, wait_until: datetime | None = None, **details: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.wait_until = wait_until
        self.details = details


def thank(giver: Person, to_id: str, text: str, *, is_public: bool, as_staff: bool, now: datetime) -> Thanks:
    """Send `text`; the very same words sent again within a week are the first ones. No points come of it.

    In public only between people who are seen on boards; staff speak for the team, seen or not. The giver's row is
    held, so that nobody outruns the count. Raises ThanksRefused.
    """
    if giver.id == to_id:
        raise ThanksRefused("yourself")
    db.session.get(Person, giver.id, with_for_update=True)
    before = _newest(giver.id, to_id)
    if before is not None and before.given_at > now - AGAIN_AFTER:
        if (before.text, before.is_public, before.removed_at) == (text, is_public, None):
            return before
        raise ThanksRefused("again", wait_until=before.given_at + AGAIN_AFTER)
    _check_people(giver, to_id, is_public=is_public, as_staff=as_staff)
    _check_text(text)
    _check_pace(giver.id, A_DAY_MAX_STAFF if as_staff else A_DAY_MAX, now=now)
    thanks = Thanks(
        id=new_id(), from_id=giver.id, to_id=to_id, text=text, is_public=is_public, as_staff=as_staff, given_at=now,
        seen_by_staff=is_public, removed_why="",
    )  # fmt: skip
    db.session.add(thanks)
    db.session.flush()
    events.record(ThanksGiven(thanks.id, to_id))
    if as_staff:
        audit("thanks.given", ("person", to_id), actor_id=giver.id, why=text, after={"thanks": thanks.id,
              "public": is_public})  # fmt: skip
    return thanks


def why_wait(giver_id: str, to_id: str, *, as_staff: bool, now: datetime) -> ThanksRefused | None:
    """What `thank` would refuse whatever was written, because of what this giver sent lately; None when nothing."""
    before = _newest(giver_id, to_id)
    if before is not None and before.given_at > now - AGAIN_AFTER:
        return ThanksRefused("again", wait_until=before.given_at + AGAIN_AFTER)
    try:
        _check_pace(giver_id, A_DAY_MAX_STAFF if as_staff else A_DAY_MAX, now=now)
    except ThanksRefused as refused:
        return refused
    return None


def take_back(thanks: Thanks) -> None:
    """Its giver unsays it: it is gone, from the wall and from the inbox."""
    events.record(ThanksTakenBack(thanks.id, thanks.to_id))
    db.session.delete(thanks)
    db.session.flush()


def hide(thanks: Thanks, *, now: datetime) -> None:
    """Its receiver wants it on no wall. Safe to repeat."""
    thanks.hidden_at = thanks.hidden_at or now
    db.session.flush()


def show(thanks: Thanks) -> None:
    """Its receiver shows it again. Safe to repeat."""
    thanks.hidden_at = None
    db.session.flush()


def report(thanks: Thanks, *, now: datetime) -> None:
    """Its receiver asks staff to look, and it is on no wall meanwhile. Reported once, it stays reported."""
    if thanks.reported_at is None:
        thanks.reported_at, thanks.seen_by_staff = now, True
    hide(thanks, now=now)


def remove(thanks: Thanks, *, reason: str, actor: Person, now: datetime) -> None:
    """Staff take it down, and tell both. Once it is down, nothing happens."""
    db.session.refresh(thanks, with_for_update=True)
    if thanks.removed_at is None:
        thanks.removed_at, thanks.removed_why, thanks.removed_by_id = now, reason, actor.id
        db.session.flush()
        _audited("thanks.removed", thanks, actor, reason)
        events.record(ThanksRemoved(thanks.id))


def put_back(thanks: Thanks, *, reason: str, actor: Person) -> None:
    """Staff were wrong: it is there again, as if nobody had been told. Once it is back, nothing happens."""
    db.session.refresh(thanks, with_for_update=True)
    if thanks.removed_at is not None:
        thanks.removed_at, thanks.removed_why, thanks.removed_by_id = None, "", None
        db.session.flush()
        _audited("thanks.put_back", thanks, actor, reason)
        events.record(ThanksPutBack(thanks.id, thanks.from_id, thanks.to_id))


def keep(thanks: Thanks, *, reason: str, actor: Person, now: datetime) -> None:
    """Staff looked at a report and leave the thanks as it is; who reported it hears why. Once is enough."""
    db.session.refresh(thanks, with_for_update=True)
    if thanks.reported_at is not None and thanks.answered_at is None and thanks.removed_at is None:
        thanks.answered_at = now
        db.session.flush()
        _audited("thanks.kept", thanks, actor, reason)
        events.record(ThanksKept(thanks.id, thanks.to_id, reason))


def is_seen(person_id: str) -> bool:
    """Does this person want to be seen on boards? Who chose nothing does."""
    return db.session.scalar(select(LeagueChoice.shown).where(LeagueChoice.person_id == person_id)) is not False


def _check_people(giver: Person, to_id: str, *, is_public: bool, as_staff: bool) -> None:
    receiver = db.session.get(Person, to_id)
    if receiver is None or receiver.state != PersonState.ACTIVE:
        raise ThanksRefused("not_here")
    reported = select(Thanks.id).where(
        Thanks.to_id == to_id, Thanks.from_id == giver.id, Thanks.reported_at.is_not(None)
    )  # fmt: skip
    if not as_staff and db.session.scalar(reported.limit(1)) is not None:
        raise ThanksRefused("not_wanted")
    if is_public and not is_seen(to_id):
        raise ThanksRefused("not_publicly")
    if is_public and not as_staff and not is_seen(giver.id):
        raise ThanksRefused("you_are_hidden")


def _check_text(text: str) -> None:
    refused = refused_text(text)
    if refused is not None:
        raise ThanksRefused(refused)
    word = watched_in(text)
    if word is not None:
        raise ThanksRefused("watched", word=word.phrase, reason=word.reason)


def _check_pace(giver_id: str, at_most: int, *, now: datetime) -> None:
    """Leans on `ix_thanks_from`."""
    lately = Thanks.from_id == giver_id, Thanks.given_at > now - DAY
    count, first = db.session.execute(select(func.count(), func.min(Thanks.given_at)).where(*lately)).one()
    if count >= at_most:
        raise ThanksRefused("many", wait_until=first + DAY)


def _newest(giver_id: str, to_id: str) -> Thanks | None:
    both = select(Thanks).where(Thanks.from_id == giver_id, Thanks.to_id == to_id)
    return db.session.scalar(both.order_by(Thanks.given_at.desc()).limit(1))


def _audited(action: str, thanks: Thanks, actor: Person, why: str) -> None:
    audit(action, ("thanks", thanks.id), actor_id=actor.id, why=why, before={"from": thanks.from_id,
          "to": thanks.to_id, "public": thanks.is_public})  # fmt: skip
