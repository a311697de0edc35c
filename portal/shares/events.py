"""What happens to shares, as others hear of it. Sent by the transition itself, in its transaction."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.events import Event, event


@dataclass(frozen=True)
class ShareEvent(Event):
    """`by_person`: a moderator decided, so the e-mail waits until the undo window is over."""

    share_id: str
    change_id: str
    """The `ShareChange` that it tells about."""
    person_id: str
    mission_id: str
    by_person: bool


@event("share.verified")
@dataclass(frozen=True)
class ShareVerified(ShareEvent):
    points_now: int
    points_held: int


@event("share.needs_fix")
@dataclass(frozen=True)
class ShareNeedsFix(ShareEvent):
    pass


@event("share.needs_review")
@dataclass(frozen=True)
class ShareNeedsReview(ShareEvent):
    pass


@event("share.rejected")
@dataclass(frozen=True)
class ShareRejected(ShareEvent):
    pass


@event("share.settled")
@dataclass(frozen=True)
class ShareSettled(ShareEvent):
    """The hold is over: the held points are available."""

    points: int


@event("share.post_missing")
@dataclass(frozen=True)
class SharePostMissing(Event):
    """A verified post is gone, private or changed: there is time to bring it back before its points are taken back."""

    share_id: str
    person_id: str
    mission_id: str
    reason_code: str


@event("share.post_back")
@dataclass(frozen=True)
class SharePostBack(Event):
    """A missing post was brought back in time: nothing is taken."""

    share_id: str
    person_id: str
    mission_id: str
    missing_since: str
    """Since when it had been missing, ISO."""


@event("share.bonus_paid")
@dataclass(frozen=True)
class ShareBonusPaid(Event):
    """Steps of a post's bonus were reached and paid."""

    share_id: str
    person_id: str
    mission_id: str
    points: int
    """What was paid now, all steps together."""
    payment: str
    """Tells this payment from others for the same share: the last step, and how often it was paid."""


@event("share.bonus_taken_back")
@dataclass(frozen=True)
class ShareBonusTakenBack(Event):
    """Steps of a post's bonus are no longer reached: the shop took conversions back."""

    share_id: str
    person_id: str
    mission_id: str
    points: int
    """What was taken back now, all steps together."""
    change: str
    """Tells this one from others for the same share: the step that still holds, and the round of what was taken."""


@event("share.welcome_taken_back")
@dataclass(frozen=True)
class WelcomeTakenBack(Event):
    """What a newcomer got for having come went back: their invitation counts no more."""

    person_id: str
    mission_id: str
    points: int
    round: int
    """How often it had been paid."""


@event("share.revoked")
@dataclass(frozen=True)
class ShareRevoked(ShareEvent):
    pass


@event("share.decision_undone")
@dataclass(frozen=True)
class ShareDecisionUndone(Event):
    """A decision was taken back; `change_id` is the change that no longer holds."""

    share_id: str
    change_id: str
    person_id: str
