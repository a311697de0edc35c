"""A photo or film on Flickr: by oEmbed without a key, by its API with the operator's.

Sources: flickr.com/services/api (flickr.photos.getInfo; error 1 is a photo that is not there or not for us, 100 a key
that is not taken, 105 an outage; methods may be posted, so that the key stands in no address), its oEmbed at
flickr.com/services/oembed. `lastupdate` also counts comments and tags, so it is no edit. oEmbed does not tell the
description.
"""

from __future__ import annotations

from typing import Any

from portal.accounts.ports import Profile, ProfileAddress, ProfileUnreadable
from portal.kernel.fetcher import Api, Fetcher
from portal.shares.platforms import telling
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.fetching import reading_by
from portal.shares.platforms.html_text import text_of_html
from portal.shares.platforms.keyed import KEY_REFUSED, KeyedApi
from portal.shares.platforms.oembed import OEmbedReader, source_of, told_where_known
from portal.shares.platforms.plain_links import links_in
from portal.shares.platforms.profiles import guide_of, understand_profile
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

CODE = "flickr"
SOURCE = "flickr_api"
ORIGIN = "https://api.flickr.com"
PATH = "/services/rest/"
_FIELDS = ("author_id", "author_name", "text", "title", "posted_at", "visibility", "links", "media", "counts")
_FAILURES = {
    1: (Trouble.GONE, "gone_or_private"), 2: (Trouble.GONE, "gone_or_private"), 100: (Trouble.UNEXPECTED, KEY_REFUSED),
    105: (Trouble.UNREACHABLE, "unavailable"),
}  # fmt: skip


def embed_reader(known: Identifier) -> OEmbedReader:
    """Photos without a key: the title and the author's name."""
    return OEmbedReader(
        known, "https://www.flickr.com/services/oembed", _embedded, parameters={"format": "json"},
        meanings={404: (Trouble.GONE, "gone_or_private")},
    )  # fmt: skip


class FlickrReader:
    """Photos by flickr.photos.getInfo (platforms.reading.Reader)."""

    def __init__(self, known: Identifier, key: str) -> None:
        self._known, self._key = known, key
        self._api = KeyedApi(Api(ORIGIN), source=SOURCE)
        self.guide = guide_of(known.ABOUT, can_prove_by_code=False)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return reading_by(lambda: self._photo(fetcher, identified), source=SOURCE, url=identified.canonical)

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        raise ProfileUnreadable("unsupported")

    def understand(self, typed: str) -> ProfileAddress:
        return understand_profile(self._known, typed)

    def _photo(self, fetcher: Fetcher, identified: Identified) -> Post:
        form = {
            "method": "flickr.photos.getInfo", "api_key": self._key, "photo_id": identified.post_id, "format": "json",
            "nojsoncallback": "1",
        }  # fmt: skip
        found = self._api.ask(fetcher, PATH, form=form)
        if found.get("stat") != "ok":
            trouble, detail = _FAILURES.get(int(found["code"]), (Trouble.UNEXPECTED, "other_error"))
            raise UnreadableError(Problem(trouble, SOURCE, f"{ORIGIN}{PATH}", detail))
        return _post_from(found["photo"], identified)


def _post_from(photo: dict[str, Any], identified: Identified) -> Post:
    owner, title = photo["owner"], _content(photo.get("title"))
    words, linked = text_of_html(_content(photo.get("description")))
    tags = " ".join(f"#{tag['raw']}" for tag in (photo.get("tags") or {}).get("tag") or [])
    nsid = str(owner["nsid"])
    name = str(owner.get("path_alias") or nsid)
    name = name if "@" in name else name.lower()
    media = Media(identified.canonical, kind=MediaKind.VIDEO if photo.get("media") == "video" else MediaKind.IMAGE)
    return Post(
        platform=CODE, host="", post_key=identified.post_key,
        url=f"https://www.flickr.com/photos/{name}/{identified.post_id}/", author_id=nsid, author_name=name,
        text="\n\n".join(filter(None, (title, words, tags))), title=title,
        posted_at=telling.moment(photo["dates"]["posted"]),
        visibility="public" if int(photo["visibility"]["ispublic"]) else "private", source=SOURCE,
        links=telling.links(linked, links_in(words)), media=(media,),
        counts=Counts(comments=_number(_content(photo.get("comments"))), views=_number(photo.get("views"))),
        told=told(SOURCE, *_FIELDS),
    )  # fmt: skip


def _content(value: Any) -> str:
    """Flickr wraps what was text in its XML."""
    return telling.words(value.get("_content")) if isinstance(value, dict) else ""


def _number(value: Any) -> int | None:
    return telling.count(int(value)) if isinstance(value, str) and value.isdecimal() and len(value) < 18 else None


def _embedded(found: dict[str, Any], identified: Identified, author: str) -> Post:
    source, title = source_of(CODE), telling.words(found.get("title"))
    picture = telling.words(found.get("url")) or telling.words(found.get("thumbnail_url"))
    kind, by_id = MediaKind.VIDEO if found.get("type") == "video" else MediaKind.IMAGE, "@" in author
    url = f"https://www.flickr.com/photos/{author}/{identified.post_id}/" if author else identified.canonical
    return Post(
        platform=CODE, host="", post_key=identified.post_key, url=url, author_id=author if by_id else "",
        author_name=author, text="", title=title, posted_at=None, visibility="public", source=source,
        media=(Media(picture, kind=kind),) if picture else (),
        told=told_where_known(source, author_name=author, author_id=by_id, title=title, media=picture),
    )  # fmt: skip
