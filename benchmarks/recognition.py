"""Boards with a hundred times the people, and how long a month's leagues take to be dealt.

The people are made in bulk; the dealing is the portal's own, transaction by transaction as its job does it.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import delete, insert, select, text

from benchmarks.figures import Figure
from benchmarks.world import batches, person_row
from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.points.ports import season_now
from portal.recognition.dealing import deal_some
from portal.recognition.league_models import EffectMonth, EffectSeason, League, LeagueMonth, LeaguePlace
from portal.recognition.league_rules import first_day, month_before, tie_of
from portal.recognition.team_models import Team, TeamEffect, TeamMember, TeamSeason
from portal.recognition.thanks_models import Thanks

FEW = 1_000
MANY = int(os.environ.get("PORTAL_BENCH_PEOPLE", "100000"))
PAGES = ("/leagues", "/leagues/season", "/teams", "/thanks")
TEAM_SIZE = 5
SPREAD = 97
"""Different effects of one month: many are level."""


def add_people(app: Flask, count: int) -> Iterator[Figure]:
    """Let `count` more take part, most with an effect; deal this month's leagues for all. Figures of the dealing."""
    with app.app_context():
        _clear_leagues()
        _fill(count)
        with unit_of_work():
            db.session.execute(text("ANALYZE"))
        seconds = _deal()
        db.session.remove()
        db.engine.dispose()
    if count != MANY:
        return
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Figure("P-43", f"leagues for {count:,} people, dealt: seconds", sum(seconds),
                 detail=f"{len(seconds)} transactions, the longest {max(seconds) * 1000:.0f} ms; "
                 f"at most {memory:.0f} MB in all")  # fmt: skip
    late = len(seconds) // 2
    first, last = (sorted(part)[len(part) // 2] for part in (seconds[:late], seconds[late:-1]))
    yield Figure("P-43", "a late transaction of the dealing, of an early one: time", last / first, 1.3,
                 detail=f"{last * 1000:.0f} ms, {first * 1000:.0f} ms")  # fmt: skip


def _clear_leagues() -> None:
    with unit_of_work():
        for table in (LeaguePlace, League, LeagueMonth):
            db.session.execute(delete(table))


def _deal() -> list[float]:
    """Seconds of each transaction."""
    month, seconds, more = first_day(clock.now().date()), [], True
    while more:
        began = time.perf_counter()
        with unit_of_work():
            more = deal_some(month, now=clock.now())
        seconds.append(time.perf_counter() - began)
    return seconds


def _fill(count: int) -> None:
    season = season_now()
    assert season is not None
    now, month = clock.now(), first_day(clock.now().date())
    fan_id = db.session.scalars(select(Person.id).where(Person.display_name == "Ada Lindqvist")).one()
    people = [person_row(number) for number in range(count)]
    teams, members, brought, scores, thanks = [], [], [], [], []
    for number in range(0, count, TEAM_SIZE * 10):
        team_id, some = new_id(), people[number : number + TEAM_SIZE]
        teams.append(
            {"id": team_id, "name": f"Team {number}", "name_key": f"team{number}", "is_open": number % 3 == 0,
             "code": f"{number:08d}", "size": len(some), "founded_at": now, "closed_at": None, "closed_why": ""}
        )  # fmt: skip
        scores.append(
            {"campaign_id": season.campaign_id, "team_id": team_id, "score": number % SPREAD * len(some),
             "tie": tie_of("bench", team_id), "listed": True}
        )  # fmt: skip
        for slot, person in enumerate(some, start=1):
            members.append({"id": new_id(), "team_id": team_id, "person_id": person["id"], "slot": slot,
                            "joined_at": now, "left_at": None})  # fmt: skip
            brought.append({"campaign_id": season.campaign_id, "team_id": team_id, "person_id": person["id"],
                            "effect": number % SPREAD, "shown": True})  # fmt: skip
    for number, person in enumerate(people[1:]):
        thanks.append(
            {"id": new_id(), "from_id": person["id"], "to_id": people[number]["id"], "text": "You helped me",
             "is_public": True, "as_staff": False, "given_at": now - timedelta(seconds=number), "hidden_at": None,
             "reported_at": None, "answered_at": None, "seen_by_staff": True, "removed_at": None, "removed_why": "",
             "removed_by_id": None}
        )  # fmt: skip
    ids = [fan_id, *(person["id"] for person in people)]
    past = [{"person_id": each, "month": month_before(month), "effect": number % SPREAD}
            for number, each in enumerate(ids)]  # fmt: skip
    present = [{"person_id": each, "month": month, "effect": number % SPREAD} for number, each in enumerate(ids)]
    seasons = [{"campaign_id": season.campaign_id, "person_id": each, "effect": number % SPREAD,
                "tie": tie_of(season.campaign_id, each), "shown": True} for number, each in enumerate(ids)]  # fmt: skip
    tables: tuple[tuple[Any, list[dict[str, Any]]], ...] = (
        (Person, people), (EffectMonth, past), (EffectMonth, present), (EffectSeason, seasons), (Team, teams),
        (TeamMember, members), (TeamEffect, brought), (TeamSeason, scores), (Thanks, thanks),
    )  # fmt: skip
    with unit_of_work():
        for table in (EffectMonth, EffectSeason):
            db.session.execute(delete(table))
        for table, rows in tables:
            for batch in batches(rows):
                db.session.execute(insert(table.__table__), batch)
