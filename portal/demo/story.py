"""The story as it is written down in `data/`, read into plain objects. No database, no clock, no network."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DATA, PICTURES = FOLDER / "data", FOLDER / "pictures"


@dataclass(frozen=True)
class Member:
    """Somebody of the community; `key` is their subject at the sandbox's identity provider."""

    key: str
    name: str
    country: str
    handle: str
    joined: float
    """Days before now."""
    roles: list[str]
    staff: str = ""
    locale: str = "en"
    zone: str = "Europe/London"
    bio: str = ""
    followers: int | None = None
    """None for those whom the sandbox brings along with its own figures."""
    mastodon: str = ""
    pinboard: str = ""
    """Name on a network of pinned pictures, where staff vouched for it."""
    came_by: str = ""
    """Who invited them, as a key."""
    account_days: int = 400
    """How old their account on Perch was when they joined."""

    @property
    def email(self) -> str:
        return f"{self.key}@hollinfell.example" if self.staff else f"{self.handle}@mail.example"


@dataclass(frozen=True)
class Caption:
    locale: str
    text: str


@dataclass(frozen=True)
class Task:
    """A mission."""

    key: str
    title: str
    kind: str
    summary: str
    brief: str
    do: list[str]
    dont: list[str]
    platforms: list[str]
    minutes: int
    places: int
    deliver_hours: int
    points_now: int
    points_held: int
    hold_days: int
    tag: str
    link: str
    jurisdiction: str
    opened: float
    """Days before now."""
    picture: str
    alt: str
    kit: list[str]
    captions: list[Caption]
    closes: float | None = None
    """Days after now; a mission that closed already has a negative one."""
    roles: list[str] = field(default_factory=list)
    per_person: int = 1
    always_on: bool = False
    takes_files: bool = False
    use_purpose: str = ""
    newcomer_points: int = 0
    questions: list[dict[str, Any]] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    accepts: list[str] = field(default_factory=lambda: ["original"])
    passes_on: str = ""
    """Key of the brand's own post that is quoted or passed on."""
    bonus_measure: str = ""
    bonus_points: int = 0
    bonus_step: int = 0
    bonus_cap: int = 0


@dataclass(frozen=True)
class Season:
    name: str
    summary: str
    primary_goal: str
    target: int
    target_unit: str
    began: int
    ends: int
    points_budget: int


@dataclass(frozen=True)
class Prize:
    """A reward."""

    key: str
    name: str
    summary: str
    description: str
    how_to_use: str
    price: int
    per_person: int
    picture: str
    alt: str
    kind: str = "code"
    codes: int = 0
    cash_minor: int = 0
    """Points plus cash: what is paid besides, in the currency's smallest unit."""
    lowest_tier: int = 0
    tier_prices: dict[str, int] = field(default_factory=dict)
    """By the tier's rank."""
    percent_off: int = 0
    """A promotion: what its codes give in the shop."""
    valid_days: int = 90
    sorts: dict[str, int] = field(default_factory=dict)
    """Of what is sent: how many of each."""
    places: int = 0
    place: str = ""
    in_days: float = 0
    """Of what one is at: where, and in how many days from now at the soonest."""
    cause: str = ""
    file: str = ""
    """Of a file: the picture that it is."""


@dataclass(frozen=True)
class Told:
    """One share: who posted what for which mission, and how it ended."""

    number: int
    task: str
    by: str
    ago: float
    """Days before now that it was posted."""
    end: str
    """The state that it has in the end, where `review` stands for `needs_review`."""
    text: str
    first: str = ""
    """How it read before its author mended it."""
    net: str = "perch"
    trouble: str = ""
    """What stood in the way: before_claim, not_theirs, private, no_text, or a network's trouble."""
    borrowed: str = ""
    """Whose post it is, if it is not theirs."""
    judge: str = ""
    said: str = ""
    appealed: float = 0.0
    appeal: str = ""
    gone: str = ""
    """What became of a post that was verified: deleted, private, edited."""
    edited: str = ""
    """How it reads since its author edited it."""
    later: float = 0.8
    """Days after it was posted that it went away or was edited."""
    back: float = 0.0
    """Days after it was posted that it came back; 0: it did not."""
    shows: bool = False
    """Its author added a screenshot of what no program could read."""
    relation: str = ""
    """How it stands to the brand's post: quote, repost; empty: as its mission's kind asks."""
    picture: str = ""

    @property
    def key(self) -> str:
        return f"demo-{self.number}"

    @property
    def uses_link(self) -> bool:
        return "{link}" in self.text


@dataclass(frozen=True)
class Held:
    """A place that somebody claimed and did not hand anything in for: held, expired or released."""

    by: str
    task: str
    ago: float
    end: str


@dataclass(frozen=True)
class Redeemed:
    by: str
    prize: str
    ago: float
    end: str = "seen"
    """`seen`: they looked at the code. `left`: it is as after the button. `not_paid`: and nobody paid in time."""


@dataclass(frozen=True)
class Edition:
    """A version of a guideline."""

    file: str
    published: int
    what_changed: str
    forbidden_claims: list[str] = field(default_factory=list)
    """What nobody may say of the brand's things."""


@dataclass(frozen=True)
class Document:
    title: str
    kind: str
    needed_to_claim: bool
    version: list[dict[str, Any]]

    @property
    def editions(self) -> list[Edition]:
        return [Edition(**each) for each in self.version]


def members() -> list[Member]:
    return [Member(**each) for each in read("people.toml")["person"]]


def season() -> Season:
    return Season(**read("missions.toml")["season"])


def tasks() -> list[Task]:
    found = read("missions.toml")["mission"]
    return [Task(**{**each, "captions": [Caption(**caption) for caption in each["captions"]]}) for each in found]


def prizes() -> list[Prize]:
    return [Prize(**each) for each in read("rewards.toml")["reward"]]


def documents() -> list[Document]:
    return [Document(**each) for each in read("guidelines/guidelines.toml")["guideline"]]


def body_of(edition: Edition) -> str:
    return (DATA / "guidelines" / edition.file).read_text(encoding="utf-8")


def shares() -> list[Told]:
    """All of them, the oldest first."""
    told = [(path.stem, each) for path in sorted((DATA / "shares").glob("*.toml")) for each in read(path)["share"]]
    told.sort(key=lambda one: -one[1]["ago"])
    return [Told(number=number, task=task, **each) for number, (task, each) in enumerate(told, start=1)]


def brand_posts() -> dict[str, tuple[float, str]]:
    """What the brand itself posted, by its key on Perch: days before now, and its words."""
    return {post["key"]: (post["ago"], post["text"]) for post in read("brand.toml")["post"]}


def places() -> list[Held]:
    return [Held(**each) for each in read("places.toml")["place"]]


def redemptions() -> list[Redeemed]:
    return [Redeemed(**each) for each in read("redemptions.toml")["redemption"]]


def picture(name: str) -> bytes:
    return (PICTURES / f"{name}.webp").read_bytes()


@cache
def alt_texts() -> dict[str, str]:
    """What each picture shows."""
    return {str(name): str(alt) for name, alt in read("pictures.toml").items()}


def read(name: str | Path) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))
