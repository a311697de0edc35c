"""Addresses in plain text."""

import pytest

from portal.shares.platforms.plain_links import links_in


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://portal.example/l/x2.", ("https://portal.example/l/x2",)),
        ("(https://portal.example/l/x2), again https://portal.example/l/x2!", ("https://portal.example/l/x2",)),
        ("https://en.example/wiki/Darn_(sock)", ("https://en.example/wiki/Darn_(sock)",)),
        ("HTTP://A.example/?q=1&b=2 “https://b.example/”", ("HTTP://A.example/?q=1&b=2", "https://b.example/")),
        ("portal.example/l/x2 mailto:ada@portal.example ftp://a.example/", ()),
        ("", ()),
    ],
)
def test_links_are_found_without_the_marks_behind_them(text, links):
    assert links_in(text) == links
