"""Dealing leagues at the beginning of a month, and placing who comes later.

The dealing goes along last month's effect, some people in one transaction: `league_month` remembers who was the last,
so that the next transaction goes on there and nobody is looked at twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from portal.accounts.models import Person, PersonState, StaffRole
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.base import new_id
from portal.recognition.league_models import EffectMonth, League, LeagueChoice, LeagueMonth, LeaguePlace
from portal.recognition.league_rules import LEAGUE_MAX, dealt, first_day, month_before
from portal.recognition.leagues import DEAL_LEAGUES

AT_ONCE = LEAGUE_MAX * 100
"""People in one transaction; what is left over is dealt by the next, never fewer than a league."""

Paced = tuple[str, int]
"""A person, and the effect of the month before."""


def deal_some(month: date, *, now: datetime) -> bool:
    """Give leagues to the next people without a place, in the order of their pace. True while there are more.

    Safe to repeat and to run twice at once: the month's row is held, and nobody can have two places in a month.
    """
    row = _hold_month(month)
    if row.dealt_at is not None:
        return _place_late(row)
    people = _next_people(row, at_most=AT_ONCE + LEAGUE_MAX)
    more = len(people) == AT_ONCE + LEAGUE_MAX
    dealing = people[:AT_ONCE] if more else people
    _make_leagues(row, dealing)
    if dealing:
        row.person_after, row.pace_after = dealing[-1]
    if not more:
        row.dealt_at = now
    db.session.flush()
    return more


@jobs.every(timedelta(hours=1), "look_for_leagues_to_deal")
def look_for_leagues(_lease: jobs.Lease) -> None:
    """At a month's beginning everybody gets a league; later, who came meanwhile."""
    jobs.schedule(DEAL_LEAGUES, "now", due_at=clock.now())


@jobs.in_transaction(DEAL_LEAGUES)
def deal(lease: jobs.Lease) -> None:
    """Some people, then again while there are more."""
    now = clock.now()
    if deal_some(first_day(now.date()), now=now):
        jobs.schedule(DEAL_LEAGUES, lease.key, due_at=now)


def _hold_month(month: date) -> LeagueMonth:
    insert_: Any = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    db.session.execute(insert_(LeagueMonth).values(month=month, leagues=0).on_conflict_do_nothing())
    return db.session.get_one(LeagueMonth, month, with_for_update=True, populate_existing=True)


def _next_people(row: LeagueMonth, *, at_most: int) -> list[Paced]:
    """Those after the last who was dealt: the fastest first, then who had no effect, along the primary key."""
    found: list[Paced] = []
    if row.pace_after != 0:
        found = _with_effect(row, at_most)
    if len(found) < at_most:
        found += _without_effect(row, at_most - len(found))
    return found


def _with_effect(row: LeagueMonth, at_most: int) -> list[Paced]:
    """Leans on `ix_effect_month_pace`."""
    query = (
        select(EffectMonth.person_id, EffectMonth.effect)
        .join(Person, Person.id == EffectMonth.person_id)
        .where(EffectMonth.month == month_before(row.month), EffectMonth.effect > 0, *_competes(row.month))
        .order_by(EffectMonth.effect.desc(), EffectMonth.person_id.desc())
        .limit(at_most)
    )
    if row.pace_after is not None:
        last = tuple_(row.pace_after, row.person_after)
        query = query.where(tuple_(EffectMonth.effect, EffectMonth.person_id) < last)
    return [(person_id, effect) for person_id, effect in db.session.execute(query)]


def _without_effect(row: LeagueMonth, at_most: int) -> list[Paced]:
    did = exists().where(
        EffectMonth.person_id == Person.id, EffectMonth.month == month_before(row.month), EffectMonth.effect > 0
    )  # fmt: skip
    query = select(Person.id).where(~did, *_competes(row.month)).order_by(Person.id).limit(at_most)
    if row.pace_after == 0:
        query = query.where(Person.id > row.person_after)
    return [(person_id, 0) for person_id in db.session.scalars(query)]


def _competes(month: date) -> tuple[ColumnElement[bool], ...]:
    """Who takes part, wants to be seen and has no league yet.

    Staff decide about others' shares and don't compete with them.
    """
    placed = exists().where(LeaguePlace.month == month, LeaguePlace.person_id == Person.id)
    hidden = exists().where(LeagueChoice.person_id == Person.id, LeagueChoice.shown.is_(False))
    staff = exists().where(StaffRole.person_id == Person.id)
    return Person.state == PersonState.ACTIVE, ~placed, ~hidden, ~staff


def _place_late(row: LeagueMonth) -> bool:
    """Newcomers join the leagues that have room, the calmest of them the calmest; who finds none gets new ones.

    True while there may be more.
    """
    pace = func.coalesce(EffectMonth.effect, 0)
    before = EffectMonth.month == month_before(row.month)
    query = (
        select(Person.id, pace)
        .outerjoin(EffectMonth, (EffectMonth.person_id == Person.id) & before)
        .where(*_competes(row.month))
        .limit(AT_ONCE)
    )
    found = [(person_id, effect) for person_id, effect in db.session.execute(query)]
    waiting = sorted(found, key=lambda each: (each[1], each[0]))
    _make_leagues(row, _fill_rooms(row.month, waiting)[::-1])  # the fastest first, as all leagues are numbered
    db.session.flush()
    return len(found) == AT_ONCE


def _fill_rooms(month: date, people: Sequence[Paced]) -> list[Paced]:
    """Returns who found none. Leans on `ix_league_room`."""
    waiting = list(people)
    rooms = select(League).where(League.month == month, League.size < LEAGUE_MAX).order_by(League.number.desc())
    for league in db.session.scalars(rooms.limit(len(people)).with_for_update()) if people else ():
        joining, waiting = waiting[: LEAGUE_MAX - league.size], waiting[LEAGUE_MAX - league.size :]
        if not joining:
            break
        _seat(month, [(league.id, league.size, joining)])
        league.size += len(joining)
    return waiting


def _make_leagues(row: LeagueMonth, people: Sequence[Paced]) -> None:
    groups = [(new_id(), 0, group) for group in dealt(people)]
    if not groups:
        return
    rows = [
        {"id": league_id, "month": row.month, "number": number, "size": len(group)}
        for number, (league_id, _after, group) in enumerate(groups, start=row.leagues + 1)
    ]
    db.session.execute(insert(League), rows)
    row.leagues += len(groups)
    _seat(row.month, groups)


def _seat(month: date, groups: Sequence[tuple[str, int, Sequence[Paced]]]) -> None:
    """Places in leagues: (league, how many are taken, who comes)."""
    coming = [person_id for _league, _after, people in groups for person_id, _pace in people]
    done = select(EffectMonth.person_id, EffectMonth.effect).where(
        EffectMonth.month == month, EffectMonth.person_id.in_(coming)
    )
    so_far = {row.person_id: row.effect for row in db.session.execute(done)}
    rows = [
        {"month": month, "person_id": person_id, "league_id": league_id, "slot": slot, "pace": pace,
         "effect": so_far.get(person_id, 0), "shown": True}
        for league_id, after, people in groups
        for slot, (person_id, pace) in enumerate(people, start=after + 1)
    ]  # fmt: skip
    db.session.execute(insert(LeaguePlace), rows)
