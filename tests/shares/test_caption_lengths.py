"""Each network counts its own way, and a reader sees so much before the fold."""

import pytest

from portal.shares import graphemes
from portal.shares.caption_lengths import Fold, fold_of, lengths
from portal.shares.disclosure.seeing import see

FAMILY, FLAG, ACCENT = "👩‍👩‍👧‍👧", "🇩🇪", "e\u0301"

COUNTED = [
    ("x", "hello", 5),
    ("x", "見て", 4),
    ("x", f"hi {FAMILY}", 5),
    ("x", "see https://hollin.example/a/very/long/way/to/go?with=more#and now", 31),
    ("x", "“quoted” – yes", 14),
    ("mastodon", "see https://hollin.example/a now", 31),
    ("mastodon", "thanks @ada@social.example and @bo", 22 + 6),
    ("mastodon", FAMILY + ACCENT, 2),
    ("bluesky", f"{FAMILY}{FLAG}{ACCENT}한글", 5),
    ("instagram", ACCENT, 2),
    ("tiktok", "🧦", 2),
    ("linkedin", "🧦a", 3),
]


@pytest.mark.parametrize(("platform", "caption", "count"), COUNTED)
def test_counting(platform, caption, count):
    expected = len("thanks @ada and @bo") if "social.example" in caption else count
    assert lengths()[platform].count(caption) == expected


def test_limits():
    for platform, limit in {"x": 280, "bluesky": 300, "mastodon": 500, "threads": 500, "instagram": 2200,
                            "linkedin": 3000}.items():  # fmt: skip
        assert lengths()[platform].fits("a" * limit), platform
        assert not lengths()[platform].fits("a" * (limit + 1)), platform
    assert not lengths()["bluesky"].fits(FAMILY * 200), "200 characters, but more than 3000 bytes"
    assert all(each.source and each.limit for each in lengths().values())


CLUSTERS = [
    ("", 0), ("abc", 3), ("a\r\nb", 3), (ACCENT, 1), (FAMILY, 1), (FLAG, 1), (FLAG * 2, 2), ("👍🏽", 1), ("❤️", 1),
    ("1️⃣", 1), ("각", 1), ("\u1100\u1161\u11a8", 1), ("ﾌﾟ", 1), ("🏴\U000e0067\U000e0062\U000e007f", 1), ("はは", 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "count"), CLUSTERS)
def test_what_a_person_sees_as_one_character(text, count):
    assert graphemes.count(text) == count
    assert "".join(sign for _at, sign in graphemes.clusters(text)) == text


def test_the_fold_cuts_by_characters_and_by_lines():
    assert Fold(3).cut(f"a{FAMILY}bc") == len(f"a{FAMILY}b")
    assert Fold(0, 2).cut("a\nb\nc") == len("a\nb\n") - 1
    assert Fold().cut("abc") == 3
    assert Fold(3).shows(see("a #ad"), (0, 1))
    assert not Fold(3).shows(see("a #ad"), (2, 5))
    assert fold_of("instagram").signs == 125
    assert fold_of("nowhere") == Fold()
