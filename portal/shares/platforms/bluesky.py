"""Bluesky (the AT Protocol's `app.bsky`).

Sources: docs.bsky.app (`public.api.bsky.app`: resolveHandle, getPosts, no login), atproto.com/specs (TID, record keys,
handles, DIDs), gallery-dl and yt-dlp (August 2026) for addresses. A record's key is one in its repository only, and
handles move: what makes a post one post is the DID and the key, which takes a read where the address has a handle.
"""

from __future__ import annotations

import sys

from config import Settings
from portal.shares.platforms import id_times
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.bluesky_reading import BlueskyReader
from portal.shares.platforms.pages import NOT_A_POST
from portal.shares.platforms.reading import HostMemory, Identified, Reader
from portal.shares.platforms.shapes import is_usual_front, shape

ABOUT = About(
    "bluesky", "Bluesky", frozenset({"bsky.app", "bsky.social"}),
    without_key="author's DID, text, time, counts, what it quotes or answers (public.api.bsky.app)",
    with_key="nothing more: it takes none",
    with_login="that the account is the fan's own",
    never="when it was posted, if the client lied: only when it was first seen",
    profile_form="https://bsky.app/profile/{name}",
)  # fmt: skip
_ACTOR = r"@?(?P<actor>did:[a-z]+:[\w.:%-]{0,199}[\w-]|(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{0,62})"
_POST = shape(rf"profile/{_ACTOR}/post/(?P<rkey>[\w.~:-]{{0,511}}[\w~-])(?P<tail>/.*)?")
_EMBED = shape(rf"embed/{_ACTOR}/app\.bsky\.feed\.post/(?P<rkey>[\w.~:-]{{0,511}}[\w~-])(?P<tail>)")
_PROFILE = shape(rf"profile/{_ACTOR}")
_HANDLE = shape(r"[a-z0-9-]{1,63}")


def reader(settings: Settings, _hosts: HostMemory) -> Reader:
    """Bluesky, as the operator's AppView tells it."""
    return BlueskyReader(settings.bluesky_appview_url, sys.modules[__name__])


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "bsky.social":
        return _home_of(front, address)
    if front == "go" and address.path:
        return ABOUT.short(f"https://go.bsky.app/{address.path}")
    found = _EMBED.fullmatch(address.path) if front == "embed" else None
    if found is None and not (is_usual_front(front) or front == "staging"):
        return ABOUT.page(address)
    found = found or _POST.fullmatch(address.path)
    if found:
        return ABOUT.other(NOT_A_POST) if found["tail"] else _post(found["actor"].lower(), found["rkey"])
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        actor = someone["actor"].lower()
        return ABOUT.profile(f"https://bsky.app/profile/{actor}", actor)
    return ABOUT.page(address)


def _post(actor: str, rkey: str) -> Identified:
    rkey = rkey.lower() if id_times.of_bluesky(rkey.lower()) else rkey
    return ABOUT.post(
        f"https://bsky.app/profile/{actor}/post/{rkey}", rkey, author=actor, key=f"{actor}:{rkey}",
        posted_at=id_times.of_bluesky(rkey),
    )  # fmt: skip


def _home_of(front: str, address: Address) -> Identified:
    """A handle at bsky.social is a host too, which leads to the profile."""
    if not _HANDLE.fullmatch(front) or front == "www" or address.path:
        return ABOUT.page(address)
    return ABOUT.profile(f"https://bsky.app/profile/{front}.bsky.social", f"{front}.bsky.social")
