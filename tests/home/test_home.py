"""The first page says the one next thing to do; the landing page says what this is, with figures that were counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Person
from portal.extensions import db
from portal.home import views
from portal.home.lately import Lately, lately
from portal.home.next_step import Step, next_step, open_things
from portal.home.rhythm import Rhythm, Week, rhythm_of
from portal.home.season import Progress, progress, usual_wait
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.links.jobs import count_lines
from portal.links.making import link_for_claim
from portal.points.expiring import next_to_expire
from portal.points.ledger import Cause
from portal.points.programme import save_rules
from portal.points.rules import Expiry, ExpiryKind
from portal.rewards.queries import nearest
from portal.rewards.stripe.port import Stripe
from portal.shares.models import ShareState
from tests.accounts.factories import a_manager, a_moderator, a_person, a_proved_handle
from tests.campaigns.factories import a_campaign
from tests.guidelines.factories import a_published_guideline, an_acknowledgement
from tests.links.factories import TARGET
from tests.missions.factories import a_claim, a_mission, a_ready_fan, an_audience_limit
from tests.moderation.factories import a_case, a_decision
from tests.points.factories import an_award
from tests.rewards.factories import a_cause, a_person_with_points, a_redemption, a_reward
from tests.rewards.stripe.factories import a_fleece
from tests.shares.factories import a_share

ClientOf = Callable[[Person], FlaskClient]


@pytest.fixture(autouse=True)
def nothing_counted_yet() -> Iterator[None]:
    views._figures.clear()
    yield
    views._figures.clear()


def step_of(person: Person) -> Step:
    return next_step(person, open_things(person), now=clock.now()).step


def test_a_newcomer_reads_then_proves_then_claims(app: Flask, now: datetime) -> None:
    ada = a_person()
    a_mission()
    version = a_published_guideline(needed_to_claim=True)
    assert step_of(ada) is Step.READ
    an_acknowledgement(ada, version)
    assert step_of(ada) is Step.PROVE
    a_proved_handle(ada, platform="perch")
    assert step_of(ada) is Step.CLAIM


def test_what_waits_comes_before_anything_new(app: Flask, now: datetime) -> None:
    ada = a_ready_fan()
    a_mission()
    claim = a_claim(a_mission(), ada)
    assert step_of(ada) is Step.HAND_IN
    a_share(claim, state=ShareState.NEEDS_FIX)
    assert step_of(ada) is Step.MEND


def test_a_missing_post_comes_before_everything_else(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada = a_ready_fan()
    a_claim(a_mission(), ada)
    share = a_share(a_claim(a_mission(title="Show a mended jumper"), ada), state=ShareState.VERIFIED)
    share.missing_since, share.grace_until, share.missing_code = now, now + timedelta(days=1), "reachable.gone"
    db.session.commit()
    assert step_of(ada) is Step.BRING_BACK
    page = client_of(ada).get("/home").text
    assert "Bring back your post for “Show a mended jumper”" in page
    assert "Post missing" in page


def test_with_nothing_to_do_it_is_a_good_time_to_rest(app: Flask, now: datetime) -> None:
    assert step_of(a_ready_fan()) is Step.REST


@pytest.mark.parametrize("state", ["reading", "proving", "claiming", "handing in", "mending", "resting"])
def test_each_next_step_has_a_page(sqlite_app: Flask, now: datetime, client_of: ClientOf, state: str) -> None:
    ada = a_person() if state in ("reading", "proving") else a_ready_fan()
    if state == "reading":
        a_published_guideline(needed_to_claim=True)
    if state != "resting":
        mission = a_mission()
        if state in ("handing in", "mending"):
            claim = a_claim(mission, ada)
            if state == "mending":
                a_share(claim, state=ShareState.NEEDS_FIX)
    page = client_of(ada).get("/home")
    assert page.status_code == 200
    assert page.text.count("btn-primary") <= 1
    assert ada.display_name.split()[0] in page.text


def test_the_season_counts_visitors_and_shares_of_its_own(app: Flask, now: datetime) -> None:
    season = a_campaign(
        state="running", target=100, starts_at=now - timedelta(days=10), ends_at=now + timedelta(days=10)
    )
    ada, bo = a_ready_fan(), a_ready_fan()
    mine, elsewhere = a_claim(a_mission(season), ada), a_claim(a_mission(), bo)
    a_share(mine, state=ShareState.VERIFIED)
    with unit_of_work():
        link = link_for_claim(mine.id, person_id=ada.id, campaign_id=season.id, target=TARGET, now=now)
        other = link_for_claim(
            elsewhere.id, person_id=bo.id, campaign_id=elsewhere.mission.campaign_id, target=TARGET, now=now
        )
        lines = [f"2026-10-14 {link.id} {letter * 32}" for letter in "abc"] + [f"2026-10-14 {other.id} {'d' * 32}"]
        count_lines(lines)
    seen = progress(now)
    assert seen is not None
    assert (seen.visitors, seen.verified, seen.declined) == (3, 1, 0)
    assert (seen.day, seen.days, seen.planned_by_now) == (11, 20, 55)
    assert [seen.mine for seen in map(_progress_of, (ada, bo)) if seen] == [3, 0]


def _progress_of(person: Person) -> Progress | None:
    return progress(clock.now(), person_id=person.id)


def test_without_a_season_nothing_is_claimed_about_one(sqlite_app: Flask, now: datetime, client: FlaskClient) -> None:
    assert progress(now) is None
    page = client.get("/")
    assert page.status_code == 200
    assert "This season so far" not in page.text


def test_too_few_decisions_say_nothing_about_the_wait(app: Flask, now: datetime) -> None:
    jonas = a_moderator()
    for _ in range(4):
        a_decision(a_case(), moderator=jonas)
    assert usual_wait(now) is None
    a_decision(a_case(), moderator=jonas)
    assert usual_wait(now) is not None


def test_strangers_first_see_missions_that_speak_their_language(app: Flask, now: datetime, client: FlaskClient) -> None:
    speaks = {"A German mission": "de", "An English mission": "en"}
    for title, locale in speaks.items():
        mission = a_mission(title=title, captions=("Ad: mended.",))
        with unit_of_work():
            db.session.merge(mission).captions[0].locale = locale
    for number in range(views.LANDING_MISSIONS):
        a_mission(title=f"A silent mission {number}")
    for language, first, not_shown in (("de", "A German", "An English"), ("en", "An English", "A German")):
        page = client.get("/", headers={"Accept-Language": language}).text
        assert page.index(f"{first} mission") < page.index("A silent mission")
        assert f"{not_shown} mission" not in page, "newer ones come before it"


def test_landing_figures_are_counted_again_after_some_minutes(
    sqlite_app: Flask, now: datetime, client: FlaskClient
) -> None:
    assert "A fresh mission" not in client.get("/").text
    a_mission(title="A fresh mission")
    assert "A fresh mission" not in client.get("/").text, "counted a moment ago"
    clock.advance(timedelta(minutes=6))
    assert "A fresh mission" in client.get("/").text


def test_who_is_signed_in_goes_home(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    assert client_of(a_person()).get("/").location == "/home"


@pytest.mark.parametrize(("hour", "greeting"), [(6, "Good morning"), (13, "Good afternoon"), (23, "Good evening")])
def test_the_greeting_knows_the_readers_hour(
    sqlite_app: Flask, client_of: ClientOf, now: datetime, hour: int, greeting: str
) -> None:
    ada = a_person(time_zone="UTC")
    with clock.frozen(now.replace(hour=hour)):
        assert greeting in client_of(ada).get("/home").text


def test_the_best_mission_is_shown_below_what_waits(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada = a_ready_fan()
    a_claim(a_mission(title="The held one"), ada)
    assert "Your next best mission" not in client_of(ada).get("/home").text, "none is left to claim"
    a_mission(title="The next one")
    page = client_of(ada).get("/home").text
    assert page.index("Waiting for you") < page.index("Your next best mission") < page.index("The next one")
    assert page.count("btn-primary") == 1


def test_the_greeting_tells_what_happened_lately(app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, bo = a_ready_fan(), a_ready_fan()
    assert lately(ada, now=now) == Lately(0, 0)
    assert lately(ada, now=now).sentence() == ""
    claim = a_claim(a_mission(), ada)
    an_award(ada, cause=Cause("share", "one"))
    an_award(ada, cause=Cause("adjust", "not a share"))
    an_award(bo, cause=Cause("share", "of somebody else"))
    with unit_of_work():
        link = link_for_claim(claim.id, person_id=ada.id, campaign_id=claim.mission.campaign_id, target=TARGET, now=now)
        days = [now.date(), (now - timedelta(days=6)).date(), (now - timedelta(days=7)).date()]
        count_lines([f"{day} {link.id} {letter * 32}" for day, letter in zip(days, "abc", strict=True)])
    assert lately(ada, now=now) == Lately(verified=1, visitors=2)
    assert (
        "In the last 7 days: 1 share of yours verified, 2 people followed your links."
        in client_of(ada).get("/home").text
    )
    assert lately(ada, now=now + timedelta(days=8)) == Lately(0, 0)


@pytest.mark.parametrize(("available", "expected"), [(100, "dear"), (99, "cheap"), (5, "cheap"), (500, "dear")])
def test_the_reward_in_reach_is_the_dearest_affordable_one_else_the_cheapest(
    sqlite_app: Flask, now: datetime, available: int, expected: str
) -> None:
    a_reward(name="cheap", price_points=10, codes=1)
    a_reward(name="dear", price_points=100, codes=1)
    a_reward(name="sold out", price_points=5, codes=0)
    found = nearest(a_person(), available)
    assert (found.reward.name, found.price_points) == (expected, {"cheap": 10, "dear": 100}[expected])


def test_the_reward_in_reach_may_be_one_that_never_runs_out_and_is_one_for_the_reader(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    fan = a_person_with_points(250)
    a_cause(name="A cause", price_points=50)
    had = a_reward(name="Had already", price_points=60, codes=2)
    a_reward(name="Elsewhere", price_points=70, countries=["JP"])
    a_reward(name="Later", price_points=80, available_from=now + timedelta(days=1))
    a_reward(name="For leaders", price_points=90, tracks=["leader"])
    a_redemption(fan, had)
    assert nearest(fan, 190).reward.name == "A cause"
    page = client_of(fan).get("/home").text
    assert ("A cause" in page, "You can have this now." in page) == (True, True)


def test_what_is_paid_besides_the_points_of_a_reward_in_reach_is_said(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    sqlite_app.extensions["portal_stripe"] = Stripe("sk_test_x", checkout="https://checkout.stripe.com")
    a_fleece(price_points=50, cash_minor=1060)
    assert "50 points and £10.60. You can have this now." in client_of(a_person_with_points(60)).get("/home").text


def test_a_newcomer_sees_a_good_first_mission_below_the_first_step(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    a_mission(title="The long one", minutes=60)
    a_mission(title="The quick one", minutes=5)
    a_mission(title="The quick one for others", minutes=5, roles=["host"], points_now=900)
    page = client_of(a_person()).get("/home").text
    assert "A good first mission, then" in page
    assert "The quick one" in page
    assert "The long one" not in page
    assert "for others" not in page
    ready = client_of(a_ready_fan()).get("/home").text
    assert "The quick one" in ready, "and is still there when the steps are done"
    assert "The long one" not in ready


def test_a_week_of_rest_is_part_of_the_rhythm(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    season = a_campaign(starts_at=now - timedelta(days=23), ends_at=now + timedelta(days=60))
    ada, bea = a_ready_fan(), a_ready_fan()
    for person in (ada, bea):
        person.joined_at = now - timedelta(days=300)
    for days_ago in (22, 8, 8):
        share = a_share(a_claim(a_mission(season), ada), state=ShareState.REJECTED)
        share.submitted_at = now - timedelta(days=days_ago)
    db.session.commit()
    page = client_of(ada).get("/home").text
    assert "2 active weeks, 1 rest. Rests are part of the rhythm: nothing resets." in page
    assert re.findall(r'aria-label="(Active|Rested|This week)"', page) == ["Active", "Rested", "Active", "This week"]
    assert "Your rhythm" not in client_of(bea).get("/home").text, "nobody is told of weeks in which they did nothing"


def test_weeks_count_from_the_season_or_from_joining() -> None:
    starts_at = datetime(2026, 10, 1, tzinfo=UTC)
    day = timedelta(days=1)

    def weeks(*days: int, joined: int = -50, now: int) -> Rhythm | None:
        handed_in = [starts_at + each * day for each in days]
        return rhythm_of(handed_in, starts_at=starts_at, joined_at=starts_at + joined * day, now=starts_at + now * day)

    assert weeks(now=20) is None
    first = weeks(0, now=6)
    assert first is not None
    assert (first.weeks, first.active, first.rested) == ([Week(1, True, True)], 1, 0)
    joined_late = weeks(15, joined=14, now=30)
    assert joined_late is not None
    assert [week.number for week in joined_late.weeks] == [3, 4, 5]
    assert (joined_late.active, joined_late.rested) == (1, 1), "this week may still become either"
    long = weeks(0, 6, 7, 80, now=80)
    assert long is not None
    assert [week.number for week in long.weeks] == [6, 7, 8, 9, 10, 11, 12]
    assert (long.active, long.rested) == (3, 9)


def test_who_promoted_enough_reads_until_when_to_rest(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada = a_ready_fan()
    an_audience_limit(week_max=2, month_max=8, gap_hours=24)
    for _each in range(2):
        assert "a rest</h2>" not in client_of(ada).get("/home").text
        a_share(a_claim(a_mission(), ada))
    page = client_of(ada).get("/home").text
    assert "Give your followers on Perch a rest" in page
    assert "Missions that need a post there pause for you until 21 Oct" in page
    clock.advance(timedelta(days=7))
    assert "a rest</h2>" not in client_of(ada).get("/home").text


def test_points_that_expire_are_named_from_their_first_notice_on(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    year, manager = Expiry(ExpiryKind.ROLLING, months=12), a_manager()
    with unit_of_work():
        save_rules(year, 500, seen_version=0, for_all_points=False, actor=manager, why="Agreed", now=now)
    fan = a_ready_fan()
    an_award(fan, points_now=100)
    ends = next_to_expire(fan.id)
    assert ends is not None
    for days, named in ((31, False), (29, True)):
        with clock.frozen(ends.at - timedelta(days=days)):
            assert ("100 of them last until the end of" in client_of(fan).get("/home").text) == named
