"""Notifications for the tests of every room. Each function commits."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any, cast

from portal.accounts.models import Person
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from portal.messages.telling import tell
from portal.messages.topics import Topic

_numbers = count(10_001)  # of one length: names sort as they were made, whatever else this process has run

DETAILS: dict[Topic, dict[str, Any]] = {
    Topic.WELCOME: {},
    Topic.SHARE_VERIFIED: {"share_id": "s", "mission": "Mended things", "points_now": 80, "points_held": 40},
    Topic.SHARE_NEEDS_FIX: {"share_id": "s", "mission": "Mended things", "fix_until": "2026-10-16T17:00:00+00:00"},
    Topic.SHARE_REJECTED: {"share_id": "s", "mission": "Mended things", "message": "Somebody else’s photo."},
    Topic.POST_MISSING: {"share_id": "s", "mission": "Mended things", "back_by": "2026-10-16T17:00:00+00:00"},
    Topic.POST_BACK: {"share_id": "s", "mission": "Mended things"},
    Topic.SHARE_REVOKED: {"share_id": "s", "mission": "Mended things"},
    Topic.BONUS_PAID: {"share_id": "s", "mission": "Mended things", "points": 30},
    Topic.WELCOME_TAKEN_BACK: {"mission": "Bring a friend", "points": 30, "owed": 10},
    Topic.BONUS_TAKEN_BACK: {"share_id": "s", "mission": "Mended things", "points": 30},
    Topic.POINTS_EXPIRE_SOON: {
        "points": 120, "first_at": "2026-11-01T00:00:00+00:00", "last_at": "2026-11-07T00:00:00+00:00", "notice": 2,
        "reward": "Repair kit", "reward_id": "x",
    },
    Topic.POINTS_EXPIRED: {"points": 120},
    Topic.POINTS_ADJUSTED: {"points": -20, "reason": "Counted twice"},
    Topic.TIER_RAISED: {"tier": "Pathfinder", "early_hours": 24, "extra_percent": 10},
    Topic.TIER_GRACE: {"tier": "Pathfinder", "points_missing": 120, "until": "2026-11-16T17:00:00+00:00"},
    Topic.TIER_EASED: {"tier": "Walker", "points_to_next": 120, "next_tier": "Pathfinder"},
    Topic.BADGE_EARNED: {"badge": "first_share", "reason": ""},
    Topic.THANKS_RECEIVED: {"by": "Teo B.", "text": "You lent me your pump.", "public": True, "as_staff": False},
    Topic.THANKS_REMOVED: {"by_you": True, "other": "Teo B.", "reason": "It names a third person"},
    Topic.TEAM_CHANGED: {
        "team": "Wet Socks", "what": "renamed", "before": "Hollin Fellows", "reason": "It sounded like us",
    },
    Topic.THANKS_KEPT: {"reason": "It is friendly as far as we can tell"},
    Topic.POINTS_AVAILABLE: {"share_id": "s", "mission": "Mended things", "points": 1},
    Topic.CLAIM_EXPIRES_SOON: {
        "mission_id": "m", "mission": "Mended things", "expires_at": "2026-10-16T17:00:00+00:00",
    },
    Topic.CLAIM_EXPIRED: {"mission_id": "m", "mission": "Mended things"},
    Topic.LOGIN_ENDING: {
        "handle_id": "h", "network": "TikTok", "name": "ada", "lapses_at": "2026-10-16T17:00:00+00:00",
    },
    Topic.REWARD_READY: {"redemption_id": "r", "reward": "Repair kit"},
    Topic.REWARD_SENT: {"redemption_id": "r", "reward": "Wool hat", "carrier": "DHL", "tracking": "JD014600"},
    Topic.HOLD_MISSED: {"reward_id": "r", "reward": "Wool hat"},
    Topic.LINE_CLOSED: {"reward": "Wool hat"},
    Topic.REWARD_HELD: {"reward_id": "r", "reward": "Wool hat", "until": "2026-10-15T09:14:00+00:00"},
    Topic.WISH_WITHIN_REACH: {"reward_id": "r", "reward": "Wool hat"},
    Topic.PROBLEM_ANSWERED: {"redemption_id": "r", "reward": "Repair kit", "why": "Here is another code"},
    Topic.LOW_STOCK: {"reward_id": "r", "reward": "Repair kit", "left": 5},
    Topic.REWARD_GIVEN_BACK: {"redemption_id": "r", "reward": "Wool hat", "why": "It came back twice"},
    Topic.GUIDELINE_PUBLISHED: {
        "slug": "rules", "guideline": "Rules", "number": 2, "what_changed": "Clearer.", "asked": True,
    },
}  # fmt: skip
"""What each topic is told with."""


def a_notification(
    person: Person, topic: Topic = Topic.CLAIM_EXPIRED, *, event_id: str = "", by_mail: bool = True, **details: Any
) -> Notification:
    """Something that `person` is told, its mail due now."""
    with unit_of_work():
        return tell(
            person.id,
            topic,
            {**DETAILS[topic], **details},
            event_id=event_id or f"event-{next(_numbers)}",
            now=clock.now(),
            by_mail=by_mail,
        )


def letters_in(folder: Path) -> list[EmailMessage]:
    """The mails of an outbox, the oldest first."""
    return [
        cast("EmailMessage", message_from_bytes(path.read_bytes(), policy=policy.default))
        for path in sorted(folder.glob("*.eml"))
    ]


def part(message: EmailMessage, kind: str) -> str:
    """The text of the `plain` or `html` part."""
    body = message.get_body((kind,))
    assert body is not None
    return cast("str", body.get_content())
