"""When a post was made, as its id tells: offline, exact to what the network writes into its ids, None for no time.

An id is made at upload: a scheduled post or a long video is younger than its id, by minutes as a rule. Bluesky's is
chosen by the client. Sources: each function's own; measured against recorded times of public posts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS = 1_072_915_200_000
"""2004: no network is older."""
_LAST_MS = 4_102_444_800_000
"""2100."""
_BASE64 = {
    letter: value for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}
_BASE32 = {letter: value for value, letter in enumerate("234567abcdefghijklmnopqrstuvwxyz")}


def at_ms(milliseconds: int) -> datetime | None:
    """That Unix time; None for one in which no post can have been made."""
    if not _FIRST_MS <= milliseconds < _LAST_MS:
        return None
    return _UNIX_EPOCH + timedelta(milliseconds=milliseconds)


def of_x(post_id: int) -> datetime | None:
    """X's snowflakes (November 2010 on); the shorter ids before were counted up. Within 1 s."""
    return at_ms((post_id >> 22) + 1_288_834_974_657) if post_id >= 10**15 else None


def of_tiktok(post_id: int) -> datetime | None:
    """The first 32 bits are seconds. 2 to 11 s early."""
    return at_ms((post_id >> 32) * 1000)


def of_meta_code(code: str) -> datetime | None:
    """Instagram's and Threads' codes: base 64 of an id as Instagram Engineering described it in 2012. To 88 s early."""
    if len(code) not in (10, 11):
        return None
    number = 0
    for letter in code:
        number = number << 6 | _BASE64[letter]
    return at_ms((number >> 23) + 1_314_220_021_721) if number < 2**64 else None


def of_linkedin(urn_id: int) -> datetime | None:
    """Activities, shares and ugcPosts alike."""
    return at_ms(urn_id >> 22)


def of_bluesky(rkey: str) -> datetime | None:
    """Record keys of the kind TID: microseconds and a clock's number (atproto.com/specs/tid). The client's choice."""
    if len(rkey) != 13 or not _BASE32.keys() >= set(rkey):
        return None
    number = 0
    for letter in rkey:
        number = number << 5 | _BASE32[letter]
    return at_ms((number >> 10) // 1000)


def of_discord(message_id: int) -> datetime | None:
    """discord.com/developers/docs/reference#snowflakes."""
    return at_ms((message_id >> 22) + 1_420_070_400_000)
