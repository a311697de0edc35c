"""A recording or clip on Twitch by Helix, with the operator's app.

Sources: dev.twitch.tv/docs/api/reference (Get Videos, Get Clips, Get Users), dev.twitch.tv/docs/authentication (client
credentials). Asked for a video that is not there, Helix answers 404; for such a clip or user, with an empty list. A
clip's author is who made it, not whose stream it shows. Recordings expire by themselves after days or weeks.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from portal.accounts.ports import Profile, ProfileAddress
from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.fetching import moment_from, profile_by, reading_by
from portal.shares.platforms.keyed import AppToken, KeyedApi
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

CODE = "twitch"
SOURCE = "twitch_helix"
ORIGIN = "https://api.twitch.tv"
TOKENS = "https://id.twitch.tv"
_FIELDS = ("author_id", "text", "posted_at", "visibility", "links", "media", "counts")


class TwitchReader:
    """Recordings, clips and channels (platforms.reading.Reader)."""

    def __init__(self, known: Identifier, client_id: str, client_secret: str) -> None:
        self._known = known
        form = {"client_id": client_id, "client_secret": client_secret}
        token = AppToken(Api(TOKENS), "/oauth2/token", source=SOURCE, form=form)
        self._api = KeyedApi(Api(ORIGIN, {"Client-Id": client_id}), source=SOURCE, token=token)
        self.guide = guide_of(known.ABOUT, can_prove_by_code=True)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        read = self._video if identified.post_id.isdecimal() else self._clip
        return reading_by(lambda: read(fetcher, identified), source=SOURCE, url=identified.canonical)

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        return profile_by(lambda: _profile_from(self._only(fetcher, f"/helix/users?login={quote(name, safe='')}")))

    def understand(self, typed: str) -> ProfileAddress:
        return understand_profile(self._known, typed)

    def _video(self, fetcher: Fetcher, identified: Identified) -> Post:
        found = self._only(fetcher, f"/helix/videos?id={identified.post_id}")
        text = "\n\n".join(filter(None, (telling.words(found.get("title")), telling.words(found.get("description")))))
        return _post_from(
            found, identified, text=text, author_id=str(found["user_id"]), login=str(found["user_login"]).lower(),
            at=str(found["published_at"]), visibility=str(found["viewable"]),
        )  # fmt: skip

    def _clip(self, fetcher: Fetcher, identified: Identified) -> Post:
        found = self._only(fetcher, f"/helix/clips?id={quote(identified.post_id, safe='')}")
        creator = str(found["creator_id"])
        try:
            login = str(self._only(fetcher, f"/helix/users?id={quote(creator, safe='')}")["login"]).lower()
        except UnreadableError:
            login = ""  # the clip was read: its author's id is known, which is what counts
        return _post_from(
            found, identified, text=str(found["title"]), author_id=creator, login=login, at=str(found["created_at"]),
            visibility="public",
        )  # fmt: skip

    def _only(self, fetcher: Fetcher, path: str) -> dict[str, Any]:
        listed = self._api.ask(fetcher, path)["data"]
        if not listed:
            raise UnreadableError(Problem(Trouble.GONE, SOURCE, f"{ORIGIN}{path}", "not_listed"))
        found: dict[str, Any] = listed[0]
        return found


def _profile_from(found: dict[str, Any]) -> Profile:
    text = "\n".join((telling.words(found.get("display_name")), telling.words(found.get("description"))))
    return Profile(str(found["id"]), str(found["login"]).lower(), text, None)


def _post_from(
    found: dict[str, Any], identified: Identified, *, text: str, author_id: str, login: str, at: str, visibility: str
) -> Post:
    language = telling.language(found.get("language"))
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=identified.canonical, author_id=author_id,
        author_name=login, text=text, posted_at=moment_from(at), visibility=visibility, source=SOURCE,
        links=links_in(text), media=(Media(identified.canonical, kind=MediaKind.VIDEO),),
        language="" if language == "other" else language, counts=Counts(views=telling.count(found.get("view_count"))),
        told=told(SOURCE, *_FIELDS, *(["author_name"] if login else []))
        | (told(SOURCE, "language", certainty=Certainty.CLAIMED) if language not in ("", "other") else {}),
    )  # fmt: skip
