"""Lemmy: any server that says of itself, by nodeinfo, that it runs Lemmy.

Source: join-lemmy.org (API `GET /api/v3/post?id=`, `GET /api/v3/user?username=`). A number belongs to its server: a
copy elsewhere has another one, and only the post's `ap_id` tells that they are the same: the original is what is read.
"""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote

from config import Settings
from portal.accounts.ports import Network, Profile
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.federated import ServerReader, original_of
from portal.shares.platforms.fetching import get_json, moment_from
from portal.shares.platforms.nodeinfo import make_sure_it_runs
from portal.shares.platforms.reading import (
    Counts,
    HostMemory,
    Identified,
    Post,
    Problem,
    Reader,
    Trouble,
    UnreadableError,
    told,
)
from portal.shares.platforms.shapes import shape

ABOUT = About(
    "lemmy", "Lemmy", frozenset(),
    without_key="author, text, time, edits, counts, deleted, removed (the server's API)",
    with_key="nothing more: it takes none",
    with_login="nothing more that we ask for",
    never="offline, that posts on two servers are one",
    software=frozenset({"lemmy"}),
)  # fmt: skip
SOURCE = "lemmy_api"
_MISSING = frozenset({"couldnt_find_post", "couldnt_find_person", "not_found"})
_FIELDS = ("author_id", "author_name", "text", "posted_at", "visibility", "links", "media", "counts", "relation")
_POST = shape(r"post/(?P<id>[1-9]\d{0,15})")
_PROFILE = shape(r"u/(?P<name>\w{1,60})(?:@(?P<home>[a-z0-9.-]+[a-z0-9]))?")


def identify(address: Address) -> Identified:
    host = address.host
    found = _POST.fullmatch(address.path)
    if found:
        post_id = found["id"]
        return ABOUT.post(f"https://{host}/post/{post_id}", post_id, host=host, key=f"{host}:{post_id}")
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        home = (someone["home"] or host).lower()
        name = someone["name"].lower() + ("" if home == host else f"@{home}")
        return ABOUT.profile(f"https://{host}/u/{name}", name, host=host)
    return ABOUT.page(address, host=host)


def reader(_settings: Settings, hosts: HostMemory) -> Reader:
    """All Lemmy servers."""
    return Lemmy(sys.modules[__name__], hosts, source=SOURCE)


class Lemmy(ServerReader):
    guide = Network("lemmy", "Lemmy", federated=True, example="@ada@lemmy.example", can_prove_by_code=True)

    def _post(self, fetcher: Fetcher, identified: Identified) -> Post:
        found = self._view(fetcher, identified)
        if not found["post"]["local"]:
            home = str(found["post"]["ap_id"])
            identified = original_of(home, self._known, asked_host=identified.host, source=SOURCE)
            found = self._view(fetcher, identified)
            if not found["post"]["local"]:
                raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, home[:500], "copy_of_unreadable"))
        return _post_from(found, identified)

    def _view(self, fetcher: Fetcher, identified: Identified) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(fetcher, identified.host, f"post?id={identified.post_id}")["post_view"]
        for mark in ("deleted", "removed"):
            if found["post"][mark]:
                raise UnreadableError(Problem(Trouble.GONE, SOURCE, identified.canonical, mark))
        return found

    def _profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        person = self._ask(fetcher, host, f"user?username={quote(name)}")["person_view"]["person"]
        text = "\n".join(filter(None, (telling.words(person.get("display_name")), telling.words(person.get("bio")))))
        return Profile(str(person["id"]), str(person["name"]).lower(), text, None)

    def _ask(self, fetcher: Fetcher, host: str, asked: str) -> dict[str, Any]:
        origin = f"https://{host}"
        make_sure_it_runs(fetcher, self._hosts, origin, host, ABOUT.software)
        return get_json(fetcher, f"{origin}/api/v3/{asked}", source=SOURCE, missing=_MISSING)


def _post_from(found: dict[str, Any], identified: Identified) -> Post:
    post, creator, counts = found["post"], found["creator"], found.get("counts") or {}
    title, body, link = str(post["name"]), telling.words(post.get("body")), telling.words(post.get("url"))
    edited, since = post.get("updated"), creator.get("published")
    is_picture = telling.words(post.get("url_content_type")).startswith(("image/", "video/"))
    return Post(
        platform=ABOUT.code, host=identified.host, post_key=identified.post_key, url=identified.canonical,
        author_id=str(creator["id"]), author_name=str(creator["name"]).lower(),
        text=f"{title}\n\n{body}" if body else title, posted_at=moment_from(str(post["published"])),
        edited_at=moment_from(str(edited)) if edited else None, visibility=_visibility(found), source=SOURCE,
        links=telling.links([] if is_picture else [link], telling.links_in_markdown(body)),
        media=(telling.media(link, alt=post.get("alt_text"), kind=post["url_content_type"]),) if is_picture else (),
        counts=Counts(likes=telling.count(counts.get("upvotes")), comments=telling.count(counts.get("comments"))),
        author_since=moment_from(str(since)) if since else None,
        told=told(SOURCE, *_FIELDS, "edited_at") | (told(SOURCE, "author_since") if since else {}),
    )  # fmt: skip


def _visibility(found: dict[str, Any]) -> str:
    if telling.words((found.get("community") or {}).get("visibility")) not in ("", "Public"):
        return "members"
    return "age_restricted" if found["post"].get("nsfw") else "public"
