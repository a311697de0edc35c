"""What became of claims and shares, told to whose they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.events import listens_to
from portal.messages.sending import decision_was_undone
from portal.messages.telling import take_back, tell
from portal.messages.topics import Topic
from portal.missions.events import ClaimExpired, ClaimExpiresSoon
from portal.missions.models import Mission
from portal.points.queries import balances
from portal.shares.events import (
    ShareBonusPaid,
    ShareBonusTakenBack,
    ShareDecisionUndone,
    ShareEvent,
    ShareNeedsFix,
    SharePostBack,
    SharePostMissing,
    ShareRejected,
    ShareRevoked,
    ShareSettled,
    ShareVerified,
    WelcomeTakenBack,
)
from portal.shares.models import Share, ShareChange
from portal.shares.transitions import UNDO_WINDOW, UNDONE

UNDO_SAFETY = timedelta(seconds=5)
"""A decision taken back in the last second of its window is committed before its mail leaves."""

SHARE_TOPICS: dict[str, Topic] = {
    ShareVerified.kind: Topic.SHARE_VERIFIED,
    ShareNeedsFix.kind: Topic.SHARE_NEEDS_FIX,
    ShareRejected.kind: Topic.SHARE_REJECTED,
    ShareRevoked.kind: Topic.SHARE_REVOKED,
    ShareSettled.kind: Topic.POINTS_AVAILABLE,
}


@listens_to(ShareVerified, ShareNeedsFix, ShareRejected, ShareRevoked, ShareSettled, name="messages.tell_of_share")
def tell_of_share(happened: ShareEvent) -> None:
    """In the inbox at once; by mail too, but what a moderator decided waits until it can't be undone any more."""
    change = db.session.get(ShareChange, happened.change_id)
    share = db.session.get(Share, happened.share_id)
    if change is None or share is None or decision_was_undone(happened.change_id):
        return
    if change.reason_code == UNDONE:  # they were told when it was verified, and never of what was taken back
        return
    if isinstance(happened, ShareSettled) and not happened.points:
        return
    details = {
        "share_id": share.id, "mission": share.mission.title, "message": change.message if happened.by_person else None,
        "form": share.form, **_outcome(happened, share),
    }  # fmt: skip
    wait = UNDO_WINDOW + UNDO_SAFETY if happened.by_person else timedelta()
    topic, event_id = SHARE_TOPICS[happened.kind], happened.change_id
    tell(happened.person_id, topic, details, event_id=event_id, now=clock.now(), send_after=change.at + wait)


def _outcome(happened: ShareEvent, share: Share) -> dict[str, Any]:
    """What only this kind of news says; times in ISO 8601."""
    match happened:
        case ShareVerified():
            return {"points_now": happened.points_now, "points_held": happened.points_held}
        case ShareNeedsFix() if share.fix_until is not None:
            return {"fix_until": share.fix_until.isoformat()}
        case ShareRevoked():
            return {"by_person": happened.by_person, "owed": balances(share.person_id).debt}
        case ShareSettled():
            return {"points": happened.points}
        case _:
            return {}


@listens_to(ShareDecisionUndone, name="messages.take_decision_back")
def take_decision_back(happened: ShareDecisionUndone) -> None:
    take_back(happened.person_id, happened.change_id)


@listens_to(SharePostMissing, name="messages.warn_of_missing_post")
def warn_of_missing_post(happened: SharePostMissing) -> None:
    share = db.session.get(Share, happened.share_id)
    if share is None or share.missing_since is None or share.grace_until is None:
        return
    details = {
        "share_id": share.id, "mission": share.mission.title, "back_by": share.grace_until.isoformat(),
        "seen": happened.reason_code,
    }  # fmt: skip
    since = f"{share.id}:{share.missing_since:%Y%m%d%H%M%S}"
    tell(happened.person_id, Topic.POST_MISSING, details, event_id=since, now=clock.now())


@listens_to(SharePostBack, name="messages.tell_of_post_back")
def tell_of_post_back(happened: SharePostBack) -> None:
    mission = db.session.get(Mission, happened.mission_id)
    if mission is not None:
        details = {"share_id": happened.share_id, "mission": mission.title}
        event_id = f"{happened.share_id}:{happened.missing_since}"
        tell(happened.person_id, Topic.POST_BACK, details, event_id=event_id, now=clock.now())


@listens_to(ShareBonusPaid, name="messages.tell_of_bonus")
def tell_of_bonus(happened: ShareBonusPaid) -> None:
    """In the inbox alone: a good post reaches many steps, and nobody asked for a mail each."""
    _tell_of_bonus(happened, Topic.BONUS_PAID, happened.payment)


@listens_to(ShareBonusTakenBack, name="messages.tell_of_bonus_taken_back")
def tell_of_bonus_taken_back(happened: ShareBonusTakenBack) -> None:
    _tell_of_bonus(happened, Topic.BONUS_TAKEN_BACK, happened.change)


@listens_to(WelcomeTakenBack, name="messages.tell_of_welcome_taken_back")
def tell_of_welcome_taken_back(happened: WelcomeTakenBack) -> None:
    """In the inbox alone, as of a bonus; with what is owed by it."""
    mission = db.session.get(Mission, happened.mission_id)
    if mission is not None:
        owed = balances(happened.person_id).debt
        details = {"mission": mission.title, "points": happened.points, "owed": owed}
        event_id = f"welcome:{happened.round}"
        tell(happened.person_id, Topic.WELCOME_TAKEN_BACK, details, event_id=event_id, now=clock.now())


def _tell_of_bonus(happened: ShareBonusPaid | ShareBonusTakenBack, topic: Topic, movement: str) -> None:
    mission = db.session.get(Mission, happened.mission_id)
    if mission is not None:
        details = {"share_id": happened.share_id, "mission": mission.title, "points": happened.points}
        event_id = f"{happened.share_id}:{movement}"
        tell(happened.person_id, topic, details, event_id=event_id, now=clock.now())


@listens_to(ClaimExpiresSoon, name="messages.warn_of_expiry")
def warn_of_expiry(happened: ClaimExpiresSoon) -> None:
    _tell_of_claim(happened, Topic.CLAIM_EXPIRES_SOON, {"expires_at": happened.expires_at})


@listens_to(ClaimExpired, name="messages.tell_of_expiry")
def tell_of_expiry(happened: ClaimExpired) -> None:
    _tell_of_claim(happened, Topic.CLAIM_EXPIRED, {})


def _tell_of_claim(happened: ClaimExpiresSoon | ClaimExpired, topic: Topic, more: dict[str, Any]) -> None:
    mission = db.session.get(Mission, happened.mission_id)
    if mission is not None:
        details = {"mission_id": mission.id, "mission": mission.title, **more}
        tell(happened.person_id, topic, details, event_id=happened.claim_id, now=clock.now())
