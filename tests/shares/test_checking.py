"""The worker's look at a share, over real HTTP: what it sees, what it decides, and what it must not pay for."""

from datetime import timedelta

import pytest

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.jobs import leasing
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import ClaimState
from portal.points.queries import balances
from portal.shares import checking, queries
from portal.shares.jobs import CHECK, RECHECK
from portal.shares.keeping_evidence import digest_of
from portal.shares.models import Evidence, NetworkHost, Outcome, ShareState
from portal.shares.submitting import check_again, submit_share, withdraw
from tests.kernel.local_web import page
from tests.missions.factories import a_claim, a_mission
from tests.shares.conftest import json_page
from tests.shares.factories import a_share, perch_id
from tests.shares.looking import events_of, hand_in, outcomes, reasons, run_until_decided

pytestmark = pytest.mark.usefixtures("app", "now")


def test_a_good_post_is_verified_and_paid_once(perch, ada):
    share = hand_in(ada, perch.publish())
    run_until_decided(share)
    assert share.state == ShareState.VERIFIED
    assert set(outcomes(share).values()) == {Outcome.PASSED}
    assert (balances(ada.id).available, balances(ada.id).pending) == (80, 40)
    assert share.claim.state == ClaimState.FULFILLED
    assert events_of(share) == ["share.verified"]
    seen = queries.latest_evidence(share)
    assert (seen.status, seen.source, seen.digest) == ("readable", "perch_api", digest_of(seen.body))
    jobs.run_due()
    assert perch.reads == [perch.reads[0]]


@pytest.mark.parametrize(
    ("post", "check", "reason"),
    [
        ({"text": "my jacket #MendedWithHollin"}, "disclosed", "missing"),
        ({"text": "Ad: my jacket"}, "link_or_tag", "neither_found"),
        ({"account": "id-bo", "handle": "bo"}, "author", "not_yours"),
        ({"account": "id-new-owner"}, "author", "name_has_another_owner"),
        ({"created_at": "2026-10-01T10:00:00+00:00"}, "posted_after_claim", "older_than_claim"),
        ({"visibility": "followers"}, "reachable", "not_public"),
    ],
)
def test_what_can_be_mended_is_asked_for_and_nothing_is_paid(perch, ada, post, check, reason):
    share = hand_in(ada, perch.publish(**post))
    run_until_decided(share)
    assert (share.state, share.reason_code) == (ShareState.NEEDS_FIX, f"{check}.{reason}")
    assert share.fix_until >= clock.now() + timedelta(hours=48) - timedelta(minutes=20)
    assert balances(ada.id).pending == balances(ada.id).available == 0
    assert events_of(share) == ["share.needs_fix"]


def test_mended_and_checked_again_it_is_verified(perch, ada):
    url = perch.publish("my jacket #MendedWithHollin")
    share = hand_in(ada, url)
    run_until_decided(share)
    perch.publish("Ad: my jacket #MendedWithHollin", post_id=int(url.rpartition("/")[2]))
    with unit_of_work():
        check_again(queries.hold(share), person=ada, now=clock.now())
    assert (share.state, share.check_round) == (ShareState.CHECKING, 2)
    run_until_decided(share)
    assert share.state == ShareState.VERIFIED
    assert balances(ada.id).available == 80


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "\u202e"], ids=ascii)
def test_letters_that_no_database_keeps_stop_no_look(perch, ada, odd):
    """A server of the fan's own may send whatever JSON can spell; the rest of the post counts."""
    url = perch.publish(
        f"Ad: my {odd} jacket #MendedWithHollin", links=[f"https://shop.example/{odd}"],
        author={"id": "id-ada", "handle": "ada", "display_name": f"Ada {odd}", "followers": 12},
    )  # fmt: skip
    share = hand_in(ada, url)
    run_until_decided(share)
    assert share.state == ShareState.VERIFIED
    assert queries.latest_evidence(share).body["text"].startswith("Ad: my ")


def test_a_renamed_account_is_known_by_its_id(perch, ada):
    share = hand_in(ada, perch.publish(handle="ada_of_the_fells"))
    run_until_decided(share)
    assert share.state == ShareState.VERIFIED
    assert "/@ada_of_the_fells/" in share.url


def test_a_short_link_is_followed_to_its_post(perch, ada):
    url = perch.publish()
    share = hand_in(ada, perch.shorten(url))
    assert share.post_key == "perch:short:Ab3dE6g"
    run_until_decided(share)
    assert (share.state, share.url) == (ShareState.VERIFIED, url)
    assert share.post_key == f"perch:{url.rpartition('/')[2]}"


def test_a_short_link_to_a_post_that_counts_already_is_declined(perch, ada):
    url = perch.publish()
    a_share(state=ShareState.VERIFIED, url=url)
    share = hand_in(ada, perch.shorten(url))
    run_until_decided(share)
    assert (share.state, share.reason_code) == (ShareState.REJECTED, "not_used_before.used_by_another")
    assert balances(ada.id).available == 0


def test_of_two_that_turn_out_to_be_one_post_at_the_same_moment_one_counts(perch, ada, monkeypatch):
    url = perch.publish()
    post_key = a_share(state=ShareState.VERIFIED, url=url).post_key
    share = hand_in(ada, perch.shorten(url))
    told, seen = checking._other_share, []

    def told_too_early(share, key):
        seen.append(key)
        return None if key == post_key and seen.count(key) == 1 else told(share, key)

    monkeypatch.setattr(checking, "_other_share", told_too_early)
    run_until_decided(share)
    assert (share.state, share.reason_code) == (ShareState.REJECTED, "not_used_before.used_by_another")
    assert balances(ada.id).available == 0


def test_a_deleted_post_is_failed_only_at_a_second_look(perch, ada):
    url = perch.publish()
    perch.delete(url)
    share = hand_in(ada, url)
    jobs.run_due()
    db.session.refresh(share)
    assert (share.state, reasons(share)["reachable"]) == (ShareState.CHECKING, "gone_once")
    assert outcomes(share)["author"] == Outcome.UNKNOWN
    run_until_decided(share)
    assert (share.state, share.reason_code) == (ShareState.NEEDS_FIX, "reachable.gone")


def test_a_post_that_was_gone_for_a_moment_is_verified_after_all(perch, ada):
    url = perch.publish()
    post_id = int(url.rpartition("/")[2])
    perch.delete(url)
    share = hand_in(ada, url)
    jobs.run_due()
    perch.publish(post_id=post_id)
    assert run_until_decided(share).state == ShareState.VERIFIED


TROUBLES = {
    "login wall": (json_page({"error": "login_required"}, 403), "login_wall"),
    "rate limit": (json_page({}, 429, retry_after="60"), "rate_limited"),
    "server error": (json_page({}, 503), "unreachable"),
    "no JSON": (page(b"<html>consent</html>"), "unexpected"),
    "another shape": (json_page({"id": "1"}), "unexpected"),
    "truncated": (page(b'{"id": "1", "te', content_type="application/json"), "unexpected"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_of_the_network_is_retried_and_then_goes_to_a_person(perch, ada, trouble):
    answer, reason = TROUBLES[trouble]
    url = perch.publish()
    perch.answer(url, answer)
    share = hand_in(ada, url)
    run_until_decided(share)
    assert (share.state, share.reason_code) == (ShareState.NEEDS_REVIEW, "could_not_tell")
    assert (outcomes(share)["reachable"], reasons(share)["reachable"]) == (Outcome.UNKNOWN, reason)
    assert share.decide_by == share.state_changed_at + timedelta(hours=24)
    assert len(perch.reads) == 4
    assert balances(ada.id).available == balances(ada.id).pending == 0


def test_retry_after_is_respected(perch, ada):
    url = perch.publish()
    perch.answer(url, json_page({}, 429, retry_after="600"))
    share = hand_in(ada, url)
    jobs.run_due()
    clock.advance(timedelta(minutes=9))
    jobs.run_due()
    assert len(perch.reads) == 1
    perch.publish(post_id=int(url.rpartition("/")[2]))
    clock.advance(timedelta(minutes=2))
    jobs.run_due()
    db.session.refresh(share)
    assert share.state == ShareState.VERIFIED


def test_a_server_in_trouble_is_left_alone_for_a_while(perch, ada):
    with unit_of_work():
        db.session.add(
            NetworkHost(platform="perch", host="", outages=5, rest_until=clock.now() + timedelta(seconds=50))
        )
    share = hand_in(ada, perch.publish())
    jobs.run_due()
    assert perch.reads == []
    assert run_until_decided(share).state == ShareState.VERIFIED
    assert db.session.get(NetworkHost, ("perch", "")).outages == 0


def test_a_share_taken_back_in_mid_check_stays_taken_back(perch, ada):
    share = hand_in(ada, perch.publish())
    job = db.session.query(jobs.Job).filter_by(kind=CHECK).one()
    lease = leasing.take(job.id)
    record = jobs.handler_of(CHECK).run(lease)
    with unit_of_work():
        withdraw(queries.hold(share), person=ada, now=clock.now())
    with unit_of_work():
        record()
    db.session.refresh(share)
    assert share.state == ShareState.WITHDRAWN
    assert balances(ada.id).available == 0


def test_a_worker_that_outlives_its_lease_pays_nothing_twice(perch, ada):
    share = hand_in(ada, perch.publish())
    job_id = db.session.query(jobs.Job.id).filter_by(kind=CHECK).scalar()
    db.session.commit()
    late = jobs.handler_of(CHECK).run(leasing.take(job_id))
    clock.advance(timedelta(minutes=5))
    assert jobs.run_job(job_id)
    with unit_of_work():
        late()
    db.session.refresh(share)
    assert share.state == ShareState.VERIFIED
    assert balances(ada.id).available == 80
    assert len(queries.changes_of(share)) == 3
    assert db.session.query(Evidence).count() == 1


def test_what_our_own_code_stumbles_over_goes_to_a_person(perch, ada, monkeypatch):
    def stumble(*_args, **_kwargs):
        raise RuntimeError("planted")

    monkeypatch.setattr("portal.shares.checking.look", stumble)
    share = hand_in(ada, perch.publish())
    for _ in range(8):
        jobs.run_due()
        clock.advance(timedelta(hours=2))
    db.session.refresh(share)
    assert (share.state, share.reason_code) == (ShareState.NEEDS_REVIEW, "checks_broke")


def test_nobody_mends_it_in_time(perch, ada):
    share = hand_in(ada, perch.publish("no disclosure #MendedWithHollin"))
    run_until_decided(share)
    clock.advance(share.fix_until - clock.now())
    jobs.run_due()
    db.session.refresh(share)
    assert (share.state, share.reason_code) == (ShareState.REJECTED, "time_ran_out")
    assert share.claim.state == ClaimState.RELEASED


def test_at_the_end_of_the_hold_the_rest_is_paid_if_the_post_still_stands(perch, ada):
    share = run_until_decided(hand_in(ada, perch.publish()))
    clock.advance(timedelta(days=6))
    jobs.run_due()
    assert balances(ada.id).pending == 40
    clock.advance(share.settles_at - clock.now())
    jobs.run_due()
    db.session.refresh(share)
    assert share.state == ShareState.SETTLED
    assert (balances(ada.id).available, balances(ada.id).pending) == (120, 0)


def test_a_post_that_went_away_gets_a_notice_and_a_day_then_its_points_are_taken_back(perch, ada):
    url = perch.publish()
    share = run_until_decided(hand_in(ada, url))
    perch.delete(url)
    clock.advance(share.settles_at - clock.now())
    jobs.run_due()
    db.session.refresh(share)
    assert (share.state, share.missing_since) == (ShareState.VERIFIED, clock.now())
    assert events_of(share) == ["share.verified", "share.post_missing"]
    clock.advance(timedelta(hours=23))
    with unit_of_work():
        jobs.schedule(RECHECK, share.id, {"share": share.id}, due_at=clock.now())
    jobs.run_due()
    db.session.refresh(share)
    assert share.state == ShareState.VERIFIED, "a look in between doesn't cut the day short"
    clock.advance(timedelta(hours=1))
    jobs.run_due()
    db.session.refresh(share)
    assert share.state == ShareState.REVOKED
    assert (balances(ada.id).available, balances(ada.id).pending) == (0, 0)

    perch.publish(post_id=int(url.rpartition("/")[2]))
    with unit_of_work():
        check_again(queries.hold(share), person=ada, now=clock.now())
    jobs.run_due()
    db.session.refresh(share)
    assert share.state == ShareState.VERIFIED
    assert balances(ada.id).available == 80


def test_an_outage_at_the_end_of_the_hold_takes_nothing_and_pays_nothing(perch, ada):
    url = perch.publish()
    share = run_until_decided(hand_in(ada, url))
    perch.answer(url, json_page({}, 503))
    clock.advance(timedelta(days=8))
    jobs.run_due()
    db.session.refresh(share)
    assert (share.state, share.missing_since) == (ShareState.VERIFIED, None)
    assert balances(ada.id).pending == 40


def test_taking_the_disclosure_out_after_payment_counts_as_missing(perch, ada):
    url = perch.publish()
    share = run_until_decided(hand_in(ada, url))
    perch.publish("my jacket #MendedWithHollin", post_id=int(url.rpartition("/")[2]))
    clock.advance(timedelta(days=8))
    jobs.run_due()
    db.session.refresh(share)
    assert share.missing_since == clock.now()


def test_a_link_behind_a_shortener_counts_for_the_fan(perch, ada):
    from portal.links.queries import address_of, link_of_claim

    claim = a_claim(a_mission(required_tag=""), ada)
    link = address_of(link_of_claim(claim.id))
    url = perch.publish("Ad: my jacket", links=[f"{perch.url}/away"], post_id=perch_id())
    perch._pages["/away"] = page(b"", 302, location=link)
    with unit_of_work():
        share = submit_share(claim, person=ada, typed_url=url, now=clock.now())
    run_until_decided(share)
    assert reasons(share)["link_or_tag"] == "link_found"
