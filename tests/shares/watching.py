"""A share that was verified, watched while its post stands, goes and comes back."""

from __future__ import annotations

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.events import OutboxEvent
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import unit_of_work
from portal.points import ledger
from portal.points.postings import person_account
from portal.points.queries import balances
from portal.shares import queries
from portal.shares.jobs import RECHECK
from portal.shares.models import Evidence, Share, ShareState
from portal.shares.submitting import check_again, submit_share
from tests.accounts.factories import a_person, a_proved_handle
from tests.missions.factories import a_claim
from tests.shares.conftest import json_page

S = ShareState
TEXT = "Ad: my mended jacket #MendedWithHollin"
DOWN = json_page({}, 503)


class Watched:
    """One share of Ada's on Perch, verified by the checks, and what can happen to its post."""

    def __init__(self, perch):
        self.perch, self.ada = perch, a_person("Ada Fell")
        a_proved_handle(self.ada, name="ada", external_id="id-ada")
        self.url, self.posted_at = perch.publish(TEXT), clock.now().isoformat()
        claim = a_claim(None, self.ada)
        with unit_of_work():
            self.id = submit_share(claim, person=self.ada, typed_url=self.url, now=clock.now()).id
        jobs.run_due()
        assert self.share.state == S.VERIFIED

    @property
    def share(self) -> Share:
        return db.session.get_one(Share, self.id, populate_existing=True)

    @property
    def points(self):
        held = balances(self.ada.id)
        return held.available, held.pending, ledger.balance(person_account(self.ada.id, "debt"))

    @property
    def due_at(self):
        return db.session.query(Job.due_at).filter_by(kind=RECHECK, key=self.id).scalar()

    @property
    def looks(self) -> int:
        return db.session.query(Evidence).filter_by(share_id=self.id).count()

    @property
    def events(self):
        rows = db.session.query(OutboxEvent).order_by(OutboxEvent.id)
        return [row.kind.partition(".")[2] for row in rows if row.payload.get("share_id") == self.id]

    def post(self, text: str = TEXT, **changes):
        self.perch.publish(text, post_id=int(self.url.rpartition("/")[2]), **{"created_at": self.posted_at, **changes})

    def next_look(self) -> Share:
        """Let time pass until the next look on the schedule, and take it."""
        clock.advance(self.due_at - clock.now())
        jobs.run_due()
        return self.share

    def until_settled(self) -> Share:
        for _ in range(5):
            if self.share.state == S.VERIFIED and self.share.missing_since is None:
                self.next_look()
        return self.share

    def ask(self) -> Share:
        with unit_of_work():
            check_again(queries.hold(self.share), person=self.ada, now=clock.now())
        jobs.run_due()
        return self.share
