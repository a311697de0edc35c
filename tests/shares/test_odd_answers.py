"""What no network documents and any server may answer: nothing of it breaks a look, or keeps one from being written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.accounts.ports import Profile, ProfileUnreadable
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.shares.models import CountSample, Share, ShareState
from portal.shares.platforms import telling
from portal.shares.platforms.fetching import profile_by, reading_by
from portal.shares.platforms.reading import Media, Post, Problem, Trouble
from portal.shares.queries import latest_evidence
from portal.shares.submitting import submit_share
from tests.accounts.factories import a_person, a_proved_handle
from tests.missions.factories import a_claim

S = ShareState
FITTING = "Ad: my mended jacket #MendedWithHollin"


@pytest.fixture
def looked_at(app, now, perch):
    """Hands in what Perch tells, and gives the share after its looks."""

    def hand_in(text: str = FITTING, **changes) -> Share:
        ada = a_person("Ada Fell")
        a_proved_handle(ada, name="ada", external_id="id-ada")
        claim = a_claim(None, ada)
        with unit_of_work():
            share = submit_share(claim, person=ada, typed_url=perch.publish(text, **changes), now=clock.now())
        for _look in range(5):
            jobs.run_due()
            clock.advance(timedelta(seconds=20))
        assert jobs.count_failed() == 0
        return db.session.get_one(Share, share.id, populate_existing=True)

    return hand_in


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "\udfff\ud800"], ids=repr)
def test_letters_that_no_database_keeps_are_replaced(looked_at, odd):
    share = looked_at(f"{FITTING} {odd}", links=[f"https://cairn.example/{odd}"])
    assert share.state == S.VERIFIED
    seen = latest_evidence(share).seen
    for kept, before in ((seen["text"], f"{FITTING} "), (seen["links"][0], "https://cairn.example/")):
        assert kept.startswith(before)
        assert set(kept.removeprefix(before)) == {"\ufffd"}


def test_more_likes_than_anybody_gave_are_not_believed(looked_at):
    share = looked_at(counts={"likes": 2**40, "replies": 2**31 - 1, "reposts": 2**31 - 1, "quotes": 5, "views": 10**30})
    assert share.state == S.VERIFIED
    sample = db.session.query(CountSample).filter_by(share_id=share.id).one()
    assert (sample.likes, sample.comments, sample.shares, sample.views) == (None, 2**31 - 1, 2**31 - 1, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": "0001-01-01T00:00:00+14:00"},
        {"created_at": "9999-12-31T23:59:59-14:00"},
        {"id": float("inf")},
        {"author": {"id": "id\x00ada", "handle": "ada", "followers": 1}},
        {"author": {"id": "i" * 501, "handle": "ada", "followers": 1}},
        {"author": {"id": "id-ada", "handle": "a" * 3000, "followers": 1}},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_what_can_not_be_true_is_an_answer_that_we_do_not_understand(looked_at, changes):
    share = looked_at(**changes)
    assert latest_evidence(share).status == Trouble.UNEXPECTED
    assert share.state in (S.CHECKING, S.NEEDS_REVIEW), "nobody is blamed for it"


def a_post(**changes) -> Post:
    values = {
        "platform": "perch", "host": "", "post_key": "perch:1", "url": "https://perch.example/@ada/1",
        "author_id": "id-ada", "author_name": "ada", "text": "x", "posted_at": None, "visibility": "public",
        "source": "perch_api",
    }  # fmt: skip
    return Post(**values | changes)


@pytest.mark.parametrize("name", ["url", "about_url", "post_key", "about_key", "author_id"])
@pytest.mark.parametrize("value", ["a\x00b", "a\ud800b", "x" * 2001], ids=["nul", "half a pair", "endless"])
def test_an_address_or_a_key_is_kept_as_it_is_or_not_at_all(name, value):
    found = reading_by(lambda: a_post(**{name: value}), source="perch_api", url="https://perch.example/@ada/1")
    assert isinstance(found, Problem)
    assert (found.trouble, found.detail) == (Trouble.UNEXPECTED, "other_shape")


@pytest.mark.parametrize("seconds", [1e18, -1e18, 2**70, float("inf"), float("nan"), "yesterday", None, {}], ids=repr)
def test_a_time_that_no_clock_has_is_an_answer_that_we_do_not_understand(seconds):
    found = reading_by(
        lambda: a_post(posted_at=telling.moment(seconds)), source="reddit_api", url="https://a.example/1"
    )
    assert isinstance(found, Problem)
    assert (found.trouble, found.detail) == (Trouble.UNEXPECTED, "other_shape")


def test_of_a_post_without_end_as_much_is_read_as_anybody_would():
    post = a_post(
        text="x" * 2_000_000, links=tuple(f"https://a.example/{number}" for number in range(5_000)),
        media=tuple(Media(f"https://a.example/{number}.png", "x" * 50_000) for number in range(500)),
    )  # fmt: skip
    assert (len(post.text), len(post.links), len(post.media)) == (100_000, 1_000, 100)
    assert {len(each.alt) for each in post.media} == {5_000}


def test_a_problem_names_what_it_was_told_without_what_can_not_be_kept():
    found = Problem(Trouble.WRONG_NETWORK, "nodeinfo", "https://a.example/\ud800", "mas\x00todon")
    assert (found.url, found.detail) == ("https://a.example/\ufffd", "mas\ufffdtodon")


@pytest.mark.parametrize("external_id", ["10\x0001", "10\ud80001", "1" * 256], ids=["nul", "half a pair", "endless"])
def test_an_account_without_an_id_that_can_be_kept_proves_nothing(external_id):
    with pytest.raises(ProfileUnreadable):
        profile_by(lambda: Profile(external_id, "ada", "cairn-code", 12))


def test_sums_stay_within_what_is_believed():
    assert telling.total(2**31 - 1, 7) == 2**31 - 1
    assert telling.count(2**31) is None
