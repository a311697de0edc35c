"""A page asks once; whatever writes asks each time."""

from __future__ import annotations

from flask import Flask

from portal.kernel.once import once_a_page


def test_a_page_asks_once_for_each_argument(sqlite_app: Flask) -> None:
    asked: list[str] = []
    read = once_a_page(lambda name: asked.append(name) or len(asked))
    with sqlite_app.test_request_context("/missions"):
        assert [read("a"), read("b"), read("a")] == [1, 2, 1]
    with sqlite_app.test_request_context("/missions"):
        assert read("a") == 3


def test_what_writes_and_what_no_browser_asked_for_reads_anew(sqlite_app: Flask) -> None:
    asked: list[str] = []
    read = once_a_page(lambda name: asked.append(name) or len(asked))
    with sqlite_app.test_request_context("/missions/1/claim", method="POST"):
        assert [read("a"), read("a")] == [1, 2]
    assert [read("a"), read("a")] == [3, 4]
