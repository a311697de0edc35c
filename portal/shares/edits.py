"""What was edited in a post since it was decided that it counts: nothing else breaks what the post promised.

Rules change without its author: a guideline forbids more, staff watch for another word, a fan moves to another country
or takes an account off the profile. None of that takes back what was paid for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from portal.extensions import db
from portal.shares.checks.finding import Finding
from portal.shares.checks.phrases import says
from portal.shares.models import Evidence, Share, ShareChange, ShareState

CONTENT = ("text", "title", "links", "links_expanded", "media", "paid_label", "relation", "about_key")
AUTHOR = ("author_id", "author_name")
"""The first that is known says whose it is: names move."""
BY_PHRASE = {"no_forbidden_claims": "phrase", "brand_safe": "word"}
"""Checks that fail because of a phrase, and where their finding names it."""

Body = Mapping[str, Any]


def decided_at(share: Share) -> datetime | None:
    """When it was last decided that it counts, by the checks or a person."""
    query = select(ShareChange.at).where(
        ShareChange.share_id == share.id, ShareChange.to_state == ShareState.VERIFIED,
        or_(ShareChange.from_state != ShareChange.to_state, ShareChange.actor_id.is_not(None)),
    )  # fmt: skip
    return db.session.scalar(query.order_by(ShareChange.at.desc()).limit(1))


def decided_on(share: Share) -> Body | None:
    """What was seen of the post when that was decided; None where nothing was, or it was erased."""
    at = decided_at(share)
    if at is None:
        return None
    seen = db.session.scalar(
        select(Evidence).where(Evidence.share_id == share.id, Evidence.status == "readable", Evidence.seen_at <= at)
        .order_by(Evidence.seen_at.desc(), Evidence.id.desc()).limit(1)
    )  # fmt: skip
    return seen.seen if seen is not None else None


def is_by_edit(check: str, finding: Finding, then: Body | None, now: Body) -> bool:
    """Did `check` fail because the post is another one now than it was `then`? Where nobody knows, it did."""
    if then is None:
        return True
    if check in BY_PHRASE:
        return not says(_readable(then), str(finding.details.get(BY_PHRASE[check], "")))
    if check == "author":
        known = next((name for name in AUTHOR if then.get(name) and now.get(name)), None)
        return known is None or then[known] != now[known]
    return any(then.get(name) != now.get(name) for name in CONTENT)


def _readable(body: Body) -> str:
    alts = (str(each.get("alt", "")) for each in body.get("media") or [])
    links = (str(each) for name in ("links", "links_expanded") for each in body.get(name) or [])
    return "\n".join([str(body.get("text") or body.get("title") or ""), *alts, *links])
