"""Disagreeing with a decline: once, and somebody else looks."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.accounts.models import Person
from portal.missions.errors import ClaimRefused
from portal.shares import queries
from portal.shares.models import Share, ShareChange, ShareState
from portal.shares.ports import review_desk
from portal.shares.transitions import Superseded, move_share, note_unmoved

APPEALED = "appealed"
TEXT_LENGTH_MAX = 2000
SUPERSEDED = {
    "post": _l("This post was handed in again since. Appeal there, if you disagree."),
    "claim": _l("You handed in another post for this place. Only one of them can count."),
}


class AppealRefused(Exception):
    """There is nothing to appeal against, it was done before, or the post counts elsewhere by now."""

    status = 409

    def __init__(self, sentence: LazyString) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def may_appeal(share: Share) -> bool:
    """A declined share, or one whose points a person took back, once."""
    against = share.state == ShareState.REJECTED or queries.taken_back_by_person(share)
    return against and not queries.was_appealed(share)


def appeal(share: Share, *, person: Person, text: str, now: datetime) -> ShareChange:
    """Ask for another person's look. The place of a declined share is held again. Raises AppealRefused."""
    taken_back = queries.taken_back_by_person(share)
    if share.state != ShareState.REJECTED and not taken_back:
        raise AppealRefused(_l("Only a declined share can be appealed."))
    if queries.was_appealed(share):
        raise AppealRefused(_l("You appealed once already, and a second person decided. That decision stands."))
    if taken_back:
        due_at = now + timedelta(hours=current_app.config["SETTINGS"].decision_hours)
        review_desk().open_case(share, why=APPEALED, due_at=due_at, appeal_text=text.strip(), now=now)
        return note_unmoved(share, actor_id=person.id, now=now, reason_code=APPEALED, message=text)
    try:
        return move_share(
            share, ShareState.NEEDS_REVIEW, actor_id=person.id, now=now, reason_code=APPEALED, appeal_text=text.strip()
        )
    except Superseded as superseded:
        raise AppealRefused(SUPERSEDED[superseded.by]) from superseded
    except ClaimRefused as refused:
        raise AppealRefused(
            _l("We can’t hold a place for this share again. Write to us, and we will find a way.")
        ) from refused
