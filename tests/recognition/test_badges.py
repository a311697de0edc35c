"""Badges: earned by a rule that anybody can read, held once, gone with their cause, shown only by choice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.events import OutboxEvent
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.audience_models import EVERYBODY, AudienceLimit
from portal.missions.resting import Limits
from portal.points.ledger import Cause
from portal.recognition import badging
from portal.recognition.badge_models import HeldBadge
from portal.recognition.badges import all_badges
from portal.recognition.badges.rested_well import kept_to_rest
from portal.recognition.names import short_name
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.transitions import move_share
from tests.accounts.factories import a_fan, a_manager
from tests.fixtures.at_once import all_at_once
from tests.shares.factories import a_share

ClientOf = Callable[[Person], FlaskClient]


def weighed(person: Person) -> list[str]:
    with unit_of_work():
        badging.weigh_badges(person.id, now=clock.now())
    return [held.badge for held in badging.badges_of(person.id)]


def verified(share: Share) -> None:
    with unit_of_work():
        share = db.session.merge(share)
        if share.state == ShareState.RECEIVED:
            move_share(share, ShareState.CHECKING, actor_id=None, now=clock.now())
        move_share(share, ShareState.VERIFIED, actor_id=None, now=clock.now())


def told() -> list[str]:
    kinds = ("badge.earned", "badge.taken_back")
    return [row.kind for row in db.session.scalars(select(OutboxEvent).where(OutboxEvent.kind.in_(kinds)))]


def test_every_badge_says_its_rule(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context():
        assert set(all_badges()) == {"first_share", "guideline_improved", "helped_newcomer", "rested_well"}
        assert all(len(str(badge.rule)) > 40 and str(badge.name) for badge in all_badges().values())


def test_the_first_verified_share_earns_one_and_a_second_changes_nothing(app: Flask, now: datetime) -> None:
    fan = a_fan()
    first = a_share(person=fan)
    assert weighed(fan) == [], "handed in is not verified"
    verified(first)
    assert weighed(fan) == ["first_share"]
    verified(a_share(person=fan))
    assert weighed(fan) == ["first_share"]
    assert told() == ["badge.earned"]


def test_it_goes_with_its_cause_unless_another_share_earns_it_too(app: Flask, now: datetime) -> None:
    fan = a_fan()
    first, second = a_share(person=fan), a_share(person=fan)
    verified(first)
    weighed(fan)
    with unit_of_work():
        badging.show_to_all(badging.badges_of(fan.id)[0])
    verified(second)
    with unit_of_work():
        move_share(db.session.merge(first), ShareState.REVOKED, actor_id=None, now=clock.now())
    assert weighed(fan) == ["first_share"], "the second earns it just as well"
    with unit_of_work():
        move_share(db.session.merge(second), ShareState.REVOKED, actor_id=None, now=clock.now())
    assert weighed(fan) == []
    assert told() == ["badge.earned", "badge.taken_back"]
    gone = db.session.scalars(select(HeldBadge)).one()
    earned_at = gone.awarded_at
    assert gone.share_token is None, "its public page is gone with it"
    with clock.frozen(now + timedelta(days=2)):
        with unit_of_work():
            move_share(db.session.merge(second), ShareState.VERIFIED, actor_id=None, now=clock.now())
        assert weighed(fan) == ["first_share"], "it came back, and so does the badge"
    assert told() == ["badge.earned", "badge.taken_back"], "which they know: it is not told again"
    assert badging.badges_of(fan.id)[0].awarded_at == earned_at
    assert len(db.session.scalars(select(HeldBadge)).all()) == 2, "that it was gone stays known"


def test_what_was_earned_once_stays_while_its_share_stands(sqlite_app: Flask, now: datetime) -> None:
    """Whoever rested well posts less or more later on: the badge tells of the weeks in which they did."""
    fan = a_fan()
    share = a_share(person=fan)
    verified(share)
    with unit_of_work():
        badging._give(fan.id, "rested_well", Cause("share", share.id), at=now)
    assert sorted(weighed(fan)) == ["first_share", "rested_well"]


def test_a_badge_that_is_gone_gets_no_public_page(sqlite_app: Flask, now: datetime) -> None:
    fan, share = a_fan(), a_share()
    with unit_of_work():
        held = badging._give(fan.id, "first_share", Cause("share", share.id), at=now)
        badging._take(held, why="", now=now)
    with unit_of_work():
        assert badging.show_to_all(db.session.get_one(HeldBadge, held.id)) == ""


def test_who_invited_somebody_helped_a_newcomer(app: Flask, now: datetime) -> None:
    fan = a_fan()
    share = a_share(person=fan)
    with unit_of_work():
        row = db.session.merge(share)
        row.form, row.platform, row.url, row.typed_url = ShareForm.NEWCOMER, "", "", ""
        row.post_key = "newcomer:somebody"
    verified(share)
    assert weighed(fan) == ["helped_newcomer"]


LIMITS = Limits(week_max=2, month_max=6, gap_hours=24)
NOW = datetime.fromisoformat("2026-10-14T09:14:00+00:00")


@pytest.mark.parametrize(
    ("days_ago", "rests"),
    [
        ([52, 30, 10], True),
        ([52, 30], False),  # too few to tell
        ([49, 30, 10], True),  # the last moment of the span's first week
        ([48.5, 30, 10], False),  # not over the whole span
        ([52, 31, 30], True),  # the whole rest in between, to the moment
        ([52, 30.5, 30], False),  # too soon after one another
        ([52, 31, 29, 27, 5], False),  # three within a week
        ([54, 45, 36, 27, 18, 9, 1], True),  # more posts, well apart
        ([52, 28, 24, 20, 16, 12, 8], True),  # six within a month
        ([52, 32, 28, 24, 20, 16, 12, 8], False),  # seven within a month, never three within a week
    ],
)
def test_rest_is_kept_or_not(days_ago: list[float], rests: bool) -> None:
    assert kept_to_rest([NOW - timedelta(days=each) for each in days_ago], LIMITS, now=NOW) is rests


def test_eight_weeks_of_few_posts_earn_a_badge(sqlite_app: Flask, now: datetime) -> None:
    """The first lies before the eight weeks: a rest needs something to rest from."""
    fan, hasty = a_fan(), a_fan()
    for person, days_ago in ((fan, (60, 30, 10)), (hasty, (60, 30, 29.5))):
        for days in days_ago:
            with clock.frozen(now - timedelta(days=days)):
                verified(a_share(person=person))
    with unit_of_work():
        db.session.get_one(AudienceLimit, EVERYBODY).gap_hours = 24
    assert ("rested_well" in weighed(fan), "rested_well" in weighed(hasty)) == (True, False)


def test_staff_give_by_hand_with_a_reason_and_nobody_to_themselves(
    app: Flask, now: datetime, client_of: ClientOf
) -> None:
    fan, manager = a_fan(), a_manager()
    browser = client_of(manager)
    form = {"badge": "guideline_improved", "reason": "Your question on gifts is section 3 now"}
    assert browser.post(f"/staff/badges/people/{fan.id}", data=form | {"reason": " "}).status_code == 422
    for _ in range(2):
        assert browser.post(f"/staff/badges/people/{fan.id}", data=form).status_code == 303
    assert [held.reason for held in badging.badges_of(fan.id)] == [form["reason"]]
    assert "Your question on gifts" in client_of(fan).get("/badges").text
    assert browser.post(f"/staff/badges/people/{manager.id}", data=form).status_code == 409
    assert browser.post(f"/staff/badges/people/{fan.id}", data=form | {"badge": "first_share"}).status_code == 422
    held = badging.badges_of(fan.id)[0]
    path = f"/staff/badges/people/{fan.id}/{held.id}/take-back"
    assert browser.post(path, data={"reason": "Meant for a colleague"}).status_code == 303
    assert badging.badges_of(fan.id) == []


def test_a_badge_that_is_taken_back_twice_at_once_is_told_once(app: Flask) -> None:
    fan = a_fan()
    share, person_id = a_share(person=fan), fan.id
    verified(share)
    weighed(fan)
    with unit_of_work():
        move_share(db.session.merge(share), ShareState.REVOKED, actor_id=None, now=clock.now())

    def weigh() -> None:
        with unit_of_work():
            badging.weigh_badges(person_id, now=clock.now())

    all_at_once(app, [weigh] * 4)
    told = db.session.scalars(select(OutboxEvent).where(OutboxEvent.kind == "badge.taken_back")).all()
    assert [event.payload["person_id"] for event in told] == [person_id]


def test_a_public_page_is_off_by_default_and_can_be_taken_back(
    app: Flask, now: datetime, client_of: ClientOf, client: FlaskClient
) -> None:
    fan = a_fan("Teo Brandt")
    verified(a_share(person=fan))
    weighed(fan)
    held, browser = badging.badges_of(fan.id)[0], client_of(fan)
    assert held.share_token is None
    for _ in range(2):
        assert browser.post(f"/badges/{held.id}/show").status_code == 303
    db.session.commit()
    token = badging.badges_of(fan.id)[0].share_token
    page: Any = client.get(f"/b/{token}")
    assert "Teo B." in page.text
    assert "Brandt" not in page.text
    assert f'property="og:image" content="http://127.0.0.1:8000/b/{token}/picture.png"' in page.text
    assert 'name="robots" content="noindex"' in page.text
    picture = client.get(f"/b/{token}/picture.png")
    assert picture.data.startswith(b"\x89PNG")
    assert browser.post(f"/badges/{held.id}/hide").status_code == 303
    assert client.get(f"/b/{token}").status_code == 404
    assert client.get(f"/b/{token}/picture.png").status_code == 404


def test_whoever_leaves_is_shown_no_more(app: Flask, now: datetime, client: FlaskClient) -> None:
    fan = a_fan()
    verified(a_share(person=fan))
    weighed(fan)
    with unit_of_work():
        token = badging.show_to_all(badging.badges_of(fan.id)[0])
        db.session.get_one(Person, fan.id).state = PersonState.REMOVED
    assert client.get(f"/b/{token}").status_code == 404


@pytest.mark.parametrize(("name", "short"), [("Teo Brandt", "Teo B."), ("Ines", "Ines"), ("Ana de la Cruz", "Ana C.")])
def test_fans_read_short_names(name: str, short: str) -> None:
    assert short_name(name) == short
