"""Badges, thanks and teams, told to those they are about."""

from __future__ import annotations

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.events import listens_to
from portal.messages.telling import take_back, tell
from portal.messages.topics import Topic
from portal.recognition.events import (
    BadgeEarned,
    BadgeTakenBack,
    TeamChanged,
    ThanksGiven,
    ThanksKept,
    ThanksPutBack,
    ThanksRemoved,
    ThanksTakenBack,
)
from portal.recognition.thanks_models import Thanks
from portal.recognition.thanks_queries import shown


@listens_to(BadgeEarned, name="messages.tell_of_badge")
def tell_of_badge(happened: BadgeEarned) -> None:
    details = {"badge": happened.badge, "reason": happened.reason}
    tell(happened.person_id, Topic.BADGE_EARNED, details, event_id=happened.held_id, now=clock.now())


@listens_to(BadgeTakenBack, name="messages.take_badge_back")
def take_badge_back(happened: BadgeTakenBack) -> None:
    """What earned it counts no more, and that was told already: the line about the badge goes, and no more is said."""
    take_back(happened.person_id, happened.held_id)


@listens_to(ThanksGiven, name="messages.tell_of_thanks")
def tell_of_thanks(happened: ThanksGiven) -> None:
    thanks = db.session.get(Thanks, happened.thanks_id)
    if thanks is None or thanks.removed_at is not None:
        return
    [line] = shown([thanks])
    details = {"by": line.giver, "text": thanks.text, "public": thanks.is_public, "as_staff": thanks.as_staff}
    tell(thanks.to_id, Topic.THANKS_RECEIVED, details, event_id=thanks.id, now=clock.now())


@listens_to(ThanksTakenBack, name="messages.take_thanks_back")
def take_thanks_back(happened: ThanksTakenBack) -> None:
    take_back(happened.person_id, happened.thanks_id)


@listens_to(ThanksRemoved, name="messages.tell_of_removed_thanks")
def tell_of_removed_thanks(happened: ThanksRemoved) -> None:
    """The words go out of the inbox; both read why. Who removed it is the team, not a name."""
    thanks = db.session.get(Thanks, happened.thanks_id)
    if thanks is None or thanks.removed_at is None:
        return
    take_back(thanks.to_id, thanks.id)
    [line] = shown([thanks])
    for person_id, by_you, other in ((thanks.from_id, True, line.receiver), (thanks.to_id, False, line.giver)):
        details = {"by_you": by_you, "other": other, "reason": thanks.removed_why}
        tell(person_id, Topic.THANKS_REMOVED, details, event_id=f"{thanks.id}:removed", now=clock.now())


@listens_to(ThanksPutBack, name="messages.tell_of_thanks_again")
def tell_of_thanks_again(happened: ThanksPutBack) -> None:
    """As if nothing had been said of a removal; its receiver has the words again."""
    for person_id in (happened.from_id, happened.person_id):
        take_back(person_id, f"{happened.thanks_id}:removed")
    tell_of_thanks(ThanksGiven(happened.thanks_id, happened.person_id))


@listens_to(ThanksKept, name="messages.tell_of_kept_thanks")
def tell_of_kept_thanks(happened: ThanksKept) -> None:
    details = {"reason": happened.reason}
    tell(happened.person_id, Topic.THANKS_KEPT, details, event_id=f"{happened.thanks_id}:kept", now=clock.now())


@listens_to(TeamChanged, name="messages.tell_of_team")
def tell_of_team(happened: TeamChanged) -> None:
    details = {
        "team": happened.team, "what": happened.what, "before": happened.before, "reason": happened.reason
    }  # fmt: skip
    tell(happened.person_id, Topic.TEAM_CHANGED, details, event_id=happened.change_id, now=clock.now())
