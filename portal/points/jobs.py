"""What the worker does for the ledger: closes and seals days soon after midnight (UTC), tells of points that expire,
and takes them.
"""

from __future__ import annotations

from datetime import timedelta

from portal.kernel import clock, jobs
from portal.points.closing import close_days, closed_until
from portal.points.expiring import (
    expire_points,
    follow_new_rules,
    people_to_tell,
    people_with_due,
    people_with_points,
    tell_owner,
)
from portal.points.programme import SPREAD
from portal.points.sealing import newest_seal, seal_next_day

SEAL = "seal_ledger_day"
LOOK_AFTER = "look_after_expiry"
TELL, EXPIRE, FOLLOW = "tell_of_expiry", "expire_points", "follow_new_rules"
PEOPLE_AT_ONCE = 500


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


@jobs.every(timedelta(hours=1), "find_expiring_points")
def find_expiring_points(_lease: jobs.Lease) -> None:
    for kind in (TELL, EXPIRE):
        jobs.schedule(LOOK_AFTER, kind, {"kind": kind, "after": ""}, due_at=clock.now())


@jobs.in_transaction(LOOK_AFTER)
def look_after_expiry(lease: jobs.Lease) -> None:
    """A job for each person, some hundreds at a time: no transaction holds more than one person's accounts."""
    now, kind = clock.now(), lease.payload["kind"]
    find = people_to_tell if kind == TELL else people_with_due
    people = find(now, after=lease.payload["after"], limit=PEOPLE_AT_ONCE)
    for person_id in people:
        jobs.schedule(kind, person_id, due_at=now)
    if len(people) == PEOPLE_AT_ONCE:
        jobs.schedule(LOOK_AFTER, kind, {"kind": kind, "after": people[-1]}, due_at=now)


@jobs.in_transaction(SPREAD)
def spread_expiry(lease: jobs.Lease) -> None:
    """New rules were saved for all points: a job for each person who has some."""
    now = clock.now()
    people = people_with_points(after=lease.payload["after"], limit=PEOPLE_AT_ONCE)
    for person_id in people:
        jobs.schedule(FOLLOW, person_id, due_at=now)
    if len(people) == PEOPLE_AT_ONCE:
        jobs.schedule(SPREAD, "all", {"after": people[-1]}, due_at=now)


@jobs.in_transaction(FOLLOW)
def follow(lease: jobs.Lease) -> None:
    follow_new_rules(lease.key)


@jobs.in_transaction(TELL)
def tell_of_expiry(lease: jobs.Lease) -> None:
    tell_owner(lease.key, now=clock.now())


@jobs.in_transaction(EXPIRE)
def expire(lease: jobs.Lease) -> None:
    expire_points(lease.key, now=clock.now())
