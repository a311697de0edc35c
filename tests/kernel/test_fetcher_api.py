"""Credentials go to the origin they are named for, over TLS, and to nobody else, whatever that origin answers."""

from __future__ import annotations

import pytest

from portal.kernel.fetcher import Api, Fetcher, FetchFailed, FetchPolicy, FetchRefused
from tests.kernel.authority import Authority
from tests.kernel.local_web import Internet, a_site, page, redirect

PUBLIC = "93.184.216.34"
SECRET = "canary-4f7k2"
JSON = {"content_type": "application/json"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def a_fetcher(site, authority, *, addresses=(PUBLIC,), allow=()):
    return Fetcher(
        FetchPolicy(user_agent="tests", total_seconds=30, gap_seconds=0, allow_origins=frozenset(allow)),
        resolver=lambda name: list(addresses),
        network=Internet(dict.fromkeys([*addresses, "127.0.0.1"], site.port)),
        tls=authority.believed(),
    )


def api(origin="https://api.social.example"):
    return Api(origin, {"Authorization": f"Bearer {SECRET}"})


def test_a_named_interface_gets_the_credentials_the_body_and_the_headers_of_the_call(authority):
    seen = {}

    def token(request):
        seen.update(request.headers)
        seen["body"] = request.rfile.read(int(request.headers["Content-Length"])).decode()
        page(b'{"ok": true}', **JSON, dpop_nonce="n1")(request)

    with a_site({"/token": token}, tls=authority.server_context()) as site:
        answer = a_fetcher(site, authority).call(
            api(), "POST", "/token?x=1", headers={"DPoP": "proof", "Content-Type": "text/plain"}, body=b"grant=code"
        )
    assert (answer.status, answer.text, answer.headers["dpop-nonce"]) == (200, '{"ok": true}', "n1")
    assert (seen["Authorization"], seen["DPoP"], seen["body"]) == (f"Bearer {SECRET}", "proof", "grant=code")
    assert (seen["User-Agent"], seen["Host"]) == ("tests", "api.social.example")


def test_a_get_may_be_redirected_within_its_origin_only(authority):
    pages = {
        "/old": redirect("/new"), "/new": page(b"{}", **JSON), "/away": redirect("https://thief.example/take"),
        "/plain": redirect("http://api.social.example/new"), "/take": page(b"{}", **JSON),
    }  # fmt: skip
    with a_site(pages, tls=authority.server_context()) as site:
        fetcher = a_fetcher(site, authority)
        assert fetcher.call(api(), "GET", "/old").final_url == "https://api.social.example/new"
        for path in ("/away", "/plain"):
            with pytest.raises(FetchRefused, match="other_origin"):
                fetcher.call(api(), "GET", path)
        with pytest.raises(FetchRefused, match="redirected"):
            fetcher.call(api(), "POST", "/old", body=b"x")
        assert [path for path in site.paths if path == "/take"] == []


@pytest.mark.parametrize(
    "path", ["//thief.example/x", "@thief.example/x", ".thief.example/x", ":8443/x", "x", "", "https://thief.example/"]
)
def test_a_path_is_never_another_address(authority, path):
    with a_site({"/x": page()}, tls=authority.server_context()) as site:
        fetcher = a_fetcher(site, authority)
        try:
            answer = fetcher.call(api(), "GET", path)
            assert answer.final_url.startswith("https://api.social.example/")
        except (FetchRefused, FetchFailed, KeyError):
            pass
        assert all(headers["Host"] == "api.social.example" for _, headers in site.requests)
        if not path.startswith("/"):
            assert site.requests == []


def test_credentials_stay_here_where_the_name_leads_inside_or_nothing_is_encrypted(authority):
    with a_site({"/": page(b"{}", **JSON)}, tls=authority.server_context()) as site:
        with pytest.raises(FetchRefused, match="address"):
            a_fetcher(site, authority, addresses=(PUBLIC, "10.0.0.1")).call(api(), "GET", "/")
        with pytest.raises(FetchRefused, match="scheme"):
            a_fetcher(site, authority).call(api("http://api.social.example"), "GET", "/")
        assert site.requests == []
    with a_site({"/": page(b"{}", **JSON)}) as site:  # the operator's own machine, named by its exact origin
        assert a_fetcher(site, authority, allow=[site.origin]).call(api(site.origin), "GET", "/").status == 200


def test_pages_get_no_header_of_a_caller_and_redirects_from_them_neither(authority):
    with a_site({"/": redirect("/end"), "/end": page()}, tls=authority.server_context()) as site:
        fetcher = a_fetcher(site, authority)
        fetcher.call(api(), "GET", "/end", accept=("text/html",))
        fetcher.get("https://api.social.example/")
        assert [("Authorization" in headers) for _, headers in site.requests] == [True, False, False]


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Cookie", "Proxy-Authorization", "Transfer-Encoding", "a b"]
)
def test_some_headers_are_nobodys_to_set(name):
    with pytest.raises(ValueError, match="no header"):
        Api("https://api.social.example", {name: "x"})


def test_a_header_is_one_line_and_its_value_is_never_shown():
    with pytest.raises(ValueError, match="Authorization") as problem:
        Api("https://api.social.example", {"Authorization": f"{SECRET}\r\nHost: thief.example"})
    assert SECRET not in str(problem.value)
    assert SECRET not in repr(api())


@pytest.mark.parametrize(
    "origin", ["https://api.social.example/path", "https://u:p@api.social.example", "ftp://x.example"]
)
def test_an_interface_is_named_by_an_origin(origin):
    with pytest.raises(ValueError, match="origin"):
        Api(origin)


def test_what_is_no_request_of_ours_is_not_sent(authority):
    with a_site({}, tls=authority.server_context()) as site:
        fetcher = a_fetcher(site, authority)
        for method, body in (("TRACE", b""), ("GET", b"x"), ("POST", b"x" * 1_048_577)):
            with pytest.raises(ValueError, match="not sent"):
                fetcher.call(api(), method, "/", body=body)
        assert site.requests == []
