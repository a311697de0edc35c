"""What the checks are asked with in tests: all is well, until a test says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from portal.shares.checks.finding import Asked, Context, ProvedHandle
from portal.shares.platforms.reading import Identified, Kind, Post, Problem, Trouble

NOW = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
CLAIMED = datetime(2026, 10, 14, 9, 0, tzinfo=UTC)
LINK = "https://portal.example/l/Ab3dE6g8"

IDENTIFIED = Identified("perch", Kind.POST, "", "https://perch.example/@ada/1", "1", "ada", None, "perch:1")


def a_post(**changes: Any) -> Post:
    values: dict[str, Any] = {
        "platform": "perch", "host": "", "post_key": "perch:1", "url": "https://perch.example/@ada/1",
        "author_id": "id-ada", "author_name": "ada", "text": "Ad: my mended jacket #MendedWithHollin",
        "posted_at": datetime(2026, 10, 14, 9, 20, tzinfo=UTC), "visibility": "public", "source": "perch_api",
    }  # fmt: skip
    return Post(**{**values, **changes})


def a_problem(trouble: Trouble, **changes: Any) -> Problem:
    return Problem(trouble, "perch_api", **changes)


def asked(**changes: Any) -> Asked:
    values: dict[str, Any] = {
        "platforms": ("perch",), "tag": "#MendedWithHollin", "link": LINK, "link_or_tag": True, "place": "GB",
        "brand": "Hollin Fell",
    }  # fmt: skip
    return Asked(**{**values, **changes})


def a_context(**changes: Any) -> Context:
    values: dict[str, Any] = {
        "identified": IDENTIFIED, "reading": a_post(), "asked": asked(),
        "handles": (ProvedHandle("perch", "", "ada", "id-ada"),), "claimed_at": CLAIMED, "other_share": None,
        "links_expanded": (), "gone_since": None, "second_look_after": timedelta(minutes=2), "now": NOW,
    }  # fmt: skip
    return Context(**{**values, **changes})
