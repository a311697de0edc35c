"""What reading an address gives now, on the live network as this portal is set up: an operator's contract test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum

from portal.kernel.fetcher import Fetcher
from portal.shares.platforms.reading import Identified, Post, Reading
from portal.shares.platforms.registry import Networks

_IDENTITY = ("platform", "host", "post_key", "url", "source")
_FIELDS = (
    "author_id", "author_name", "posted_at", "edited_at", "visibility", "language", "text", "links", "media", "counts",
    "relation", "about_key", "about_url", "paid_label", "author_followers", "author_since",
)  # fmt: skip
_TEXT_SHOWN_MAX = 400
_WIDTH = 18


class Outcome(StrEnum):
    READ = "read"
    NOT_READ = "not_read"


def probe(networks: Networks, fetcher: Fetcher, typed: str) -> tuple[Outcome, list[str]]:
    """Read what was typed now, and say line by line what came of it. No transaction may be open. Raises NotAPost."""
    found = networks.identify(typed)
    reading = networks.read_post(fetcher, found)
    lines = [*_identified(found), *_told(reading)]
    return (Outcome.READ if isinstance(reading, Post) else Outcome.NOT_READ), lines


def _identified(found: Identified) -> Iterator[str]:
    yield _line("address", f"{found.platform} {found.kind}, {found.canonical}")
    if found.author:
        yield _line("address names", found.author)
    if found.posted_at:
        yield _line("id's own time", found.posted_at.isoformat())


def _told(reading: Reading) -> Iterator[str]:
    if not isinstance(reading, Post):
        yield _line("problem", f"{reading.trouble}{f' ({reading.detail})' if reading.detail else ''}")
        yield _line("by", reading.source)
        yield _line("asked", reading.url)
        if reading.retry_after_seconds is not None:
            yield _line("try again after", f"{reading.retry_after_seconds} s")
        return
    for name in _IDENTITY:
        yield _line(name, getattr(reading, name))
    for name in _FIELDS:
        how = reading.how(name)
        yield _line(name, _shown(reading, name), f"{how.certainty} by {how.source}" if how else "not known")


def _shown(post: Post, name: str) -> str:
    value = getattr(post, name)
    if not post.knows(name):
        return "–"
    if name == "counts":
        return ", ".join(f"{count} {what}" for what, count in asdict(value).items() if count is not None)
    if name == "media":
        return ", ".join(f"{each.kind} {each.url}" for each in value)
    if name == "links":
        return ", ".join(value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text if len(text) <= _TEXT_SHOWN_MAX else f"{text[:_TEXT_SHOWN_MAX]}…"


def _line(name: str, value: str, how: str = "") -> str:
    """One line, whatever a stranger wrote: no letter of it can move the terminal's cursor."""
    plain = "".join(letter if letter.isprintable() else " " for letter in " ⏎ ".join(str(value).splitlines()))
    return f"{name:<{_WIDTH}}{plain or '–'}{f'  [{how}]' if how else ''}"
