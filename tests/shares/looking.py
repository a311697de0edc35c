"""Handing in, the worker's looks, and what they left behind."""

from __future__ import annotations

from datetime import timedelta

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import OutboxEvent
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.models import Mission
from portal.shares import queries
from portal.shares.models import Share, ShareState
from portal.shares.submitting import submit_share
from tests.missions.factories import a_claim


def hand_in(person: Person, url: str, mission: Mission | None = None) -> Share:
    claim = a_claim(mission, person)
    with unit_of_work():
        return submit_share(claim, person=person, typed_url=url, now=clock.now())


def run_until_decided(share: Share, *, looks_max: int = 8) -> Share:
    """Run the worker and move the clock until the checks have come to an end."""
    for _ in range(looks_max):
        jobs.run_due()
        db.session.refresh(share)
        if share.state not in (ShareState.RECEIVED, ShareState.CHECKING):
            return share
        clock.advance(timedelta(minutes=2))
    return share


def outcomes(share: Share) -> dict[str, str]:
    return {result.check: result.outcome for result in queries.latest_checks(share)}


def reasons(share: Share) -> dict[str, str]:
    return {result.check: result.reason_code for result in queries.latest_checks(share)}


def events_of(share: Share) -> list[str]:
    rows = db.session.query(OutboxEvent).order_by(OutboxEvent.id)
    return [row.kind for row in rows if row.payload.get("share_id") == share.id]
