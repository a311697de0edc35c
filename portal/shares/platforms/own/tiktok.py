"""TikTok's Display API: one's own public videos.

Source: developers.tiktok.com (`POST /v2/video/query/`, scope video.list: 600 a minute; only videos of the key's owner
are answered, others are left out).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from portal.accounts.logins.using import Key
from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.fetching import call_json, reading_by
from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.reading import (
    Counts,
    Identified,
    Media,
    MediaKind,
    Post,
    Problem,
    Reading,
    Trouble,
    UnreadableError,
    told,
)

CODE = "tiktok"
SOURCE = "tiktok_own"
API = "https://open.tiktokapis.com"
_FIELDS = "id,create_time,share_url,title,video_description,like_count,comment_count,share_count,view_count"
_KNOWN = ("author_id", "author_name", "text", "posted_at", "visibility", "links", "media", "counts")


def read(fetcher: Fetcher, identified: Identified, key: Key) -> Reading:
    return reading_by(lambda: _post(fetcher, identified, key), source=SOURCE, url=identified.canonical)


def _post(fetcher: Fetcher, identified: Identified, key: Key) -> Post:
    api = Api(API, {"Authorization": f"Bearer {key.token}"})
    wanted = {"filters": {"video_ids": [identified.post_id]}}
    path = f"/v2/video/query/?fields={quote(_FIELDS)}"
    answer = call_json(fetcher, api, path, method="POST", source=SOURCE, content=wanted)
    problem = str((answer.get("error") or {}).get("code") or "ok")
    if problem != "ok":
        trouble = Trouble.RATE_LIMITED if problem == "rate_limit_exceeded" else Trouble.UNEXPECTED
        trouble = Trouble.LOGIN_WALL if problem in ("access_token_invalid", "scope_not_authorized") else trouble
        raise UnreadableError(Problem(trouble, SOURCE, identified.canonical, problem[:60]))
    videos: list[dict[str, Any]] = list(answer["data"]["videos"])
    video = next((each for each in videos if str(each["id"]) == identified.post_id), None)
    if video is None:
        raise UnreadableError(Problem(Trouble.GONE, SOURCE, identified.canonical, "not_among_yours"))
    caption = telling.words(video.get("video_description")) or telling.words(video.get("title"))
    url = identified.canonical.replace("/@/", f"/@{key.name}/")
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=url, author_id=key.external_id, author_name=key.name,
        text=caption, posted_at=telling.moment(video["create_time"]), visibility="public",
        source=SOURCE, links=links_in(caption), media=(Media(url, kind=MediaKind.VIDEO),),
        counts=Counts(
            telling.count(video.get("like_count")), telling.count(video.get("comment_count")),
            telling.count(video.get("share_count")), telling.count(video.get("view_count")),
        ),
        told=told(SOURCE, *_KNOWN),
    )  # fmt: skip
