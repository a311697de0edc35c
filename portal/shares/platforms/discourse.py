"""Discourse: any forum whose pages say that Discourse made them.

Sources: docs.discourse.org (`GET /t/{id}.json`, `GET /u/{username}.json`: public ones need no key), the `generator` of
its pages. A topic's first post is the topic; the others are replies in it. A forum has no other name than its host.
"""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote, urljoin

from config import Settings
from portal.accounts.ports import Network, Profile
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.federated import ServerReader
from portal.shares.platforms.fetching import get_json, get_page, moment_from
from portal.shares.platforms.html_text import text_of_html
from portal.shares.platforms.page_facts import facts_of
from portal.shares.platforms.reading import (
    Counts,
    HostMemory,
    Identified,
    Post,
    Problem,
    Reader,
    Relation,
    Trouble,
    UnreadableError,
    told,
)
from portal.shares.platforms.shapes import shape

CODE = "discourse"
SOURCE = "discourse_api"
LIKES = 2
"""The number of that kind of action in `actions_summary`."""
ABOUT = About(
    CODE, "Discourse", frozenset(),
    without_key="author's id, text, time, edits, counts (the forum's API)",
    with_key="nothing more that we ask for",
    with_login="nothing more that we ask for",
    never="topics for members, and private messages",
    software=frozenset({"discourse"}),
)  # fmt: skip
_FIELDS = ("author_id", "author_name", "text", "posted_at", "edited_at", "visibility", "links", "counts", "relation")
_POST = shape(r"t/(?:(?!\d+/)(?P<slug>[^/]{1,255})/)?(?P<id>[1-9]\d{0,11})(?:/(?P<number>[1-9]\d{0,8}))?")
_PROFILE = shape(r"u/(?P<name>[\w.-]{1,60})(?:/(?:summary|activity|badges))?")


def identify(address: Address) -> Identified:
    host = address.host
    found = _POST.fullmatch(address.path)
    if found:
        post_id = f"{found['id']}/{found['number'] or 1}"
        return ABOUT.post(f"https://{host}/t/{post_id}", post_id, host=host, key=f"{host}:{post_id}")
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://{host}/u/{name}", name, host=host)
    return ABOUT.page(address, host=host)


def reader(_settings: Settings, hosts: HostMemory) -> Reader:
    """All forums made with Discourse."""
    return Discourse(sys.modules[__name__], hosts, source=SOURCE)


class Discourse(ServerReader):
    guide = Network(CODE, "Discourse", federated=True, example="@ada@forum.example", can_prove_by_code=True)

    def _post(self, fetcher: Fetcher, identified: Identified) -> Post:
        self._make_sure(fetcher, identified.host, identified.canonical)
        topic = get_json(fetcher, f"{identified.canonical}.json", source=SOURCE)
        number = int(identified.post_id.rpartition("/")[2])
        post = next((each for each in topic["post_stream"]["posts"] if each["post_number"] == number), None)
        if post is None or post.get("deleted_at") or post.get("user_deleted") or post.get("hidden"):
            raise UnreadableError(Problem(Trouble.GONE, SOURCE, identified.canonical, "not_in_topic"))
        return _post_from(topic, post, identified)

    def _profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        self._make_sure(fetcher, host, f"https://{host}/u/{quote(name)}")
        user = get_json(fetcher, f"https://{host}/u/{quote(name)}.json", source=SOURCE)["user"]
        bio = text_of_html(telling.words(user.get("bio_cooked")) or telling.words(user.get("bio_excerpt")))[0]
        lines = (telling.words(user.get("name")), bio, telling.words(user.get("website")))
        return Profile(str(user["id"]), str(user["username"]).lower(), "\n".join(filter(None, lines)), None)

    def _make_sure(self, fetcher: Fetcher, host: str, page: str) -> None:
        """Raises UnreadableError when the page at `host` was not made by Discourse."""
        software = self._hosts.software_of(host)
        if software is None:
            made_by = facts_of(get_page(fetcher, page, source="generator").text, page).first("generator").lower()
            software = CODE if made_by.startswith("discourse ") else ""
            self._hosts.remember(host, software)
        if software != CODE:
            raise UnreadableError(Problem(Trouble.WRONG_NETWORK, "generator", page, software))


def _post_from(topic: dict[str, Any], post: dict[str, Any], identified: Identified) -> Post:
    body, links = text_of_html(str(post["cooked"]))
    number, origin = int(post["post_number"]), f"https://{identified.host}"
    answers = int(post.get("reply_to_post_number") or 1)
    likes = [each.get("count", 0) for each in post.get("actions_summary") or [] if each.get("id") == LIKES]
    is_first, about = number == 1, f"{topic['id']}/{answers}"
    comments, views = (topic.get("reply_count"), topic.get("views")) if is_first else (post.get("reply_count"), None)
    return Post(
        platform=CODE, host=identified.host, post_key=identified.post_key, url=identified.canonical,
        author_id=str(post["user_id"]), author_name=str(post["username"]).lower(),
        text=f"{topic['title']}\n\n{body}" if is_first else body, posted_at=moment_from(str(post["created_at"])),
        edited_at=moment_from(str(post["updated_at"])) if int(post.get("version") or 1) > 1 else None,
        visibility="public" if topic.get("visible", True) else "unlisted", source=SOURCE,
        links=telling.links(urljoin(origin, link) for link in links),
        counts=Counts(likes=telling.total(*likes) or 0, comments=telling.count(comments), views=telling.count(views)),
        relation=Relation.ORIGINAL if is_first else Relation.REPLY,
        about_key="" if is_first else f"{CODE}:{identified.host}:{about}",
        about_url="" if is_first else f"{origin}/t/{about}",
        told=told(SOURCE, *_FIELDS, *([] if is_first else ["about_key", "about_url"])),
    )  # fmt: skip
