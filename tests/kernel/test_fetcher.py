"""The fetcher against real servers: where it connects, when it stops, what it hands over."""

import gzip
import itertools
import threading
import time
import tracemalloc
import zlib

import pytest

from portal.kernel.fetcher import Conditional, Fetcher, FetchFailed, FetchPolicy, FetchRefused, user_agent
from portal.kernel.fetcher.body import read_body
from tests.kernel.local_web import Internet, a_site, page, redirect

PUBLIC, OTHER_PUBLIC = "93.184.216.34", "2606:4700::1111"
AGENT = user_agent("1.0", "https://portal.example/contact")


def a_fetcher(*sites, resolver=None, network=None, **limits):
    """A fetcher that may reach `sites` besides the public web."""
    policy = FetchPolicy(user_agent=AGENT, allow_origins=frozenset(site.origin for site in sites), **limits)
    return Fetcher(policy, resolver=resolver or never_asked, network=network)


def never_asked(name):
    raise AssertionError(f"the resolver was asked for {name}")


def reason_of(fetch, url, **kwargs):
    with pytest.raises((FetchRefused, FetchFailed)) as caught:
        fetch(url, **kwargs)
    return type(caught.value), caught.value.reason_code


def test_an_allowed_origin_is_fetched_with_an_honest_name_and_no_more():
    with a_site({"/post": page(b"<p>hi</p>", set_cookie="a=b", etag='"1"', x_secret="no")}) as site:
        answer = a_fetcher(site).get(f"{site.origin}/post?x=1#part")
        again = a_fetcher(site).get(f"{site.origin}/post")
    assert (answer.status, answer.text, answer.media_type) == (200, "<p>hi</p>", "text/html")
    assert answer.final_url == f"{site.origin}/post?x=1" == answer.hops[0]
    assert answer.headers["etag"] == '"1"'
    assert not {"set-cookie", "x-secret"} & set(answer.headers)
    sent = site.requests[1][1]
    assert again.status == 200
    assert sent["User-Agent"] == AGENT == "AmbassadorPortal/1.0 (+https://portal.example/contact)"
    assert not {"Cookie", "Authorization", "Referer"} & set(sent)


def test_an_allowed_origin_opens_no_other_port_scheme_or_spelling():
    with a_site({"/": page()}) as site, a_site({"/": page()}) as neighbour:
        fetch = a_fetcher(site).get
        assert reason_of(fetch, neighbour.origin) == (FetchRefused, "port")
        assert reason_of(fetch, f"https://127.0.0.1:{site.port}/") == (FetchRefused, "port")
        assert reason_of(fetch, f"http://localhost:{site.port}/") == (FetchRefused, "port")
        assert reason_of(fetch, f"http://[::ffff:127.0.0.1]:{site.port}/") == (FetchRefused, "port")
        assert reason_of(fetch, "http://127.0.0.1/") == (FetchRefused, "address")
        assert site.paths == neighbour.paths == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "reason_code"),
    [
        ("http://127.0.0.1/", "address"),
        ("http://169.254.169.254/latest/meta-data/", "address"),
        ("http://[::1]/", "address"),
        ("//10.0.0.1/", "address"),
        ("http://0x7f000001/", "address_spelling"),
        ("http://a:b@example.com/", "userinfo"),
        ("http://example.com:22/", "port"),
        ("file:///etc/passwd", "scheme"),
    ],
)
def test_a_redirect_leads_nowhere_that_a_link_may_not(status, location, reason_code):
    with a_site({"/": redirect(location, status)}) as site:
        fetcher = a_fetcher(site, network=Internet({"127.0.0.1": site.port}))
        assert reason_of(fetcher.get, site.origin) == (FetchRefused, reason_code)
        assert reason_of(fetcher.resolve, site.origin) == (FetchRefused, reason_code)
        assert site.paths == ["/", "/"]


def test_a_name_is_refused_if_even_one_of_its_addresses_is_private():
    network = Internet({})
    for answer in (["127.0.0.1"], [PUBLIC, "10.0.0.1"], [PUBLIC, "::ffff:127.0.0.1"], ["64:ff9b::7f00:1"]):
        fetcher = a_fetcher(resolver=lambda name, answer=answer: answer, network=network)
        assert reason_of(fetcher.get, "https://social.example/") == (FetchRefused, "address")
    assert network.called == []


def test_a_name_that_changes_its_mind_cannot_move_the_connection():
    """DNS rebinding: the first answer is public, every later one is loopback."""
    answers = itertools.chain([[PUBLIC]], itertools.repeat(["127.0.0.1"]))
    with a_site({"/": page(b"public"), "/away": redirect("http://social.example/")}) as site:
        network = Internet({PUBLIC: site.port, "127.0.0.1": site.port})
        fetcher = a_fetcher(resolver=lambda name: next(answers), network=network)
        assert fetcher.get("http://social.example/").text == "public"
        assert network.called == [(PUBLIC, 80)]
        assert reason_of(fetcher.get, "http://social.example/") == (FetchRefused, "address")
        assert network.called == [(PUBLIC, 80)]
        assert site.requests[0][1]["Host"] == "social.example"


def test_each_hop_is_resolved_and_judged_anew():
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    with a_site({"/": redirect("http://social.example/again")}) as site:
        network = Internet({PUBLIC: site.port, "127.0.0.1": site.port})
        fetcher = a_fetcher(resolver=lambda name: next(answers), network=network)
        assert reason_of(fetcher.get, "http://social.example/") == (FetchRefused, "address")
        assert site.paths == ["/"]


def test_a_dead_address_gives_way_to_the_next():
    with a_site({"/": page(b"second")}) as site:
        network = Internet({PUBLIC: site.port})
        fetcher = a_fetcher(resolver=lambda name: [OTHER_PUBLIC, PUBLIC], network=network)
        assert fetcher.get("http://social.example/").text == "second"
        assert network.called == [(OTHER_PUBLIC, 80), (PUBLIC, 80)]


def test_proxy_variables_are_not_read(monkeypatch):
    with a_site({"/": page(b"direct")}) as site, a_site({}) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        monkeypatch.setenv("no_proxy", "")
        assert a_fetcher(site).get(site.origin).text == "direct"
        assert proxy.requests == []


def test_five_redirects_are_followed_and_the_sixth_is_not():
    pages = {f"/{n}": redirect(f"/{n + 1}") for n in range(6)} | {"/6": page(b"end")}
    with a_site(pages) as site:
        fetcher = a_fetcher(site)
        answer = fetcher.get(f"{site.origin}/1")
        assert answer.text == "end"
        assert len(answer.hops) == 6
        assert answer.final_url.endswith("/6")
        assert reason_of(fetcher.get, f"{site.origin}/0") == (FetchFailed, "too_many_redirects")


def test_a_redirect_loop_ends():
    with a_site({"/a": redirect("/b"), "/b": redirect("/a")}) as site:
        assert reason_of(a_fetcher(site).get, f"{site.origin}/a") == (FetchFailed, "too_many_redirects")
        assert len(site.paths) == 6


def drip(gone, prefix):
    """Sends `prefix`, then a byte now and then, each well within any timeout per read."""

    def answer(request):
        request.wfile.write(prefix)
        while not gone.wait(0.02):
            request.wfile.write(b"x")
            request.wfile.flush()

    return answer


@pytest.mark.parametrize(
    "prefix",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /",
    ],
)
def test_a_slow_drip_is_cut_off_at_the_deadline(prefix):
    gone = threading.Event()
    with a_site({"/": drip(gone, prefix)}) as site:
        began = time.monotonic()
        assert reason_of(a_fetcher(site, total_seconds=0.3).get, site.origin) == (FetchFailed, "timeout")
        gone.set()
    assert time.monotonic() - began >= 0.3


def test_the_deadline_covers_all_hops_together():
    def slow_redirect(request):
        gone.wait(0.15)
        redirect("/")(request)

    gone = threading.Event()
    with a_site({"/": slow_redirect}) as site:
        assert reason_of(a_fetcher(site, total_seconds=0.4).get, site.origin) == (FetchFailed, "timeout")
        gone.set()
        assert len(site.paths) <= 3


def test_a_resolver_that_never_answers_is_left_behind():
    released = threading.Event()

    def resolver(name):
        released.wait(30)
        return [PUBLIC]

    fetcher = a_fetcher(resolver=resolver, network=Internet({}), total_seconds=0.1)
    assert reason_of(fetcher.get, "http://social.example/") == (FetchFailed, "timeout")
    released.set()


def test_an_unknown_name_and_a_closed_door_are_failures_not_refusals():
    def unknown(name):
        raise OSError("no such name")

    assert reason_of(a_fetcher(resolver=unknown).get, "http://social.example/") == (FetchFailed, "dns")
    assert reason_of(a_fetcher(resolver=lambda name: []).get, "http://social.example/") == (
        FetchFailed,
        "dns",
    )
    closed = a_fetcher(resolver=lambda name: [PUBLIC], network=Internet({}))
    assert reason_of(closed.get, "http://social.example/") == (FetchFailed, "connection")


def test_a_body_may_fill_the_cap_and_not_pass_it():
    with a_site({"/fits": page(b"a" * 1000), "/over": page(b"a" * 1001)}) as site:
        fetcher = a_fetcher(site, body_bytes_max=1000)
        assert len(fetcher.get(f"{site.origin}/fits").body) == 1000
        assert reason_of(fetcher.get, f"{site.origin}/over") == (FetchFailed, "too_large")


def test_an_endless_body_is_dropped_at_the_cap():
    sent = []

    def endless(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while len(sent) < 10_000:
            request.wfile.write(b"x" * 65536)
            sent.append(65536)

    with a_site({"/": endless}) as site:
        assert reason_of(a_fetcher(site).get, site.origin) == (FetchFailed, "too_large")
    assert len(sent) < 10_000


def test_gzip_is_unpacked_and_a_bomb_is_not():
    bomb = gzip.compress(bytes(50_000_000))
    members = gzip.compress(b"one ") + gzip.compress(b"two")
    empty_members = gzip.compress(b"") * 200
    with a_site({
        "/plain": page(gzip.compress(b"small"), content_encoding="gzip"),
        "/two": page(members, content_encoding="gzip"),
        "/bomb": page(bomb, content_encoding="gzip"),
        "/empty": page(empty_members, content_encoding="gzip"),
        "/cut": page(gzip.compress(b"a" * 1000)[:-9], content_encoding="gzip"),
        "/not": page(b"not gzip", content_encoding="gzip"),
        "/deflate": page(zlib.compress(b"a"), content_encoding="deflate"),
        "/twice": page(gzip.compress(gzip.compress(b"a")), content_encoding="gzip, gzip"),
    }) as site:  # fmt: skip
        fetcher = a_fetcher(site)
        assert fetcher.get(f"{site.origin}/plain").text == "small"
        assert fetcher.get(f"{site.origin}/two").text == "one two"
        assert reason_of(fetcher.get, f"{site.origin}/bomb") == (FetchFailed, "too_large")
        small = a_fetcher(site, body_bytes_max=1000)
        assert reason_of(small.get, f"{site.origin}/empty") == (FetchFailed, "too_large")
        for path in ("/cut", "/not"):
            assert reason_of(fetcher.get, site.origin + path) == (FetchFailed, "protocol")
        for path in ("/deflate", "/twice"):
            assert reason_of(fetcher.get, site.origin + path) == (FetchFailed, "wrong_encoding")


def test_a_bomb_is_never_unpacked_beyond_its_cap():
    """However much arrives in one piece: two hundred times the cap would show in what was ever held."""
    bomb = gzip.compress(bytes(20_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(FetchFailed, match="too_large"):
            read_body([bomb], encoding="gzip", bytes_max=100_000)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_000_000


def test_only_the_accepted_types_are_read():
    with a_site({
        "/": page(content_type="application/pdf"), "/none": page(content_type=""),
        "/html": page(content_type="Text/HTML; charset=utf-8"),
    }) as site:  # fmt: skip
        fetcher = a_fetcher(site)
        assert reason_of(fetcher.get, site.origin) == (FetchFailed, "wrong_type")
        assert reason_of(fetcher.get, f"{site.origin}/none") == (FetchFailed, "wrong_type")
        assert fetcher.get(f"{site.origin}/html").media_type == "text/html"
        only_json = {"accept": ("application/json",)}
        assert reason_of(fetcher.get, f"{site.origin}/html", **only_json) == (FetchFailed, "wrong_type")
        assert fetcher.get(site.origin, accept=("application/pdf",)).status == 200


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Grüße".encode(), "text/html; charset=utf-8", "Grüße"),
        ("Grüße".encode(), "text/html", "Grüße"),
        ("Grüße".encode("latin-1"), "text/html; charset=ISO-8859-1", "Grüße"),
        ("Grüße €".encode("cp1252"), "text/html", "Grüße €"),
        ("Grüße €".encode("cp1252"), "text/html; charset=latin1", "Grüße €"),
        ("﻿Grüße".encode("utf-16-le"), "text/html; charset=utf-8", "Grüße"),
        ('<meta charset="shift_jis">日本'.encode("shift_jis"), "text/html", '<meta charset="shift_jis">日本'),
        ('<?xml version="1.0" encoding="koi8-r"?>мир'.encode("koi8-r"), "text/xml",
         '<?xml version="1.0" encoding="koi8-r"?>мир'),
        (b'<meta charset="utf-16">plain', "text/html", '<meta charset="utf-16">plain'),
        (b"xn--bcher-kva", "text/html; charset=punycode", "xn--bcher-kva"),
        (b"\\u0041", "text/html; charset=unicode_escape", "\\u0041"),
        (b"caf\xe9", "text/html; charset=no-such-thing", "café"),
        (b"a\xff\x00b", "text/html; charset=utf-8", "a�\x00b"),
    ],
)  # fmt: skip
def test_text_is_read_by_mark_header_document_or_guess(body, content_type, text):
    with a_site({"/": page(body, content_type=content_type)}) as site:
        assert a_fetcher(site).get(site.origin).text == text


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
def test_any_status_is_an_answer(status):
    with a_site(
        {
            "/": page(b'{"error":"x"}', status, content_type="application/json"),
            "/big": page(b"x" * 100_000, status),
            "/odd": page(b"%PDF", status, content_type="a/b"),
        }
    ) as site:
        fetcher = a_fetcher(site)
        assert fetcher.get(site.origin).text == '{"error":"x"}'
        for path in ("/big", "/odd"):
            answer = fetcher.get(site.origin + path)
            assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (429, "120", ("rate_limited", 120)),
        (503, "5", ("server_error", 5)),
        (503, "Fri, 01 Jan 2016 00:00:00 GMT", ("server_error", 0)),
        (429, "99999999999999999", ("rate_limited", 24 * 3600)),
        (429, "-3", ("rate_limited", None)),
        (429, "soon", ("rate_limited", None)),
        (500, "", ("server_error", None)),
    ],
)
def test_trouble_carries_what_the_other_side_asked_for(status, header, expected):
    with a_site({"/": page(b"", status, retry_after=header)}) as site:
        answer = a_fetcher(site).get(site.origin)
    with pytest.raises(FetchFailed) as trouble:
        answer.raise_for_trouble()
    assert (trouble.value.reason_code, trouble.value.retry_after_seconds) == expected


def test_an_ordinary_answer_is_no_trouble():
    with a_site({"/": page(status=404)}) as site:
        a_fetcher(site).get(site.origin).raise_for_trouble()


def test_conditions_go_to_the_first_origin_only():
    conditional = Conditional(etag='"v1"', last_modified="Tue, 24 Nov 2026 08:00:00 GMT")
    with (
        a_site({"/new": page(b"new")}) as other,
        a_site({"/": page(b"", 304, content_type="", etag='"v1"')}) as site,
    ):
        fetcher = a_fetcher(site, other)
        answer = fetcher.get(site.origin, conditional=conditional)
        assert (answer.status, answer.body) == (304, b"")
        assert site.requests[0][1]["If-None-Match"] == '"v1"'
        with a_site({"/": redirect(f"{other.origin}/new")}) as mover:
            assert a_fetcher(mover, other).get(mover.origin, conditional=conditional).text == "new"
        assert "If-None-Match" not in other.requests[0][1]


def test_a_short_link_is_resolved_without_its_body():
    sent = []

    def endless(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n")
        while len(sent) < 10_000:
            request.wfile.write(b"x" * 65536)
            sent.append(65536)

    with a_site({"/s": redirect("/post/1"), "/post/1": endless}) as site:
        resolved = a_fetcher(site).resolve(f"{site.origin}/s")
    assert (resolved.final_url, resolved.status) == (f"{site.origin}/post/1", 200)
    assert resolved.hops == (f"{site.origin}/s", f"{site.origin}/post/1")
    assert len(sent) < 10_000


def test_resolving_stops_where_enough_is_known():
    with a_site({"/s": redirect("https://social.example/@ada/42")}) as site:
        resolved = a_fetcher(site).resolve(f"{site.origin}/s", until=lambda url: "social.example" in url)
    assert (resolved.final_url, resolved.status) == ("https://social.example/@ada/42", None)


def test_nonsense_instead_of_http_is_a_failure():
    def nonsense(request):
        request.wfile.write(b"\x00\x01 this is not HTTP\r\n\r\n")

    def short(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 50\r\n\r\nshort")

    with a_site({"/": nonsense, "/short": short}) as site:
        assert reason_of(a_fetcher(site).get, site.origin) == (FetchFailed, "protocol")
        assert reason_of(a_fetcher(site).get, f"{site.origin}/short") == (FetchFailed, "protocol")
