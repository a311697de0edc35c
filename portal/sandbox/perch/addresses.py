"""How Perch names things: ids that carry their time, short codes, and the spellings of one post's address.

A post's id is `(milliseconds since the epoch of Perch) << 22 | 22 random bits`: `(id >> 22) + 1600000000000`
is its Unix time in milliseconds, and ids sort by time.
"""

from __future__ import annotations

import re
import secrets
import string
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

EPOCH = datetime.fromtimestamp(1_600_000_000, UTC)
_RANDOM_BITS = 22
POST_ID_MAX = 2**63 - 1
_ALPHABET = string.ascii_letters + string.digits
_POST_PATH = re.compile(r"(?:/m)?/@[A-Za-z0-9_]{2,30}/([0-9]{1,19})/?")
_ACCOUNT_PATH = re.compile(r"(?:/m)?/@([A-Za-z0-9_]{2,30})/?")
_SHORT_PATH = re.compile(r"/p/([A-Za-z0-9]{7})/?")


def new_post_id(created_at: datetime) -> int:
    """Raises ValueError for a time before 13 September 2020 or beyond what an id can carry."""
    milliseconds = (created_at - EPOCH) // timedelta(milliseconds=1)
    post_id = (milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    if not 0 <= post_id <= POST_ID_MAX:
        raise ValueError("Perch has posts since 13 September 2020 only")
    return post_id


def time_of(post_id: int) -> datetime:
    return EPOCH + timedelta(milliseconds=post_id >> _RANDOM_BITS)


def new_short_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(7))


def new_account_id() -> str:
    return f"a{secrets.token_hex(8)}"


def account_url(base: str, handle: str) -> str:
    return f"{base}/@{handle}"


def post_url(base: str, handle: str, post_id: int) -> str:
    return f"{base}/@{handle}/{post_id}"


def short_url(base: str, code: str) -> str:
    return f"{base}/p/{code}"


def _path_here(base: str, address: str) -> str | None:
    """The path of `address` if it is one of ours, or is a path itself."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.netloc and f"{parts.scheme}://{parts.netloc}".lower() != base.lower():
        return None
    return parts.path


def post_id_in(base: str, address: str) -> int | None:
    """The id in a post's address, in any of its spellings but the short one."""
    found = _POST_PATH.fullmatch(_path_here(base, address) or "")
    return int(found[1]) if found and int(found[1]) <= POST_ID_MAX else None


def handle_in(base: str, address: str) -> str | None:
    found = _ACCOUNT_PATH.fullmatch(_path_here(base, address) or "")
    return found[1] if found else None


def short_code_in(base: str, address: str) -> str | None:
    found = _SHORT_PATH.fullmatch(_path_here(base, address) or "")
    return found[1] if found else None
