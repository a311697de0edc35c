"""Mastodon: any server that says of itself, by nodeinfo, that it runs Mastodon or a close relative.

Sources: docs.joinmastodon.org (`GET /api/v1/statuses/:id`: public posts need no token since 2.7.0, nor does `GET
/api/v1/accounts/:id/statuses`; `GET /api/v1/accounts/lookup?acct=`: since 3.4.0; `quote`: since 4.4), gallery-dl
(August 2026) for addresses.
Ids carry the time of arrival at that server: `id >> 16` is Unix milliseconds, which on a copy is not when the post was
made.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from config import Settings
from portal.accounts.networks.fediverse import SPEAK_THE_API
from portal.accounts.ports import Network, NotAProfile, Profile, ProfileAddress, ProfileUnreadable
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import About, Identifier
from portal.shares.platforms.addresses import Address, NotAnAddress, read_address
from portal.shares.platforms.fetching import OTHER_SHAPE, get_json, moment_from, profile_unreadable
from portal.shares.platforms.html_text import text_of_html
from portal.shares.platforms.nodeinfo import make_sure_it_runs
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
from portal.shares.platforms.shapes import shape

CODE = "mastodon"
SOURCE = "mastodon_api"
_FIELDS = (
    "author_id", "author_name", "text", "posted_at", "edited_at", "visibility", "links", "media", "counts", "relation",
)  # fmt: skip
_PUBLIC = ("public", "unlisted")
FIRST_TIMED_ID = 1_483_228_800_000 << 16
"""Ids below would be of the years before 2017: they were counted up and carry no time."""
_ACCOUNT = r"\w(?:[\w.\-]{0,62}\w)?"
_HOME = r"[a-z0-9.\-]{3,252}[a-z0-9](?::\d{2,5})?"
_NAME = shape(rf"@({_ACCOUNT})(?:@({_HOME}))?")
_SHOWN = shape(
    rf"(?:web/|deck/)?(?:@(?P<name>{_ACCOUNT})(?:@(?P<home>{_HOME}))?(?:/(?:(?P<id>\d{{1,20}})(?:/embed)?|with_replies|media))?"
    rf"|users/(?P<actor>{_ACCOUNT})(?:/statuses/(?P<actor_id>\d{{1,20}})(?:/activity)?)?)"
)
_BY_NUMBER = shape(r"(?:web/)?statuses/(?P<id>\d{1,20})")

ABOUT = About(
    CODE, "Mastodon", frozenset(),
    without_key="account's id, text, time, edits, visibility, language, counts, what it quotes, boosts or answers "
    "(the server's API)",
    with_key="nothing more: each server gives its own",
    with_login="own posts on servers that show nothing without one",
    never="private and direct posts",
    software=SPEAK_THE_API,
)  # fmt: skip


def identifier(settings: Settings, hosts: HostMemory) -> Identifier:
    """All Mastodon servers."""
    return Mastodon(hosts, frozenset(settings.fetch_allow))


def reader(settings: Settings, hosts: HostMemory) -> Reader:
    """The same."""
    return Mastodon(hosts, frozenset(settings.fetch_allow))


def time_of(post_id: int) -> datetime | None:
    """When the post with this id reached its server; None for ids without a time."""
    milliseconds = post_id >> 16
    if post_id < FIRST_TIMED_ID or milliseconds > 4_102_444_800_000:  # 2100
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


class Mastodon:
    ABOUT = ABOUT
    guide = Network(
        CODE, "Mastodon", federated=True, example="@ada@social.example", can_prove_by_code=True, can_count=True
    )

    def __init__(self, hosts: HostMemory, local_origins: frozenset[str] = frozenset()) -> None:
        self._hosts = hosts
        self._local = local_origins

    def identify(self, address: Address) -> Identified | None:
        """By shape alone, since any host can be a server; whether this one is, is known once it was asked."""
        shown = _SHOWN.fullmatch(address.path)
        if shown is None:
            return self._page(address)
        name, home = shown["name"] or shown["actor"], (shown["home"] or address.host).lower()
        profile = f"{self._origin(address.host)}/@{name}" + ("" if home == address.host else f"@{home}")
        if shown["id"] is None and shown["actor_id"] is None:
            return ABOUT.profile(profile, f"{name}@{home}", host=address.host)
        post_id = str(int(shown["id"] or shown["actor_id"]))
        return ABOUT.post(
            f"{profile}/{post_id}", post_id, author=f"{name}@{home}", posted_at=time_of(int(post_id)),
            host=address.host, key=f"{address.host}:{post_id}",
        )  # fmt: skip

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        try:
            found = self._status(fetcher, identified.host, identified.post_id)
            original = self._original(found, asked_host=identified.host)
            if original is not None:
                found = self._status(fetcher, original.host, original.post_id)
                identified = original
            return self._post_from(found, identified)
        except UnreadableError as unreadable:
            return unreadable.problem
        except OTHER_SHAPE:
            return Problem(Trouble.UNEXPECTED, SOURCE, identified.canonical, "other_shape")

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        try:
            self._ask_what_runs(fetcher, host)
            found = get_json(fetcher, f"{self._origin(host)}/api/v1/accounts/lookup?acct={quote(name)}", source=SOURCE)
            fields = [str(each.get("value") or "") for each in found.get("fields") or []]
            text = "\n".join(text_of_html(part)[0] for part in [str(found["note"]), *fields])
            return Profile(
                str(found["id"]), str(found["username"]).lower(), text,
                telling.count(found.get("followers_count")),
            )  # fmt: skip
        except UnreadableError as unreadable:
            raise profile_unreadable(unreadable.problem) from None
        except OTHER_SHAPE:
            raise ProfileUnreadable("unreachable") from None

    def pages_of_posts(self, fetcher: Fetcher, account: Account) -> Iterator[Page]:
        self._ask_what_runs(fetcher, account.host)
        listed = f"{self._origin(account.host)}/api/v1/accounts/{quote(account.external_id, safe='')}/statuses"
        before = ""
        while True:
            found = read_unkept(fetcher, f"{listed}?limit=40&exclude_reblogs=false{before}", source=SOURCE)
            public = [each for each in found if each["visibility"] in _PUBLIC]
            yield Page([moment_from(str(each["created_at"])) for each in public], is_last=not found)
            before = f"&max_id={int(found[-1]['id'])}"

    def understand(self, typed: str) -> ProfileAddress:
        text = typed.strip()
        named = _NAME.fullmatch(text if text.startswith("@") else f"@{text}")
        if named is None or named[2] is None:
            return self._understand_address(text)
        home = self._checked_host(named[2].lower())
        return self._profile_address(named[1], home)

    def _understand_address(self, typed: str) -> ProfileAddress:
        if "/" not in typed:
            raise NotAProfile("server_missing" if _NAME.fullmatch(f"@{typed.removeprefix('@')}") else "not_a_handle")
        try:
            address = read_address(typed, local_origins=self._local)
        except NotAnAddress:
            raise NotAProfile("not_a_handle") from None
        found = self.identify(address)
        if found is None:
            raise NotAProfile("other_network")
        if found.kind is not Kind.PROFILE:
            raise NotAProfile("not_a_profile")
        name, _, home = found.author.rpartition("@")
        return self._profile_address(name, self._checked_host(home))

    def _checked_host(self, host: str) -> str:
        try:
            address = read_address(f"{self._origin(host)}/", local_origins=self._local)
        except NotAnAddress:
            raise NotAProfile("not_a_handle") from None
        return address.host

    def _profile_address(self, name: str, home: str) -> ProfileAddress:
        return ProfileAddress(CODE, home, name.lower(), f"{self._origin(home)}/@{name}")

    def _page(self, address: Address) -> Identified | None:
        """What names nobody, at a host known to be a server; at any other host it is not ours to explain."""
        if self._hosts.software_of(address.host) in SPEAK_THE_API:
            found = _BY_NUMBER.fullmatch(address.path)
            if found:
                post_id = str(int(found["id"]))
                return ABOUT.post(
                    f"{self._origin(address.host)}/web/statuses/{post_id}", post_id, host=address.host,
                    posted_at=time_of(int(post_id)), key=f"{address.host}:{post_id}",
                )  # fmt: skip
            return ABOUT.page(address, host=address.host)
        return None

    def _origin(self, host: str) -> str:
        return f"http://{host}" if f"http://{host}" in self._local else f"https://{host}"

    def _ask_what_runs(self, fetcher: Fetcher, host: str) -> None:
        """Raises UnreadableError when `host` is no Mastodon server, or can't tell us now."""
        make_sure_it_runs(fetcher, self._hosts, self._origin(host), host, SPEAK_THE_API)

    def _status(self, fetcher: Fetcher, host: str, post_id: str) -> dict[str, Any]:
        self._ask_what_runs(fetcher, host)
        return get_json(fetcher, f"{self._origin(host)}/api/v1/statuses/{post_id}", source=SOURCE)

    def _original(self, found: dict[str, Any], *, asked_host: str) -> Identified | None:
        """Where the post itself stands, if `found` is a copy of it. Raises UnreadableError where that can't be read."""
        url = str(found.get("url") or found.get("uri") or "")
        try:
            address = read_address(url, local_origins=self._local)
        except NotAnAddress:
            raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, url[:500], "copy_of_unreadable")) from None
        if address.host == asked_host and "@" not in str(found["account"]["acct"]):
            return None
        original = self.identify(address)
        if original is None or original.kind is not Kind.POST or original.host == asked_host:
            raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, url[:500], "copy_of_unreadable"))
        return original

    def _post_from(self, found: dict[str, Any], identified: Identified) -> Post:
        account, told_of = found["account"], found.get("reblog") or found
        text, links = text_of_html(str(told_of["content"]))
        warning = str(told_of.get("spoiler_text") or "")
        name, post_id = str(account["username"]), str(int(found["id"]))
        edited, since = found.get("edited_at"), account.get("created_at")
        relation, about = self._relation_of(found)
        about_id = self._about(about, identified.host)
        followers, language = telling.count(account.get("followers_count")), telling.language(found.get("language"))
        known = {
            "language": language, "author_followers": followers is not None, "author_since": since,
            "about_key": about_id, "about_url": about_id,
        }  # fmt: skip
        return Post(
            platform=CODE, host=identified.host, post_key=f"{CODE}:{identified.host}:{post_id}",
            url=f"{self._origin(identified.host)}/@{name}/{post_id}", author_id=str(account["id"]),
            author_name=name.lower(), text=f"{warning}\n\n{text}" if warning else text,
            posted_at=moment_from(str(found["created_at"])), edited_at=moment_from(str(edited)) if edited else None,
            visibility=str(found["visibility"]), links=telling.links(links, _card(told_of)), source=SOURCE,
            media=tuple(
                telling.media(each.get("url"), alt=each.get("description"), kind=each.get("type") or "image")
                for each in told_of.get("media_attachments") or []
            ),
            language=language, relation=relation,
            about_key=about_id.post_key if about_id else "", about_url=about_id.canonical if about_id else "",
            counts=Counts(
                likes=telling.count(found.get("favourites_count")), comments=telling.count(found.get("replies_count")),
                shares=telling.total(found.get("reblogs_count"), found.get("quotes_count")),
            ),
            author_followers=followers, author_since=moment_from(str(since)) if since else None,
            told=told(SOURCE, *_FIELDS, *(name for name, is_told in known.items() if is_told)),
        )  # fmt: skip

    def _relation_of(self, found: dict[str, Any]) -> tuple[Relation, dict[str, Any]]:
        """How it stands to another post, and as much of that one as it tells."""
        if found.get("reblog"):
            return Relation.REPOST, found["reblog"]
        if found.get("in_reply_to_id"):
            return Relation.REPLY, {"id": found["in_reply_to_id"]}
        quoted = found.get("quote") or {}
        if quoted.get("quoted_status") or quoted.get("quoted_status_id"):
            return Relation.QUOTE, quoted.get("quoted_status") or {"id": quoted["quoted_status_id"]}
        return Relation.ORIGINAL, {}

    def _about(self, other: dict[str, Any], host: str) -> Identified | None:
        """The other post by its own server's address; where only its number here is told, by that."""
        written = str(other.get("url") or other.get("uri") or "")
        if not written and other.get("id"):
            written = f"{self._origin(host)}/web/statuses/{int(other['id'])}"
            return ABOUT.post(written, str(int(other["id"])), host=host, key=f"{host}:{int(other['id'])}")
        try:
            found = self.identify(read_address(written, local_origins=self._local)) if written else None
        except NotAnAddress:
            return None
        return found if found is not None and found.kind is Kind.POST else None


def _card(found: dict[str, Any]) -> tuple[str, ...]:
    return (telling.words((found.get("card") or {}).get("url")),)
