"""A resolver and a server that want us inside: no address that is not public is ever called, whichever way we ask."""

from __future__ import annotations

import pytest

from portal.kernel.fetcher import Api, Fetcher, FetchPolicy, FetchRefused
from tests.kernel.authority import Authority
from tests.kernel.local_web import Internet, a_site, page, redirect

PUBLIC = "93.184.216.34"
CLOSED = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.8",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::7f00:1", "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "not an address", "",
]  # fmt: skip
SPELLED = [
    "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://017700000001/",
    "http://127.0.0.1./", "http://[::ffff:127.0.0.1]/", "http://[::1]/", "http://[64:ff9b::7f00:1]/", "http://0/",
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://10.0.0.1:80/", "http://1.2.3/",
    "https://user@93.184.216.34/", "http://93.184.216.34:8080/", "file:///etc/passwd", "gopher://93.184.216.34/",
]  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def ways_in(fetcher):
    return {
        "get": fetcher.get, "page": fetcher.page, "resolve": fetcher.resolve,
        "call": lambda url: fetcher.call(Api("https://host.example"), "GET", "/"),
    }  # fmt: skip


@pytest.mark.parametrize("answers", [[PUBLIC, "{}"], ["{}"], ["{}", PUBLIC]])
@pytest.mark.parametrize("closed", CLOSED)
def test_a_name_that_leads_inside_is_refused_before_anybody_is_called(closed, answers):
    internet = Internet({})
    addresses = [each.format(closed) for each in answers]
    fetcher = Fetcher(
        FetchPolicy(user_agent="tests", gap_seconds=0), resolver=lambda name: list(addresses), network=internet
    )
    for way, ask in ways_in(fetcher).items():
        with pytest.raises(FetchRefused, match="address"):
            ask("https://host.example/")
        assert internet.called == [], way


@pytest.mark.parametrize("url", SPELLED)
def test_no_spelling_of_an_address_inside_is_asked_straight_or_by_redirect(url, authority):
    pages = {"/": redirect(url), "/robots.txt": page(b"", content_type="text/plain")}
    with a_site(pages, tls=authority.server_context()) as site:
        internet = Internet({PUBLIC: site.port})
        fetcher = Fetcher(
            FetchPolicy(user_agent="tests", gap_seconds=0, total_seconds=30), resolver=lambda name: [PUBLIC],
            network=internet, tls=authority.believed(),
        )  # fmt: skip
        for way, ask in ways_in(fetcher).items():
            if way != "call":
                with pytest.raises(FetchRefused):
                    ask(url)
            with pytest.raises(FetchRefused):
                ask("https://host.example/")
        assert {host for host, _port in internet.called} == {PUBLIC}
        assert {port for _host, port in internet.called} <= {443}


def test_a_resolver_may_change_its_mind_between_robots_and_page_and_gains_nothing(authority):
    pages = {"/post": page(b"<p>hi"), "/robots.txt": page(b"", content_type="text/plain")}
    answers = [[PUBLIC], ["127.0.0.1"], [PUBLIC]]
    with a_site(pages, tls=authority.server_context()) as site:
        internet = Internet({PUBLIC: site.port})
        fetcher = Fetcher(
            FetchPolicy(user_agent="tests", gap_seconds=0, total_seconds=30), resolver=lambda name: answers.pop(0),
            network=internet, tls=authority.believed(),
        )  # fmt: skip
        with pytest.raises(FetchRefused, match="address"):
            fetcher.page("https://host.example/post")
        assert site.paths == ["/robots.txt"]
        assert fetcher.page("https://host.example/post").text == "<p>hi"
