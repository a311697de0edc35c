"""Pages made for people are read only where their site lets programs read them (RFC 9309)."""

from __future__ import annotations

import time

import pytest

from portal.kernel.fetcher import Fetcher, FetchFailed, FetchPolicy, FetchRefused, user_agent
from portal.kernel.fetcher.robots import RULES_MAX, SITES_REMEMBERED_MAX, RobotsMemory, rules_in
from tests.kernel.local_web import a_site, page, redirect


def a_fetcher(*sites):
    policy = FetchPolicy(
        user_agent=user_agent("1.0", "https://portal.example/x"), allow_origins=frozenset(site.origin for site in sites)
    )
    return Fetcher(policy)


def robots(text, status=200):
    return page(text.encode(), status, content_type="text/plain")


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /private", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: AmbassadorPortal\nAllow: /", True),
        ("User-agent: ambassadorportal\nDisallow: /post", False),
        ("User-agent: OtherBot\nDisallow: /", True),
        ("User-agent: OtherBot\nUser-agent: AmbassadorPortal\nDisallow: /", False),
        ("User-agent: *\nDisallow: /\nAllow: /post$", True),
        ("User-agent: *\nDisallow: /*st", False),
        ("<html>not found</html>", True),
        ("\0\ufffd" * 50, True),
    ],
)
def test_a_page_is_read_if_its_site_lets_us(text, allowed):
    with a_site({"/robots.txt": robots(text), "/post": page(b"words")}) as site:
        fetcher = a_fetcher(site)
        if allowed:
            assert fetcher.page(f"{site.origin}/post").text == "words"
        else:
            with pytest.raises(FetchRefused, match="robots"):
                fetcher.page(f"{site.origin}/post")
        assert ("/post" in site.paths) is allowed
        assert fetcher.get(f"{site.origin}/post").text == "words"  # an interface is asked by its own terms


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_site_without_rules_allows_everything(status):
    with a_site({"/robots.txt": robots("User-agent: *\nDisallow: /", status), "/post": page(b"words")}) as site:
        assert a_fetcher(site).page(f"{site.origin}/post").text == "words"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_site_in_trouble_is_left_alone_for_the_moment(status):
    pages = {"/robots.txt": page(b"", status, content_type="text/plain", retry_after="9"), "/post": page(b"words")}
    with a_site(pages) as site:
        fetcher = a_fetcher(site)
        with pytest.raises(FetchFailed, match="robots") as failed:
            fetcher.page(f"{site.origin}/post")
        assert failed.value.retry_after_seconds == 9
        assert "/post" not in site.paths
        pages["/robots.txt"] = robots("")
        assert fetcher.page(f"{site.origin}/post").text == "words"


def test_every_hop_is_asked_and_each_site_once():
    with (
        a_site(
            {"/robots.txt": robots("User-agent: *\nDisallow: /secret"), "/secret": page(), "/open": page()}
        ) as other,
        a_site({"/robots.txt": robots(""), "/a": redirect(f"{other.origin}/secret"), "/b": page()}) as site,
    ):
        fetcher = a_fetcher(site, other)
        with pytest.raises(FetchRefused, match="robots"):
            fetcher.page(f"{site.origin}/a")
        for _ in range(3):
            fetcher.page(f"{site.origin}/b")
        assert other.paths == ["/robots.txt"]
        assert site.paths.count("/robots.txt") == 1


def test_rules_that_lead_inside_are_not_followed_there():
    with a_site({"/robots.txt": redirect("http://169.254.169.254/robots.txt"), "/post": page()}) as site:
        with pytest.raises(FetchRefused, match="address"):
            a_fetcher(site).page(f"{site.origin}/post")
        assert "/post" not in site.paths


def test_hostile_rules_take_neither_time_nor_memory():
    agents = "".join(f"User-agent: a{number}\n" for number in range(20_000))
    rules = "".join(f"Disallow: /*{number}*a*b*c$\n" for number in range(20_000))
    texts = [
        agents + rules, "User-agent: *\n" + rules, "User-agent: *\nDisallow: /" + "*a" * 200_000,
        "User-agent: *\nCrawl-delay: 1e400\nCrawl-delay: -1\nRequest-rate: " + "9" * 5_000 + "/1",
        "User-agent: *" * 50_000,
    ]  # fmt: skip
    started = time.thread_time()
    for text in texts:
        parsed = rules_in(text)
        parsed.allow("https://x.example/" + "ab" * 2_000)
        assert len(parsed.parsed._user_agents) <= 3
        assert sum(len(each._rules) for each in parsed.parsed._user_agents.values()) <= 3 * RULES_MAX
        assert parsed.gap_seconds < 1e9
    assert time.thread_time() - started < 5


def test_only_so_many_sites_are_remembered():
    memory = RobotsMemory()
    with a_site({"/robots.txt": robots("")}) as site:
        answer = a_fetcher(site).get(f"{site.origin}/robots.txt")
    for number in range(SITES_REMEMBERED_MAX + 50):
        memory.rules_of(f"https://{number}.example:443", lambda url: answer)
    assert len(memory._known) == SITES_REMEMBERED_MAX


def test_the_pause_that_a_site_asks_for_is_kept():
    assert rules_in("User-agent: *\nCrawl-delay: 2").gap_seconds == 2
    assert rules_in("User-agent: OtherBot\nCrawl-delay: 2").gap_seconds == 0
