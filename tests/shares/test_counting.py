"""Counting all public posts of an account: only with its owner's permission, and nothing but a number is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.handles import lose_proof
from portal.accounts.logins.counting import keep_pace, withdraw_counting
from portal.accounts.logins.granting import allow_counting
from portal.accounts.logins.models import CountingPermission, PublicPace
from portal.accounts.models import Handle, Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.resting import ShareForUs, share_for_us
from portal.shares.guide import networks
from portal.shares.models import KeptAnswer
from portal.shares.platforms.bluesky_reading import BlueskyReader
from portal.shares.platforms.known_hosts import KnownHosts
from portal.shares.platforms.mastodon import Mastodon
from portal.shares.platforms.pace import Account, Pace, Page, count_since
from portal.shares.platforms.reading import Problem
from tests.accounts.factories import a_moderator, a_proved_handle
from tests.kernel.local_web import Answer, a_site, page
from tests.missions.factories import a_mission, a_ready_fan
from tests.servers.mastodon import MastodonServer
from tests.servers.process import free_port
from tests.shares.conftest import ScriptedPerch, fetcher_for, json_page
from tests.shares.factories import a_share

DAY = timedelta(days=1)
COUNTED = "/api/v1/accounts/ada/posts"


@pytest.fixture
def ada(now: datetime, perch: ScriptedPerch) -> Person:
    fan = a_ready_fan(platform="mastodon")  # an account that nobody may count
    a_proved_handle(fan, name="ada")
    return fan


def handle_of(person: Person) -> Handle:
    return db.session.scalars(select(Handle).where(Handle.person_id == person.id, Handle.name == "ada")).one()


def posted(perch: ScriptedPerch, *days_ago: float, account: str = "id-ada") -> None:
    posts = [{"text": "my secret tea", "created_at": (clock.now() - days * DAY).isoformat()} for days in days_ago]
    answered(perch, json_page({"account_id": account, "posts": posts, "next": None}, etag='"1"'))


def answered(perch: ScriptedPerch, answer: Answer) -> None:
    perch._pages[COUNTED] = answer


def allow(person: Person) -> None:
    with unit_of_work():
        allow_counting(handle_of(person), now=clock.now())


def tomorrow() -> None:
    """A day on, the worker does what is due."""
    clock.advance(DAY)
    with unit_of_work():
        jobs.schedule("count_all_public_posts", "", due_at=clock.now())
    jobs.run_due()
    db.session.rollback()


def kept() -> list[tuple[int, bool, datetime]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(
        select(PublicPace.posts_28d, PublicPace.is_at_least, PublicPace.counted_at)
    )]  # fmt: skip


def reads(perch: ScriptedPerch) -> int:
    return sum(path.startswith(COUNTED) for path in perch.reads)


def test_nothing_is_asked_without_permission(app: Flask, ada: Person, perch: ScriptedPerch) -> None:
    posted(perch, 1, 2)
    tomorrow()
    assert (perch.site.paths, kept()) == ([], [])


def test_counted_at_once_and_then_daily_while_it_is_allowed(app: Flask, ada: Person, perch: ScriptedPerch) -> None:
    posted(perch, 1, 2, 27, 29, 200)
    allow(ada)
    jobs.run_due()
    assert kept() == [(3, False, clock.now())]
    posted(perch, 1)
    tomorrow()
    assert kept() == [(1, False, clock.now())]
    assert {column.name for column in PublicPace.__table__.columns} == {
        "handle_id", "posts_28d", "is_at_least", "counted_at",
    }  # fmt: skip
    assert db.session.scalars(select(KeptAnswer)).all() == [], "not even to ask for what changed"


def test_taken_back_the_number_is_gone_and_nothing_is_asked_any_more(
    app: Flask, ada: Person, perch: ScriptedPerch, client_of: Any
) -> None:
    posted(perch, 1)
    allow(ada)
    jobs.run_due()
    asked = reads(perch)
    assert client_of(ada).post(f"/profile/handles/{handle_of(ada).id}/counting/end").status_code == 303
    assert kept() == []
    tomorrow()
    assert (reads(perch), kept()) == (asked, [])


def test_taken_back_while_it_is_read_nothing_is_kept(app: Flask, ada: Person, perch: ScriptedPerch) -> None:
    allow(ada)
    handle = handle_of(ada)
    with unit_of_work():
        withdraw_counting(handle, now=clock.now())
    with unit_of_work():
        assert not keep_pace(handle.id, 7, is_at_least=False, now=clock.now())
    assert kept() == []


def test_an_account_whose_proof_is_lost_is_not_counted(app: Flask, ada: Person, perch: ScriptedPerch) -> None:
    posted(perch, 1)
    allow(ada)
    jobs.run_due()
    asked = reads(perch)
    moderator = a_moderator()
    with unit_of_work():
        lose_proof(handle_of(ada), actor=moderator, reason="It was sold", now=clock.now())
    tomorrow()
    assert (reads(perch), kept()) == (asked, [])


@pytest.mark.parametrize(
    "trouble",
    [
        json_page({"error": "slow down"}, 429, retry_after="60"), page(status=503), json_page({"error": "none"}, 404),
        json_page({"account_id": "id-ada", "posts": "many"}), page(b"<p>Sign in", 200),
        json_page({"account_id": "somebody-else", "posts": [], "next": None}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_leaves_the_older_number_with_its_day(
    sqlite_app: Flask, ada: Person, perch: ScriptedPerch, trouble: Answer, client_of: Any
) -> None:
    posted(perch, 1, 2)
    allow(ada)
    jobs.run_due()
    before, asked = kept(), reads(perch)
    answered(perch, trouble)
    tomorrow()
    assert kept() == before
    assert reads(perch) == asked + 1


def test_no_more_than_three_pages_are_asked_for(sqlite_app: Flask, ada: Person, perch: ScriptedPerch) -> None:
    posts = [{"created_at": clock.now().isoformat()}] * 40
    answered(perch, json_page({"account_id": "id-ada", "posts": posts, "next": "99"}))
    allow(ada)
    jobs.run_due()
    assert kept() == [(120, True, clock.now())]
    assert [path.partition("?")[2] for path in perch.reads] == ["", "before=99", "before=99"]


def test_no_page_is_asked_for_beyond_the_first_that_reaches_far_enough() -> None:
    since = datetime(2026, 10, 1, tzinfo=UTC)

    def pages() -> Iterator[Page]:
        yield Page([since + 2 * DAY, since + DAY], is_last=False)
        yield Page([since + DAY, since - DAY], is_last=False)
        raise AssertionError("asked for too much")

    assert count_since(pages(), since) == Pace(3, is_at_least=False)


def test_a_network_without_such_a_list_is_not_asked(
    sqlite_app: Flask, now: datetime, perch: ScriptedPerch, client_of: Any
) -> None:
    fan = a_ready_fan(platform="linkedin")
    handle = db.session.scalars(select(Handle).where(Handle.person_id == fan.id)).one()
    answer = client_of(fan).post(f"/profile/handles/{handle.id}/counting")
    assert answer.status_code == 409
    assert "nothing to count" in answer.text
    with unit_of_work():  # allowed while it could be counted, before the operator left it to people
        db.session.add(CountingPermission(handle_id=handle.id, granted_at=clock.now()))
    jobs.run_due()
    assert jobs.failed_jobs() == []
    assert "How much you post in all can’t be counted there." in client_of(fan).get("/audience").text
    found = networks().count_posts(fetcher_for(), Account("linkedin", "", "ada", "1"), clock.now())
    assert isinstance(found, Problem)


def test_the_page_says_how_much_was_for_us(
    sqlite_app: Flask, ada: Person, perch: ScriptedPerch, client_of: Any
) -> None:
    browser = client_of(ada)
    handle = handle_of(ada)
    assert f'href="/profile/handles/{handle.id}#counting"' in browser.get("/audience").text
    allow(ada)
    assert "not counted yet" in browser.get("/audience").text
    for _ in range(2):
        a_share(person=ada, mission=a_mission())
    for posts, at_least, said in (
        (16, False, "For us: 2 of about 16 posts in 28 days (12%), counted on"),
        (120, True, "For us: 2 of at least 120 posts in 28 days (2% at most), counted on"),
    ):
        with unit_of_work():
            keep_pace(handle.id, posts, is_at_least=at_least, now=clock.now())
        text = browser.get("/audience").text
        assert said in text
        assert "More than a quarter" not in text
    with unit_of_work():
        keep_pace(handle.id, 4, is_at_least=False, now=clock.now())
    assert "More than a quarter of your posts are for us" in browser.get("/audience").text


@pytest.mark.parametrize(
    ("ours", "everything", "is_at_least", "share"),
    [
        (0, 0, False, None),
        (1, 4, False, ShareForUs(4, 25, is_at_least=False, is_much=False)),
        (2, 7, False, ShareForUs(7, 29, is_at_least=False, is_much=True)),
        (60, 120, True, ShareForUs(120, 50, is_at_least=True, is_much=False)),
        (5, 3, False, ShareForUs(5, 100, is_at_least=False, is_much=True)),  # two were deleted since
    ],
)
def test_the_share(ours: int, everything: int, is_at_least: bool, share: ShareForUs | None) -> None:
    assert share_for_us(ours, everything, is_at_least=is_at_least) == share


def test_mastodons_public_posts_are_counted(mastodon_server: MastodonServer) -> None:
    ada = mastodon_server.add_account(f"ada{free_port()}")
    for number in range(43):
        mastodon_server.post(ada, f"Post {number}", visibility="private" if number == 5 else "public")
    reader = Mastodon(KnownHosts({mastodon_server.host: "mastodon"}), frozenset({mastodon_server.url}))
    account = Account("mastodon", mastodon_server.host, ada.username, ada.id)
    pages = reader.pages_of_posts(fetcher_for(mastodon_server.url), account)
    assert count_since(pages, datetime.now(UTC) - DAY) == Pace(42, is_at_least=False)


def test_blueskys_feed_is_counted_by_when_each_post_reached_followers() -> None:
    at = datetime(2026, 10, 20, tzinfo=UTC)
    feed = [
        {"post": {"indexedAt": "2019-01-01T00:00:00Z"}, "reason": {"indexedAt": at.isoformat()}},
        {"post": {"indexedAt": (at - DAY).isoformat()}},
        {"post": {"indexedAt": (at - 3 * DAY).isoformat()}},
    ]
    with a_site({"/xrpc/app.bsky.feed.getAuthorFeed": json_page({"feed": feed})}) as site:
        reader = BlueskyReader(site.origin, None)  # type: ignore[arg-type]
        pages = reader.pages_of_posts(fetcher_for(site.origin), Account("bluesky", "", "ada.example", "did:plc:7"))
        assert count_since(pages, at - 2 * DAY) == Pace(2, is_at_least=False)
        assert site.paths == ["/xrpc/app.bsky.feed.getAuthorFeed?actor=did%3Aplc%3A7&limit=100"]
