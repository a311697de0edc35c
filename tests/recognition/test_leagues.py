"""Leagues: at most twelve of a similar pace, one for everybody who wants one, ranked by effect, fair to ties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.links.making import link_for_claim
from portal.links.models import ClickDay, TrackedLink, VisitorDay
from portal.links.patterns import _work_out
from portal.recognition import dealing, league_desk, leagues
from portal.recognition.effect import add_effect, weigh_outcome
from portal.recognition.league_models import EffectMonth, EffectSeason, League, LeagueChoice, LeagueMonth, LeaguePlace
from portal.recognition.league_rules import LEAGUE_MAX, dealt, effect_of, first_day, month_before, ranked, tie_of
from portal.recognition.naming import NameRefused
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.transitions import move_share
from tests.accounts.factories import a_fan, a_manager
from tests.campaigns.factories import a_campaign
from tests.fixtures.at_once import all_at_once
from tests.shares.factories import a_share
from tests.test_weights import statements

ClientOf = Callable[[Person], FlaskClient]
OCTOBER = date(2026, 10, 1)


def deal(month: date = OCTOBER) -> None:
    more = True
    while more:
        with unit_of_work():
            more = dealing.deal_some(month, now=clock.now())


def people(count: int, *, paces: Callable[[int], int] = lambda number: number) -> list[Person]:
    """Fans with the effect of last month that `paces` gives them."""
    season, found = a_campaign(), []
    for number in range(count):
        fan = a_fan()
        with unit_of_work():
            add_effect(fan.id, season.id, month_before(OCTOBER), paces(number))
        found.append(fan)
    return found


def places() -> dict[str, str]:
    """League by person."""
    db.session.commit()
    return {row.person_id: row.league_id for row in db.session.scalars(select(LeaguePlace))}


@settings(max_examples=200, deadline=None)
@given(paces=st.lists(st.integers(0, 50), max_size=200))
def test_everybody_is_in_one_small_even_league_of_similar_pace(paces: list[int]) -> None:
    fans = sorted(enumerate(paces), key=lambda each: (-each[1], each[0]))
    found = dealt(fans)
    assert [each for group in found for each in group] == fans, "each in exactly one, in the order of their pace"
    sizes = [len(group) for group in found]
    assert max(sizes, default=1) <= LEAGUE_MAX
    assert not sizes or max(sizes) - min(sizes) <= 1
    assert len(found) == -(-len(paces) // LEAGUE_MAX)
    for faster, slower in pairwise(found):
        assert faster[-1][1] >= slower[0][1], "nobody in between is elsewhere"


@settings(max_examples=200, deadline=None)
@given(effects=st.lists(st.integers(0, 8), min_size=1, max_size=12), shuffled=st.randoms())
def test_ties_share_a_rank_and_the_order_is_nobodys_luck(effects: list[int], shuffled: object) -> None:
    lines = [(str(number), effect, tie_of("board", str(number))) for number, effect in enumerate(effects)]
    board = ranked(lines)
    again = list(lines)
    shuffled.shuffle(again)  # type: ignore[attr-defined]
    assert ranked(again) == board, "whatever the order in which they were read"
    for line in board:
        assert line.rank == 1 + sum(effect > line.effect for effect in effects)


def test_who_is_level_stands_in_the_order_of_the_boards_own_digest() -> None:
    board = ranked([("a-first", 3, "z"), ("b-later", 3, "y"), ("c-best", 4, "x")])
    assert [line.key for line in board] == ["c-best", "b-later", "a-first"], "who came first gains nothing"


@settings(max_examples=100, deadline=None)
@given(day=st.dates(date(2020, 2, 1), date(2030, 12, 31)))
def test_the_month_before_ends_the_day_before_this_one(day: date) -> None:
    month = first_day(day)
    assert month_before(month) == first_day(month - timedelta(days=1))


def test_dealing_puts_neighbours_together_and_once(app: Flask, now: datetime) -> None:
    season, fans = a_campaign(), people(26)
    deal()
    dealt_once = places()
    deal()
    assert places() == dealt_once, "asked again, nothing changes"
    mine = [dealt_once[fan.id] for fan in fans]
    assert max(Counter(dealt_once.values()).values()) <= LEAGUE_MAX
    assert mine[25] == mine[24]
    assert mine[0] != mine[25], "the fastest and the calmest don't meet"
    with unit_of_work():
        add_effect(fans[0].id, season.id, now.date(), 5)
    board = leagues.board_of(fans[0].id, OCTOBER)
    assert board is not None
    assert [(line.rank, line.effect) for line in board.lines][:2] == [(1, 5), (2, 0)]
    assert board.lines[0].is_mine


def test_who_comes_later_joins_the_calmest_league_with_room(app: Flask, now: datetime) -> None:
    people(14, paces=lambda number: 10 + number)
    deal()
    newcomers = [a_fan() for _ in range(3)]
    with unit_of_work():
        calmest = db.session.scalars(select(League.id).order_by(League.number.desc())).first()
    deal()
    assert {places()[fan.id] for fan in newcomers} == {calmest}
    sizes = dict(tuple(row) for row in db.session.execute(select(League.id, League.size)))
    assert sizes == Counter(places().values()), "who comes next must find the room that is left, and no more"


def test_of_those_who_come_later_the_calmest_join_the_calmest(sqlite_app: Flask, now: datetime) -> None:
    """Two leagues of eight have room for four each; eight come: seven fans, and who planned their season."""
    season, _first = a_campaign(), people(14, paces=lambda number: 10 + number)
    deal()
    late = people(7, paces=lambda number: 3 * number)
    with unit_of_work():
        add_effect(late[0].id, season.id, date(2026, 8, 3), 50)  # long ago: no pace of last month
    deal()
    numbers = dict(tuple(row) for row in db.session.execute(select(League.id, League.number)))
    assert [numbers[places()[fan.id]] for fan in late] == [2, 2, 2, 1, 1, 1, 1]


def test_new_leagues_of_those_who_come_later_begin_with_the_fastest(sqlite_app: Flask, now: datetime) -> None:
    people(11, paces=lambda number: 10 + number)  # with who planned their season, a full league
    deal()
    late = people(14, paces=lambda number: 1 + number)
    deal()
    numbers = dict(tuple(row) for row in db.session.execute(select(League.id, League.number)))
    assert [numbers[places()[fan.id]] for fan in late] == [3] * 6 + [2] * 8


def test_more_come_late_than_are_placed_at_once(
    sqlite_app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(1)
    deal()
    monkeypatch.setattr(dealing, "AT_ONCE", LEAGUE_MAX)
    late = [a_fan() for _each in range(LEAGUE_MAX + 2)]
    deal()
    assert {fan.id for fan in late} <= set(places())


def test_who_rests_gets_no_league_and_who_was_in_one_last_month_gets_another(sqlite_app: Flask, now: datetime) -> None:
    fan, rests, late = people(1)[0], a_fan(), a_fan()
    with unit_of_work():
        rests.state = PersonState.PAUSED
    deal()
    assert rests.id not in places()
    november = date(2026, 11, 1)
    deal(november)
    both = select(LeaguePlace.month).where(LeaguePlace.person_id == fan.id).order_by(LeaguePlace.month)
    assert db.session.scalars(both).all() == [OCTOBER, november]
    season = a_campaign()
    with unit_of_work():
        add_effect(fan.id, season.id, november, 4)
    effects = select(LeaguePlace.month, LeaguePlace.effect).where(LeaguePlace.person_id == fan.id)
    assert dict(tuple(row) for row in db.session.execute(effects)) == {OCTOBER: 0, november: 4}, late.id


def test_whose_effect_was_all_taken_back_is_dealt_once(sqlite_app: Flask, now: datetime) -> None:
    fan, season = a_fan(), a_campaign()
    for more in (5, -5):
        with unit_of_work():
            add_effect(fan.id, season.id, month_before(OCTOBER), more)
    deal()
    assert db.session.get_one(LeaguePlace, (OCTOBER, fan.id)).pace == 0
    assert leagues.season_board(season.id, fan.id).lines == [], "and stands on no season's board with nothing"


def test_whoever_is_removed_stands_on_no_board(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    season, (fan, gone) = a_campaign(), people(2)
    with unit_of_work():
        for each in (fan, gone):
            add_effect(each.id, season.id, now.date(), 3)
    deal()
    league_id = places()[fan.id]
    with unit_of_work():
        db.session.get_one(Person, gone.id).state = PersonState.REMOVED
    board = leagues.board_of(fan.id, OCTOBER)
    assert board is not None
    assert [line.is_mine for line in board.lines if line.effect] == [True]
    assert [line.is_mine for line in leagues.season_board(season.id, fan.id).lines] == [True]
    seen = {seat.person_id: seat.is_seen for seat in league_desk.seats_of(league_id)}
    assert (seen[fan.id], seen[gone.id]) == (True, False)


def test_who_hides_is_on_no_board_of_a_season_that_comes_later_and_finds_a_league_again(
    sqlite_app: Flask, now: datetime
) -> None:
    fan, season = a_fan(), a_campaign()
    with unit_of_work():
        leagues.choose(fan.id, shown=False, pseudonym="", now=now)
    deal()
    with unit_of_work():
        add_effect(fan.id, season.id, now.date(), 3)
    assert leagues.season_board(season.id, fan.id).lines == []
    assert fan.id not in places()
    with unit_of_work():
        leagues.choose(fan.id, shown=True, pseudonym="", now=now)
    jobs.run_due()
    assert fan.id in places(), "at once, not within the hour"


def test_a_full_league_ends_no_search_for_room(sqlite_app: Flask, now: datetime) -> None:
    people(14, paces=lambda number: 10 + number)
    deal()
    for coming in (5, 1):  # the calmest is full then, the other has room
        for _each in range(coming):
            a_fan()
        deal()
    assert sorted(Counter(places().values()).values()) == [9, 12]


def test_staff_compete_with_nobody(sqlite_app: Flask, now: datetime) -> None:
    fan, manager = a_fan(), a_manager()
    deal()
    assert set(places()) == {fan.id}
    newcomer, late = a_fan(), a_manager()
    deal()
    assert set(places()) == {fan.id, newcomer.id}, (manager.id, late.id)


def test_who_opts_out_vanishes_at_once_and_is_dealt_no_more(app: Flask, now: datetime, client_of: ClientOf) -> None:
    season, fans = a_campaign(), people(3)
    with unit_of_work():
        for fan in fans:
            add_effect(fan.id, season.id, now.date(), 3)
    deal()
    browser = client_of(fans[0])
    assert browser.post("/leagues", data={}).status_code == 303
    db.session.commit()
    board = leagues.board_of(fans[1].id, OCTOBER)
    assert board is not None
    assert sum(line.effect == 3 for line in board.lines) == 2
    assert leagues.board_of(fans[0].id, OCTOBER) is None
    assert len(leagues.season_board(season.id, fans[1].id).lines) == 2
    assert "You are on no board" in browser.get("/leagues").text
    deal(date(2026, 11, 1))
    assert db.session.get(LeaguePlace, (date(2026, 11, 1), fans[0].id)) is None
    assert browser.post("/leagues", data={"shown": "y", "pseudonym": " Blue  Heron "}).status_code == 303
    db.session.commit()
    board = leagues.board_of(fans[1].id, OCTOBER)
    assert board is not None
    assert "Blue Heron" in [line.name for line in board.lines]
    with pytest.raises(NameRefused), unit_of_work():
        leagues.choose(fans[0].id, shown=True, pseudonym="Helpdesk", now=now)  # a second name is looked at as the first


def test_two_jobs_that_deal_at_once_give_everybody_one_place(app: Flask, now: datetime) -> None:
    fans = people(15)
    barrier, failed = Barrier(2), []

    def run() -> None:
        with app.app_context():
            barrier.wait()
            try:
                with unit_of_work():
                    dealing.deal_some(OCTOBER, now=now)
            except Exception as error:
                failed.append(error)
            finally:
                db.session.remove()

    db.session.commit()
    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    found = places()
    assert {fan.id for fan in fans} <= set(found)
    assert max(Counter(found.values()).values()) <= LEAGUE_MAX


def test_a_first_choice_that_is_sent_several_times_at_once_is_theirs(app: Flask) -> None:
    person_id = a_fan().id
    db.session.commit()

    def choose() -> None:
        with unit_of_work():
            leagues.choose(person_id, shown=True, pseudonym="Blue Heron", now=clock.now())

    all_at_once(app, [choose] * 4)
    chosen = db.session.get_one(LeagueChoice, person_id)
    assert (chosen.shown, chosen.pseudonym) == (True, "Blue Heron")


def test_an_outcome_that_is_weighed_several_times_at_once_counts_once(app: Flask) -> None:
    share = a_share(person=a_fan())
    share_id, person_id = share.id, share.person_id
    with unit_of_work():
        row = db.session.get_one(Share, share_id)
        row.form, row.platform, row.url, row.typed_url, row.post_key = ShareForm.NEWCOMER, "", "", "", "newcomer:x"
        move_share(row, ShareState.CHECKING, actor_id=None, now=clock.now())
        move_share(row, ShareState.VERIFIED, actor_id=None, now=clock.now())

    def weigh() -> None:
        with unit_of_work():
            weigh_outcome(db.session.get_one(Share, share_id), now=clock.now())

    all_at_once(app, [weigh] * 4)
    counted = db.session.scalars(select(EffectMonth.effect).where(EffectMonth.person_id == person_id)).all()
    assert counted == [effect_of(newcomers=1)]


def test_the_database_refuses_a_second_place_and_a_thirteenth(app: Flask, now: datetime) -> None:
    fans = people(2)
    deal()
    place = db.session.scalars(select(LeaguePlace)).first()
    assert place is not None
    again = partial(LeaguePlace, month=OCTOBER, league_id=place.league_id, pace=0, effect=0)
    for person_id, slot in ((fans[0].id, 9), (a_fan().id, LEAGUE_MAX + 1)):
        with pytest.raises(IntegrityError), unit_of_work():
            db.session.add(again(person_id=person_id, slot=slot))


def test_a_verified_post_alone_counts_nothing_and_a_newcomer_counts_once(app: Flask, now: datetime) -> None:
    fan = a_fan()
    post, newcomer = a_share(person=fan), a_share(person=fan)
    with unit_of_work():
        row = db.session.merge(newcomer)
        row.form, row.platform, row.url, row.typed_url, row.post_key = ShareForm.NEWCOMER, "", "", "", "newcomer:x"
    for share in (post, newcomer):
        with unit_of_work():
            share = db.session.merge(share)
            move_share(share, ShareState.CHECKING, actor_id=None, now=now)
            move_share(share, ShareState.VERIFIED, actor_id=None, now=now)
            weigh_outcome(share, now=now)
            weigh_outcome(share, now=now)
    month = db.session.get_one(EffectMonth, (fan.id, OCTOBER))
    assert month.effect == effect_of(newcomers=1)
    with unit_of_work():
        share = db.session.get_one(Share, newcomer.id)
        move_share(share, ShareState.REVOKED, actor_id=None, now=now)
        weigh_outcome(share, now=now)
    db.session.refresh(month)
    assert month.effect == 0


def test_an_outcome_counts_in_the_month_of_its_decision_and_leaves_that_one(sqlite_app: Flask, now: datetime) -> None:
    """Handed in in September, verified in October, revoked in November."""
    with clock.frozen(now - timedelta(days=30)):
        share = a_share(person=a_fan())
    with unit_of_work():
        row = db.session.merge(share)
        row.form, row.platform, row.url, row.typed_url, row.post_key = ShareForm.NEWCOMER, "", "", "", "newcomer:x"
    effects = select(EffectMonth.month, EffectMonth.effect).where(EffectMonth.person_id == share.person_id)
    for at, step, counted in (
        (now, ShareState.VERIFIED, effect_of(newcomers=1)), (now + timedelta(days=30), ShareState.REVOKED, 0),
    ):  # fmt: skip
        with clock.frozen(at), unit_of_work():
            row = db.session.get_one(Share, share.id)
            if row.state == ShareState.RECEIVED:
                move_share(row, ShareState.CHECKING, actor_id=None, now=at)
            move_share(row, step, actor_id=None, now=at)
            weigh_outcome(row, now=at)
        assert [tuple(row) for row in db.session.execute(effects)] == [(OCTOBER, counted)]


def test_people_who_follow_a_link_count_once_and_programs_never(app: Flask, now: datetime) -> None:
    fan, season, day = a_fan(), a_campaign(), now.date()
    with unit_of_work():
        link = link_for_claim(new_id(), person_id=fan.id, campaign_id=season.id, target="https://a.example/", now=now)
        link_id = link.id
    for count in (3, 5):
        with unit_of_work():
            known = len(db.session.scalars(select(VisitorDay)).all())
            for number in range(known, count):
                db.session.add(
                    VisitorDay(link_id=link_id, day=day, visitor=f"v{number}", unlike_a_person=number == 0)
                )  # fmt: skip
            db.session.merge(ClickDay(link_id=link_id, day=day, visitors=count, clicks=count))
            db.session.flush()
            _work_out(link_id, day, count)
            _work_out(link_id, day, count)
    assert db.session.get_one(EffectMonth, (fan.id, OCTOBER)).effect == effect_of(people=4)
    assert db.session.get_one(EffectSeason, (season.id, fan.id)).effect == effect_of(people=4)
    assert db.session.get_one(TrackedLink, link_id).person_id == fan.id


def test_the_seasons_board_reads_along_its_index(sqlite_app: Flask, now: datetime) -> None:
    fan, season = a_fan(), a_campaign()
    with statements() as seen:
        leagues.season_board(season.id, fan.id)
    query, values = next(each for each in seen if "FROM effect_season" in each[0])
    with db.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
    assert any("USING INDEX ix_effect_season_board" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), "nobody is sorted"


def test_who_is_level_with_the_last_of_a_board_is_not_passed_over_in_silence(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    season, fans = a_campaign(), [a_fan() for _ in range(leagues.BOARD_LENGTH + 1)]
    for fan in fans:
        with unit_of_work():
            add_effect(fan.id, season.id, now.date(), 4)
    top = leagues.season_board(season.id, fans[0].id)
    assert {line.rank for line in top.lines} == {1}
    assert (len(top.lines), top.more_level) == (leagues.BOARD_LENGTH, True)
    with unit_of_work():
        add_effect(fans[1].id, season.id, now.date(), 1)
    assert leagues.season_board(season.id, fans[0].id).more_level, "level with the last, whatever the first has"
    with unit_of_work():
        add_effect(fans[0].id, season.id, now.date(), -4)
    assert not leagues.season_board(season.id, fans[0].id).more_level
    with unit_of_work():
        add_effect(fans[0].id, season.id, now.date(), 3)
    assert not leagues.season_board(season.id, fans[0].id).more_level, "the thirteenth is behind them"


@pytest.mark.parametrize("at_once", [LEAGUE_MAX, 3 * LEAGUE_MAX])
def test_dealing_goes_on_where_it_stopped_and_deals_as_if_at_once(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Some with an effect, some without, in several transactions: neighbours stay neighbours, sizes stay even."""
    monkeypatch.setattr(dealing, "AT_ONCE", at_once)
    people(50, paces=lambda number: max(0, number - 20) // 2)
    for hidden in [a_fan() for _ in range(3)]:
        with unit_of_work():
            leagues.choose(hidden.id, shown=False, pseudonym="", now=now)
    deal()
    rows = db.session.execute(
        select(League.number, League.size, LeaguePlace.pace).join(LeaguePlace, LeaguePlace.league_id == League.id)
        .order_by(League.number, LeaguePlace.slot)
    ).all()  # fmt: skip
    assert len(rows) == 51, "each who wants to be seen has one place, the season's planner too"
    paces = [row.pace for row in rows]
    assert paces == sorted(paces, reverse=True)
    sizes = list(dict.fromkeys((row.number, row.size) for row in rows))
    assert all(size == LEAGUE_MAX for _number, size in sizes[: -2 if at_once > LEAGUE_MAX else -3])
    assert sum(size for _number, size in sizes) == 51
    month = db.session.get_one(LeagueMonth, OCTOBER)
    assert month.dealt_at is not None
    assert month.leagues == len(sizes)


def test_dealing_asks_as_much_for_the_last_as_for_the_first(
    sqlite_app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One batch, one index: no step of the plan reads a table through or sorts it."""
    monkeypatch.setattr(dealing, "AT_ONCE", LEAGUE_MAX)
    people(60, paces=lambda number: number)
    asked = []
    for _ in range(3):
        with statements() as seen, unit_of_work():
            assert dealing.deal_some(OCTOBER, now=now)
        asked.append(len(seen))
    assert len(set(asked[1:])) == 1, "a batch asks the same few questions"
    query, values = next(each for each in seen if "FROM effect_month JOIN person" in each[0])
    with db.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
    assert any("ix_effect_month_pace" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in plan), plan


def test_staff_read_the_leagues_of_a_month(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    fans = people(14, paces=lambda number: 10 + number)
    staff = client_of(a_manager())
    assert "No leagues in October 2026" in staff.get("/staff/leagues").text
    with unit_of_work():
        leagues.choose(fans[13].id, shown=True, pseudonym="Blue Heron", now=now)
    deal()
    page = staff.get("/staff/leagues?month=2026-10").text
    assert "16 to 23" in page, "the pace of the first league"
    first = db.session.scalars(select(League.id).where(League.number == 1)).one()
    db.session.commit()
    page = staff.get(f"/staff/leagues/{first}").text
    assert "Blue Heron" in page
    assert fans[13].display_name in page
    assert staff.get("/staff/leagues?month=nonsense&after=x").status_code == 200
    assert staff.get(f"/staff/leagues/{new_id()}").status_code == 404
