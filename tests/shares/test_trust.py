"""Whom a person looks at although every check is content: the rule, the lot, and what looking has found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation.models import Verdict
from portal.points.queries import balances
from portal.shares.models import Share, ShareState
from portal.shares.policies import ALL, verdict_of
from portal.shares.records import LATELY, record_of, sampling_found, second_look_at
from portal.shares.submitting import submit_share, withdraw
from portal.shares.trust import Because, Found, Record, draw_from, second_look, wilson_percent
from portal.shares.verdict import Policy, Sampling
from tests.accounts.factories import a_moderator
from tests.moderation.factories import a_case, a_decision
from tests.shares.factories import a_share
from tests.shares.looking import hand_in, run_until_decided
from tests.shares.test_policies import saved

S = ShareState
EVERY = Sampling(trusted_after=1, sample_percent=100)


@pytest.mark.parametrize(
    ("verified", "declined", "sampling", "draw", "because"),
    [
        (0,  0, Sampling(),                                         0,    Because.CHECKS),
        (0,  0, Sampling(first_reviewed=2),                         9999, Because.NEWCOMER),
        (1,  0, Sampling(first_reviewed=2),                         9999, Because.NEWCOMER),
        (2,  0, Sampling(first_reviewed=2),                         9999, Because.CHECKS),
        (2,  0, Sampling(review_others=True),                       9999, Because.NO_RECORD),
        (3,  0, Sampling(review_others=True),                       9999, Because.CHECKS),
        (9,  1, Sampling(review_others=True),                       9999, Because.NO_RECORD),
        (9,  1, Sampling(sample_percent=100),                       0,    Because.CHECKS),
        (9,  0, Sampling(sample_percent=5),                         499,  Because.SAMPLED),
        (9,  0, Sampling(sample_percent=5),                         500,  Because.CHECKS),
        (9,  0, Sampling(sample_percent=0),                         0,    Because.CHECKS),
        (9,  0, Sampling(sample_percent=100),                       9999, Because.SAMPLED),
    ],
)  # fmt: skip
def test_who_is_looked_at(verified, declined, sampling, draw, because):
    assert second_look(Record(verified, declined), sampling, draw).because is because


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(2, 40, 1.4, 16.5), (0, 10, 0.0, 27.8), (10, 10, 72.2, 100.0), (0, 0, 0.0, 100.0), (50, 100, 40.4, 59.6)],
)
def test_the_range_is_wilsons(hits, total, low, high):
    """Values of the score interval as tables give them (R: binom.confint, method "wilson")."""
    assert wilson_percent(hits, total) == pytest.approx((low, high), abs=0.05)


def test_the_lot_is_even():
    """Of 20,000 posts about 5 % are drawn by a rate of 5 %: within four standard deviations."""
    from hashlib import sha256

    drawn = sum(draw_from(sha256(str(number).encode()).hexdigest()) < 500 for number in range(20_000))
    assert abs(drawn - 1000) < 4 * (20_000 * 0.05 * 0.95) ** 0.5


@pytest.mark.usefixtures("sqlite_app", "now")
def test_the_same_post_draws_the_same_number_however_often_it_is_handed_in(perch, ada):
    url = perch.publish()
    share = hand_in(ada, url)
    policy = Policy(sampling=Sampling(trusted_after=1, sample_percent=50))
    a_share(person=ada, state=S.VERIFIED)
    first, _record = second_look_at(share, policy, now=clock.now())
    with unit_of_work():
        withdraw(share, person=ada, now=clock.now())
    with unit_of_work():
        again = submit_share(share.claim, person=ada, typed_url=url, now=clock.now())
    assert again.id != share.id
    second, _record = second_look_at(again, policy, now=clock.now())
    assert first == second
    other, _record = second_look_at(hand_in(ada, perch.publish()), policy, now=clock.now())
    assert other.draw != first.draw


@pytest.mark.usefixtures("app", "now")
def test_a_sampled_share_goes_to_a_person_before_it_is_paid(perch, ada):
    a_share(person=ada, state=S.VERIFIED)
    before = balances(ada.id).available
    saved(ALL, Policy(sampling=EVERY))
    share = run_until_decided(hand_in(ada, perch.publish("Ad: a mended zip on my oldest bag #MendedWithHollin")))
    assert (share.state, share.reason_code) == (S.NEEDS_REVIEW, "sampled")
    assert balances(ada.id).available == before
    kept = verdict_of(share)
    assert (kept.answer, kept.because, kept.verified_before, kept.sample_percent) == ("verify", "sampled", 1, 100)
    a_decision(a_case(share), moderator=a_moderator())
    db.session.refresh(share)
    assert share.state == S.VERIFIED
    assert balances(ada.id).available == before + 80
    assert sampling_found(clock.now() - timedelta(days=1)) == Found(sampled=1, decided=1, overturned=0)


@pytest.mark.usefixtures("app", "now")
def test_what_sampling_found_counts_answers_that_overturn_the_checks(perch, ada):
    a_share(person=ada, state=S.VERIFIED)
    saved(ALL, Policy(sampling=EVERY))
    words = ("a mended zip on the oldest bag", "new soles under the walking boots", "elbow patches on a green jumper")
    shares = [run_until_decided(hand_in(ada, perch.publish(f"Ad: {each} #MendedWithHollin"))) for each in words]
    assert [share.reason_code for share in shares] == ["sampled"] * 3
    a_decision(a_case(shares[0]), moderator=a_moderator(), verdict=Verdict.DECLINE)
    a_decision(a_case(shares[1]), moderator=a_moderator())
    found = sampling_found(clock.now() - timedelta(days=1))
    assert (found.sampled, found.decided, found.overturned, found.waiting) == (3, 2, 1, 1)
    assert sampling_found(clock.now() - timedelta(days=1), mission_id=shares[2].mission_id).sampled == 1
    assert sampling_found(clock.now() + timedelta(days=1)).sampled == 0


@pytest.mark.usefixtures("sqlite_app", "now")
def test_a_newcomers_first_share_is_looked_at_if_the_policy_says_so(perch, ada):
    saved(ALL, Policy(sampling=Sampling(first_reviewed=1)))
    first = run_until_decided(hand_in(ada, perch.publish()))
    assert (first.state, first.reason_code) == (S.NEEDS_REVIEW, "newcomer")
    a_decision(a_case(first), moderator=a_moderator())
    second = run_until_decided(hand_in(ada, perch.publish("Ad: another thing, a patched tent #MendedWithHollin")))
    assert second.state == S.VERIFIED
    assert balances(ada.id).available == 160


@pytest.mark.usefixtures("sqlite_app", "now")
def test_a_record_forgets_what_is_long_ago_and_what_only_came_too_late():
    share = a_share(state=S.REVOKED)
    person = share.person
    a_share(person=person, state=S.REJECTED)  # its time ran out
    a_share(person=person, state=S.VERIFIED)
    assert record_of(person.id, now=clock.now()) == Record(verified=1, declined_lately=1)
    long_ago = clock.now() - LATELY - timedelta(days=1)
    with unit_of_work():
        db.session.execute(update(Share).where(Share.id == share.id).values(state_changed_at=long_ago))
    assert record_of(person.id, now=clock.now()) == Record(verified=1, declined_lately=0)


def test_what_was_found_is_told_with_how_sure_it_is(sqlite_app, now, client_of, perch, ada):
    moderator = client_of(a_moderator())
    assert "Nobody was sampled in the last 90 days." in moderator.get("/staff/review").text
    a_share(person=ada, state=S.VERIFIED)
    saved(ALL, Policy(sampling=EVERY))
    share = run_until_decided(hand_in(ada, perch.publish()))
    assert "1 was sampled in the last 90 days and waits" in moderator.get("/staff/review").text
    a_decision(a_case(share), moderator=a_moderator(), verdict=Verdict.DECLINE)
    page = moderator.get("/staff/review").text
    assert "1 of 1 sampled" in page
    assert "between 21% and 100%" in page
