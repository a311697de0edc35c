"""Submissions that arrive together: the database decides, and nobody gets an error page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from portal.extensions import db
from portal.missions.models import Claim, ClaimState
from portal.shares.models import Share
from tests.accounts.factories import a_person
from tests.missions.factories import a_claim, a_mission
from tests.shares.factories import perch_id, perch_url

TIMES = 8


def all_at_once(app, calls):
    """Start every call at the same moment, each in a thread of its own; their answers in order."""
    together = Barrier(len(calls))

    def run(call):
        with app.app_context():
            together.wait()
            return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_the_same_submission_many_times_at_once_is_one_share(app, client_of):
    ada = a_person()
    claim = a_claim(person=ada)
    path, url = f"/claims/{claim.id}/share", perch_url(perch_id())
    browsers = [client_of(ada) for _ in range(TIMES)]
    db.session.remove()
    answers = all_at_once(app, [lambda b=b: b.post(path, data={"url": url}) for b in browsers])
    assert [answer.status_code for answer in answers] == [303] * TIMES
    assert len({answer.location for answer in answers}) == 1
    assert db.session.query(Share).count() == 1


def test_one_post_by_many_people_at_once_counts_for_one_of_them(app, client_of):
    mission = a_mission(places_total=TIMES)
    people = [a_person() for _ in range(TIMES)]
    claims = [a_claim(mission, person) for person in people]
    url = perch_url(perch_id())
    paths = [f"/claims/{claim.id}/share" for claim in claims]
    browsers = [client_of(person) for person in people]
    calls = [lambda b=b, p=p: b.post(p, data={"url": url}) for b, p in zip(browsers, paths, strict=True)]
    db.session.remove()
    answers = all_at_once(app, calls)
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * (TIMES - 1)
    assert db.session.query(Share).count() == 1
    assert db.session.query(Claim).filter_by(state=ClaimState.SUBMITTED).count() == 1
