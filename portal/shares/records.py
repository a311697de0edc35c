"""Somebody's record, the draw for their share, and what sampling has found: the reads behind `trust`."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from flask import current_app
from sqlalchemy import Select, bindparam, case, func, select

from portal.extensions import db
from portal.kernel.crypto import Box
from portal.kernel.rows import rows_of
from portal.shares.models import Share, ShareChange, ShareState
from portal.shares.policies import ShareVerdict
from portal.shares.trust import Because, Found, Record, SecondLook, draw_from, second_look
from portal.shares.verdict import Policy

LATELY = timedelta(days=180)
FOUND_SINCE = timedelta(days=90)
"""How far back what sampling found is counted."""
DECIDED = (ShareState.VERIFIED, ShareState.REJECTED, ShareState.NEEDS_FIX)


def record_of(person_id: str, *, now: datetime) -> Record:
    """How their shares ended. Leans on `ix_share_person`."""
    verified = func.sum(case((Share.state.in_((ShareState.VERIFIED, ShareState.SETTLED)), 1), else_=0))
    lately = Share.state_changed_at >= now - LATELY
    declined = (Share.state == ShareState.REJECTED) & (func.coalesce(Share.reason_code, "") != "time_ran_out")
    bad = func.sum(case((lately & (declined | (Share.state == ShareState.REVOKED)), 1), else_=0))
    row = db.session.execute(select(verified, bad).where(Share.person_id == person_id)).one()
    return Record(int(row[0] or 0), int(row[1] or 0))


def second_look_at(share: Share, policy: Policy, *, now: datetime) -> tuple[SecondLook, Record]:
    """Does a person look, and by which record was that decided?"""
    record = record_of(share.person_id, now=now)
    box = Box(current_app.config["SETTINGS"].secret_keys, "sampling")
    # Of the post, not of the share: handing the same one in again draws the same number.
    draw = draw_from(box.digest(f"{share.person_id} {share.mission_id} {share.post_key}"))
    return second_look(record, policy.sampling, draw), record


def sampling_found(since: datetime, *, mission_id: str = "") -> Found:
    """What people found who looked at sampled shares. An answer counts from the round in which the share was sampled.

    Leans on `ix_share_verdict_because`.
    """
    sampled = _sampled()
    if mission_id:
        sampled = sampled.join(Share, Share.id == ShareVerdict.share_id).where(Share.mission_id == mission_id)
    answers = rows_of(sampled, {"since": since}).scalars().all()
    given = [each for each in answers if each is not None]
    return Found(len(answers), len(given), sum(each != ShareState.VERIFIED for each in given))


@cache
def _sampled() -> Select[str | None]:
    """Put together once: every page of the console asks this."""
    answer = (
        select(ShareChange.to_state)
        .where(
            ShareChange.share_id == ShareVerdict.share_id, ShareChange.from_state == ShareState.NEEDS_REVIEW,
            ShareChange.to_state.in_(DECIDED), ShareChange.at >= ShareVerdict.at, ShareChange.actor_id.is_not(None),
        )
        .order_by(ShareChange.at.desc(), ShareChange.id.desc()).limit(1).correlate(ShareVerdict).scalar_subquery()
    )  # fmt: skip
    return (
        select(answer.label("answer"))
        .select_from(ShareVerdict)
        .where(
            ShareVerdict.because == Because.SAMPLED,
            ShareVerdict.at >= bindparam("since", type_=ShareVerdict.at.type),
        )
    )
