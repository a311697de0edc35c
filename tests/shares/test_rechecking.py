"""Looks after payment, with a moved clock over real HTTP: settled, in grace, revoked, back; an outage takes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import current_app

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import unit_of_work
from portal.points import ledger
from portal.points.audit import audit_ledger
from portal.points.models import Kind, Transaction
from portal.points.postings import person_account
from portal.shares import hosts, queries
from portal.shares.jobs import RECHECK
from portal.shares.models import NetworkHost, Share, ShareState
from portal.shares.queries import changes_of
from portal.shares.recheck_rows import look_at
from portal.shares.showing import shown
from portal.shares.submitting import check_again, submit_share
from portal.shares.transitions import IllegalMove
from tests.accounts.factories import a_person, a_proved_handle
from tests.missions.factories import a_claim
from tests.shares.conftest import json_page
from tests.shares.factories import a_share
from tests.shares.watching import DOWN, Watched

pytestmark = pytest.mark.usefixtures("app", "now")

S = ShareState


def problems():
    return audit_ledger()["violations"]


@pytest.fixture
def watched(perch):
    return Watched(perch)


def test_looks_on_the_schedule_pay_nothing_before_the_hold_is_over(watched):
    verified_at = clock.now()
    for at_least, at_most in ((1, 1.25), (24, 27)):
        assert watched.next_look().state == S.VERIFIED
        assert at_least <= (clock.now() - verified_at) / timedelta(hours=1) <= at_most
        assert watched.points == (80, 40, 0)
    assert watched.next_look().state == S.SETTLED
    assert timedelta(days=7) <= clock.now() - verified_at <= timedelta(days=7, hours=1)
    assert watched.points == (120, 0, 0)
    assert watched.looks == 4
    assert problems() == []


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (lambda w: w.perch.delete(w.url), "reachable.gone_once"),
        (lambda w: w.post(visibility="followers"), "reachable.not_public"),
        (lambda w: w.perch.make_private(w.url), "reachable.not_public"),
        (lambda w: w.post("my mended jacket #MendedWithHollin"), "disclosed.missing"),
        (lambda w: w.post("Ad: my mended jacket"), "link_or_tag.neither_found"),
        (lambda w: w.post(account="id-of-somebody-else"), "author.name_has_another_owner"),
    ],
)
def test_broken_before_the_hold_is_over_a_notice_and_a_day_then_all_is_taken_back(watched, happens, code):
    watched.next_look()
    happens(watched)
    share = watched.next_look()
    noticed = clock.now()
    assert (share.state, share.missing_since, share.grace_until) == (S.VERIFIED, noticed, noticed + timedelta(days=1))
    assert share.missing_code == code
    assert watched.points == (80, 40, 0)
    assert watched.due_at == share.grace_until
    share = watched.next_look()
    assert share.state == S.REVOKED
    assert (share.missing_since, share.missing_code, share.grace_until) == (None, None, None)
    assert watched.points == (0, 0, 0)
    assert watched.events == ["verified", "post_missing", "revoked"]
    noted = changes_of(share)[1]
    assert (noted.reason_code, noted.moved, noted.at) == (f"missing:{code}", False, noticed), "it stays on record"
    assert problems() == []


def test_brought_back_within_the_grace_nothing_is_taken_and_the_hold_ends_as_planned(watched):
    settles_at = watched.share.settles_at
    watched.perch.delete(watched.url)
    watched.next_look()
    clock.advance(timedelta(hours=5))
    assert watched.ask().missing_since is not None, "asked, and still gone: the day goes on"
    assert watched.share.grace_until == watched.due_at
    watched.post()
    share = watched.ask()
    assert (share.state, share.missing_since, share.grace_until) == (S.VERIFIED, None, None)
    assert watched.events == ["verified", "post_missing", "post_back"]
    with current_app.test_request_context("/"):
        told = [line["title"] for line in shown(share).timeline]
    assert "A look found it not as it was" in told
    assert told.index("A look found it back as it was") < told.index("A look found it not as it was")
    assert sum("points given" in title for title in told) == 1, "a note of a look pays nothing"
    watched.until_settled()
    assert (watched.share.state, clock.now()) == (S.SETTLED, settles_at)
    assert watched.points == (120, 0, 0)


def test_a_post_edited_again_within_the_rules_is_no_matter(watched):
    watched.post("Ad: my mended jacket, and its hood #MendedWithHollin", edited_at=clock.now().isoformat())
    assert watched.until_settled().state == S.SETTLED
    assert "post_missing" not in watched.events


def test_after_the_hold_what_was_spent_already_becomes_a_debt(watched):
    watched.until_settled()
    with unit_of_work():
        ledger.post(
            "spent", Kind.REDEEM, ledger.Cause("test", "1"),
            [
                ledger.Posting(person_account(watched.ada.id, "available"), -100),
                ledger.Posting("program/redeemed", 100),
            ],
            now=clock.now(),
        )  # fmt: skip
        from portal.points import lots

        movement = db.session.query(Transaction).filter_by(key="spent").one()
        lots.take(movement, watched.ada.id, 100)
    watched.perch.delete(watched.url)
    with unit_of_work():
        jobs.schedule(RECHECK, watched.id, {"share": watched.id}, due_at=clock.now())
    jobs.run_due()
    assert (watched.share.state, watched.share.missing_code) == (S.SETTLED, "reachable.gone_once")
    assert watched.next_look().state == S.REVOKED
    assert watched.points == (0, 0, -100)
    assert problems() == []

    watched.post()
    assert watched.ask().state == S.VERIFIED
    assert watched.points == (0, 40, -20), "what is paid again repays first"
    assert problems() == []


def test_what_was_revoked_is_found_again_by_itself_and_paid_again_once(watched):
    watched.perch.delete(watched.url)
    watched.next_look()
    watched.next_look()
    assert watched.share.state == S.REVOKED
    watched.post()
    assert watched.next_look().state == S.VERIFIED
    assert watched.points == (80, 40, 0)
    assert watched.share.settles_at - clock.now() >= timedelta(days=7), "it has to stay up anew"
    watched.until_settled()
    assert watched.points == (120, 0, 0)
    awards = db.session.query(Transaction).filter_by(kind=Kind.AWARD).order_by(Transaction.posted_at)
    assert [row.key.rpartition(":")[2] for row in awards] == ["1", "2"]
    assert problems() == []


def test_what_stays_away_is_looked_for_twice_and_then_left_alone(watched):
    watched.perch.delete(watched.url)
    for _ in range(4):
        watched.next_look()
    assert (watched.share.state, watched.due_at) == (S.REVOKED, None)


def test_a_verified_post_that_nobody_misses_is_not_looked_at_on_demand(watched):
    with pytest.raises(IllegalMove), unit_of_work():
        check_again(queries.hold(watched.share), person=watched.ada, now=clock.now())


@pytest.mark.parametrize("at", ["before the end of the hold", "in its grace", "after the hold"])
def test_an_outage_never_revokes_and_pays_nothing(watched, at):
    if at == "in its grace":
        watched.perch.delete(watched.url)
        watched.next_look()
    if at == "after the hold":
        watched.until_settled()
        with unit_of_work():
            jobs.schedule(RECHECK, watched.id, {"share": watched.id}, due_at=clock.now() + timedelta(hours=1))
    before, state = watched.points, watched.share.state
    watched.perch.answer(watched.url, DOWN)
    for _ in range(30):
        clock.advance(timedelta(hours=8))
        jobs.run_due()
    assert clock.now() >= watched.share.state_changed_at + timedelta(days=8)
    assert (watched.share.state, watched.points) == (state, before)
    assert "revoked" not in watched.events

    watched.post()
    watched.next_look()
    assert (watched.share.state, watched.share.missing_since) == (S.SETTLED, None)
    assert watched.points == (120, 0, 0)


def test_the_same_look_twice_and_one_by_a_worker_that_outlived_its_lease_count_once(watched):
    """The end of the hold, and the end of the grace."""
    for gone in (False, True):
        if gone:
            watched.perch.delete(watched.url)
            with unit_of_work():
                jobs.schedule(RECHECK, watched.id, {"share": watched.id}, due_at=clock.now())
            jobs.run_due()
        else:
            for _ in range(5):
                if watched.due_at < watched.share.settles_at:
                    watched.next_look()
        clock.advance(watched.due_at - clock.now())
        job = db.session.query(Job).filter_by(kind=RECHECK, key=watched.id).one()
        handler = jobs.handler_of(RECHECK)
        lease = jobs.Lease(job.id, RECHECK, watched.id, dict(job.payload), 1, job.round, "an old one", last_try=False)
        db.session.rollback()
        slow = handler.run(lease)
        jobs.run_due()
        settled = watched.share.state, watched.points, watched.events
        with unit_of_work():
            slow()
        jobs.run_due()
        assert (watched.share.state, watched.points, watched.events) == settled
        assert problems() == []
    assert watched.share.state == S.REVOKED


def test_a_server_in_trouble_is_asked_once_in_a_rest_however_many_shares_it_has(perch, watched):
    others = [a_share(state=S.VERIFIED) for _ in range(12)]
    for share in (watched.share, *others):  # one that answers would end the rest
        perch.answer(share.url, DOWN)
    clock.advance(timedelta(hours=2))
    jobs.run_due()
    resting = db.session.get(NetworkHost, ("perch", ""))
    assert resting.rest_until is not None
    asked = len(perch.reads)
    for _ in range(10):
        clock.advance(timedelta(minutes=1))
        jobs.run_due()
    assert len(perch.reads) - asked <= 5
    for share in others:
        assert db.session.get_one(Share, share.id, populate_existing=True).state == S.VERIFIED


def test_the_rest_a_server_asks_for_holds_its_planned_looks_back_until_it_answers(perch, watched):
    perch.answer(watched.url, json_page({}, 429, retry_after="600"))
    watched.next_look()
    resting = db.session.get(NetworkHost, ("perch", ""))
    assert (resting.outages, resting.rest_until) == (1, clock.now() + timedelta(seconds=600))
    due_at, asked = clock.now(), len(perch.reads)
    with unit_of_work():
        look_at(watched.share, due_at)
    jobs.run_due()
    assert watched.due_at == due_at, "nobody begins a look only to put it off"
    watched.post()
    with unit_of_work():
        hosts.note_answer("perch", "")  # a look that had begun before the rest comes back with the post
    jobs.run_due()
    assert len(perch.reads) == asked + 1


def test_new_submissions_go_before_looks_again(perch, watched):
    for _ in range(5):
        share = a_share(state=S.VERIFIED)
        perch.answer(share.url, json_page({"error": "gone"}, 410))
    clock.advance(timedelta(hours=2))
    cleo = a_person("Cleo")
    a_proved_handle(cleo, name="cleo", external_id="id-cleo")
    claim = a_claim(None, cleo)
    with unit_of_work():
        url = perch.publish("Ad: socks darned twice over #MendedWithHollin", handle="cleo", account="id-cleo")
        new = submit_share(claim, person=cleo, typed_url=url, now=clock.now()).id
    before = len(perch.reads)
    jobs.run_due()
    assert perch.reads[before].rpartition("/")[2] == url.rpartition("/")[2]
    assert db.session.get_one(Share, new, populate_existing=True).state == S.VERIFIED


def test_the_page_of_what_was_taken_back_says_what_was_seen_and_that_a_look_is_being_taken(watched, client_of):
    browser, path = client_of(watched.ada), f"/shares/{watched.id}"
    watched.post("Ad: my mended jacket")
    watched.next_look()
    watched.next_look()
    page = browser.get(path).text
    assert "the link or the tag that the mission asks for is not in it any more" in page
    assert "The post is gone" not in page
    browser.post(f"{path}/check-again")
    assert "We are looking at the post now" in browser.get(path).text
    assert browser.get(f"{path}/checks").status_code == 204
    jobs.run_due()
    assert "We are looking at the post now" not in browser.get(path).text
    assert "HX-Refresh" in browser.get(f"{path}/checks").headers
