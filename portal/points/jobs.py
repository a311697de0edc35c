"""What the worker does for the ledger: closes days soon after midnight (UTC) and seals them one by one."""

from __future__ import annotations

from datetime import timedelta

from portal.kernel import clock, jobs
from portal.points.closing import close_days, closed_until
from portal.points.sealing import newest_seal, seal_next_day

SEAL = "seal_ledger_day"


@jobs.every(timedelta(minutes=15), "close_ledger_days")
def close_ledger_days(_lease: jobs.Lease) -> None:
    """Closing is one transaction and sealing the next: who moves points never waits for hashes to be computed."""
    now = clock.now()
    until, last = close_days(now=now), newest_seal()
    if until is not None and (last is None or last.day < until):
        jobs.schedule(SEAL, "next", due_at=now)


@jobs.in_transaction(SEAL, lease_seconds=600)
def seal_ledger_day(_lease: jobs.Lease) -> None:
    now = clock.now()
    seal = seal_next_day(now=now)
    until = closed_until()
    if seal is not None and until is not None and seal.day < until:
        jobs.schedule(SEAL, "next", due_at=now)
