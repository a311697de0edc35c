"""A post on a network that no program may read: handed in like any other, one look, then a person decides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from portal.accounts.models import HandleState
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation.desk import open_case_of
from portal.moderation.models import Verdict
from portal.points.queries import balances
from portal.shares import queries
from portal.shares.jobs import CHECK
from portal.shares.models import Evidence, Outcome, Share, ShareState
from portal.shares.submitting import submit_share
from tests.accounts.factories import a_fan, a_handle, a_moderator, a_proved_handle
from tests.missions.factories import a_claim, a_mission
from tests.moderation.factories import a_case, a_decision

pytestmark = pytest.mark.usefixtures("now")

POST = "https://www.instagram.com/p/DKx3Yz_a-1B/"


def handed_in(url: str = POST) -> Share:
    fan = a_fan()
    a_proved_handle(fan, platform="perch")
    claim = a_claim(a_mission(platforms=[]), fan)
    with unit_of_work():
        return submit_share(claim, person=fan, typed_url=url, now=clock.now())


def looked_at() -> Share:
    share = handed_in()
    jobs.run_due()
    db.session.refresh(share)
    return share


def test_one_look_and_then_a_person(app: Flask) -> None:
    share = looked_at()

    assert (share.state, share.reason_code) == (ShareState.NEEDS_REVIEW, "could_not_tell")
    assert open_case_of(share.id) is not None
    found = {result.check: result for result in queries.latest_checks(share)}
    assert found["reachable"].reason_code == "no_way"
    assert found["recognised"].outcome == Outcome.PASSED
    assert Outcome.FAILED not in {result.outcome for result in found.values()}
    assert balances(share.person_id).pending == balances(share.person_id).available == 0
    assert [seen.status for seen in db.session.query(Evidence)] == ["no_way"]
    clock.advance(timedelta(hours=1))
    assert jobs.run_due() == 0, "nothing is asked again"


def test_a_person_verifies_it_and_at_the_end_of_the_hold_that_still_counts(app: Flask) -> None:
    share = looked_at()
    a_decision(a_case(share), moderator=a_moderator(), verdict=Verdict.VERIFY)
    assert share.state == ShareState.VERIFIED

    clock.advance(share.settles_at - clock.now())
    jobs.run_due()
    db.session.refresh(share)

    assert (share.state, share.reason_code) == (ShareState.SETTLED, "a_person_saw_it")
    assert balances(share.person_id).pending == 0
    assert balances(share.person_id).available == share.mission.points


def test_the_fan_is_told_before_and_after(sqlite_app: Flask, client_of) -> None:
    fan = a_fan()
    claim = a_claim(a_mission(platforms=[]), fan)
    browser = client_of(fan)

    hint = browser.get(f"/claims/{claim.id}/share", query_string={"url": POST}).text
    assert "A post on Instagram" in hint
    assert "so a person opens your post and decides" in hint
    assert "by @" not in hint

    browser.post(f"/claims/{claim.id}/share", data={"url": POST})
    jobs.run_due()
    share = queries.open_share_of_claim(claim.id)
    page = browser.get(f"/shares/{share.id}").text
    assert "We may not read this post on Instagram without a login there" in page
    assert CHECK not in page


def test_the_moderator_confirms_the_account_where_the_post_is_judged(sqlite_app: Flask, client_of) -> None:
    share = looked_at()
    handle = a_handle(share.person, platform="instagram", name="ada.mends")
    other = a_handle(share.person, platform="perch", name="ada_mends")
    case, browser = a_case(share), client_of(a_moderator())

    page = browser.get(f"/staff/review/{case.id}").text
    assert "Their accounts on Instagram" in page
    assert "@ada.mends" in page
    assert "@ada_mends" not in page
    assert "By the number in its address it was made 12 Jun 2025" in page

    address = f"/staff/review/{case.id}/handles/{handle.id}/confirm"
    refused = browser.post(address, data={f"{handle.id}-reason": "  "})
    assert refused.status_code == 422
    assert "Say how you know." in refused.text
    assert browser.post(f"/staff/review/{case.id}/handles/{other.id}/confirm").status_code == 404

    for _twice in range(2):
        assert browser.post(address, data={f"{handle.id}-reason": "wrote to us from there"}).status_code == 303
    assert (handle.state, handle.proof_reason) == (HandleState.PROVED, "wrote to us from there")


def test_an_account_that_somebody_else_proved_is_not_confirmed(sqlite_app: Flask, client_of) -> None:
    a_proved_handle(a_fan(), platform="instagram", name="ada.mends")
    share = looked_at()
    handle = a_handle(share.person, platform="instagram", name="ada.mends")
    case = a_case(share)

    answer = client_of(a_moderator()).post(
        f"/staff/review/{case.id}/handles/{handle.id}/confirm", data={f"{handle.id}-reason": "wrote to us"}
    )

    assert answer.status_code == 409
    assert "already proved" in answer.text
    assert "wrote to us" in answer.text
    assert handle.state == HandleState.CLAIMED


def test_the_page_of_an_account_says_how_a_person_confirms_it(sqlite_app: Flask, client_of) -> None:
    fan = a_fan()
    handle = a_handle(fan, platform="instagram", name="ada.mends")
    page = client_of(fan).get(f"/profile/handles/{handle.id}").text
    assert "A person confirms this one" in page
    assert handle.proof_code in page
    assert "Look now" not in page
