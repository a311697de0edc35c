"""Ends claims whose time is over, warns before that, opens and closes missions at their moments."""

from __future__ import annotations

from datetime import timedelta

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import record
from portal.missions import queries
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.claims import EXPIRE, WARN, expire_claim, set_deadline
from portal.missions.events import ClaimExpiresSoon
from portal.missions.managing import close_mission, open_mission


@jobs.in_transaction(EXPIRE)
def expire(lease: jobs.Lease) -> None:
    """At a claim's end. One that was handed in or given back meanwhile is left alone; a moved end is waited for."""
    claim = db.session.get(Claim, lease.key)
    if claim is None or claim.state != ClaimState.ACTIVE:
        return
    if claim.expires_at > clock.now():
        set_deadline(claim)
        return
    expire_claim(claim, now=clock.now())


@jobs.in_transaction(WARN)
def warn_of_expiry(lease: jobs.Lease) -> None:
    """Once in a claim's life, while it is still active."""
    claim = db.session.get(Claim, lease.key, with_for_update={"key_share": True})
    if claim is None or claim.state != ClaimState.ACTIVE or claim.warned_at is not None:
        return
    if claim.expires_at <= clock.now():
        return  # too late to warn of it
    claim.warned_at = clock.now()
    record(
        ClaimExpiresSoon(
            claim_id=claim.id, person_id=claim.person_id, mission_id=claim.mission_id,
            expires_at=claim.expires_at.isoformat(),
        )
    )  # fmt: skip


@jobs.every(timedelta(minutes=5), "sweep_claims")
def sweep_claims(_lease: jobs.Lease) -> None:
    """Whatever a lost job left behind: each overdue claim gets its job again, so that one bad row blocks no other."""
    for claim_id in queries.overdue_claims(clock.now()):
        jobs.schedule(EXPIRE, claim_id, due_at=clock.now())


@jobs.every(timedelta(minutes=1), "open_and_close_missions")
def open_and_close_missions(_lease: jobs.Lease) -> None:
    """Scheduled missions open at their moment, any mission closes at its own."""
    now = clock.now()
    for mission in queries.due_to_move(now):
        if mission.closes_at is not None and mission.closes_at <= now:
            close_mission(mission, actor=None, why="its end has come", now=now)
        else:
            open_mission(mission, actor=None, why="its moment has come", now=now)
