"""What we write to people about. The inbox gets everything; e-mail is each person's own choice, by topic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


class Topic(StrEnum):
    WELCOME = "welcome"
    SHARE_VERIFIED = "share_verified"
    SHARE_NEEDS_FIX = "share_needs_fix"
    SHARE_REJECTED = "share_rejected"
    POST_MISSING = "post_missing"
    POST_BACK = "post_back"
    SHARE_REVOKED = "share_revoked"
    BONUS_PAID = "bonus_paid"
    BONUS_TAKEN_BACK = "bonus_taken_back"
    WELCOME_TAKEN_BACK = "welcome_taken_back"
    POINTS_AVAILABLE = "points_available"
    CLAIM_EXPIRES_SOON = "claim_expires_soon"
    CLAIM_EXPIRED = "claim_expired"
    POINTS_EXPIRE_SOON = "points_expire_soon"
    POINTS_EXPIRED = "points_expired"
    POINTS_ADJUSTED = "points_adjusted"
    LOGIN_ENDING = "login_ending"
    REWARD_READY = "reward_ready"
    REWARD_SENT = "reward_sent"
    REWARD_GIVEN_BACK = "reward_given_back"
    REWARD_HELD = "reward_held"
    HOLD_MISSED = "hold_missed"
    LINE_CLOSED = "line_closed"
    WISH_WITHIN_REACH = "wish_within_reach"
    PROBLEM_ANSWERED = "problem_answered"
    LOW_STOCK = "low_stock"
    GUIDELINE_PUBLISHED = "guideline_published"
    TIER_RAISED = "tier_raised"
    TIER_GRACE = "tier_grace"
    TIER_EASED = "tier_eased"
    BADGE_EARNED = "badge_earned"
    THANKS_RECEIVED = "thanks_received"
    THANKS_REMOVED = "thanks_removed"
    THANKS_KEPT = "thanks_kept"
    TEAM_CHANGED = "team_changed"


@dataclass(frozen=True)
class Subject:
    """How a topic is called on the page where people choose, and what they miss without its e-mail."""

    label: LazyString
    meaning: LazyString
    missed: LazyString | None = None
    """What somebody can lose who doesn't hear of it in time."""


BY_MAIL: dict[Topic, Subject] = {
    Topic.SHARE_VERIFIED: Subject(_l("A share is verified"), _l("What you handed in passed, and what it earned.")),
    Topic.SHARE_NEEDS_FIX: Subject(
        _l("A share needs a change"),
        _l("What to change so that it counts."),
        _l("There is a deadline: you have at least 48 hours, then the share is declined."),
    ),
    Topic.SHARE_REJECTED: Subject(_l("A share is declined"), _l("Why, and how to appeal.")),
    Topic.POST_MISSING: Subject(
        _l("A verified post is missing"),
        _l("We can’t find it any more, or it was changed."),
        _l("You have a day to bring it back before its points are taken back."),
    ),
    Topic.SHARE_REVOKED: Subject(
        _l("Points are taken back"), _l("A verified post stayed away or changed, or a person took them back.")
    ),
    Topic.POINTS_AVAILABLE: Subject(_l("Points become available"), _l("A hold is over and you can spend the points.")),
    Topic.POINTS_EXPIRE_SOON: Subject(
        _l("Points expire soon"),
        _l("30 and 7 days before, with what they would buy."),
        _l("What you don’t spend in time is gone."),
    ),
    Topic.POINTS_ADJUSTED: Subject(_l("Points are put right"), _l("By hand, with the reason that the team gives.")),
    Topic.CLAIM_EXPIRES_SOON: Subject(
        _l("A place runs out soon"),
        _l("A reminder before the time for a mission you claimed is over."),
        _l("When the time is over, somebody else can take your place."),
    ),
    Topic.CLAIM_EXPIRED: Subject(_l("A place ran out"), _l("Your place in a mission went back to the others.")),
    Topic.LOGIN_ENDING: Subject(
        _l("A login you lent us ends"),
        _l("Two weeks before it lapses, and when a network no longer takes it."),
        _l("Until you connect it again, a person may have to look at your shares."),
    ),
    Topic.REWARD_READY: Subject(_l("A reward is ready"), _l("Where to find it. The code itself is never in a mail.")),
    Topic.REWARD_SENT: Subject(
        _l("A reward is on its way"), _l("Who brings it, and its tracking number; also when it came back to us.")
    ),
    Topic.REWARD_HELD: Subject(
        _l("A reward is held for you"),
        _l("Something that you waited for is there again."),
        _l("It is held for a day; then the next in line gets it."),
    ),
    Topic.PROBLEM_ANSWERED: Subject(
        _l("Staff answer what is wrong with a reward"), _l("What they did about it, and why.")
    ),
    Topic.LOW_STOCK: Subject(_l("A reward runs out"), _l("For staff: few of it are left, or none.")),
    Topic.REWARD_GIVEN_BACK: Subject(
        _l("A reward’s points come back"), _l("When staff or time ended it, or it could not be had after all, and why.")
    ),
    Topic.GUIDELINE_PUBLISHED: Subject(
        _l("A guideline changed"),
        _l("Only when the rules changed and you are asked to read them."),
        _l("You can’t claim a mission before you have read it."),
    ),
    Topic.TIER_RAISED: Subject(_l("You reach a tier"), _l("Which one, and what it brings.")),
    Topic.TIER_GRACE: Subject(
        _l("A tier is kept for a while"),
        _l("The points of your tier are not there any more, and until when it is kept."),
    ),
    Topic.TIER_EASED: Subject(_l("Your tier changes"), _l("Where you are after the time for which it was kept.")),
}
"""The topics that also go by e-mail, in the order of the page where people choose."""

ALL = "all"
"""In place of a topic: no e-mail at all."""

SHARE_DECISIONS = frozenset({Topic.SHARE_VERIFIED, Topic.SHARE_NEEDS_FIX, Topic.SHARE_REJECTED})
"""Topics that tell of something a moderator can take back within the undo window."""
