"""What is told beside posts: tastes, things handed in, clicks, what staff decided. Read from `data/` like the story."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.demo.story import read


@dataclass(frozen=True)
class Taste:
    """What somebody likes to speak about, and their own limits; 0: as staff set."""

    by: str
    topics: list[str]
    week: int = 0
    month: int = 0
    gap: int = 0


@dataclass(frozen=True)
class PutAside:
    by: str
    task: str
    ago: float
    why: str = ""


@dataclass(frozen=True)
class Rating:
    by: str
    task: str
    answer: str


@dataclass(frozen=True)
class Watched:
    """A word that staff watch for."""

    phrase: str
    severity: str
    reason: str
    ago: float


@dataclass(frozen=True)
class OwnPolicy:
    """A mission's own samples."""

    task: str
    why: str
    ago: float
    first_reviewed: int = 0
    sample_percent: int = 0


@dataclass(frozen=True)
class Thing:
    """Handed in, and no post: `form` is files, report, comment or answers."""

    form: str
    task: str
    by: str
    ago: float
    end: str
    """The state that it has in the end, where `review` stands for `needs_review`."""
    judge: str = ""
    reason: str = ""
    said: str = ""
    picture: str = ""
    alt: str = ""
    text: str = ""
    place: str = ""
    people: int = 0
    url: str = ""
    """Of what a comment stands under."""
    answers: list[str] = field(default_factory=list)
    """In the order of the mission's questions; an empty one was left out."""


@dataclass(frozen=True)
class Oddly:
    """One day's visitors of the link that `by` posted for `task`, and how many of them came in which odd way."""

    by: str
    task: str
    ago: float
    visitors: int
    at_once: int = 0
    one_place: int = 0
    programs: int = 0
    ring: int = 0
    """The same ones at each link of that day."""
    own: int = 0


@dataclass(frozen=True)
class Bought:
    """Orders of people who followed the link that `by` posted for `task`."""

    by: str
    task: str
    orders: list[dict[str, float]]
    """`ago`, and `back` where it was returned: days before now."""


def tastes() -> list[Taste]:
    return [Taste(**each) for each in read("audience.toml")["taste"]]


def put_aside() -> list[PutAside]:
    return [PutAside(**each) for each in read("audience.toml")["aside"]]


def ratings() -> list[Rating]:
    return [Rating(**each) for each in read("audience.toml")["rating"]]


def watched() -> list[Watched]:
    return [Watched(**each) for each in read("staff.toml")["word"]]


def own_policies() -> list[OwnPolicy]:
    return [OwnPolicy(**each) for each in read("staff.toml")["policy"]]


def oddly() -> list[Oddly]:
    return [Oddly(**each) for each in read("staff.toml")["clicks"]]


def things() -> list[Thing]:
    """The oldest first."""
    told = read("things.toml")
    found = [Thing(form, **each) for form in ("files", "report", "comment", "answers") for each in told[form]]
    return sorted(found, key=lambda thing: -thing.ago)


def bought() -> list[Bought]:
    return [Bought(**each) for each in read("audience.toml")["bought"]]
