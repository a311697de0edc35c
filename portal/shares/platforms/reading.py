"""What networks tell us, in one shape for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from portal.accounts.ports import Network, Profile, ProfileAddress
from portal.kernel.fetcher import Fetcher
from portal.kernel.storable import is_storable, storable

URL_LENGTH_MAX = 2000
KEY_LENGTH_MAX = 500
TEXT_LENGTH_MAX = 100_000
ALT_LENGTH_MAX = 5_000
LINKS_MAX, MEDIA_MAX = 1_000, 100
"""So much of a post is read and kept: more than any network allows, and more of a page than anybody reads."""
_EXACT = {
    "url": URL_LENGTH_MAX, "about_url": URL_LENGTH_MAX, "post_key": KEY_LENGTH_MAX, "about_key": KEY_LENGTH_MAX,
    "author_id": KEY_LENGTH_MAX,
}  # fmt: skip
"""Fields of a post in which a changed or cut character would name something else, and how long they may be."""


class Kind(StrEnum):
    """What an address leads to."""

    POST = "post"
    PROFILE = "profile"
    SHORT = "short"
    """A short link: it says which network, not which post, until it is followed."""
    OTHER = "other"
    """Everything else; the reason tells what."""


@dataclass(frozen=True, slots=True)
class Identified:
    """An address as its network understands it, offline: a claim, not evidence."""

    platform: str
    kind: Kind
    host: str = ""
    """The server of a federated network; empty for the others."""
    canonical: str = ""
    post_id: str = ""
    author: str = ""
    """The name in the address; nobody has checked it."""
    posted_at: datetime | None = None
    """From the id, where the network's ids carry their time."""
    post_key: str = ""
    """What makes a post one post. Of a short link: that of the link, until it was followed."""
    reason: str = ""
    """Of all that is no post: what it is instead (platforms.pages)."""


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    OTHER = "other"


@dataclass(frozen=True)
class Media:
    url: str
    alt: str = ""
    kind: MediaKind = MediaKind.IMAGE


class Relation(StrEnum):
    """How a post stands to another one."""

    ORIGINAL = "original"
    QUOTE = "quote"
    """Another post, with words of one's own."""
    REPOST = "repost"
    """Another post, passed on as it is."""
    REPLY = "reply"


class Certainty(StrEnum):
    """How sure one field of a post is. A field that nobody named is not known."""

    TOLD = "told"
    """The network says so itself."""
    CLAIMED = "claimed"
    """The network repeats what the author, or their program, wrote: a blog's date, a client's clock."""
    DERIVED = "derived"
    """Worked out from the id."""


@dataclass(frozen=True)
class Told:
    """By which means a field was learned, and how sure it is."""

    source: str
    certainty: Certainty = Certainty.TOLD


def told(source: str, *fields: str, certainty: Certainty = Certainty.TOLD) -> dict[str, Told]:
    """The same means and certainty for each of `fields`."""
    return dict.fromkeys(fields, Told(source, certainty))


@dataclass(frozen=True)
class Counts:
    """What anybody can see under a post; None where the network doesn't show it."""

    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    views: int | None = None


@dataclass(frozen=True)
class Post:
    """A post as it was just read. What a reader does not know keeps its default, and is missing in `told`."""

    platform: str
    host: str
    post_key: str
    url: str
    author_id: str
    """The network's own stable id of the account: names move, ids don't. Empty where the network doesn't tell."""
    author_name: str
    text: str
    posted_at: datetime | None
    visibility: str
    """`public` or `unlisted`: anybody can read it. Everything else is not public."""
    source: str
    edited_at: datetime | None = None
    title: str = ""
    """Where it is all that is told: a headline that stands apart from the text, which may say more."""
    links: tuple[str, ...] = ()
    """Whole addresses, as the text or its HTML names them."""
    media: tuple[Media, ...] = ()
    language: str = ""
    """As the network or the author declares it: a BCP 47 code in lower case, like `de` or `pt-br`."""
    counts: Counts | None = None
    paid_label: bool | None = None
    """Does it carry the network's own mark of a paid partnership? None where that can't be read."""
    relation: Relation = Relation.ORIGINAL
    about_key: str = ""
    """Post key of what it quotes, passes on or answers."""
    about_url: str = ""
    author_followers: int | None = None
    author_since: datetime | None = None
    """When the author's account was made."""
    told: Mapping[str, Told] = field(default_factory=dict)
    """For each known field, by which means and how surely. Empty: everything set was told by `source`."""

    def __post_init__(self) -> None:
        """What no database keeps is replaced in words, and refused in addresses and keys: raises ValueError."""
        for name, length_max in _EXACT.items():
            value = getattr(self, name)
            if len(value) > length_max or not is_storable(value):
                raise ValueError(f"{name} of a post can't be kept")
        for name in ("text", "title", "author_name", "visibility"):
            object.__setattr__(self, name, storable(getattr(self, name)[:TEXT_LENGTH_MAX]))
        object.__setattr__(self, "links", tuple(map(storable, self.links[:LINKS_MAX])))
        shown = self.media[:MEDIA_MAX]
        media = tuple(Media(storable(each.url), storable(each.alt[:ALT_LENGTH_MAX]), each.kind) for each in shown)
        object.__setattr__(self, "media", media)

    @property
    def is_public(self) -> bool:
        return self.visibility in ("public", "unlisted")

    def knows(self, name: str) -> bool:
        """Was this field read at all? An empty text that was read is known; one that nobody told is not."""
        return name in self.told or (not self.told and getattr(self, name) not in (None, ""))

    @property
    def is_text_untold(self) -> bool:
        """Are there words of the post that the network did not tell: all of them, or those behind a headline?"""
        return bool(self.told) and "text" not in self.told

    def how(self, name: str) -> Told | None:
        """By which means a field was learned; None where it was not."""
        if not self.knows(name):
            return None
        return self.told.get(name) or Told(self.source)

    def as_evidence(self) -> dict[str, Any]:
        """Everything of it as plain JSON values."""
        moments = {name: at.isoformat() if at else None for name, at in self._moments().items()}
        plain = asdict(replace(self, told={})) | moments
        return plain | {
            "links": list(self.links),
            "media": [asdict(each) for each in self.media],
            "told": {name: asdict(how) for name, how in sorted(self.told.items())},
        }

    def _moments(self) -> Mapping[str, datetime | None]:
        return {"posted_at": self.posted_at, "edited_at": self.edited_at, "author_since": self.author_since}


class Trouble(StrEnum):
    """Why a post could not be read. Only `gone` and `not_public` say something about the post itself."""

    GONE = "gone"
    NOT_PUBLIC = "not_public"
    LOGIN_WALL = "login_wall"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    UNEXPECTED = "unexpected"
    WRONG_NETWORK = "wrong_network"
    """The server answers, and is no server of this network."""
    NO_WAY = "no_way"
    """No program may read it without a login there, by the network's terms or for want of an interface: a person looks,
    and asking again changes nothing."""


@dataclass(frozen=True)
class Problem:
    """A post that could not be read, and by which means we tried."""

    trouble: Trouble
    source: str
    url: str = ""
    detail: str = ""
    retry_after_seconds: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", storable(self.url))
        object.__setattr__(self, "detail", storable(self.detail))

    @property
    def is_outage(self) -> bool:
        """Does it say that the network is in trouble, rather than this post?"""
        return self.trouble in (Trouble.UNREACHABLE, Trouble.RATE_LIMITED)


Reading = Post | Problem


class UnreadableError(Exception):
    """Inside a network's module: stop, and answer with this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.trouble)
        self.problem = problem


class Reader(Protocol):
    """A network whose posts and profiles can be read."""

    guide: Network
    """How the network is offered where a handle is added."""

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        """Fetch a post or a short link's post now. No transaction may be open."""

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        """Fetch a public profile now. Raises ProfileUnreadable."""

    def understand(self, typed: str) -> ProfileAddress:
        """A handle or a profile's address as somebody typed it, offline. Raises NotAProfile."""


class HostMemory(Protocol):
    """What was learned about servers of federated networks, kept for a while."""

    def software_of(self, host: str) -> str | None:
        """What runs at `host`, in lower case, "" where nothing says so; None when nobody looked lately."""

    def remember(self, host: str, software: str) -> None:
        """Keep what was just learned. No transaction may be open."""
