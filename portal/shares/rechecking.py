"""What a later look at a verified share means: settled, due again, in grace, revoked, or back.

Only what was seen counts. An outage, a login wall or a rate limit says nothing about the post, so it never takes
anything back; it pays nothing either, except where a person verified a post that no look could read in the first place.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app

from portal.extensions import db
from portal.kernel import events
from portal.shares import bonuses, checking, queries
from portal.shares.checking import Plan, Sight
from portal.shares.checks.finding import Finding
from portal.shares.events import SharePostBack, SharePostMissing
from portal.shares.keeping_evidence import keep_evidence
from portal.shares.models import Outcome, Share, ShareState
from portal.shares.noticing import SIGNALS, look_for_signals
from portal.shares.ports import review_desk
from portal.shares.recheck_rows import grace, look_at, plan_next_look
from portal.shares.transitions import move_share
from portal.shares.verdict import NO_WAY

WATCHED = (ShareState.VERIFIED, ShareState.SETTLED, ShareState.REVOKED)
PAUSE_AFTER_UNKNOWN = timedelta(hours=1)
PAUSE_FOR_PERSON = timedelta(hours=6)
"""Between two looks at a share that waits for a person."""
HELD_PROMISES = ("recognised", "reachable", "author", "link_or_tag", "mentions", "words", "media", "disclosed")
"""Checks that must still hold as long as a share is watched; the others were about the moment of submission."""


def conclude_look(share: Share, plan: Plan, sight: Sight, *, now: datetime) -> None:
    """Write down what was seen of a share in one of the states `WATCHED`, and move on. The share's row is held."""
    keep_evidence(share, sight, now=now)
    checking.note_health(plan.context.identified, sight, now=now)
    findings = checking.findings_after(plan, sight, share, now=now)
    broken = broken_promise(share, findings)
    if broken is not None:
        _broken(share, f"{broken}.{findings[broken].reason_code}", now=now)
    elif findings["reachable"].outcome == Outcome.PASSED:
        _stands(share, now=now)
    else:
        _could_not_tell(share, sight, findings["reachable"], now=now)
    db.session.flush()


def broken_promise(share: Share, findings: dict[str, Finding]) -> str | None:
    """The first check that held when the share was verified and fails now.

    What failed before and was accepted by a person is not held against it.
    """
    held = _held(share)
    if findings["reachable"].reason_code == "gone_once":
        return "reachable"
    promised = [code for code in HELD_PROMISES if code in findings and code in held | {"reachable"}]
    return next((code for code in promised if findings[code].outcome == Outcome.FAILED), None)


def end_hold(share: Share, *, now: datetime, reason_code: str) -> None:
    """The hold is over: what was held is paid, with the last steps of the bonus."""
    bonuses.pay(share, now=now)
    move_share(share, ShareState.SETTLED, actor_id=None, now=now, reason_code=reason_code)
    plan_next_look(share, now=now)


def pay_for_clicks(share: Share, *, now: datetime) -> None:
    """Between two looks at the post: what its link brought is paid, unless a person has to weigh it first."""
    if not _waits_for_person(share, now=now):
        bonuses.pay(share, now=now)


def _held(share: Share) -> set[str]:
    return {result.check for result in queries.latest_checks(share) if result.outcome == Outcome.PASSED}


def _stands(share: Share, *, now: datetime) -> None:
    """The post is what was paid for."""
    if share.missing_since is not None:
        events.record(
            SharePostBack(
                share_id=share.id, person_id=share.person_id, mission_id=share.mission_id,
                missing_since=share.missing_since.isoformat(),
            )
        )  # fmt: skip
        share.missing_since = share.missing_code = share.grace_until = None
    if queries.taken_back_by_person(share):
        plan_next_look(share, now=now)  # what a person decided is for a person to change
    elif share.state == ShareState.REVOKED:
        move_share(share, ShareState.VERIFIED, actor_id=None, now=now, reason_code="still_there")
    elif _waits_for_person(share, now=now):
        look_at(share, now + PAUSE_FOR_PERSON)
    elif _hold_is_over(share, now):
        end_hold(share, now=now, reason_code="still_there")
    else:
        db.session.flush()
        bonuses.pay(share, now=now)
        plan_next_look(share, now=now)


def _could_not_tell(share: Share, sight: Sight, reachable: Finding, *, now: datetime) -> None:
    """Asked again, sooner than planned; where no look can ever tell, what a person saw when they verified it holds.

    A revoked one stays revoked: nothing shows that the post is back.
    """
    never_readable = "reachable" not in _held(share) and not checking.is_outage(sight)
    if reachable.reason_code != NO_WAY and not never_readable:
        look_at(share, now + PAUSE_AFTER_UNKNOWN)
    elif _waits_for_person(share, now=now):
        look_at(share, now + PAUSE_FOR_PERSON)
    elif _hold_is_over(share, now):
        end_hold(share, now=now, reason_code="a_person_saw_it")
    else:
        plan_next_look(share, now=now)


def _broken(share: Share, reason_code: str, *, now: datetime) -> None:
    """First a notice and time to bring it back, then the points are taken back."""
    if share.state == ShareState.REVOKED:
        plan_next_look(share, now=now)
        return
    if share.grace_until is not None and share.grace_until <= now:
        move_share(share, ShareState.REVOKED, actor_id=None, now=now, reason_code=reason_code)
        review_desk().drop_case(share, now=now)
        plan_next_look(share, now=now)
        return
    if share.missing_since is None:
        share.missing_since, share.grace_until = now, now + grace()
        events.record(
            SharePostMissing(
                share_id=share.id, person_id=share.person_id, mission_id=share.mission_id, reason_code=reason_code
            )
        )
    share.missing_code = reason_code
    look_at(share, share.grace_until or now)


def _waits_for_person(share: Share, *, now: datetime) -> bool:
    """While its points are held, is something so unusual that a person weighs it first? It stays paid meanwhile."""
    if share.state != ShareState.VERIFIED or not look_for_signals(share, now=now):
        return False
    due_at = now + timedelta(hours=current_app.config["SETTINGS"].decision_hours)
    review_desk().open_case(share, why=SIGNALS, due_at=due_at, appeal_text=None, now=now)
    return True


def _hold_is_over(share: Share, now: datetime) -> bool:
    return share.state == ShareState.VERIFIED and share.settles_at is not None and share.settles_at <= now
