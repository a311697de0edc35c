"""Opening a network's own composer with text and link filled in, so that a fan edits there and posts as themselves.

A network without such an address isn't here: its fans copy the caption. Sources: Mastodon's share page
(docs.joinmastodon.org, "Share page": `/share?text=`); web intents of X (docs.x.com), Bluesky (docs.bsky.app, "Action
Intent Links") and Threads (developers.facebook.com, "Web Intents"); Perch's `/compose?text=&url=` is the sandbox's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from portal.accounts.models import Handle


@dataclass(frozen=True)
class Composer:
    """Where a fan's own server takes a draft."""

    platform: str
    account: str
    """Whose composer it is, as shown: @maya@social.example."""
    url: str


ComposerUrl = Callable[[Handle, str, str, str], str]
"""(handle, text, link, sandbox address) → address; "" where this handle's server has none."""


def _perch(_handle: Handle, text: str, link: str, sandbox_url: str) -> str:
    return f"{sandbox_url}/compose?{urlencode({'text': text, 'url': link} if link else {'text': text})}"


def _mastodon(handle: Handle, text: str, _link: str, _sandbox_url: str) -> str:
    server = urlsplit(handle.profile_url)
    return f"{server.scheme}://{server.netloc}/share?{urlencode({'text': text})}"


def _intent(page: str) -> ComposerUrl:
    """A page of the network's own that takes a text."""
    return lambda _handle, text, _link, _sandbox_url: f"{page}?{urlencode({'text': text})}"


COMPOSERS: dict[str, ComposerUrl] = {
    "perch": _perch,
    "mastodon": _mastodon,
    "x": _intent("https://x.com/intent/post"),
    "bluesky": _intent("https://bsky.app/intent/compose"),
    "threads": _intent("https://www.threads.com/intent/post"),
}


def composers_for(handles: Sequence[Handle], text: str, link: str, *, sandbox_url: str) -> list[Composer]:
    """One for each proved account whose network takes drafts by address. `text` carries the link already."""
    return [
        Composer(handle.platform, _account(handle), COMPOSERS[handle.platform](handle, text, link, sandbox_url))
        for handle in handles
        if handle.platform in COMPOSERS
    ]


def _account(handle: Handle) -> str:
    return f"@{handle.name}@{handle.host}" if handle.platform == "mastodon" else f"@{handle.name}"
