"""Perch, the sandbox's small network. It exists only where the sandbox does.

Ids carry their time: `(id >> 22) + 1600000000000` is the Unix time in milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from config import Settings
from portal.accounts.ports import Network, NotAProfile, Profile, ProfileAddress, ProfileUnreadable
from portal.kernel.fetcher import Fetcher, FetchFailed, FetchRefused
from portal.shares.platforms import telling
from portal.shares.platforms.about import About, Identifier
from portal.shares.platforms.addresses import Address, NotAnAddress, read_address
from portal.shares.platforms.fetching import OTHER_SHAPE, get_json, moment_from, profile_unreadable
from portal.shares.platforms.pace import Account, Page, read_unkept
from portal.shares.platforms.reading import (
    Counts,
    HostMemory,
    Identified,
    Kind,
    Post,
    Problem,
    Reader,
    Reading,
    Relation,
    Trouble,
    UnreadableError,
    told,
)

CODE = "perch"
SOURCE = "perch_api"
PRIVATE = frozenset({"private"})
"""Its error for a post that its author hides. A wall before everything says `login_required` instead."""
_FIELDS = (
    "author_id", "author_name", "text", "posted_at", "edited_at", "visibility", "links", "media", "relation",
)  # fmt: skip
EPOCH_MS = 1_600_000_000_000
_HANDLE = re.compile(r"[A-Za-z0-9_]{2,30}\Z")
_POST_ID = re.compile(r"[0-9]{1,19}\Z")
_SHORT = re.compile(r"[A-Za-z0-9]{7}\Z")


ABOUT = About(
    CODE, "Perch", frozenset(),
    without_key="everything that it knows of a public post (its own interface)",
    with_key="nothing more: it takes none",
    with_login="nothing more",
    never="private posts",
)  # fmt: skip


def identifier(settings: Settings, _hosts: HostMemory) -> Identifier | None:
    """Perch at the sandbox's address, or None where there is no sandbox."""
    return Perch(settings.sandbox_url) if settings.sandbox else None


def reader(settings: Settings, _hosts: HostMemory) -> Reader | None:
    """The same."""
    return Perch(settings.sandbox_url) if settings.sandbox else None


def time_of(post_id: int) -> datetime:
    """When the post with this id was made."""
    return datetime.fromtimestamp(((post_id >> 22) + EPOCH_MS) / 1000, UTC)


class Perch:
    guide = Network(CODE, "Perch", federated=False, example="@ada_outside", can_prove_by_code=True, can_count=True)

    def __init__(self, url: str) -> None:
        self._url = url
        self._host = urlsplit(url).netloc
        self.ABOUT = replace(ABOUT, hosts=frozenset({self._host}))

    def identify(self, address: Address) -> Identified | None:
        if address.host != self._host:
            return None
        segments = address.segments[1:] if address.segments[:1] == ("m",) else address.segments
        if len(segments) == 2 and segments[0] == "p" and _SHORT.match(segments[1]):
            return self._short(segments[1])
        name = segments[0][1:].lower() if segments and segments[0].startswith("@") else ""
        if not _HANDLE.match(name):
            return self.ABOUT.page(address)
        if len(segments) == 1:
            return self.ABOUT.profile(f"{self._url}/@{name}", name)
        if len(segments) == 2 and _POST_ID.match(segments[1]):
            return self._post(name, int(segments[1]))
        return self.ABOUT.other()

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        try:
            if identified.kind is Kind.SHORT:
                identified = self._followed(fetcher, identified)
            url = f"{self._url}/api/v1/posts/{identified.post_id}"
            return _post_from(get_json(fetcher, url, source=SOURCE, private=PRIVATE), self._url)
        except UnreadableError as unreadable:
            return unreadable.problem
        except OTHER_SHAPE:
            return Problem(Trouble.UNEXPECTED, SOURCE, identified.canonical, "other_shape")

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        try:
            found = get_json(fetcher, f"{self._url}/api/v1/accounts/{quote(name)}", source=SOURCE)
            return Profile(
                str(found["id"]), str(found["handle"]).lower(), str(found["bio"]), telling.count(found["followers"])
            )
        except UnreadableError as unreadable:
            raise profile_unreadable(unreadable.problem) from None
        except OTHER_SHAPE:
            raise ProfileUnreadable("unreachable") from None

    def pages_of_posts(self, fetcher: Fetcher, account: Account) -> Iterator[Page]:
        listed, before = f"{self._url}/api/v1/accounts/{quote(account.name)}/posts", ""
        while True:
            found = read_unkept(fetcher, listed + before, source=SOURCE)
            if found["account_id"] != account.external_id:
                raise UnreadableError(Problem(Trouble.GONE, SOURCE, listed, "another_account"))
            times = [moment_from(each["created_at"]) for each in found["posts"]]
            yield Page(times, is_last=found["next"] is None)
            before = f"?before={int(found['next'])}"

    def understand(self, typed: str) -> ProfileAddress:
        text = typed.strip()
        if not _HANDLE.match(text.removeprefix("@")):
            text = self._name_in(text)
        name = text.removeprefix("@").lower()
        return ProfileAddress(CODE, "", name, f"{self._url}/@{name}")

    def _name_in(self, typed: str) -> str:
        try:
            address = read_address(typed, local_origins=frozenset({self._url}))
        except NotAnAddress:
            raise NotAProfile("not_a_handle") from None
        found = self.identify(address)
        if found is None:  # a bare word with a dot reads like a host, and is more likely a name mistyped
            raise NotAProfile("other_network" if "/" in typed else "not_a_handle")
        if found.kind is not Kind.PROFILE:
            raise NotAProfile("not_a_profile")
        return found.author

    def _post(self, name: str, post_id: int) -> Identified:
        return Identified(
            CODE, Kind.POST, canonical=f"{self._url}/@{name}/{post_id}", post_id=str(post_id), author=name,
            posted_at=time_of(post_id), post_key=f"{CODE}:{post_id}",
        )  # fmt: skip

    def _short(self, code: str) -> Identified:
        return Identified(CODE, Kind.SHORT, canonical=f"{self._url}/p/{code}", post_key=f"{CODE}:short:{code}")

    def _followed(self, fetcher: Fetcher, short: Identified) -> Identified:
        """The post that a short link leads to. Raises UnreadableError."""
        local = frozenset({self._url})
        try:
            end = fetcher.resolve(short.canonical)
            found = self.identify(read_address(end.final_url, local_origins=local))
        except FetchFailed as failed:
            raise UnreadableError(Problem(Trouble.UNREACHABLE, SOURCE, short.canonical, failed.reason_code)) from None
        except (FetchRefused, NotAnAddress):
            raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, short.canonical, "leads_away")) from None
        if found is not None and found.kind is Kind.POST:
            return found
        trouble = {404: Trouble.GONE, 410: Trouble.GONE, 429: Trouble.RATE_LIMITED}.get(end.status or 0)
        if trouble is None:
            trouble = Trouble.UNREACHABLE if (end.status or 0) >= 500 else Trouble.UNEXPECTED
        raise UnreadableError(Problem(trouble, SOURCE, short.canonical, f"status_{end.status}"))


def _post_from(found: dict[str, Any], url: str) -> Post:
    author, post_id = found["author"], int(found["id"])
    edited, since, about = found.get("edited_at"), author.get("created_at"), found.get("about")
    counts, paid = found.get("counts"), found.get("paid_partnership")
    relation = Relation(found.get("relation") or "original")
    text = about.get("text") if about and relation is Relation.REPOST else found["text"]
    language, followers = telling.language(found.get("language")), telling.count(author.get("followers"))
    known = {
        "language": language, "counts": counts, "paid_label": paid is not None, "about_key": about,
        "about_url": about and about.get("url"), "author_followers": followers is not None, "author_since": since,
    }  # fmt: skip
    return Post(
        platform=CODE, host="", post_key=f"{CODE}:{post_id}", url=f"{url}/@{author['handle'].lower()}/{post_id}",
        author_id=str(author["id"]), author_name=str(author["handle"]).lower(), text=str(text or ""),
        posted_at=moment_from(found["created_at"]), edited_at=moment_from(edited) if edited else None,
        visibility=str(found["visibility"]), links=tuple(map(str, found["links"])),
        media=tuple(telling.media(each["url"], alt=each.get("alt")) for each in found["media"]), source=SOURCE,
        language=language, counts=_counts_from(counts) if counts else None,
        paid_label=paid if isinstance(paid, bool) else None, relation=relation,
        about_key=f"{CODE}:{int(about['id'])}" if about else "", about_url=str(about.get("url") or "") if about else "",
        author_followers=followers, author_since=moment_from(since) if since else None,
        told=told(SOURCE, *_FIELDS, *(name for name, is_told in known.items() if is_told)),
    )  # fmt: skip


def _counts_from(counts: dict[str, Any]) -> Counts:
    return Counts(
        likes=telling.count(counts.get("likes")), comments=telling.count(counts.get("replies")),
        shares=telling.total(counts.get("reposts"), counts.get("quotes")), views=telling.count(counts.get("views")),
    )  # fmt: skip
