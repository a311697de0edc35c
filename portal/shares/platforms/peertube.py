"""PeerTube: any server that says of itself, by nodeinfo, that it runs PeerTube.

Sources: docs.joinpeertube.org (REST API `GET /api/v1/videos/{id}`, `GET /api/v1/accounts/{name}`), yt-dlp and
gallery-dl (August 2026) for addresses. A video has a UUID and a short form of it, the same number in base 58
(short-uuid's Flickr alphabet): one post key.
"""

from __future__ import annotations

import re
import sys
from typing import Any
from urllib.parse import quote
from uuid import UUID

from config import Settings
from portal.accounts.ports import Network, Profile
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.base58 import number_of
from portal.shares.platforms.federated import ServerReader, original_of
from portal.shares.platforms.fetching import get_json, moment_from
from portal.shares.platforms.nodeinfo import make_sure_it_runs
from portal.shares.platforms.pages import COLLECTION
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
    "peertube", "PeerTube", frozenset(),
    without_key="account, text, time, privacy, language, views, likes (the server's API)",
    with_key="nothing more: it takes none",
    with_login="nothing more that we ask for",
    never="private and internal videos",
    software=frozenset({"peertube"}),
)  # fmt: skip
SOURCE = "peertube_api"
_PRIVACY = {1: "public", 2: "unlisted", 3: "private", 4: "members", 5: "password"}
_FIELDS = ("author_id", "author_name", "text", "posted_at", "visibility", "links", "media", "counts", "relation")
_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_POST = shape(rf"(?:w|videos/(?:watch|embed|live))/(?P<id>{_UUID}|(?-i:[1-9a-km-zA-HJ-NP-Z]{{20,22}}))")
_UUID_ALONE = re.compile(_UUID)
_LIST = shape(r"(?:w/p|videos/watch/playlist|video-playlists/embed)/.+")
_PROFILE = shape(
    r"(?:a|accounts)/(?P<name>[\w.-]{0,99}[\w-])(?:@(?P<home>[a-z0-9.-]+[a-z0-9]))?(?:/(?:video-channels|videos|about))?"
)


def identify(address: Address) -> Identified:
    host = address.host
    found = _POST.fullmatch(address.path)
    if found:
        return _video(host, found["id"])
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        home = (someone["home"] or host).lower()
        at_home = "" if home == host else f"@{home}"
        name = someone["name"].lower()
        return ABOUT.profile(f"https://{host}/a/{name}{at_home}", f"{name}{at_home}", host=host)
    return ABOUT.other(COLLECTION, host=host) if _LIST.fullmatch(address.path) else ABOUT.page(address, host=host)


def _video(host: str, written: str) -> Identified:
    if _UUID_ALONE.fullmatch(written.lower()):
        written = written.lower()
        number = UUID(written).int
    else:
        number = number_of(written)
    uuid = UUID(int=number) if number < 2**128 else written
    return ABOUT.post(f"https://{host}/w/{written}", written, host=host, key=f"{host}:{uuid}")


def reader(_settings: Settings, hosts: HostMemory) -> Reader:
    """All PeerTube servers."""
    return PeerTube(sys.modules[__name__], hosts, source=SOURCE)


class PeerTube(ServerReader):
    guide = Network("peertube", "PeerTube", federated=True, example="@ada@video.example", can_prove_by_code=True)

    def _post(self, fetcher: Fetcher, identified: Identified) -> Post:
        found = self._ask(fetcher, identified.host, f"videos/{identified.post_id}")
        if not found["isLocal"]:
            home = str(found["url"])
            identified = original_of(home, self._known, asked_host=identified.host, source=SOURCE)
            found = self._ask(fetcher, identified.host, f"videos/{identified.post_id}")
            if not found["isLocal"]:
                raise UnreadableError(Problem(Trouble.UNEXPECTED, SOURCE, home[:500], "copy_of_unreadable"))
        return _post_from(found, identified)

    def _profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        found = self._ask(fetcher, host, f"accounts/{quote(name)}")
        words = (telling.words(found.get("displayName")), telling.words(found.get("description")))
        return Profile(
            str(found["id"]), str(found["name"]).lower(), "\n".join(filter(None, words)),
            telling.count(found.get("followersCount")),
        )  # fmt: skip

    def _ask(self, fetcher: Fetcher, host: str, asked: str) -> dict[str, Any]:
        origin = f"https://{host}"
        make_sure_it_runs(fetcher, self._hosts, origin, host, ABOUT.software)
        return get_json(fetcher, f"{origin}/api/v1/{asked}", source=SOURCE)


def _post_from(found: dict[str, Any], identified: Identified) -> Post:
    account, title, words = found["account"], str(found["name"]), telling.words(found.get("description"))
    uuid, since = UUID(str(found["uuid"])), account.get("createdAt")
    url = f"https://{identified.host}/w/{found.get('shortUUID') or uuid}"
    followers, spoken = telling.count(account.get("followersCount")), (found.get("language") or {}).get("id")
    return Post(
        platform=ABOUT.code, host=identified.host, post_key=f"{ABOUT.code}:{identified.host}:{uuid}", url=url,
        author_id=str(account["id"]), author_name=str(account["name"]).lower(),
        text=f"{title}\n\n{words}" if words else title, posted_at=moment_from(str(found["publishedAt"])),
        visibility=_visibility(found), source=SOURCE, links=telling.links_in_markdown(words),
        media=(telling.media(url, alt=title, kind="video"),), language=telling.language(spoken),
        counts=Counts(likes=telling.count(found.get("likes")), comments=telling.count(found.get("comments")),
                      views=telling.count(found.get("views"))),
        author_followers=followers, author_since=moment_from(str(since)) if since else None,
        told=told(SOURCE, *_FIELDS, *(["language"] if spoken else []))
        | (told(SOURCE, "author_followers") if followers is not None else {})
        | (told(SOURCE, "author_since") if since else {}),
    )  # fmt: skip


def _visibility(found: dict[str, Any]) -> str:
    """PeerTube's `updatedAt` changes with every count, so when a video was edited is not known."""
    visibility = _PRIVACY.get(found["privacy"]["id"], "other")
    return "age_restricted" if visibility in ("public", "unlisted") and found.get("nsfw") else visibility
