"""The rows that bring a verified share to the worker again. What they wait for is one server, so it is their lane."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select

from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.jobs import Job, JobState
from portal.points.models import Award
from portal.shares import hosts
from portal.shares.guide import networks
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.platforms.registry import NotAPost
from portal.shares.recheck_times import Standing, next_look, next_return_look

RECHECK = "recheck_share"


def lane_of(share: Share) -> str:
    """The server that the share is read from."""
    try:
        found = networks().identify(share.url)
    except NotAPost:
        return hosts.lane_of(share.platform, "")
    return hosts.lane_of(found.platform, found.host)


def plan_next_look(share: Share, *, now: datetime) -> None:
    """Make the next look on the schedule due, if there is one. The state was flushed before."""
    due_at = _next_look(share, now)
    if due_at is not None:
        look_at(share, due_at)


def look_at(share: Share, due_at: datetime) -> None:
    """Make a look due then, in turn with the other looks at that server."""
    jobs.schedule(RECHECK, share.id, {"share": share.id}, due_at=due_at, lane=lane_of(share))


def look_now(share: Share, *, now: datetime) -> None:
    """Somebody asks and waits for it: at once, before all that is on the schedule."""
    jobs.schedule(RECHECK, share.id, {"share": share.id}, due_at=now)


def is_looked_at_now(share: Share, *, now: datetime) -> bool:
    """Has somebody asked for a look that did not come yet?"""
    due = select(Job.id).where(
        Job.kind == RECHECK, Job.key == share.id, Job.state == JobState.WAITING, Job.lane.is_(None), Job.due_at <= now
    )
    return db.session.scalar(due) is not None


def grace() -> timedelta:
    """How long a missing post may be brought back."""
    return timedelta(hours=current_app.config["SETTINGS"].grace_hours)


def _next_look(share: Share, now: datetime) -> datetime | None:
    if share.form != ShareForm.POST:  # nothing of it can go away: only its hold has an end
        return share.settles_at if share.state == ShareState.VERIFIED else None
    if share.state == ShareState.REVOKED:
        return next_return_look(share.id, share.state_changed_at, after=now)
    award = db.session.get(Award, share.award_id) if share.award_id else None
    if share.state not in (ShareState.VERIFIED, ShareState.SETTLED) or award is None or share.settles_at is None:
        return None
    standing = Standing(share.id, award.awarded_at, share.settles_at, share.state == ShareState.SETTLED)
    return next_look(standing, after=now, sample_percent=current_app.config["SETTINGS"].recheck_sample_percent)
