"""What the worker does with shares: look at them, look again while points are held, and watch their deadlines."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.shares import checking, judging, queries, rechecking
from portal.shares.checking import Plan, Sight
from portal.shares.checks.running import run_checks
from portal.shares.inviting import still_counts
from portal.shares.keeping_evidence import keep_evidence
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.platforms.registry import NotAPost
from portal.shares.recheck_rows import RECHECK
from portal.shares.submitting import CHECK
from portal.shares.transitions import FIX_DEADLINE, move_share
from portal.shares.verdict import Answer, decide

TRIES_AFTER_ERRORS_MAX = 6
NETWORK_GONE_PAUSE = timedelta(days=1)
"""Until a verified post is tried again whose network the portal doesn't know any more."""


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
    keep_evidence(share, sight, now=now)
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
    """A look at a verified, settled or revoked post: is it still, or again, what was paid for?"""
    share = db.session.get(Share, lease.payload["share"])
    if share is None or share.state not in rechecking.WATCHED:
        end_reading()
        return None
    if share.form != ShareForm.POST:
        end_reading()
        return lambda: settle_unread(lease.payload["share"], now=clock.now())
    try:
        plan = checking.plan_look(share, now=clock.now())
    except NotAPost:
        plan = None
    end_reading()
    if plan is None:
        raise jobs.RetryLater("network_gone", seconds=NETWORK_GONE_PAUSE.total_seconds(), free=True)
    sight = checking.look(plan, current_app.extensions["portal_fetcher"])
    return lambda: _conclude_recheck(plan, sight, now=clock.now())


def settle_unread(share_id: str, *, now: datetime) -> None:
    """What is no post can't go away: when its hold is over it is settled. A revoked one stays as it is."""
    share = _locked(share_id)
    if share is None or share.state != ShareState.VERIFIED or share.settles_at is None:
        return
    if share.settles_at > now:
        jobs.schedule(RECHECK, share.id, {"share": share.id}, due_at=share.settles_at)
    elif share.form == ShareForm.NEWCOMER and not still_counts(share):
        move_share(share, ShareState.REVOKED, actor_id=None, now=now, reason_code="newcomer_share_gone")
    else:
        move_share(share, ShareState.SETTLED, actor_id=None, now=now, reason_code="hold_over")


def _conclude_recheck(plan: Plan, sight: Sight, *, now: datetime) -> None:
    share = _locked(plan.share_id)
    if share is not None and share.state in rechecking.WATCHED and share.check_round == plan.round:
        rechecking.conclude_look(share, plan, sight, now=now)


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
