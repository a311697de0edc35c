"""Leagues as staff see them: which there are in a month, who is in one, and what counts. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.recognition.league_models import League, LeagueChoice, LeagueMonth, LeaguePlace

PAGE_LENGTH = 30
MONTHS_MAX = 24


@dataclass(frozen=True)
class Summary:
    """One league in figures."""

    id: str
    number: int
    size: int
    pace_least: int
    pace_most: int
    """Effect of the month before, by which they were put together."""
    effect: int
    """Of all of them, this month."""


@dataclass(frozen=True)
class Seat:
    """Somebody's place, with both names."""

    person_id: str
    name: str
    on_boards: str
    """Empty without a pseudonym."""
    pace: int
    effect: int
    is_seen: bool


def months() -> Sequence[date]:
    """Those in which leagues were dealt, the newest first."""
    return db.session.scalars(select(LeagueMonth.month).order_by(LeagueMonth.month.desc()).limit(MONTHS_MAX)).all()


def dealing_of(month: date) -> LeagueMonth | None:
    """How far the dealing of that month came."""
    return db.session.get(LeagueMonth, month)


def leagues_of(month: date, *, after: int) -> list[Summary]:
    """The next in their order, the fastest first. Leans on the unique (month, number) and (league, slot)."""
    rows = db.session.execute(
        select(League.id, League.number, League.size)
        .where(League.month == month, League.number > after)
        .order_by(League.number)
        .limit(PAGE_LENGTH)
    ).all()
    places = (
        select(
            LeaguePlace.league_id, func.min(LeaguePlace.pace), func.max(LeaguePlace.pace), func.sum(LeaguePlace.effect)
        )
        .where(LeaguePlace.league_id.in_([row.id for row in rows]))
        .group_by(LeaguePlace.league_id)
    )
    figures = {league_id: counted for league_id, *counted in db.session.execute(places)}
    return [Summary(row.id, row.number, row.size, *map(int, figures.get(row.id, (0, 0, 0)))) for row in rows]


def league(league_id: str) -> League | None:
    """By its id."""
    return db.session.get(League, league_id)


def seats_of(league_id: str) -> list[Seat]:
    """Its people, the greatest effect first. Reads twelve rows by their keys."""
    rows = db.session.execute(
        select(
            LeaguePlace.person_id, LeaguePlace.pace, LeaguePlace.effect, LeaguePlace.shown, Person.display_name,
            Person.state, LeagueChoice.pseudonym,
        )
        .join(Person, Person.id == LeaguePlace.person_id)
        .outerjoin(LeagueChoice, LeagueChoice.person_id == LeaguePlace.person_id)
        .where(LeaguePlace.league_id == league_id)
    )  # fmt: skip
    found = [
        Seat(
            row.person_id, row.display_name, row.pseudonym or "", row.pace, row.effect,
            row.shown and row.state == PersonState.ACTIVE,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda seat: (-seat.effect, seat.name))
