"""Verified shares whose next look is due, as many as wanted, over several servers; written in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import insert, text

from benchmarks.elsewhere import PEOPLE, TEXT
from benchmarks.world import batches, claim_row, columns_of, person_row, share_row
from portal.accounts.models import Handle, Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import Base, new_id
from portal.kernel.jobs.table import Job, JobLane
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.models import Mission
from portal.points.models import Award
from portal.shares.hosts import FEDIVERSE, KNOWN_FOR, lane_of
from portal.shares.keeping_evidence import digest_of
from portal.shares.models import CheckResult, Evidence, NetworkHost, Outcome, Share, ShareState
from portal.shares.recheck_rows import RECHECK
from tests.missions.factories import a_mission

PASSED = {
    "recognised": "recognised", "reachable": "public", "author": "yours", "posted_after_claim": "after_claim",
    "link_or_tag": "tag_found", "disclosed": "clear", "not_used_before": "not_used_before",
}  # fmt: skip
VERIFIED_AGO = timedelta(hours=26)
"""Between the looks after a day and after a week."""
Row = dict[str, Any]


def add_watched(app: Flask, hosts: list[str], count: int, *, complete: int) -> dict[str, str]:
    """Add `count` of them, all due, the servers in turn. Gives the lanes of the jobs that are due first, by their ids.

    The first `complete` have their checks' results and evidence too, which a look reads and finding it doesn't.
    """
    lanes: dict[str, str] = {}
    with app.app_context():
        mission = columns_of(a_mission(platforms=[FEDIVERSE]))
        with unit_of_work():
            now = clock.now()
            missions = [mission | {"id": new_id()} for _ in range(0, count, PEOPLE)]
            people = [person_row(number) for number in range(min(count, PEOPLE))]
            _write(Mission, missions)
            _write(Person, people)
            _write(Handle, [_handle(person["id"], number, hosts, now) for number, person in enumerate(people)])
            _write(NetworkHost, [_known(host, now) for host in hosts])
            _write(JobLane, [{"name": lane_of(FEDIVERSE, host)} for host in hosts])
            for batch in batches(_watched(missions, people, hosts, now)):
                claims, awards, shares, jobs = (list(rows) for rows in zip(*batch, strict=True))
                for table, rows in ((Claim, claims), (Award, awards), (Share, shares), (Job, jobs)):
                    _write(table, rows)
                first = max(0, complete - len(lanes))
                lanes |= {job["id"]: job["lane"] for job in jobs[:first]}
                _write(CheckResult, [row for share in shares[:first] for row in _results(share)])
                _write(Evidence, [_evidence(share) for share in shares[:first]])
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        db.session.remove()
    return lanes


def _write(table: type[Base], rows: list[Row]) -> None:
    if rows:
        db.session.execute(insert(table.__table__), rows)


def _watched(missions: list[Row], people: list[Row], hosts: list[str], now: datetime) -> Iterator[tuple[Row, ...]]:
    at, first_due = now - VERIFIED_AGO, now - timedelta(hours=1)
    first_id = (int(at.timestamp() * 1000) << 16) // PEOPLE * PEOPLE
    for number in range(len(missions) * len(people)):
        mission, place = missions[number // len(people)], number % len(people)
        host, post_id = hosts[place % len(hosts)], first_id + number // len(people) * PEOPLE + place
        claimed_at = at - timedelta(hours=1)
        claim = claim_row(people[place]["id"], mission["id"], ClaimState.FULFILLED, claimed_at) | {"ended_at": at}
        url = f"http://{host}/@member{place}/{post_id}"
        share = share_row(claim, f"{FEDIVERSE}:{host}:{post_id}", ShareState.VERIFIED, at) | {
            "platform": FEDIVERSE, "typed_url": url, "url": url, "settles_at": at + timedelta(days=7),
            "award_id": new_id(),
        }  # fmt: skip
        award = {
            "id": share["award_id"], "cause_kind": "share", "cause_id": share["id"], "person_id": share["person_id"],
            "campaign_id": mission["campaign_id"], "points_now": 80, "points_held": 40, "round": 1, "state": "held",
            "awarded_at": at, "held_until": share["settles_at"],
        }  # fmt: skip
        job = {
            "id": new_id(), "kind": RECHECK, "key": share["id"], "payload": {"share": share["id"]}, "state": "waiting",
            "round": 1, "lane": lane_of(FEDIVERSE, host), "due_at": first_due + timedelta(milliseconds=10 * number),
            "attempts": 0, "created_at": at,
        }  # fmt: skip
        yield claim, award, share, job


def _handle(person_id: str, number: int, hosts: list[str], now: datetime) -> Row:
    host = hosts[number % len(hosts)]
    return {
        "id": new_id(), "person_id": person_id, "platform": FEDIVERSE, "host": host, "name": f"member{number}",
        "external_id": str(number), "profile_url": f"http://{host}/@member{number}", "state": "proved",
        "proof_code": new_id(), "proof_method": "code", "proved_at": now, "added_at": now,
    }  # fmt: skip


def _known(host: str, now: datetime) -> Row:
    return {
        "platform": FEDIVERSE, "host": host, "software": FEDIVERSE, "software_until": now + KNOWN_FOR, "outages": 0,
    }  # fmt: skip


def _results(share: Row) -> Iterator[Row]:
    for check, reason_code in PASSED.items():
        yield {
            "id": new_id(), "share_id": share["id"], "round": 1, "check": check, "outcome": Outcome.PASSED,
            "reason_code": reason_code, "details": {}, "checked_at": share["state_changed_at"],
        }  # fmt: skip


def _evidence(share: Row) -> Row:
    body = {"platform": FEDIVERSE, "text": TEXT, "url": share["url"]}
    return {
        "id": new_id(), "share_id": share["id"], "round": 1, "seen_at": share["state_changed_at"],
        "source": "mastodon_api", "status": "readable", "final_url": share["url"], "digest": digest_of(body),
        "body": body,
    }  # fmt: skip
