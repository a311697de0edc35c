"""Answers that are kept: a server that says "nothing changed" is believed, and what it says otherwise wins."""

from __future__ import annotations

import pytest

from portal.kernel.fetcher import Fetcher, FetchFailed, FetchPolicy
from portal.kernel.fetcher.remembered import KEPT_BYTES_MAX
from tests.kernel.local_web import a_site, page, redirect


class Memory(dict):
    def recall(self, url):
        return self.get(url)

    def keep(self, url, answer):
        self[url] = answer


def a_fetcher(site, memory):
    fetcher = Fetcher(FetchPolicy(user_agent="tests", allow_origins=frozenset({site.origin})))
    fetcher.remember_with(memory)
    return fetcher


def versioned(body, etag):
    def answer(request):
        if request.headers.get("If-None-Match") == etag:
            page(b"", 304)(request)
        else:
            page(body, etag=etag)(request)

    return answer


def test_what_did_not_change_is_not_sent_again():
    pages, memory = {"/post": versioned(b"one", '"1"')}, Memory()
    with a_site(pages) as site:
        fetcher = a_fetcher(site, memory)
        first, second = fetcher.get(f"{site.origin}/post"), fetcher.get(f"{site.origin}/post")
        assert (first.status, first.text, first.unchanged) == (200, "one", False)
        assert (second.status, second.text, second.unchanged) == (200, "one", True)
        pages["/post"] = versioned(b"two", '"2"')
        third = fetcher.get(f"{site.origin}/post")
        assert (third.text, third.unchanged, memory[f"{site.origin}/post"].body) == ("two", False, b"two")
        pages["/post"] = page(b"", 404)
        assert fetcher.get(f"{site.origin}/post").status == 404


def test_conditions_are_for_the_address_whose_answer_was_kept():
    pages, memory = {"/post": redirect("/a"), "/a": versioned(b"one", '"1"'), "/b": versioned(b"two", '"1"')}, Memory()
    with a_site(pages) as site:
        fetcher = a_fetcher(site, memory)
        fetcher.get(f"{site.origin}/post")
        pages["/post"] = redirect("/b")
        moved = fetcher.get(f"{site.origin}/post")
        assert (moved.text, moved.unchanged) == ("two", False)


def test_some_answers_are_not_kept():
    pages, memory = {
        "/plain": page(b"x"),
        "/secret": page(b"x", etag='"1"', cache_control="private, no-store"),
        "/large": page(b"x" * (KEPT_BYTES_MAX + 1), etag='"1"'),
        "/gone": page(b"x", 410, etag='"1"'),
    }, Memory()  # fmt: skip
    with a_site(pages) as site:
        fetcher = a_fetcher(site, memory)
        for path in pages:
            fetcher.get(f"{site.origin}{path}")
        assert memory == {}


def test_a_kept_page_is_no_answer_to_who_wants_json():
    memory = Memory()
    with a_site({"/post": versioned(b"<p>", '"1"')}) as site:
        fetcher = a_fetcher(site, memory)
        fetcher.get(f"{site.origin}/post")
        fetcher.get(f"{site.origin}/post", accept=("text/html", "application/json"))
        assert [headers.get("If-None-Match") for _, headers in site.requests] == [None, '"1"']
        with pytest.raises(FetchFailed, match="wrong_type"):
            fetcher.get(f"{site.origin}/post", accept=("application/json",))
        assert site.requests[-1][1].get("If-None-Match") is None


def test_an_unasked_304_is_no_answer():
    with a_site({"/post": page(b"", 304)}) as site:
        assert a_fetcher(site, Memory()).get(f"{site.origin}/post").status == 304
