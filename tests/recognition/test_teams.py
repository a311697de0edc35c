"""Teams: one at a time, small, left at will; the same few contributions count, and only what was done while in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from portal.recognition import leagues, team_queries, teaming
from portal.recognition.effect import add_effect
from portal.recognition.naming import NameRefused
from portal.recognition.team_models import Team, TeamEffect, TeamMember, TeamSeason
from portal.recognition.team_rules import BEST, TEAM_MAX, code_in, score_of
from portal.recognition.teaming import TeamRefused
from tests.accounts.factories import a_fan, a_manager
from tests.campaigns.factories import a_campaign
from tests.recognition.factories import a_team
from tests.test_weights import statements

ClientOf = Callable[[Person], FlaskClient]


def does(person: Person, season_id: str, effect: int) -> None:
    with unit_of_work():
        add_effect(person.id, season_id, clock.now().date(), effect)


def score(team: Team, season_id: str) -> int:
    db.session.commit()
    return team_queries.score_in_season(season_id, team.id)


def leaves(person: Person) -> None:
    with unit_of_work():
        teaming.leave_team(db.session.get_one(Person, person.id), now=clock.now())


def joins(person: Person, team: Team, code: str | None = None) -> None:
    with unit_of_work():
        teaming.join_team(
            db.session.get_one(Person, person.id), db.session.get_one(Team, team.id), code=code, now=clock.now()
        )  # fmt: skip


def returns(person: Person, team: Team) -> None:
    with unit_of_work():
        teaming.return_to_team(
            db.session.get_one(Person, person.id), db.session.get_one(Team, team.id), now=clock.now()
        )  # fmt: skip


def refused(person: Person, team: Team, code: str | None = None) -> str:
    with pytest.raises(TeamRefused) as told:
        joins(person, team, code)
    return told.value.reason_code


def told_of(person: Person) -> list[str]:
    jobs.run_due()
    db.session.commit()
    mine = Notification.person_id == person.id, Notification.topic == "team_changed"
    return [line.details["what"] for line in db.session.scalars(select(Notification).where(*mine))]


CONTRIBUTIONS = st.lists(st.integers(0, 500), max_size=TEAM_MAX)


@settings(max_examples=200, deadline=None)
@given(team=CONTRIBUTIONS, newcomer=st.integers(0, 500), more=st.integers(1, 50))
def test_a_newcomer_pulls_nobody_down_and_size_alone_wins_nothing(team: list[int], newcomer: int, more: int) -> None:
    assert score_of([*team, newcomer]) >= score_of(team), "whoever joins, whatever they bring"
    assert score_of([*team, 0]) == score_of(team), "resting costs nothing"
    assert score_of(reversed(team)) == score_of(team)
    equal = [more] * TEAM_MAX
    assert score_of(equal) == score_of(equal[:BEST]) == more * BEST, "twelve as good as five count like five"
    assert score_of([3, -2]) == 3, "what was taken back from one pulls nobody down"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["does", "loses", "moves", "hides", "shows"]), st.integers(0, 3), st.integers(1, 40)),
        max_size=14,
    )
)
def test_a_board_says_what_its_rows_add_up_to(
    sqlite_app: Flask, now: datetime, steps: list[tuple[str, int, int]]
) -> None:
    """Whatever people do: what is kept beside the contributions is what they come to, and nobody's is below zero."""
    with sqlite_app.app_context():
        season_id, fans = a_campaign().id, [a_fan() for _ in range(4)]
        teams, done = [a_team("", fans[0], fans[1]), a_team("", fans[2], fans[3])], dict.fromkeys(range(4), 0)
        for step, who, amount in steps:
            fan = fans[who]
            if step == "does":
                does(fan, season_id, amount)
                done[who] += amount
            elif step == "loses" and done[who] >= amount:
                does(fan, season_id, -amount)
                done[who] -= amount
            elif step == "moves":
                here = teaming.membership_of(fan.id)
                there = next(team for team in teams if here is None or team.id != here.team_id)
                db.session.commit()
                leaves(fan)
                if db.session.get_one(Team, there.id).closed_at is None and is_shown(fan):
                    joins(fan, there)
            elif step in ("hides", "shows"):
                with unit_of_work():
                    leagues.choose(fan.id, shown=step == "shows", pseudonym="", now=clock.now())
        db.session.commit()
        rows = db.session.scalars(select(TeamEffect).where(TeamEffect.campaign_id == season_id)).all()
        for team in teams:
            mine = [row.effect for row in rows if row.team_id == team.id and row.shown]
            assert team_queries.score_in_season(season_id, team.id) == score_of(mine)
        for who, fan in enumerate(fans):
            assert sum(row.effect for row in rows if row.person_id == fan.id) <= done[who], "nothing counts twice"
        db.session.remove()


def is_shown(person: Person) -> bool:
    choice = leagues.choice_of(person.id)
    db.session.commit()
    return choice is None or choice.shown


def test_only_what_is_done_while_in_it_counts_and_it_stays(app: Flask, now: datetime) -> None:
    season_id, ada, teo = a_campaign().id, a_fan(), a_fan()
    does(ada, season_id, 50)
    team, other = a_team("", ada, teo), a_team()
    assert score(team, season_id) == 0, "what was before is one's own"
    does(ada, season_id, 20)
    does(teo, season_id, 5)
    assert score(team, season_id) == 25
    leaves(ada)
    does(ada, season_id, 30)
    assert score(team, season_id) == 25
    joins(ada, other)
    does(ada, season_id, 7)
    assert (score(team, season_id), score(other, season_id)) == (25, 7)
    does(ada, season_id, -10)
    assert (score(team, season_id), score(other, season_id)) == (22, 0), "what is taken back leaves both, never below 0"
    assert leagues.effect_in_season(season_id, ada.id) == 97


def test_whoever_hides_counts_on_no_board_until_they_come_back(app: Flask, now: datetime, client_of: ClientOf) -> None:
    season_id, ada, teo = a_campaign().id, a_fan("Ada Lind"), a_fan("Teo Brandt")
    team = a_team("Wet Socks", ada, teo)
    does(ada, season_id, 20)
    does(teo, season_id, 5)
    with unit_of_work():
        leagues.choose(ada.id, shown=False, pseudonym="", now=clock.now())
    does(ada, season_id, 9)
    assert score(team, season_id) == 5
    page = client_of(teo).get("/teams/mine").text
    assert "Ada L." not in page
    assert "and 1 more who would rather not be seen" in page
    with unit_of_work():
        leagues.choose(ada.id, shown=True, pseudonym="Blue Heron", now=clock.now())
    assert score(team, season_id) == 34
    page = client_of(teo).get("/teams/mine").text
    assert "Blue Heron" in page
    listed = re.search(r'<ul class="card flush list inset".*?</ul>', page, re.DOTALL)
    assert listed is not None
    shown = re.sub(r"<[^>]+>", " ", listed[0])
    assert not re.search(r"\d", shown), "nobody sees who brought how much"


def test_by_invitation_open_full_and_one_at_a_time(app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo = a_fan(), a_fan()
    team = a_team("Wet Socks", ada, is_open=False)
    assert refused(teo, team) == "by_invitation"
    assert refused(teo, team, "wrong") == "by_invitation"
    browser = client_of(teo)
    assert browser.post(f"/teams/{team.id}/join").status_code == 404, "nobody learns that there is one"
    link = f"/teams/join/{team.code}"
    assert "Wet Socks" in browser.get(link).text
    assert browser.post("/teams/join", data={"code": "nothing"}).status_code == 422
    for _ in range(2):
        assert browser.post("/teams/join", data={"code": f"https://x.example{link}"}).status_code == 303
    assert refused(teo, a_team()) == "in_a_team"
    assert refused(a_manager(), team, team.code) == "staff"
    hidden = a_fan()
    with unit_of_work():
        leagues.choose(hidden.id, shown=False, pseudonym="", now=clock.now())
    assert refused(hidden, team, team.code) == "hidden"
    for _ in range(TEAM_MAX - 2):
        joins(a_fan(), team, team.code)
    late = a_fan()
    assert refused(late, team, team.code) == "full"
    assert client_of(late).post("/teams/join", data={"code": team.code}).status_code == 409


def test_a_stranger_reads_who_invites_before_signing_in(sqlite_app: Flask, now: datetime, client: FlaskClient) -> None:
    team = a_team("Wet Socks", a_fan(), is_open=False)
    link = f"/teams/join/{team.code}"
    page = client.get(link)
    assert page.status_code == 200
    assert "Wet Socks" in page.text
    assert 'content="noindex"' in page.text
    assert f'href="/sign-in?next={link}"' in page.text
    assert client.get("/teams/join/abcd2345").status_code == 404
    assert "is full" not in page.text
    for _ in range(TEAM_MAX - 1):
        joins(a_fan(), team, team.code)
    assert "This team is full" in client.get(link).text


@pytest.mark.parametrize("gone", teaming.GONE)
def test_who_is_gone_takes_nobodys_place(sqlite_app: Flask, now: datetime, gone: PersonState) -> None:
    fans = [a_fan() for _ in range(TEAM_MAX)]
    team, newcomer = a_team("", *fans), a_fan()
    assert refused(newcomer, team) == "full"
    with unit_of_work():
        db.session.get_one(Person, fans[0].id).state = gone
    assert not team_queries.is_host(team.id, fans[0].id)
    db.session.commit()
    joins(newcomer, team)
    assert newcomer.id in teaming.members_of(team.id)


def test_the_last_place_goes_to_one_however_many_try(app: Flask, now: datetime) -> None:
    team = a_team("", *[a_fan() for _ in range(TEAM_MAX - 1)])
    ids, team_id = [a_fan().id for _ in range(5)], team.id
    db.session.commit()
    barrier = Barrier(len(ids))
    ended: list[str] = []

    def run(person_id: str) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with unit_of_work():
                    person, joined = db.session.get_one(Person, person_id), db.session.get_one(Team, team_id)
                    teaming.join_team(person, joined, code=None, now=now)
                ended.append("in")
            except TeamRefused as told:
                ended.append(told.reason_code)
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=(each,)) for each in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["full"] * 4 + ["in"]
    assert len(teaming.members_of(team_id)) == TEAM_MAX


def test_two_members_who_count_at_once_both_count(app: Flask, now: datetime) -> None:
    season_id, fans = a_campaign().id, [a_fan() for _ in range(4)]
    team = a_team("", *fans)
    ids, barrier = [fan.id for fan in fans], Barrier(4)
    db.session.commit()

    def run(person_id: str) -> None:
        with app.app_context():
            barrier.wait()
            with unit_of_work():
                add_effect(person_id, season_id, now.date(), 10)
            db.session.remove()

    threads = [Thread(target=run, args=(each,)) for each in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert score(team, season_id) == 40


def test_leaving_asks_nothing_and_can_be_undone_for_a_while(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    ada = a_fan()
    team = a_team("Wet Socks", ada)
    browser = client_of(ada)
    assert "Leave the team" in browser.get("/teams/mine").text
    assert browser.post("/teams/mine/leave").status_code == 303
    page = browser.get("/teams").text
    assert f"/teams/{team.id}/return" in page, "a toast with the way back"
    db.session.commit()
    assert db.session.get_one(Team, team.id).closed_at is not None, "nobody is left in it"
    for _ in range(2):
        assert browser.post(f"/teams/{team.id}/return").status_code == 303
    assert "Wet Socks" in browser.get("/teams/mine").text
    assert browser.post("/teams/mine/leave").status_code == 303
    clock.advance(timedelta(minutes=11))
    assert browser.post(f"/teams/{team.id}/return").status_code == 404
    assert client_of(a_fan()).post(f"/teams/{team.id}/return").status_code == 404


def test_the_way_back_is_open_for_minutes_and_not_into_what_closed_later(sqlite_app: Flask, now: datetime) -> None:
    ada, teo = a_fan(), a_fan()
    team = a_team("", ada, teo)
    leaves(ada)
    clock.advance(timedelta(minutes=10))
    returns(ada, team)
    assert teaming.members_of(team.id) == [teo.id, ada.id]
    leaves(ada)
    clock.advance(timedelta(minutes=1))
    leaves(teo)
    with pytest.raises(TeamRefused, match="closed"):
        returns(ada, team)
    returns(teo, team)
    assert teaming.members_of(team.id) == [teo.id]


def test_there_is_no_way_back_into_a_team_that_staff_closed(sqlite_app: Flask, now: datetime) -> None:
    ada, greta = a_fan(), a_manager()
    team = a_team("", ada)
    with unit_of_work():
        closing, manager = db.session.get_one(Team, team.id), db.session.get_one(Person, greta.id)
        teaming.close_team(closing, reason="Unkind", actor=manager, now=now)
    with pytest.raises(TeamRefused, match="closed"):
        returns(ada, team)
    assert teaming.members_of(team.id) == []


def test_somebody_of_the_team_is_thanked(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo = a_fan(), a_fan("Teo Brandt")
    a_team("", ada, teo)
    browser = client_of(ada)
    path = re.findall(r'"(/teams/mine/\d+/thanks)"', browser.get("/teams/mine").text)[-1]
    assert "Teo B." in browser.get(path).text
    answer = browser.post(path, data={"text": "You showed me how to darn a heel.", "reading": "private"})
    assert (answer.status_code, answer.location) == (303, "/thanks")
    assert re.search(r"/thanks/\w+/take-back", browser.get("/thanks").text), "a toast with the way back"
    assert "darn a heel" in client_of(teo).get("/thanks/mine").text


def test_the_longest_member_looks_after_the_invitation(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo = a_fan(), a_fan()
    team = a_team("Wet Socks", ada)
    clock.advance(timedelta(days=1))
    joins(teo, team)
    old, host = team.code, client_of(ada)
    assert client_of(teo).post("/teams/mine/invitation").status_code == 404
    assert host.post("/teams/mine/invitation").status_code == 303
    assert host.get(f"/teams/join/{old}").status_code == 404
    assert host.post("/teams/mine/opening").status_code == 303
    db.session.expire_all()
    assert not db.session.get_one(Team, team.id).is_open
    db.session.commit()
    leaves(ada)
    assert client_of(teo).post("/teams/mine/opening").status_code == 303


def test_names_of_teams_pass_for_nobody(app: Flask, now: datetime, client_of: ClientOf) -> None:
    a_team("Wet Socks")
    browser = client_of(a_fan())
    for name, sentence in (
        ("W3t S0cks", "This name is taken"), ("Hollin Fell Crew", "as if the brand itself spoke"),
        ("", "Give it a name."), ("Official Walkers", "one of the team"),
    ):  # fmt: skip
        answer = browser.post("/teams", data={"name": name, "is_open": "y"})
        assert answer.status_code in (409, 422), name
        assert sentence in answer.text, name


def test_staff_rename_close_and_open_again_with_a_reason(app: Flask, now: datetime, client_of: ClientOf) -> None:
    season_id, ada, teo, ines = a_campaign().id, a_fan("Ada Lind"), a_fan(), a_fan()
    team, staff = a_team("Hollow Fellows", ada, teo, ines), client_of(a_manager())
    does(ada, season_id, 12)
    path = f"/staff/teams/{team.id}"
    assert "Ada Lind" in staff.get(path).text
    assert staff.post(f"{path}/name", data={"name": "Wet Socks", "reason": ""}).status_code == 422
    assert staff.post(f"{path}/name", data={"name": "Staff", "reason": "x"}).status_code == 409
    for _ in range(2):
        assert staff.post(f"{path}/name", data={"name": "Wet Socks", "reason": "It sounded like us"}).status_code == 303
    assert told_of(ada) == ["renamed"]
    assert "Wet Socks" in client_of(teo).get("/teams").text
    for _ in range(2):
        assert staff.post(f"{path}/close", data={"reason": "It was used to sell places"}).status_code == 303
    assert sorted(told_of(ada)) == ["closed", "renamed"]
    assert team_queries.teams_board(season_id, None).lines == []
    assert refused(a_fan(), team, team.code) == "closed"
    moved = a_team("Dry Socks", ines)
    assert staff.post(f"{path}/reopen", data={"reason": "It was somebody else"}).status_code == 303
    db.session.commit()
    assert teaming.members_of(team.id) == [ada.id, teo.id], "who joined another stays there"
    assert teaming.members_of(moved.id) == [ines.id]
    assert [line.effect for line in team_queries.teams_board(season_id, None).lines] == [12]


def test_who_left_before_a_team_was_closed_is_not_put_back_into_it(sqlite_app: Flask, now: datetime) -> None:
    ada, teo, greta = a_fan(), a_fan(), a_manager()
    team = a_team("", ada, teo)
    leaves(teo)
    clock.advance(timedelta(hours=1))
    for change in (teaming.close_team, teaming.reopen_team):
        with unit_of_work():
            mine, manager = db.session.get_one(Team, team.id), db.session.get_one(Person, greta.id)
            change(mine, reason="A mistake", actor=manager, now=clock.now())
    assert teaming.members_of(team.id) == [ada.id]


def test_a_team_is_of_those_who_are_in_it_and_here(sqlite_app: Flask, now: datetime) -> None:
    ada, teo, rests = a_fan(), a_fan(), a_fan()
    team = a_team("", ada, teo, rests)
    leaves(teo)
    with unit_of_work():
        db.session.get_one(Person, rests.id).state = PersonState.PAUSED
    assert team_queries.team_of(teo.id) is None
    (me,) = team_queries.members(team.id, ada.id)
    assert me.is_me
    assert team_queries.in_team(ada.id, me.slot) is None, "nobody thanks themselves"
    everybody = team_queries.members(team.id, ada.id, everybody=True)
    assert [each.person_id for each in everybody] == [ada.id, rests.id]
    found = team_queries.team_with(team.code)
    assert found is not None
    assert found.id == team.id
    for person in (ada, rests):
        leaves(person)
    assert team_queries.team_with(team.code) is None, "it closed with the last of them"


def test_a_team_whose_effect_was_taken_back_stands_on_no_board(sqlite_app: Flask, now: datetime) -> None:
    ada, season_id = a_fan(), a_campaign().id
    a_team("", ada)
    for effect in (4, -4):
        does(ada, season_id, effect)
    assert team_queries.teams_board(season_id, None).lines == []


def test_the_board_shares_ranks_and_reads_along_its_index(sqlite_app: Flask, now: datetime) -> None:
    season_id = a_campaign().id
    fans = [a_fan() for _ in range(4)]
    for fan, effect in zip(fans, (9, 4, 4, 0), strict=True):
        a_team("", fan)
        if effect:
            does(fan, season_id, effect)
    with statements() as seen:
        lines = team_queries.teams_board(season_id, None).lines
    assert [(line.rank, line.effect) for line in lines] == [(1, 9), (2, 4), (2, 4)]
    query, values = next(each for each in seen if "FROM team_season" in each[0])
    with db.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
    assert any("USING INDEX ix_team_season_board" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), "nobody is sorted"


def test_the_database_refuses_two_teams_a_thirteenth_and_a_name_twice(app: Flask, now: datetime) -> None:
    ada, free, season_id = a_fan(), a_fan(), a_campaign().id
    team, other = a_team("Wet Socks", ada), a_team("Dry Socks")
    for person_id, slot in ((ada.id, 2), (free.id, TEAM_MAX + 1), (free.id, 1)):
        with pytest.raises(IntegrityError), unit_of_work():
            db.session.add(TeamMember(team_id=other.id, person_id=person_id, slot=slot, joined_at=now))
    for column, value in (("name_key", "wetsocks"), ("size", TEAM_MAX + 1), ("closed_why", "x")):
        with pytest.raises(IntegrityError), unit_of_work():
            db.session.execute(update(Team).where(Team.id == other.id).values({column: value}))
    with pytest.raises(IntegrityError), unit_of_work():
        db.session.add(TeamSeason(campaign_id=season_id, team_id=team.id, score=-1, tie="", listed=True))


def test_an_invitation_is_found_in_whatever_was_pasted() -> None:
    for typed in ("abcd2345", " ABCD2345 ", "https://x.example/teams/join/abcd2345/", "x.example/teams/join/abcd2345"):
        assert code_in(typed) == "abcd2345"


def test_a_name_that_somebody_else_takes_meanwhile(sqlite_app: Flask, now: datetime) -> None:
    a_team("Wet Socks")
    with pytest.raises(NameRefused):
        a_team("Wet S0cks", a_fan())
