"""A post on X by its API, with the operator's key.

Sources: docs.x.com/x-api (posts lookup `GET /2/tweets/:id`, users lookup by username, fields and expansions, partial
errors by type, edit posts), its prices of April 2026 (from $0.005 a post read). An edited post has a new id for every
version: the first one is the post's own, the last one is what people see. Text is given with HTML's entities.
"""

from __future__ import annotations

from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

from portal.accounts.ports import Profile
from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms import id_times, telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.fetching import moment_from
from portal.shares.platforms.keyed import KeyedApi, KeyedReader
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

CODE = "x"
SOURCE = "x_api"
ORIGIN = "https://api.x.com"
_ASKED = {
    "tweet.fields": "attachments,author_id,created_at,edit_history_tweet_ids,entities,lang,note_tweet,public_metrics,"
    "referenced_tweets",
    "expansions": "author_id,attachments.media_keys,referenced_tweets.id,referenced_tweets.id.author_id",
    "user.fields": "created_at,protected,public_metrics,username",
    "media.fields": "alt_text,preview_image_url,type,url",
}
_FIELDS = ("author_id", "author_name", "text", "posted_at", "visibility", "links", "media", "counts", "relation")
_RELATIONS = (("retweeted", Relation.REPOST), ("quoted", Relation.QUOTE), ("replied_to", Relation.REPLY))
"""Which counts first where a post is several: an answer that quotes is a quote, with words of its own."""
_KINDS = {"photo": "image", "video": "video", "animated_gif": "video"}
_NOT_FOUND, _NOT_FOR_US = "resource-not-found", "not-authorized-for-resource"


class XReader(KeyedReader):
    """Posts and profiles by API v2."""

    def __init__(self, known: Identifier, bearer_token: str) -> None:
        super().__init__(known, KeyedApi(Api(ORIGIN, {"Authorization": f"Bearer {bearer_token}"}), source=SOURCE))

    def _post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        found = self._version(fetcher, identified.post_id)
        newest = _versions(found["data"])[-1]
        if newest != str(found["data"]["id"]):
            found = self._version(fetcher, newest)
        return _post_from(found)

    def _version(self, fetcher: Fetcher, post_id: str) -> dict[str, Any]:
        path = f"/2/tweets/{int(post_id)}?{urlencode(_ASKED)}"
        return self._data(fetcher, path)

    def _profile(self, fetcher: Fetcher, name: str) -> Profile:
        fields = "description,entities,location,name,protected,public_metrics,url,username"
        found = self._data(fetcher, f"/2/users/by/username/{quote(name, safe='')}?user.fields={quote(fields, safe='')}")
        user = found["data"]
        shown = "\n".join(unescape(telling.words(user.get(part))) for part in ("name", "description", "location"))
        followers = telling.count((user.get("public_metrics") or {}).get("followers_count"))
        return Profile(str(user["id"]), str(user["username"]).lower(), shown, followers)

    def _data(self, fetcher: Fetcher, path: str) -> dict[str, Any]:
        """An answer with `data`. X says that there is none with 200 and a list of errors."""
        found = self._api.ask(fetcher, path)
        if not found.get("data"):
            kinds = {str(each.get("type", "")).rpartition("/")[2] for each in found["errors"]}
            if _NOT_FOR_US in kinds:
                raise UnreadableError(Problem(Trouble.NOT_PUBLIC, SOURCE, f"{ORIGIN}{path}", "protected"))
            if _NOT_FOUND in kinds:
                raise UnreadableError(Problem(Trouble.GONE, SOURCE, f"{ORIGIN}{path}", "not_found"))
            raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, f"{ORIGIN}{path}", "other_error"))
        return found


def _versions(post: dict[str, Any]) -> list[str]:
    """The ids of all versions, the first one first."""
    return [str(int(each)) for each in post.get("edit_history_tweet_ids") or [post["id"]]]


def _post_from(found: dict[str, Any]) -> Post:
    post, others = found["data"], found.get("includes") or {}
    users = {str(user["id"]): user for user in others.get("users") or []}
    author = users[str(post["author_id"])]
    name, ids = str(author["username"]).lower(), _versions(post)
    relation, about_key, about_url = _relation(post, others, users)
    edited = id_times.of_x(int(ids[-1])) if len(ids) > 1 else None
    first = id_times.of_x(int(ids[0])) if len(ids) > 1 else None
    long = post.get("note_tweet") or {}
    numbers, known = post.get("public_metrics") or {}, author.get("public_metrics") or {}
    followers, language = telling.count(known.get("followers_count")), telling.language(post.get("lang"))
    language = "" if language in ("und", "zxx") or language.startswith("q") else language
    since = moment_from(str(author["created_at"])) if author.get("created_at") else None
    return Post(
        platform=CODE, host="", post_key=f"{CODE}:{ids[0]}", url=f"https://x.com/{name}/status/{ids[-1]}",
        author_id=str(author["id"]), author_name=name,
        text=unescape(telling.words(long.get("text")) or str(post["text"])),
        posted_at=first or moment_from(str(post["created_at"])), edited_at=edited,
        visibility="protected" if author.get("protected") else "public", source=SOURCE,
        links=telling.links(_links(long.get("entities") or post.get("entities") or {})), media=tuple(_media(others)),
        language=language, relation=relation, about_key=about_key, about_url=about_url,
        counts=Counts(
            likes=telling.count(numbers.get("like_count")), comments=telling.count(numbers.get("reply_count")),
            shares=telling.total(numbers.get("retweet_count"), numbers.get("quote_count")),
            views=telling.count(numbers.get("impression_count")),
        ),
        author_followers=followers, author_since=since,
        told=told(SOURCE, *_FIELDS)
        | (told("id", "posted_at", "edited_at", certainty=Certainty.DERIVED) if edited else {})
        | told(SOURCE, *(["language"] if language else []), *(["about_key", "about_url"] if about_key else []))
        | told(SOURCE, *(["author_followers"] if followers is not None else []), *(["author_since"] if since else [])),
    )  # fmt: skip


def _relation(
    post: dict[str, Any], others: dict[str, Any], users: dict[str, dict[str, Any]]
) -> tuple[Relation, str, str]:
    """How it stands to another post, that post's key and its address."""
    named = {str(each["type"]): str(int(each["id"])) for each in post.get("referenced_tweets") or []}
    included: dict[str, dict[str, Any]] = {str(each["id"]): each for each in others.get("tweets") or []}
    for kind, relation in _RELATIONS:
        if kind in named:
            other = included.get(named[kind], {})
            user = str(users.get(str(other.get("author_id")), {}).get("username", "i")).lower()
            first = _versions(other)[0] if other else named[kind]
            return relation, f"{CODE}:{first}", f"https://x.com/{user}/status/{named[kind]}"
    return Relation.ORIGINAL, "", ""


def _links(entities: dict[str, Any]) -> list[str]:
    """Where links lead, without those to the post's own pictures."""
    urls = [each for each in entities.get("urls") or [] if not each.get("media_key")]
    return [telling.words(each.get("unwound_url")) or telling.words(each.get("expanded_url")) for each in urls]


def _media(others: dict[str, Any]) -> list[Media]:
    return [
        telling.media(
            each.get("url") or each.get("preview_image_url"), alt=each.get("alt_text"),
            kind=_KINDS.get(str(each.get("type")), ""),
        )
        for each in others.get("media") or []
    ]  # fmt: skip
