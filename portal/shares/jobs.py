"""What the worker does with shares: look at them, look again while points are held, and watch their deadlines."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app

from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.shares import checking, judging, queries
from portal.shares.checking import Plan, Sight
from portal.shares.checks.finding import Finding
from portal.shares.checks.running import run_checks
from portal.shares.events import SharePostMissing
from portal.shares.models import Outcome, Share, ShareState
from portal.shares.platforms.registry import NotAPost
from portal.shares.submitting import CHECK
from portal.shares.transitions import FIX_DEADLINE, RECHECK, move_share
from portal.shares.verdict import NO_WAY, Answer, decide

TRIES_AFTER_ERRORS_MAX = 6
GRACE = timedelta(days=1)
"""Between the notice that a verified post is missing and taking its points back."""
RECHECK_PAUSE = timedelta(hours=1)
HELD_PROMISES = ("recognised", "reachable", "author", "link_or_tag", "mentions", "words", "media", "disclosed")
"""Checks that must still hold when the hold ends; the others were about the moment of submission."""


def _give_up(lease: jobs.Lease) -> None:
    """Our own fault, again and again: a person looks instead of the checks."""
    share = _locked(lease.payload["share"])
    if share is not None and share.state == ShareState.RECEIVED:
        move_share(share, ShareState.CHECKING, actor_id=None, now=clock.now())
    if share is not None and share.state == ShareState.CHECKING:
        move_share(share, ShareState.NEEDS_REVIEW, actor_id=None, now=clock.now(), reason_code="checks_broke")


@jobs.outside(CHECK, tries_max=TRIES_AFTER_ERRORS_MAX, lease_seconds=90, gave_up=_give_up)
def check_share(lease: jobs.Lease) -> jobs.Record | None:
    """Look at the post, ask the checks, and let the verdict decide. An unknown makes the same job due again."""
    with unit_of_work():
        plan = _begin(lease.payload["share"], now=clock.now())
    if plan is None:
        return None
    sight = checking.look(plan, current_app.extensions["portal_fetcher"])
    tries = int(lease.payload["tries"]) + 1
    return lambda: _conclude(plan, sight, tries=tries, now=clock.now())


def _begin(share_id: str, *, now: datetime) -> Plan | None:
    """Show at once what needs no reading. None when there is nothing to check (any more)."""
    share = _locked(share_id)
    if share is None or share.state not in (ShareState.RECEIVED, ShareState.CHECKING):
        return None
    if share.state == ShareState.RECEIVED:
        move_share(share, ShareState.CHECKING, actor_id=None, now=now)
    try:
        plan = checking.plan_look(share, now=now)
    except NotAPost:
        move_share(share, ShareState.NEEDS_REVIEW, actor_id=None, now=now, reason_code="network_gone")
        return None
    if not queries.latest_checks(share):
        checking.write_results(share, run_checks(plan.context), now=now)
    return plan


def _conclude(plan: Plan, sight: Sight, *, tries: int, now: datetime) -> None:
    """Write down what was seen and move on, in the transaction that also ends the job."""
    share = _locked(plan.share_id)
    if share is None or share.state != ShareState.CHECKING or share.check_round != plan.round:
        return  # withdrawn meanwhile, or a worker that was faster finished it
    findings = checking.findings_after(plan, sight, share, now=now)
    checking.write_results(share, findings, now=now)
    checking.keep_evidence(share, sight, now=now)
    checking.note_health(plan.context.identified, sight, now=now)
    checking.keep_prints(share, sight, now=now)
    verdict = decide(findings, tries=tries, patience=checking.patience_for(share.platform), policy=plan.policy)
    if verdict.answer is Answer.TRY_AGAIN:
        pause = checking.pause_before_next(sight, tries=tries, platform=share.platform)
        jobs.schedule(CHECK, share.id, {"share": share.id, "tries": tries}, due_at=now + pause)
    else:
        to, reason_code = judging.outcome(share, verdict, plan.policy, tuple(findings), now=now)
        move_share(share, to, actor_id=None, now=now, reason_code=reason_code)


@jobs.outside(RECHECK, tries_max=20, lease_seconds=90)
def recheck_share(lease: jobs.Lease) -> jobs.Record | None:
    """The hold is over (or a revoked post may be back): is the post still what was paid for?"""
    share = db.session.get(Share, lease.payload["share"])
    if share is None or share.state not in (ShareState.VERIFIED, ShareState.REVOKED):
        end_reading()
        return None
    try:
        plan = checking.plan_look(share, now=clock.now())
    except NotAPost:
        plan = None
    end_reading()
    if plan is None:
        raise jobs.RetryLater("network_gone", seconds=GRACE.total_seconds(), free=True)
    sight = checking.look(plan, current_app.extensions["portal_fetcher"])
    return lambda: _conclude_recheck(plan, sight, now=clock.now())


def _conclude_recheck(plan: Plan, sight: Sight, *, now: datetime) -> None:
    share = _locked(plan.share_id)
    if share is None or share.state not in (ShareState.VERIFIED, ShareState.REVOKED):
        return
    checking.keep_evidence(share, sight, now=now)
    checking.note_health(plan.context.identified, sight, now=now)
    findings = checking.findings_after(plan, sight, share, now=now)
    broken = _broken_promise(share, findings)
    if broken is not None:
        _after_broken(share, f"{broken}.{findings[broken].reason_code}", now=now)
    elif findings["reachable"].outcome == Outcome.PASSED:
        share.missing_since = None
        to = ShareState.SETTLED if share.state == ShareState.VERIFIED else ShareState.VERIFIED
        move_share(share, to, actor_id=None, now=now, reason_code="still_there")
    elif findings["reachable"].reason_code == NO_WAY:
        _keep_what_a_person_saw(share, now=now)
    else:
        jobs.schedule(RECHECK, share.id, {"share": share.id}, due_at=now + RECHECK_PAUSE)
    db.session.flush()


def _keep_what_a_person_saw(share: Share, *, now: datetime) -> None:
    """No program may look, now or later: a person verified it, so what was held for it is paid.

    A revoked one stays revoked: nothing shows that the post is back.
    """
    if share.state == ShareState.VERIFIED:
        share.missing_since = None
        move_share(share, ShareState.SETTLED, actor_id=None, now=now, reason_code="a_person_saw_it")


def _broken_promise(share: Share, findings: dict[str, Finding]) -> str | None:
    """The first check that held when the share was verified and fails now.

    What failed before and was accepted by a person is not held against it.
    """
    held = {result.check for result in queries.latest_checks(share) if result.outcome == Outcome.PASSED}
    if findings["reachable"].reason_code == "gone_once":
        return "reachable"
    return next(
        (
            code
            for code in HELD_PROMISES
            if code in findings and code in held | {"reachable"} and findings[code].outcome == Outcome.FAILED
        ),
        None,
    )


def _after_broken(share: Share, reason_code: str, *, now: datetime) -> None:
    """First a notice and a day to bring it back, then the points are taken back."""
    if share.state == ShareState.REVOKED:
        return
    if share.missing_since is not None and now - share.missing_since >= GRACE:
        move_share(share, ShareState.REVOKED, actor_id=None, now=now, reason_code=reason_code)
        return
    if share.missing_since is None:
        share.missing_since = now
        events.record(
            SharePostMissing(
                share_id=share.id, person_id=share.person_id, mission_id=share.mission_id, reason_code=reason_code
            )
        )
    jobs.schedule(RECHECK, share.id, {"share": share.id}, due_at=share.missing_since + GRACE)


@jobs.in_transaction(FIX_DEADLINE)
def end_of_fixing(lease: jobs.Lease) -> None:
    """Nobody mended it in time: it is declined, kindly, and may be appealed."""
    now = clock.now()
    share = _locked(lease.payload["share"])
    if share is None or share.state != ShareState.NEEDS_FIX or share.fix_until is None:
        return
    if share.fix_until > now:
        jobs.schedule(FIX_DEADLINE, share.id, {"share": share.id}, due_at=share.fix_until)
        return
    move_share(share, ShareState.REJECTED, actor_id=None, now=now, reason_code="time_ran_out")


def _locked(share_id: str) -> Share | None:
    return db.session.get(Share, share_id, with_for_update=True, populate_existing=True)
