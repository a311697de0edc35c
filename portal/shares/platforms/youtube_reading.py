"""A video on YouTube: by oEmbed without a key, by the Data API with the operator's.

Sources: developers.google.com/youtube/v3 (`videos.list` and `channels.list`, one unit each of 10,000 a day; parts
`snippet`, `status`, `statistics`, `contentDetails`; errors by `reason`; a key may go in `X-Goog-Api-Key`), oembed.com
for YouTube's oEmbed: 401 means that embedding is off, not that the video is missing; private videos answer 403 or a
body that is no JSON. The API leaves private and deleted videos out of its list alike, and knows no community posts. The
mark of a paid promotion is shown to the owner alone.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from portal.accounts.ports import NotAProfile, Profile, ProfileAddress, ProfileUnreadable
from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.fetching import moment_from, profile_by, reading_by
from portal.shares.platforms.keyed import KeyedApi
from portal.shares.platforms.oembed import OEmbedReader, source_of, told_where_known
from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.profiles import guide_of, understand_profile
from portal.shares.platforms.reading import (
    Certainty,
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

CODE = "youtube"
SOURCE = "youtube_api"
ORIGIN = "https://www.googleapis.com"
COMMUNITY = "Ug"
"""How ids of community posts begin."""
_FIELDS = ("author_id", "text", "title", "posted_at", "visibility", "links", "media", "counts")
_USED_UP = frozenset({"quotaExceeded", "dailyLimitExceeded", "rateLimitExceeded", "userRateLimitExceeded"})


class YouTubeEmbedReader:
    """Videos by oEmbed; a person reads community posts, which nothing tells about."""

    def __init__(self, known: Identifier) -> None:
        self._known = known
        self._videos = OEmbedReader(
            known, "https://www.youtube.com/oembed", _embedded, parameters={"format": "json"},
            meanings={401: (Trouble.NO_WAY, "embedding_off")},
        )  # fmt: skip
        self.guide = self._videos.guide

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return no_way_to(identified) or self._videos.read_post(fetcher, identified)

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        raise ProfileUnreadable("unsupported")

    def understand(self, typed: str) -> ProfileAddress:
        """A channel by its @name alone: that is all that oEmbed tells of it."""
        found = understand_profile(self._known, typed)
        if "/@" not in found.profile_url:
            raise NotAProfile("not_a_handle")
        return found


class YouTubeReader:
    """Videos and channels by the Data API (platforms.reading.Reader)."""

    def __init__(self, known: Identifier, key: str) -> None:
        self._known = known
        self._api = KeyedApi(Api(ORIGIN, {"X-Goog-Api-Key": key}), source=SOURCE, complaint=_complaint)
        self.guide = guide_of(known.ABOUT, can_prove_by_code=True)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return no_way_to(identified) or reading_by(
            lambda: self._post(fetcher, identified), source=SOURCE, url=identified.canonical
        )

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        return profile_by(lambda: self._profile(fetcher, name))

    def understand(self, typed: str) -> ProfileAddress:
        """A channel by its @name or its id; older names may be another channel's today."""
        found = understand_profile(self._known, typed)
        if "/@" not in found.profile_url and "/channel/" not in found.profile_url:
            raise NotAProfile("not_a_handle")
        return found

    def _post(self, fetcher: Fetcher, identified: Identified) -> Post:
        parts = "snippet,status,statistics,contentDetails"
        video = self._only(fetcher, "videos", part=parts, id=identified.post_id)
        channel_id = str(video["snippet"]["channelId"])
        try:
            channel = self._only(fetcher, "channels", part="snippet,statistics", id=channel_id)
        except UnreadableError:
            channel = {}  # the video was read: its author's id is known, which is what counts
        return _post_from(video, channel, identified)

    def _profile(self, fetcher: Fetcher, name: str) -> Profile:
        asked = {"id": name} if name.startswith("UC") else {"forHandle": f"@{name}"}
        channel = self._only(fetcher, "channels", part="snippet,statistics", **asked)
        shown = channel["snippet"]
        text = "\n".join((telling.words(shown.get("title")), telling.words(shown.get("description"))))
        return Profile(str(channel["id"]), _name_of(channel) or name, text, _subscribers(channel))

    def _only(self, fetcher: Fetcher, kind: str, **asked: str) -> dict[str, Any]:
        """The one item of that kind. Raises UnreadableError where the list is empty."""
        path = f"/youtube/v3/{kind}?{urlencode(asked)}"
        items = self._api.ask(fetcher, path).get("items") or []
        if not items:
            raise UnreadableError(Problem(Trouble.GONE, SOURCE, f"{ORIGIN}{path}", "gone_or_private"))
        item: dict[str, Any] = items[0]
        return item


def no_way_to(identified: Identified) -> Problem | None:
    """Why a post of this kind can't be read at all; None for a video."""
    if identified.post_id.startswith(COMMUNITY) and len(identified.post_id) > 11:
        return Problem(Trouble.NO_WAY, "none", identified.canonical, "community_post")
    return None


def _embedded(found: dict[str, Any], identified: Identified, author: str) -> Post:
    """`title` is the headline; the description, where links and disclosures stand, is not told."""
    source, title = source_of(CODE), telling.words(found.get("title"))
    media, by_id = (Media(identified.canonical, kind=MediaKind.VIDEO),), author.startswith("UC")
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=identified.canonical,
        author_id=author if by_id else "", author_name="" if by_id else author, text="", title=title, posted_at=None,
        visibility="public", source=source, media=media,
        told=told_where_known(source, **{"author_id" if by_id else "author_name": author}, title=title, media=media),
    )  # fmt: skip


def _post_from(video: dict[str, Any], channel: dict[str, Any], identified: Identified) -> Post:
    shown, numbers = video["snippet"], video.get("statistics") or {}
    name, followers = _name_of(channel), _subscribers(channel)
    since = (channel.get("snippet") or {}).get("publishedAt")
    text = "\n\n".join(filter(None, (telling.words(shown.get("title")), telling.words(shown.get("description")))))
    language = telling.language(shown.get("defaultLanguage") or shown.get("defaultAudioLanguage"))
    also = {"author_name": name, "author_followers": followers is not None, "author_since": since}
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=identified.canonical,
        author_id=str(shown["channelId"]), author_name=name, text=text, title=telling.words(shown.get("title")),
        posted_at=moment_from(str(shown["publishedAt"])), visibility=_visibility(video), source=SOURCE,
        links=links_in(text), media=(Media(identified.canonical, kind=MediaKind.VIDEO),), language=language,
        counts=Counts(
            likes=_number(numbers.get("likeCount")), comments=_number(numbers.get("commentCount")),
            views=_number(numbers.get("viewCount")),
        ),
        author_followers=followers, author_since=moment_from(str(since)) if since else None,
        told=told(SOURCE, *_FIELDS, *(name for name, value in also.items() if value))
        | (told(SOURCE, "language", certainty=Certainty.CLAIMED) if language else {}),
    )  # fmt: skip


def _visibility(video: dict[str, Any]) -> str:
    rating = (video.get("contentDetails") or {}).get("contentRating") or {}
    if rating.get("ytRating") == "ytAgeRestricted":
        return "age_restricted"
    return str(video["status"]["privacyStatus"])


def _name_of(channel: dict[str, Any]) -> str:
    """The channel's @name without the @, as it is compared; empty where it has none."""
    custom = telling.words((channel.get("snippet") or {}).get("customUrl"))
    return custom.removeprefix("@").lower() if custom.startswith("@") else ""


def _subscribers(channel: dict[str, Any]) -> int | None:
    numbers = channel.get("statistics") or {}
    return None if numbers.get("hiddenSubscriberCount") else _number(numbers.get("subscriberCount"))


def _number(value: Any) -> int | None:
    """Google writes large numbers as text."""
    return telling.count(int(value)) if isinstance(value, str) and value.isdecimal() and len(value) < 18 else None


def _complaint(status: int, found: dict[str, Any]) -> str:
    error = found.get("error") if isinstance(found.get("error"), dict) else {}
    reasons = {str(each.get("reason")) for each in (error or {}).get("errors") or [] if isinstance(each, dict)}
    if status == 429 or reasons & _USED_UP:
        return "rate"
    return "key" if status in (400, 401, 403) else ""
