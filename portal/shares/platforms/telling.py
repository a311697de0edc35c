"""Taking over what a network told, where any of it may be missing or of another kind than documented."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.reading import Media, MediaKind

COUNT_MAX = 2**31 - 1
"""More than an INTEGER column holds, of likes or followers, is not to be believed."""
_KINDS = {"image": MediaKind.IMAGE, "gifv": MediaKind.VIDEO, "video": MediaKind.VIDEO}


def count(value: Any) -> int | None:
    """A number of likes and the like, or None where there is none to be believed."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= COUNT_MAX else None


def total(*values: Any) -> int | None:
    """The sum of those that are counts; None when none is."""
    known = [number for number in map(count, values) if number is not None]
    return min(sum(known), COUNT_MAX) if known else None


def moment(seconds: Any) -> datetime:
    """The time so many seconds after the beginning of 1970, as a number or its digits.

    Raises ValueError, TypeError or OverflowError for all else.
    """
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except OSError:  # years that the system has no field for
        raise ValueError(f"{seconds!r} is no time") from None


def language(value: Any) -> str:
    """A language's code in lower case, or nothing."""
    code = value.strip().lower().replace("_", "-") if isinstance(value, str) else ""
    return code if code.replace("-", "").isalnum() and code.isascii() and 2 <= len(code) <= 20 else ""


def words(value: Any) -> str:
    """Text, or nothing."""
    return value if isinstance(value, str) else ""


def links(*found: Iterable[str]) -> tuple[str, ...]:
    """All addresses of the web among these, each once, in order."""
    every = (link for each in found for link in each)
    return tuple(dict.fromkeys(link for link in every if link.startswith(("https://", "http://"))))


def media(url: Any, *, alt: Any = "", kind: Any = "image") -> Media:
    """A picture or film; kinds as networks name them: image, video, gifv, image/png, video/mp4."""
    name = words(kind).lower().partition("/")[0]
    return Media(words(url), words(alt), _KINDS.get(name, MediaKind.OTHER))


def links_in_markdown(text: str) -> tuple[str, ...]:
    """All whole addresses in text of which parts may be links with words of their own."""
    return links_in(text.replace("](", " "))
