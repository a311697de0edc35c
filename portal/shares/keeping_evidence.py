"""Writes down what a look saw: the body once for as long as it stays the same, the figures and digests each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.shares.checking import Sight
from portal.shares.models import CountSample, Evidence, Share
from portal.shares.platforms.reading import Counts, Post

FIGURES = ("counts", "author_followers")
"""Parts of a post that change at each look without anybody editing it."""


def keep_evidence(share: Share, sight: Sight, *, now: datetime) -> Evidence:
    """Keep what was seen, with a digest that outlives its body. The row never changes afterwards."""
    reading = sight.reading
    figures: dict[str, Any] | None = None
    if isinstance(reading, Post):
        body = body_of(reading, sight.links_expanded)
        figures = {name: value for name in FIGURES if (value := body.pop(name, None)) is not None} or None
        status, url = ("readable" if reading.is_public else "not_public"), reading.url
        if reading.counts is not None:
            keep_counts(share, reading.counts, now=now)
    else:
        body = {"trouble": str(reading.trouble), "detail": reading.detail}
        status, url = str(reading.trouble), reading.url
    digest = digest_of(body)
    earlier = _kept_already(share.id, digest)
    evidence = Evidence(
        share_id=share.id, round=share.check_round, seen_at=now, source=reading.source, status=status,
        final_url=url[:2000], digest=digest, body=None if earlier else body, same_as_id=earlier, figures=figures,
        responses=list(sight.responses) or None,
    )  # fmt: skip
    db.session.add(evidence)
    db.session.flush()
    return evidence


def body_of(post: Post, links_expanded: Sequence[str]) -> dict[str, Any]:
    """A post as it is kept, with where its links lead."""
    return post.as_evidence() | {"links_expanded": list(links_expanded)}


def keep_counts(share: Share, counts: Counts, *, now: datetime) -> None:
    """Add a sample, unless the newest one says the same."""
    newest = db.session.scalar(
        select(CountSample).where(CountSample.share_id == share.id).order_by(CountSample.at.desc()).limit(1)
    )
    seen = (counts.likes, counts.comments, counts.shares, counts.views)
    if newest is not None and (
        (newest.likes, newest.comments, newest.shares, newest.views) == seen or newest.at >= now
    ):
        return
    likes, comments, shares, views = seen
    db.session.add(CountSample(share_id=share.id, at=now, likes=likes, comments=comments, shares=shares, views=views))
    db.session.flush()


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of the body as JSON with sorted keys and without blanks, in UTF-8."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _kept_already(share_id: str, digest: str) -> str | None:
    """The row of this share that holds this very body, if it was not erased. Leans on `ix_evidence_share`."""
    return db.session.scalar(
        select(Evidence.id).where(
            Evidence.share_id == share_id, Evidence.digest == digest, Evidence.same_as_id.is_(None),
            Evidence.body.is_not(None),
        ).limit(1)
    )  # fmt: skip
