"""Reading Bluesky: what its AppView tells anybody, without a login.

Sources: docs.bsky.app (`com.atproto.identity.resolveHandle`, `app.bsky.feed.getPosts`, `app.bsky.actor.getProfile`,
`app.bsky.feed.getAuthorFeed`: a repost has a time of its own, in its `reason`), the lexicons
`app.bsky.feed.defs#postView`, `app.bsky.embed.*` and `com.atproto.label.defs`. `createdAt` is what the author's
program wrote; `indexedAt` is when the network first saw the post (of an AppView without `indexedAtEpoch`, the earlier
of both: never later than it was). There are no edits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from portal.accounts.ports import Network, Profile, ProfileAddress
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.fetching import get_json, moment_from, profile_by, reading_by
from portal.shares.platforms.pace import Account, Page, read_unkept
from portal.shares.platforms.profiles import understand_profile
from portal.shares.platforms.reading import (
    Certainty,
    Counts,
    Identified,
    Media,
    Post,
    Problem,
    Reading,
    Relation,
    Trouble,
    UnreadableError,
    told,
)

CODE = "bluesky"
SOURCE = "bluesky_appview"
GUIDE = Network(CODE, "Bluesky", federated=False, example="@ada.bsky.social", can_prove_by_code=True, can_count=True)
SIGNED_IN_ONLY = "!no-unauthenticated"
HIDDEN = frozenset({"!hide", "!takedown", "!suspend"})
ADULT = frozenset({"porn", "sexual", "nudity", "graphic-media"})
"""Labels for which the network asks whether one is of age; without a login the post is covered."""
_FIELDS = ("author_id", "author_name", "text", "posted_at", "visibility", "links", "media", "counts", "relation")
_POSTS = "app.bsky.feed.post"
_NO_SUCH_ACCOUNT = frozenset({"InvalidRequest", "AccountTakedown", "AccountDeactivated", "HandleNotFound"})


class BlueskyReader:
    """`appview` is the origin that answers `app.bsky.*`."""

    guide = GUIDE

    def __init__(self, appview: str, known: Identifier) -> None:
        self._appview = appview
        self._known = known

    def understand(self, typed: str) -> ProfileAddress:
        return understand_profile(self._known, typed)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return reading_by(lambda: self._post(fetcher, identified), source=SOURCE, url=identified.canonical)

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        return profile_by(lambda: _profile_from(self._account(fetcher, name)))

    def pages_of_posts(self, fetcher: Fetcher, account: Account) -> Iterator[Page]:
        cursor: dict[str, str] = {}
        while True:
            asked = urlencode({"actor": account.external_id, "limit": "100"} | cursor, quote_via=quote)
            found = read_unkept(fetcher, f"{self._appview}/xrpc/app.bsky.feed.getAuthorFeed?{asked}", source=SOURCE)
            times = [moment_from(str((each.get("reason") or each["post"])["indexedAt"])) for each in found["feed"]]
            yield Page(times, is_last=not found.get("cursor"))
            cursor = {"cursor": str(found["cursor"])}

    def _post(self, fetcher: Fetcher, identified: Identified) -> Post:
        did = self._did_of(fetcher, identified.author)
        uri = f"at://{did}/{_POSTS}/{identified.post_id}"
        found = self._ask(fetcher, "app.bsky.feed.getPosts", uris=uri)["posts"]
        if not found:
            raise UnreadableError(Problem(Trouble.GONE, SOURCE, address_of(did, identified.post_id), "not_listed"))
        return _post_from(found[0], identified.post_id, self._author(fetcher, did))

    def _did_of(self, fetcher: Fetcher, actor: str) -> str:
        """The account's own id. Raises UnreadableError when nobody has that handle (any more)."""
        if actor.startswith("did:"):
            return actor
        found = self._ask(fetcher, "com.atproto.identity.resolveHandle", missing=_NO_SUCH_ACCOUNT, handle=actor)
        return str(found["did"])

    def _author(self, fetcher: Fetcher, did: str) -> dict[str, Any]:
        """The account's page; nothing where it can't be read now, since the post was."""
        try:
            return self._account(fetcher, did)
        except UnreadableError:
            return {}

    def _account(self, fetcher: Fetcher, actor: str) -> dict[str, Any]:
        return self._ask(fetcher, "app.bsky.actor.getProfile", missing=_NO_SUCH_ACCOUNT, actor=actor)

    def _ask(
        self, fetcher: Fetcher, method: str, *, missing: frozenset[str] = frozenset(), **parameters: str
    ) -> dict[str, Any]:
        url = f"{self._appview}/xrpc/{method}?{urlencode(parameters, quote_via=quote)}"
        return get_json(fetcher, url, source=SOURCE, missing=missing)


def address_of(did: str, key: str) -> str:
    """A post's address that a new handle doesn't change."""
    return f"https://bsky.app/profile/{did}/post/{key}"


def _profile_from(found: dict[str, Any]) -> Profile:
    handle, did = str(found["handle"]).lower(), str(found["did"])
    text = "\n".join(filter(None, (telling.words(found.get("displayName")), telling.words(found.get("description")))))
    name = did if handle == "handle.invalid" else handle
    return Profile(did, name, text, telling.count(found.get("followersCount")))


def _post_from(found: dict[str, Any], key: str, profile: dict[str, Any]) -> Post:
    author, record = found["author"], found["record"]
    did, embed = str(author["did"]), found.get("embed") or {}
    relation, about = _relation_of(record, embed)
    about_key, about_url = _about(about)
    since, followers = profile.get("createdAt"), telling.count(profile.get("followersCount"))
    return Post(
        platform=CODE, host="", post_key=f"{CODE}:{did}:{key}", url=address_of(did, key), author_id=did,
        author_name=str(author["handle"]).lower(), text=telling.words(record.get("text")),
        posted_at=moment_from(found["indexedAt"]), visibility=_visibility(found, author), source=SOURCE,
        links=telling.links(_linked(record), _card(embed)), media=tuple(_media(embed)),
        language=next(filter(None, map(telling.language, record.get("langs") or [])), ""),
        counts=Counts(
            likes=telling.count(found.get("likeCount")), comments=telling.count(found.get("replyCount")),
            shares=telling.total(found.get("repostCount"), found.get("quoteCount")),
        ),
        relation=relation, about_key=about_key, about_url=about_url,
        author_followers=followers, author_since=moment_from(since) if since else None,
        told=told(SOURCE, *_FIELDS) | told(SOURCE, "language", certainty=Certainty.CLAIMED)
        | (told(SOURCE, "about_key", "about_url") if about_key else {})
        | (told(SOURCE, "author_followers") if followers is not None else {})
        | (told(SOURCE, "author_since") if since else {}),
    )  # fmt: skip


def _visibility(found: dict[str, Any], author: dict[str, Any]) -> str:
    labels = {str(each["val"]) for each in [*(found.get("labels") or []), *(author.get("labels") or [])]}
    if labels & HIDDEN:
        return "hidden"
    if SIGNED_IN_ONLY in labels:
        return "signed_in"
    return "age_restricted" if labels & ADULT else "public"


def _relation_of(record: dict[str, Any], embed: dict[str, Any]) -> tuple[Relation, str]:
    """How it stands to another post, and that post's URI."""
    if record.get("reply"):
        return Relation.REPLY, str(record["reply"]["parent"]["uri"])
    quoted = embed.get("record") or {}
    quoted = (
        quoted.get("record") or quoted if str(embed.get("$type")).startswith("app.bsky.embed.recordWith") else quoted
    )
    uri = telling.words(quoted.get("uri"))
    return (Relation.QUOTE, uri) if f"/{_POSTS}/" in uri else (Relation.ORIGINAL, "")


def _about(uri: str) -> tuple[str, str]:
    did, _, key = uri.removeprefix("at://").partition(f"/{_POSTS}/")
    return (f"{CODE}:{did}:{key}", address_of(did, key)) if did and key else ("", "")


def _linked(record: dict[str, Any]) -> Iterator[str]:
    for facet in record.get("facets") or []:
        for feature in facet.get("features") or []:
            if feature.get("$type") == "app.bsky.richtext.facet#link":
                yield telling.words(feature.get("uri"))


def _card(embed: dict[str, Any]) -> Iterator[str]:
    for each in (embed, embed.get("media") or {}):
        yield telling.words((each.get("external") or {}).get("uri"))


def _media(embed: dict[str, Any]) -> Iterator[Media]:
    for each in (embed, embed.get("media") or {}):
        for image in each.get("images") or []:
            yield telling.media(image.get("fullsize"), alt=image.get("alt"))
        if str(each.get("$type")).startswith("app.bsky.embed.video"):
            yield telling.media(each.get("playlist"), alt=each.get("alt"), kind="video")
