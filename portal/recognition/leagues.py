"""Dealing leagues at the beginning of a month, placing who comes later, and what a board shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.accounts.models import Person, PersonState, StaffRole
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.base import new_id, violation_raises
from portal.kernel.folding import folded
from portal.recognition.league_models import EffectMonth, EffectSeason, League, LeagueChoice, LeagueMonth, LeaguePlace
from portal.recognition.league_rules import (
    LEAGUE_MAX,
    Ranked,
    dealt,
    first_day,
    month_before,
    ranked,
    tie_of,
)
from portal.recognition.names import short_name
from portal.recognition.naming import NameRefused, check_pseudonym
from portal.recognition.team_effect import show_in_teams

DEAL = "deal_leagues"
AT_ONCE = LEAGUE_MAX * 50
"""People in one transaction; what is left over is dealt by the next, never fewer than a league."""
BOARD_LENGTH = 12
SEEN = text("effect_season.shown")
"""In the very words of the partial index: SQLite takes `shown = 1` for something else, and would sort everybody."""


@dataclass(frozen=True)
class Line:
    """One line of a board."""

    rank: int
    name: str
    effect: int
    is_mine: bool
    slot: int = 0
    """Of their league; 0 on other boards."""


@dataclass(frozen=True)
class Board:
    """A league as one of its people sees it."""

    number: int
    month: date
    lines: list[Line]


def deal_some(month: date, *, now: datetime) -> bool:
    """Give leagues to the next people without a place, in the order of their pace. True while there are more.

    Safe to repeat and to run twice at once: the month's row is held, and nobody can have two places in a month.
    """
    row = _hold_month(month)
    people = _without_place(month, at_most=AT_ONCE + LEAGUE_MAX)
    more = len(people) == AT_ONCE + LEAGUE_MAX
    if row.dealt_at is not None:
        people = _fill_rooms(month, people)
    for group in dealt(people[:AT_ONCE] if more else people):
        row.leagues += 1
        _make_league(month, row.leagues, group)
    if not more:
        row.dealt_at = row.dealt_at or now
    db.session.flush()
    return more


def board_of(person_id: str, month: date) -> Board | None:
    """The league of somebody in that month; None without a place. Reads twelve rows by their keys."""
    mine = db.session.execute(
        select(League.id, League.number).join(LeaguePlace, LeaguePlace.league_id == League.id)
        .where(LeaguePlace.month == month, LeaguePlace.person_id == person_id, LeaguePlace.shown)
    ).first()  # fmt: skip
    if mine is None:
        return None
    rows = db.session.execute(
        select(LeaguePlace.person_id, LeaguePlace.effect, LeaguePlace.slot, Person.display_name, LeagueChoice.pseudonym)
        .join(Person, Person.id == LeaguePlace.person_id)
        .outerjoin(LeagueChoice, LeagueChoice.person_id == LeaguePlace.person_id)
        .where(LeaguePlace.league_id == mine.id, LeaguePlace.shown, Person.state == PersonState.ACTIVE)
    ).all()
    lines = ranked([(row.person_id, row.effect, tie_of(mine.id, row.person_id)) for row in rows])
    return Board(mine.number, month, _named(lines, rows, person_id))


def season_board(campaign_id: str, person_id: str) -> list[Line]:
    """The first of a season, however many take part. Leans on `ix_effect_season_board`."""
    rows = db.session.execute(
        select(
            EffectSeason.person_id, EffectSeason.effect, EffectSeason.tie, Person.display_name, LeagueChoice.pseudonym
        )
        .join(Person, Person.id == EffectSeason.person_id)
        .outerjoin(LeagueChoice, LeagueChoice.person_id == EffectSeason.person_id)
        .where(EffectSeason.campaign_id == campaign_id, SEEN, Person.state == PersonState.ACTIVE)
        .order_by(EffectSeason.effect.desc(), EffectSeason.tie.desc())
        .limit(BOARD_LENGTH)
    ).all()
    return _named(ranked([(row.person_id, row.effect, row.tie) for row in rows]), rows, person_id)


def effect_in_season(campaign_id: str, person_id: str) -> int:
    """One's own, whether one is seen or not."""
    mine = EffectSeason.campaign_id == campaign_id, EffectSeason.person_id == person_id
    return db.session.scalar(select(EffectSeason.effect).where(*mine)) or 0


def choice_of(person_id: str) -> LeagueChoice | None:
    """What somebody chose; None: nothing yet."""
    return db.session.get(LeagueChoice, person_id)


def choose(person_id: str, *, shown: bool, pseudonym: str, now: datetime) -> None:
    """Be seen or not, and by which name; it counts on every board at once. Safe to repeat.

    Raises NameRefused, also when somebody else takes a name that looks the same at this very moment.
    """
    choice = db.session.get(LeagueChoice, person_id, with_for_update=True) or LeagueChoice(person_id=person_id)
    if pseudonym and pseudonym != choice.pseudonym:
        check_pseudonym(pseudonym, person_id=person_id)
    choice.shown, choice.pseudonym, choice.pseudonym_key = shown, pseudonym, folded(pseudonym)
    choice.changed_at = now
    db.session.add(choice)
    with violation_raises(NameRefused("taken")):
        db.session.flush()
    for board in (LeaguePlace, EffectSeason):
        db.session.execute(
            update(board).where(board.person_id == person_id).values(shown=shown),  # type: ignore[attr-defined]
            execution_options={"synchronize_session": False},
        )
    show_in_teams(person_id, shown=shown)
    db.session.flush()
    if shown:
        jobs.schedule(DEAL, "now", due_at=now)


@jobs.every(timedelta(hours=1), "look_for_leagues_to_deal")
def look_for_leagues(_lease: jobs.Lease) -> None:
    """At a month's beginning everybody gets a league; later, who came meanwhile."""
    jobs.schedule(DEAL, "now", due_at=clock.now())


@jobs.in_transaction(DEAL)
def deal(lease: jobs.Lease) -> None:
    """Some people, then again while there are more."""
    now = clock.now()
    if deal_some(first_day(now.date()), now=now):
        jobs.schedule(DEAL, lease.key, due_at=now)


def _hold_month(month: date) -> LeagueMonth:
    insert_: Any = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    db.session.execute(insert_(LeagueMonth).values(month=month, leagues=0).on_conflict_do_nothing())
    return db.session.get_one(LeagueMonth, month, with_for_update=True, populate_existing=True)


def _without_place(month: date, *, at_most: int) -> list[tuple[str, int]]:
    """(person, pace) of who takes part, wants to be seen and has no league yet, the fastest first.

    Staff decide about others' shares and don't compete with them.
    """
    pace = func.coalesce(EffectMonth.effect, 0)
    placed = exists().where(LeaguePlace.month == month, LeaguePlace.person_id == Person.id)
    hidden = exists().where(LeagueChoice.person_id == Person.id, LeagueChoice.shown.is_(False))
    staff = exists().where(StaffRole.person_id == Person.id)
    query = (
        select(Person.id, pace)
        .outerjoin(EffectMonth, (EffectMonth.person_id == Person.id) & (EffectMonth.month == month_before(month)))
        .where(Person.state == PersonState.ACTIVE, ~placed, ~hidden, ~staff)
        .order_by(pace.desc(), Person.id)
        .limit(at_most)
    )
    return [(person_id, effect) for person_id, effect in db.session.execute(query)]


def _fill_rooms(month: date, people: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Newcomers join the calmest leagues that have room; returns who found none."""
    waiting = list(people)
    rooms = select(League).where(League.month == month, League.size < LEAGUE_MAX).order_by(League.number.desc())
    for league in db.session.scalars(rooms.with_for_update()):
        joining, waiting = waiting[: LEAGUE_MAX - league.size], waiting[LEAGUE_MAX - league.size :]
        if not joining:
            break
        _seat(month, league.id, joining, after=league.size)
        league.size += len(joining)
    return waiting


def _make_league(month: date, number: int, people: Sequence[tuple[str, int]]) -> None:
    league_id = new_id()
    db.session.execute(insert(League).values(id=league_id, month=month, number=number, size=len(people)))
    _seat(month, league_id, people, after=0)


def _seat(month: date, league_id: str, people: Sequence[tuple[str, int]], *, after: int) -> None:
    done = select(EffectMonth.person_id, EffectMonth.effect).where(
        EffectMonth.month == month, EffectMonth.person_id.in_([person_id for person_id, _pace in people])
    )
    so_far = {row.person_id: row.effect for row in db.session.execute(done)}
    rows = [
        {"month": month, "person_id": person_id, "league_id": league_id, "slot": slot, "pace": pace,
         "effect": so_far.get(person_id, 0), "shown": True}
        for slot, (person_id, pace) in enumerate(people, start=after + 1)
    ]  # fmt: skip
    db.session.execute(insert(LeaguePlace), rows)


def _named(lines: Sequence[Ranked], rows: Sequence[Any], person_id: str) -> list[Line]:
    names = {row.person_id: row.pseudonym or short_name(row.display_name) for row in rows}
    slots = {row.person_id: getattr(row, "slot", 0) for row in rows}
    return [Line(line.rank, names[line.key], line.effect, line.key == person_id, slots[line.key]) for line in lines]
