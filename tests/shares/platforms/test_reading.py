"""Reading posts and profiles over real HTTP: what each answer of a network means."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from portal.accounts.ports import ProfileUnreadable
from portal.shares.platforms.html_text import LENGTH_MAX, text_of_html
from portal.shares.platforms.mastodon import Mastodon
from portal.shares.platforms.perch import Perch
from portal.shares.platforms.reading import Post, Relation, Trouble
from portal.shares.platforms.registry import Networks
from tests.conftest import settings_for
from tests.kernel.local_web import a_site, page, redirect
from tests.shares.conftest import NoMemory, fetcher_for, json_page

POST_ID = 2**60 + 5
POST = {
    "id": str(POST_ID), "text": "Ad: see https://portal.example/l/x", "visibility": "public",
    "author": {"id": "a1", "handle": "Ada", "display_name": "Ada", "followers": 3},
    "created_at": "2026-10-14T11:20:00+02:00", "edited_at": None, "media": [{"url": "u", "alt": None}],
    "links": ["https://portal.example/l/x"],
}  # fmt: skip


@pytest.fixture
def site():
    pages = {}
    with a_site(pages) as running:
        running.pages = pages
        yield running


def read_perch(site, tmp_path, *, path=f"/@ada/{POST_ID}", seconds=30):
    networks = Networks(settings_for(tmp_path, sandbox_url=site.origin), NoMemory())
    return networks.read_post(fetcher_for(site.origin, seconds=seconds), networks.identify(site.origin + path))


def test_a_perch_post_is_read_whole(site, tmp_path):
    site.pages[f"/api/v1/posts/{POST_ID}"] = json_page(POST)
    post = read_perch(site, tmp_path)
    assert (post.author_id, post.author_name, post.is_public) == ("a1", "ada", True)
    assert post.posted_at == datetime(2026, 10, 14, 9, 20, tzinfo=UTC)
    assert post.links == ("https://portal.example/l/x",)
    assert post.post_key == f"perch:{POST_ID}"


def slowly(request):
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b"{")
    request.wfile.flush()
    request.connection.settimeout(5)
    request.rfile.read(1)


@pytest.mark.parametrize(
    ("answer", "trouble", "retry_after"),
    [
        (json_page({"error": "gone"}, 410), Trouble.GONE, None),
        (json_page({"error": "not_found"}, 404), Trouble.GONE, None),
        (json_page({"error": "login_required"}, 403), Trouble.LOGIN_WALL, None),
        (json_page({"error": "private"}, 403), Trouble.NOT_PUBLIC, None),
        (page(b"<h1>Sign in</h1>", 403), Trouble.LOGIN_WALL, None),
        (json_page({}, 401), Trouble.LOGIN_WALL, None),
        (json_page({}, 429, retry_after="17"), Trouble.RATE_LIMITED, 17),
        (json_page({}, 500), Trouble.UNREACHABLE, None),
        (json_page({}, 503, retry_after="5"), Trouble.UNREACHABLE, 5),
        (slowly, Trouble.UNREACHABLE, None),
        (page(b"<h1>Please accept our cookies</h1>"), Trouble.UNEXPECTED, None),
        (page(b'{"id": "1", "te', content_type="application/json"), Trouble.UNEXPECTED, None),
        (json_page([]), Trouble.UNEXPECTED, None),
        (json_page({**POST, "author": None}), Trouble.UNEXPECTED, None),
        (json_page({**POST, "created_at": "yesterday"}), Trouble.UNEXPECTED, None),
        (page(b"x" * 300_000, content_type="application/json"), Trouble.UNEXPECTED, None),
        (redirect("http://169.254.169.254/"), Trouble.UNEXPECTED, None),
    ],
)  # fmt: skip
def test_every_other_answer_is_a_named_problem(site, tmp_path, answer, trouble, retry_after):
    site.pages[f"/api/v1/posts/{POST_ID}"] = answer
    problem = read_perch(site, tmp_path, seconds=1 if answer is slowly else 30)
    assert (problem.trouble, problem.retry_after_seconds) == (trouble, retry_after)


def test_a_network_that_is_down_is_unreachable(site, tmp_path):
    url = site.origin
    networks = Networks(settings_for(tmp_path, sandbox_url="http://127.0.0.1:1"), NoMemory())
    found = networks.identify("http://127.0.0.1:1/@ada/12")
    assert networks.read_post(fetcher_for("http://127.0.0.1:1", url), found).trouble is Trouble.UNREACHABLE


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (redirect("/@ada"), Trouble.UNEXPECTED),
        (redirect("https://elsewhere.example/@ada/12"), Trouble.UNREACHABLE),
        (page(status=404), Trouble.GONE),
        (page(status=503), Trouble.UNREACHABLE),
        (redirect("/p/Ab3dE6g"), Trouble.UNREACHABLE),
    ],
)
def test_a_short_link_that_leads_to_no_post_is_no_post(site, tmp_path, answer, trouble):
    site.pages["/p/Ab3dE6g"] = answer
    site.pages["/@ada"] = page()
    assert read_perch(site, tmp_path, path="/p/Ab3dE6g").trouble is trouble


def test_a_perch_profile_is_read_with_its_bio(site):
    account = {"id": "a1", "handle": "Ada", "bio": "code tm-12", "followers": 3}
    site.pages["/api/v1/accounts/ada"] = json_page(account)
    profile = Perch(site.origin).read_profile(fetcher_for(site.origin), "", "ada")
    assert (profile.external_id, profile.name, profile.text, profile.followers) == ("a1", "ada", "code tm-12", 3)
    site.pages["/api/v1/accounts/ada"] = json_page({}, 404)
    with pytest.raises(ProfileUnreadable, match="not_found"):
        Perch(site.origin).read_profile(fetcher_for(site.origin), "", "ada")


# Mastodon, against a server written by others


@pytest.fixture
def fediverse(mastodon_server, tmp_path):
    """(server, networks, fetcher) with the server among the origins that may be reached."""
    settings = settings_for(tmp_path, fetch_allow=[mastodon_server.url])
    return mastodon_server, Networks(settings, NoMemory()), fetcher_for(mastodon_server.url)


def read(fediverse, url):
    _server, networks, fetcher = fediverse
    return networks.read_post(fetcher, networks.identify(url))


def test_a_server_that_calls_anothers_account_its_own_is_not_believed(site, tmp_path):
    """A copy is read where its author is at home; one whose address names no home but the copier's can't be."""
    host = site.origin.removeprefix("http://")
    networks = Networks(settings_for(tmp_path, fetch_allow=[site.origin]), NoMemory({host: "mastodon"}))
    site.pages["/api/v1/statuses/114477182939300001"] = json_page({
        "id": "114477182939300001", "url": f"{site.origin}/@ada/114477182939300001", "content": "<p>Ad: mended</p>",
        "account": {"id": "7", "username": "ada", "acct": "ada@home.example"}, "visibility": "public",
        "created_at": "2026-10-14T08:00:00Z",
    })  # fmt: skip
    found = networks.identify(f"{site.origin}/@ada/114477182939300001")
    problem = networks.read_post(fetcher_for(site.origin), found)
    assert (problem.trouble, problem.detail) == (Trouble.UNEXPECTED, "copy_of_unreadable")


def test_a_mastodon_post_is_read_with_text_and_links(fediverse):
    server = fediverse[0]
    ada = server.add_account("ada_reads")
    made = server.post(ada, "Ad: mended & proud #MendedWithHollin https://portal.example/l/Ab3dE6g8")
    post = read(fediverse, f"{server.url}/@ada_reads/{made['id']}")
    assert isinstance(post, Post)
    assert (post.author_id, post.author_name, post.host) == (ada.id, "ada_reads", server.host)
    assert "Ad: mended & proud #MendedWithHollin" in post.text
    assert any("portal.example/l/Ab3dE6g8" in each for each in (*post.links, post.text))
    assert post.is_public
    assert post.edited_at is None
    server.edit(ada, made["id"], "Ad: mended twice")
    assert read(fediverse, f"{server.url}/users/ada_reads/statuses/{made['id']}").text.endswith("mended twice")


def test_private_and_deleted_mastodon_posts(fediverse):
    server = fediverse[0]
    ada = server.add_account("ada_hides")
    private = server.post(ada, "for friends", visibility="private")
    # The mock shows it to anybody; a real server would not. Either way it is not public.
    assert read(fediverse, f"{server.url}/@ada_hides/{private['id']}").is_public is False
    gone = server.post(ada, "soon gone")
    server.delete(ada, gone["id"])
    assert read(fediverse, f"{server.url}/@ada_hides/{gone['id']}").trouble is Trouble.GONE


def test_a_mastodon_server_in_trouble_says_nothing_about_the_post(fediverse):
    server = fediverse[0]
    ada = server.add_account("ada_waits")
    url = f"{server.url}/@ada_waits/{server.post(ada, 'hello')['id']}"
    assert isinstance(read(fediverse, url), Post)
    for trouble, expected in (
        ("status", Trouble.UNREACHABLE), ("ratelimit", Trouble.RATE_LIMITED), ("malformed", Trouble.UNEXPECTED),
    ):  # fmt: skip
        with server.in_trouble(trouble, path="/api/v1/statuses/*"):
            assert read(fediverse, url).trouble is expected
    assert isinstance(read(fediverse, url), Post)


def test_a_mastodon_profile_is_read_with_its_note(fediverse):
    server, networks, fetcher = fediverse
    ada = server.add_account("ada_proves")
    server.set_note(ada, "I mend. tm-4F7K2")
    profile = networks.read_profile(fetcher, "mastodon", server.host, "ada_proves")
    assert (profile.external_id, profile.name) == (ada.id, "ada_proves")
    assert "tm-4F7K2" in profile.text
    with pytest.raises(ProfileUnreadable, match="not_found"):
        networks.read_profile(fetcher, "mastodon", server.host, "nobody_here")


# Payloads as docs.joinmastodon.org shows them, replayed

STATUS = {
    "id": "103270115826048975", "created_at": "2026-10-14T09:20:00.000Z", "edited_at": None, "spoiler_text": "",
    "visibility": "public", "media_attachments": [], "reblog": None,
    "content": '<p>Ad: mended<br>twice <a href="https://portal.example/l/x" rel="nofollow"><span class="invisible">https://'
               '</span><span class="">portal.example/l/x</span></a> '
               '<a href="https://home.example/tags/wool" class="mention hashtag" rel="tag">#<span>wool</span></a></p>',
    "account": {"id": "14715", "username": "Ada", "acct": "Ada", "note": "<p>Hi</p>", "fields": []},
}  # fmt: skip


def a_server(site, host, software="mastodon"):
    site.pages["/.well-known/nodeinfo"] = json_page(
        {"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{site.origin}/nodeinfo/2.0"}]}
    )
    site.pages["/nodeinfo/2.0"] = json_page({"software": {"name": software}})


def test_a_copy_on_another_server_is_followed_to_its_original(tmp_path):
    copy_pages, home_pages = {}, {}
    with a_site(copy_pages) as copy, a_site(home_pages) as home:
        copy.pages, home.pages = copy_pages, home_pages
        for site in (copy, home):
            a_server(site, site.origin)
        original = f"{home.origin}/@Ada/103270115826048975"
        home_pages["/api/v1/statuses/103270115826048975"] = json_page(STATUS | {"url": original})
        remote = STATUS["account"] | {"acct": "Ada@home.example", "id": "999"}
        copy_pages["/api/v1/statuses/77"] = json_page(STATUS | {"id": "77", "url": original, "account": remote})
        networks = Networks(settings_for(tmp_path, fetch_allow=[copy.origin, home.origin]), NoMemory())
        found = networks.identify(f"{copy.origin}/@Ada@home.example/77")
        post = networks.read_post(fetcher_for(copy.origin, home.origin), found)
    home_host = home.origin.removeprefix("http://")
    assert (post.host, post.author_id) == (home_host, "14715")
    assert (post.url, post.post_key) == (original, f"mastodon:{home_host}:103270115826048975")
    assert post.text == "Ad: mended\ntwice https://portal.example/l/x #wool"
    assert post.links == ("https://portal.example/l/x",)


def test_a_copy_cannot_claim_to_stand_where_no_server_says_so(site, tmp_path):
    a_server(site, site.origin)
    site.pages["/api/v1/statuses/77"] = json_page(STATUS | {"id": "77", "url": "https://elsewhere.example/notes/1"})
    networks = Networks(settings_for(tmp_path, fetch_allow=[site.origin]), NoMemory())
    problem = networks.read_post(fetcher_for(site.origin), networks.identify(f"{site.origin}/@Ada/77"))
    assert (problem.trouble, problem.detail) == (Trouble.UNEXPECTED, "copy_of_unreadable")


@pytest.mark.parametrize("software", ["wordpress", ""])
def test_a_page_of_that_shape_on_another_server_is_not_mastodon(site, tmp_path, software):
    if software:
        a_server(site, site.origin, software)
    else:
        site.pages["/.well-known/nodeinfo"] = page(status=404)
    memory = NoMemory()
    networks = Networks(settings_for(tmp_path, fetch_allow=[site.origin]), memory)
    found = networks.identify(f"{site.origin}/@Ada/77")
    assert networks.read_post(fetcher_for(site.origin), found).trouble is Trouble.WRONG_NETWORK
    networks.read_post(fetcher_for(site.origin), found)
    assert site.paths.count("/.well-known/nodeinfo") == 1
    assert list(memory.known.values()) == [software]


def test_a_boost_is_told_from_a_post_of_ones_own(site, tmp_path):
    a_server(site, site.origin)
    boosted = STATUS | {"url": "https://home.example/@Hollin/103270115826048975"}
    activity = f"{site.origin}/users/Ada/statuses/77/activity"
    boost = STATUS | {"id": "77", "url": activity, "content": "", "reblog": boosted}
    site.pages["/api/v1/statuses/77"] = json_page(boost)
    networks = Networks(settings_for(tmp_path, fetch_allow=[site.origin]), NoMemory())
    post = networks.read_post(fetcher_for(site.origin), networks.identify(f"{site.origin}/@Ada/77"))
    assert (post.relation, post.about_key) == (Relation.REPOST, "mastodon:home.example:103270115826048975")
    assert post.text.startswith("Ad: mended"), "what is passed on is what is seen"


def test_pages_of_a_known_server_are_named(tmp_path):
    module = Mastodon(NoMemory({"social.example": "mastodon"}))
    from portal.shares.platforms.addresses import read_address

    assert module.identify(read_address("https://social.example/search?q=x")).reason == "search"
    assert module.identify(read_address("https://other.example/search?q=x")) is None


@pytest.mark.parametrize(
    ("html", "text", "links"),
    [
        ("<p>one</p><p>two<br />three</p>", "one\n\ntwo\nthree", ()),
        ("a &amp; b &lt;i&gt;", "a & b <i>", ()),
        ('<a class="mention" href="https://x.example/@bo">@bo</a>', "@bo", ()),
        ('<a href="https://x.example/">x</a><a href="https://x.example/">y</a>', "xy", ("https://x.example/",)),
        ("<script>alert(1)</script><p>ok", "ok", ()),
        ("", "", ()),
        ("a <p", "a <p", ()),
    ],
)
def test_html_becomes_the_text_that_people_see(html, text, links):
    assert text_of_html(html) == (text, links)


HOSTILE = ("<a ", "<a b=", "<!--", "<!-- >", "<a href='", "<a b=\"'>", "</", "<?", "<![CDATA[", "<p>", "&#", "<script>")


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_post_costs_more_time_than_its_length(piece):
    """Whoever runs a server decides what it sends: a post must not keep the worker busy for hours."""
    length = 20_000
    ordinary, hostile = ("<p>word</p>" * length)[:length], (piece * length)[:length]
    assert seconds_of(hostile) <= 30 * seconds_of(ordinary)


def seconds_of(html: str) -> float:
    """The least of three, in seconds of this process alone."""
    took = []
    for _ in range(3):
        began = time.process_time()
        text_of_html(html)
        took.append(time.process_time() - began)
    return min(took)


def test_what_is_no_post_any_more_is_not_read_to_its_end():
    text, _links = text_of_html("word " * LENGTH_MAX)
    assert len(text) <= LENGTH_MAX
    assert text.startswith("word word")
