"""Who may decide what, how long things last, and what comes first. No database, no clock: data in, answer out."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta

from portal.kernel.access import Role

LEASE = timedelta(minutes=15)
"""How long opening a case keeps it from colleagues; idle, it falls back."""
SOON = timedelta(hours=2)
"""From here on the clock in the queue is amber."""
PUT_OFF_MAX = timedelta(days=7)

LEAD = {"appealed": timedelta(hours=4), "checks_broke": timedelta(hours=1)}
"""How much earlier than it is due a case comes up: where somebody was told no, perhaps wrongly, or where we broke."""


def ranked_at(due_at: datetime, why: str) -> datetime:
    """Where a case stands in the queue: by when it is due, earlier for what weighs more."""
    return due_at - LEAD.get(why, timedelta())


def why_not_theirs(moderator_id: str, *, person_id: str, not_for_id: str | None) -> str | None:
    """Why a moderator may not decide a case: a reason code, or None when they may (PROMISES P-03)."""
    if moderator_id == person_id:
        return "own_share"
    if moderator_id == not_for_id:
        return "own_decision"
    return None


def is_held_by_another(
    moderator_id: str, *, taken_by_id: str | None, taken_until: datetime | None, now: datetime
) -> bool:
    """Does a colleague have it open, under a lease that still runs?"""
    return taken_by_id not in (None, moderator_id) and taken_until is not None and taken_until > now


def may_undo(moderator_id: str, roles: Set[Role], *, decided_by_id: str) -> bool:
    """Who made a decision takes it back, or a manager or admin does."""
    return moderator_id == decided_by_id or bool(roles & {Role.MANAGER, Role.ADMIN})
