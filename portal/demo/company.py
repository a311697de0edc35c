"""What people are to each other: the names they go by, their teams, and what they thank each other for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from portal.accounts.models import Person
from portal.demo.history import History
from portal.demo.story import read
from portal.recognition.leagues import choose
from portal.recognition.team_models import Team
from portal.recognition.teaming import found_team, join_team
from portal.recognition.thanking import thank

JOINS_AFTER = timedelta(hours=7)
"""From one member of a team to the next."""


@dataclass(frozen=True)
class Named:
    by: str
    name: str
    ago: float


@dataclass(frozen=True)
class Together:
    """A team; the first of its members founds it."""

    name: str
    open: bool
    ago: float
    members: list[str]


@dataclass(frozen=True)
class Thanked:
    by: str
    to: str
    ago: float
    public: bool
    text: str


def names() -> list[Named]:
    return [Named(**each) for each in read("company.toml")["name"]]


def teams() -> list[Together]:
    return [Together(**each) for each in read("company.toml")["team"]]


def thanked() -> list[Thanked]:
    return [Thanked(**each) for each in read("company.toml")["thanks"]]


def tell(past: History, people: Mapping[str, Person]) -> None:
    """Put all of it where it belongs in what happened."""
    for named in names():
        past.on_day(named.ago, partial(choose, people[named.by].id, shown=True, pseudonym=named.name))
    for team in teams():
        past.on_day(team.ago, partial(_gather, past, team, people))
    for said in thanked():
        giver = people[said.by]
        past.on_day(
            said.ago,
            partial(
                thank, giver, people[said.to].id, said.text, is_public=said.public, as_staff=bool(giver.staff_roles)
            ),
        )


def _gather(past: History, team: Together, people: Mapping[str, Person], *, now: datetime) -> None:
    founder, *others = (people[key] for key in team.members)
    founded = found_team(founder, team.name, is_open=team.open, now=now)
    for number, person in enumerate(others, start=1):
        past.at(now + JOINS_AFTER * number, partial(_join, person, founded))


def _join(person: Person, team: Team, now: datetime) -> None:
    join_team(person, team, code=team.code, now=now)
