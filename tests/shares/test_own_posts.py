"""Reading with the author's own login: what each network documents, in each state, over real HTTP and TLS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.logins.granting import keep_login
from portal.accounts.logins.models import NetworkLogin
from portal.accounts.logins.network import Grant, Tokens
from portal.accounts.models import Handle, Person
from portal.accounts.network_account import NetworkAccount
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.fetcher import Fetcher, FetchPolicy
from portal.kernel.unit_of_work import unit_of_work
from portal.shares import own_posts, queries
from portal.shares.checks.finding import ProvedHandle
from portal.shares.guide import networks
from portal.shares.models import Evidence, Outcome, ShareState
from portal.shares.platforms.own import instagram, own_readers, threads, tiktok
from portal.shares.platforms.reading import Post, Problem, Relation, Trouble
from portal.shares.platforms.registry import Networks
from portal.shares.platforms.x_reading import _ASKED, ORIGIN
from portal.shares.submitting import submit_share
from tests.accounts.factories import a_fan, a_handle
from tests.conftest import settings_for
from tests.kernel.authority import Authority
from tests.missions.factories import a_claim, a_mission
from tests.servers.mastodon import MastodonServer
from tests.servers.process import free_port
from tests.shares.conftest import NoMemory
from tests.shares.platforms.replay import Exchange, replaying

CODE = "DPabc12-x_Y"
POSTED = "2026-10-14T08:00:00+0000"
URLS = {
    "tiktok": "https://www.tiktok.com/@ada.mends/video/7561234567890123456",
    "instagram": f"https://www.instagram.com/p/{CODE}/",
    "threads": f"https://www.threads.com/@ada.mends/post/{CODE}",
    "x": "https://x.com/ada_mends/status/1978000000000000000",
}
TIKTOK_URL = f"{tiktok.API}/v2/video/query/?fields={quote(tiktok._FIELDS)}"
TIKTOK_ASKED = json.dumps({"filters": {"video_ids": ["7561234567890123456"]}})
VIDEO = {
    "id": "7561234567890123456", "create_time": 1760428800, "title": "Ad: mended",
    "video_description": "Ad: mended, see https://portal.example/l/x #MendedWithHollin", "like_count": 12,
    "comment_count": 3, "share_count": 1, "view_count": 900,
}  # fmt: skip
MEDIA = {
    "id": "1789", "shortcode": CODE, "caption": "Ad: mended #MendedWithHollin", "media_type": "IMAGE",
    "media_url": "https://cdn.example/1.jpg", "permalink": URLS["instagram"], "timestamp": POSTED, "like_count": 7,
    "comments_count": 0,
}  # fmt: skip
THREAD = {
    "id": "1790", "shortcode": CODE, "text": "Ad: mended", "media_type": "TEXT_POST", "timestamp": POSTED,
    "is_quote_post": True, "link_attachment_url": "https://portal.example/l/x",
}  # fmt: skip


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def answered(method: str, url: str, content: Any, *, status: int = 200, body: str = "", **headers: str) -> Exchange:
    return Exchange(
        method, url, status, json.dumps(content).encode(), {"Content-Type": "application/json", **headers},
        {"Authorization": "Bearer the-key"}, body,
    )  # fmt: skip


def videos(*found: dict[str, Any], status: int = 200, error: str = "ok") -> list[Exchange]:
    content = {"data": {"videos": list(found)}, "error": {"code": error}}
    return [answered("POST", TIKTOK_URL, content, status=status, body=TIKTOK_ASKED)]


def listed(network: Any, path: str, *pages: list[dict[str, Any]], status: int = 200) -> list[Exchange]:
    """Pages of an account's posts, each with the cursor of the next one."""
    exchanges = []
    for number, posts in enumerate(pages):
        after = {"after": f"cursor-{number}"} if number else {}
        asked = urlencode({"fields": network._FIELDS, "limit": "50", **after})
        last = number == len(pages) - 1
        paging = {"cursors": {"after": f"cursor-{number + 1}"}} | ({} if last else {"next": "https://next.example/"})
        content = {"data": posts, "paging": paging}
        exchanges.append(answered("GET", f"{network.API}{path}?{asked}", content, status=status))
    return exchanges


def media(*pages: list[dict[str, Any]], status: int = 200) -> list[Exchange]:
    return listed(instagram, "/me/media", *pages, status=status)


def a_lent_login(platform: str, *, host: str = "", name: str = "ada.mends", token: str = "the-key") -> ProvedHandle:
    """A fan who proved an account by lending its login."""
    fan = a_fan()
    handle = a_handle(fan, platform=platform, host=host, name=name)
    account = NetworkAccount(platform, host, name, "id-ada", f"https://{platform}.example/@{name}")
    with unit_of_work():
        keep_login(fan, handle, Grant(account, Tokens(token)), network=platform, now=clock.now())
    return ProvedHandle(platform, host, name, "id-ada")


def read(platform: str, exchanges: list[Exchange], authority: Authority, *, url: str = "") -> Post | Problem:
    """What one look sees, with that login and nothing else that answers."""
    handle = a_lent_login(platform, name="ada_mends" if platform == "x" else "ada.mends")
    found = networks().identify(url or URLS[platform])
    with replaying(exchanges, authority) as replay:
        return own_posts.read_post(replay.fetcher, found, [handle])


def test_every_network_that_lends_logins_is_read_with_them() -> None:
    assert set(own_readers()) == {"mastodon", "tiktok", "instagram", "threads", "x"}


def test_a_video_on_tiktok(sqlite_app: Flask, authority: Authority) -> None:
    post = read("tiktok", videos(VIDEO), authority)
    assert isinstance(post, Post), post
    assert (post.author_id, post.author_name, post.source) == ("id-ada", "ada.mends", "tiktok_own")
    assert post.text == VIDEO["video_description"]
    assert post.posted_at == datetime.fromtimestamp(1760428800, UTC)
    assert post.links == ("https://portal.example/l/x",)
    assert post.counts is not None
    assert (post.counts.likes, post.counts.views) == (12, 900)
    assert post.is_public


def test_a_post_on_instagram_that_stands_further_back(sqlite_app: Flask, authority: Authority) -> None:
    other = MEDIA | {"shortcode": "other", "permalink": "https://www.instagram.com/p/other/"}
    post = read("instagram", media([other] * 3, [MEDIA]), authority)
    assert isinstance(post, Post), post
    assert (post.author_id, post.text) == ("id-ada", MEDIA["caption"])
    assert post.posted_at == datetime(2026, 10, 14, 8, tzinfo=UTC)
    assert [each.url for each in post.media] == ["https://cdn.example/1.jpg"]


def test_a_post_on_threads(sqlite_app: Flask, authority: Authority) -> None:
    post = read("threads", listed(threads, "/v1.0/me/threads", [THREAD]), authority)
    assert isinstance(post, Post), post
    assert (post.relation, post.links, post.counts) == (Relation.QUOTE, ("https://portal.example/l/x",), None)


@pytest.mark.parametrize(
    ("exchanges", "trouble", "ends"),
    [
        (media([]), Trouble.GONE, False),
        (media([MEDIA | {"shortcode": "other", "permalink": ""}]), Trouble.GONE, False),
        (media([], status=401), Trouble.NO_WAY, True),
        (media([], status=429), Trouble.RATE_LIMITED, False),
        (media([], status=500), Trouble.UNREACHABLE, False),
        (media(*[[MEDIA | {"shortcode": "other", "permalink": ""}]] * 6), Trouble.NO_WAY, False),
        (media([{"shortcode": CODE}]), Trouble.NO_WAY, False),
        ([], Trouble.UNREACHABLE, False),
    ],
    ids=["no posts", "another post", "key refused", "too often", "down", "too far back", "other shape", "no server"],
)
def test_where_nothing_is_public(
    sqlite_app: Flask, authority: Authority, exchanges: list[Exchange], trouble: Trouble, ends: bool
) -> None:
    """Only its author's own list says that a post is gone; an outage is tried again; all else is for a person."""
    problem = read("instagram", exchanges, authority)
    assert isinstance(problem, Problem), problem
    assert problem.trouble is trouble
    db.session.rollback()
    assert db.session.scalars(select(NetworkLogin.trouble)).all() == (["ended"] if ends else [None])


def test_a_list_that_has_passed_the_posts_time_says_that_it_is_gone(sqlite_app: Flask, authority: Authority) -> None:
    """The time stands in the code, so nobody has to leaf through years."""
    found = networks().identify(URLS["instagram"])
    assert found.posted_at is not None
    old = (found.posted_at - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    pages = media([MEDIA | {"shortcode": "other", "permalink": "", "timestamp": old}], [MEDIA])
    handle = a_lent_login("instagram")
    with replaying(pages, authority) as replay:
        problem = own_posts.read_post(replay.fetcher, found, [handle])
        assert len(replay.asked) == 1
    assert isinstance(problem, Problem)
    assert (problem.trouble, problem.detail) == (Trouble.GONE, "not_among_yours")


def test_an_address_that_names_somebody_else_is_for_a_person(sqlite_app: Flask, authority: Authority) -> None:
    url = f"https://www.threads.com/@somebody/post/{CODE}"
    problem = read("threads", listed(threads, "/v1.0/me/threads", []), authority, url=url)
    assert isinstance(problem, Problem)
    assert problem.trouble is Trouble.NO_WAY


@pytest.mark.parametrize(
    "exchanges",
    [videos(), videos(error="internal_error"), videos(status=401), videos(status=500),
     videos(error="rate_limit_exceeded")],
    ids=["not among theirs", "error", "key refused", "down", "too often"],
)  # fmt: skip
def test_the_public_way_comes_next(sqlite_app: Flask, authority: Authority, exchanges: list[Exchange]) -> None:
    told = {
        "title": "Ad: mended", "author_url": "https://www.tiktok.com/@ada.mends", "author_name": "Ada",
        "embed_product_id": "7561234567890123456",
    }  # fmt: skip
    oembed = f"https://www.tiktok.com/oembed?url={quote(URLS['tiktok'], safe='')}"
    public = Exchange("GET", oembed, 200, json.dumps(told).encode(), {"Content-Type": "application/json"})
    post = read("tiktok", [*exchanges, public], authority)
    assert isinstance(post, Post), post
    assert (post.source, post.author_id) == ("tiktok_oembed", "")


def test_an_own_post_on_x_is_read_in_its_authors_name(sqlite_app: Flask, authority: Authority) -> None:
    post_id, url = "1978000000000000000", f"{ORIGIN}/2/tweets/1978000000000000000?{urlencode(_ASKED)}"
    told = {
        "data": {"id": post_id, "text": "Ad: mended", "author_id": "id-ada", "created_at": "2026-10-14T08:00:00.000Z",
                 "edit_history_tweet_ids": [post_id]},
        "includes": {"users": [{"id": "id-ada", "username": "ada_mends"}]},
    }  # fmt: skip
    post = read("x", [answered("GET", url, told)], authority)
    assert isinstance(post, Post), post
    assert (post.author_id, post.source, post.text) == ("id-ada", "x_own", "Ad: mended")


def test_without_a_login_nothing_but_the_public_way_is_asked(sqlite_app: Flask, authority: Authority) -> None:
    found = networks().identify(URLS["instagram"])
    with replaying(media([MEDIA]), authority) as replay:
        problem = own_posts.read_post(replay.fetcher, found, [ProvedHandle("instagram", "", "ada.mends", "id-ada")])
        assert replay.asked == []
    assert isinstance(problem, Problem)
    assert problem.trouble is Trouble.NO_WAY


def led_to(url: str, to: str = "", *, status: int = 301) -> Exchange:
    return Exchange("GET", url, status, b"", {"Location": to} if to else {})


@pytest.mark.parametrize("short", ["https://vm.tiktok.com/ZMabc123/", "https://www.tiktok.com/t/ZTabc123/"])
def test_a_short_link_is_read_with_the_login_too(sqlite_app: Flask, authority: Authority, short: str) -> None:
    exchanges = [led_to(short.removesuffix("/"), f"{URLS['tiktok']}?_t=8xyz&_r=1"), *videos(VIDEO)]
    post = read("tiktok", exchanges, authority, url=short)
    assert isinstance(post, Post), post
    assert (post.source, post.author_id) == ("tiktok_own", "id-ada")
    assert post.post_key == networks().identify(URLS["tiktok"]).post_key


@pytest.mark.parametrize(
    ("status", "to", "trouble"),
    [
        (404, "", Trouble.GONE), (410, "", Trouble.GONE), (429, "", Trouble.RATE_LIMITED),
        (503, "", Trouble.UNREACHABLE),
        (301, "https://www.tiktok.com/login", Trouble.UNEXPECTED), (301, "http://169.254.169.254/", Trouble.UNEXPECTED),
    ],
)  # fmt: skip
def test_a_short_link_that_leads_nowhere_says_why_and_no_key_is_shown(
    sqlite_app: Flask, authority: Authority, status: int, to: str, trouble: Trouble
) -> None:
    short = "https://vm.tiktok.com/ZMabc123"
    handle = a_lent_login("tiktok")
    exchanges = [led_to(short, to, status=status), led_to("https://www.tiktok.com/login", status=200)]
    with replaying(exchanges, authority) as replay:
        problem = own_posts.read_post(replay.fetcher, networks().identify(short), [handle])
        assert not [asked for asked in replay.asked if "open.tiktokapis.com" in str(asked)]
    assert isinstance(problem, Problem)
    assert problem.trouble is trouble


def test_a_login_is_no_leave_to_follow_where_nothing_may_be_asked(sqlite_app: Flask, authority: Authority) -> None:
    """Meta's terms: a person opens the link."""
    short, handle = "https://www.instagram.com/share/p/BAabc", a_lent_login("instagram")
    with replaying([led_to(short, URLS["instagram"])], authority) as replay:
        problem = own_posts.read_post(replay.fetcher, networks().identify(short), [handle])
        assert replay.asked == []
    assert isinstance(problem, Problem)
    assert problem.trouble is Trouble.NO_WAY


def test_a_mastodon_server_that_shows_nothing_without_a_login(
    sqlite_app: Flask, mastodon_server: MastodonServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """The key goes to the server that lent it, and reads what its owner posted there."""
    account = mastodon_server.add_account(f"ada{free_port()}")
    posted = mastodon_server.post(account, "Ad: mended, for followers", visibility="private")
    settings = settings_for(tmp_path, fetch_allow=[mastodon_server.url], sandbox=False)
    monkeypatch.setitem(sqlite_app.config, "SETTINGS", settings)
    monkeypatch.setitem(sqlite_app.extensions, "portal_networks", Networks(settings, NoMemory()))
    fetcher = Fetcher(FetchPolicy(user_agent="tests", allow_origins=frozenset({mastodon_server.url})))
    fan = a_fan()
    handle: Handle = a_handle(fan, platform="mastodon", host=mastodon_server.host, name=account.username)
    there = NetworkAccount("mastodon", mastodon_server.host, account.username, account.id, "https://x.example/")
    with unit_of_work():
        keep_login(fan, handle, Grant(there, Tokens(account.token)), network="mastodon", now=clock.now())
    found = networks().identify(f"{mastodon_server.url}/@{account.username}/{posted['id']}")
    proved = ProvedHandle("mastodon", mastodon_server.host, account.username, account.id)
    post = own_posts.read_post(fetcher, found, [proved])
    assert isinstance(post, Post), post
    assert (post.source, post.author_id) == ("mastodon_own", account.id)
    assert not post.is_public, "that it can be read with a login does not make it public"


def test_a_share_on_a_closed_network_is_verified_without_a_person(
    app: Flask, authority: Authority, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    """From handing in to points, on a network that shows nobody but its author anything."""
    handle = a_lent_login("instagram")
    fan = db.session.scalars(select(Person)).one()
    claim = a_claim(a_mission(platforms=["instagram"]), fan)
    clock.advance(timedelta(minutes=30))
    with unit_of_work():
        share = submit_share(claim, person=fan, typed_url=URLS["instagram"], now=clock.now())
    posted = (now + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    with replaying(media([MEDIA | {"timestamp": posted}]), authority) as replay:
        monkeypatch.setitem(app.extensions, "portal_fetcher", replay.fetcher)
        jobs.run_due()
    db.session.refresh(share)
    found = {result.check: (result.outcome, result.reason_code) for result in queries.latest_checks(share)}
    assert found["author"] == (Outcome.PASSED, "yours"), found
    assert found["reachable"][0] == Outcome.PASSED
    assert share.state == ShareState.VERIFIED, found
    evidence = db.session.scalars(select(Evidence)).one()
    assert evidence.source == "instagram_own"
    assert "the-key" not in json.dumps(evidence.body)
    assert handle.external_id in json.dumps(evidence.body)
