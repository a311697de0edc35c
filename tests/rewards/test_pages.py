"""Fans' pages: what each refusal answers, what pressing twice does, and who sees which code."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import PersonState
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.points import awards, spending
from portal.points.audit import audit_ledger
from portal.points.ledger import Cause
from portal.points.queries import Balances, balances
from portal.rewards import editing, redeeming
from portal.rewards.fulfilment.code import code_of
from portal.rewards.models import Redemption
from tests.accounts.factories import a_fan, a_manager, a_marketer
from tests.points.factories import an_award
from tests.points.test_statement import count_queries
from tests.rewards.factories import a_draft_reward, a_person_with_points, a_redemption, a_reward


def asked_for(reward, key: str = "", price_points: int | None = None) -> dict[str, object]:
    """What the confirmation posts."""
    return {"idempotency_key": key or new_id(), "price_points": price_points or reward.price_points}


def redemptions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Redemption)) or 0


def test_from_the_catalogue_to_the_code(app: Flask, now: datetime, client_of) -> None:
    ada, kit = a_person_with_points(250), a_reward("Pocket repair kit", price_points=100)
    browser = client_of(ada)
    assert "Pocket repair kit" in browser.get("/rewards").text
    assert f"/rewards/{kit.id}/redeem" in browser.get(f"/rewards/{kit.id}").text

    confirmation = browser.get(f"/rewards/{kit.id}/redeem").text
    assert "Balance after" in confirmation
    assert "150 points" in confirmation
    hidden = dict(re.findall(r'name="(idempotency_key|price_points)"[^>]*value="([^"]+)"', confirmation))
    answer = browser.post(f"/rewards/{kit.id}/redeem", data=hidden)
    assert answer.status_code == 303

    code = code_of(db.session.scalars(select(Redemption)).one())
    page = browser.get(answer.location).text
    assert "Show my code" in page
    assert "Undo, give my points back" in page
    assert code not in page
    shown = browser.get(browser.post(f"{answer.location}/reveal").location).text
    assert code in shown
    assert "Undo, give my points back" not in shown
    assert code in browser.get(answer.location).text
    assert "Pocket repair kit" in browser.get("/redemptions").text
    assert "Redeemed: Pocket repair kit" in browser.get("/points").text


def test_pressing_twice_redeems_once(app: Flask, now: datetime, client_of) -> None:
    ada, kit = a_person_with_points(500), a_reward(price_points=100, per_person_max=5)
    browser, sent = client_of(ada), asked_for(kit)
    answers = [browser.post(f"/rewards/{kit.id}/redeem", data=sent) for _press in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len({answer.location for answer in answers}) == 1
    assert redemptions() == 1
    assert balances(ada.id).available == 400


def test_the_same_key_for_something_else_is_refused(app: Flask, now: datetime, client_of) -> None:
    ada, kit, hat = a_person_with_points(500), a_reward(price_points=100), a_reward(price_points=100)
    browser, key = client_of(ada), new_id()
    browser.post(f"/rewards/{kit.id}/redeem", data=asked_for(kit, key))
    assert browser.post(f"/rewards/{hat.id}/redeem", data=asked_for(hat, key)).status_code == 409
    assert redemptions() == 1


@pytest.mark.parametrize(
    ("points", "codes", "state", "words"),
    [
        (60, 3, "", "You need 40 more points."),
        (100, 0, "", "The last one is gone"),
        (100, 3, "paused", "This reward is paused"),
        (300, 3, "had", "Everybody can have this once"),
        (300, 3, "dearer", "The price changed"),
    ],
)
def test_a_refusal_says_what_to_do_and_takes_nothing(app: Flask, now, client_of, points, codes, state, words) -> None:
    ada, kit, staff = a_person_with_points(points), a_reward(price_points=100, codes=codes), a_marketer()
    with unit_of_work():
        if state == "paused":
            editing.pause_reward(kit, actor=staff)
        elif state == "had":
            redeeming.redeem(kit, ada, now=now)
    had, before = redemptions(), balances(ada.id)
    seen = 99 if state == "dearer" else None
    answer = client_of(ada).post(f"/rewards/{kit.id}/redeem", data=asked_for(kit, price_points=seen))
    assert answer.status_code == 409
    assert words in answer.text
    assert 'role="alert"' in answer.text
    assert (redemptions(), balances(ada.id)) == (had, before)
    assert audit_ledger()["violations"] == []


def test_after_a_refusal_a_price_can_be_confirmed_again(app: Flask, now: datetime, client_of) -> None:
    ada, kit = a_person_with_points(200), a_reward(price_points=100)
    browser = client_of(ada)
    page = browser.post(f"/rewards/{kit.id}/redeem", data=asked_for(kit, price_points=99)).text
    hidden = dict(re.findall(r'name="(idempotency_key|price_points)"[^>]*value="([^"]+)"', page))
    assert browser.post(f"/rewards/{kit.id}/redeem", data=hidden).status_code == 303
    assert balances(ada.id).available == 100


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"idempotency_key": "k"},
        {"idempotency_key": "", "price_points": "100"},
        {"idempotency_key": "k" * 65, "price_points": "100"},
        {"idempotency_key": "k", "price_points": "-100"},
        {"idempotency_key": "k", "price_points": "1e2"},
        {"idempotency_key": "k", "price_points": "9" * 30},
        {"idempotency_key": "k\x00", "price_points": "100"},
    ],
)
def test_a_forged_form_is_refused(sqlite_app: Flask, now: datetime, client_of, sent: dict[str, str]) -> None:
    ada, kit = a_person_with_points(100), a_reward(price_points=100)
    assert client_of(ada).post(f"/rewards/{kit.id}/redeem", data=sent).status_code == 400
    assert redemptions() == 0


def test_a_forged_request_without_token_is_refused(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada, kit = a_person_with_points(100), a_reward(price_points=100)
    browser = client_of(ada)
    sqlite_app.config["WTF_CSRF_ENABLED"] = True
    assert browser.post(f"/rewards/{kit.id}/redeem", data=asked_for(kit)).status_code == 400
    assert redemptions() == 0


def test_undo_gives_everything_back_once(app: Flask, now: datetime, client_of) -> None:
    ada, kit = a_person_with_points(100), a_reward(price_points=100, codes=1)
    mine = a_redemption(ada, kit)
    browser = client_of(ada)
    page = browser.get(browser.post(f"/redemptions/{mine.id}/cancel").location).text
    assert "Undone: your points are back." in page
    assert "Show my code" not in page
    again = browser.post(f"/redemptions/{mine.id}/cancel")
    assert again.status_code == 303, "a second press is told what the first one did"
    page = browser.get(again.location).text
    assert "Undone: your points are back." in page
    assert "can&#39;t be undone" not in page
    assert balances(ada.id).available == 100
    assert browser.post(f"/redemptions/{mine.id}/reveal").status_code == 409


def test_after_ten_minutes_undo_is_neither_offered_nor_done(app: Flask, now: datetime, client_of) -> None:
    ada = a_person_with_points(100)
    mine, browser = a_redemption(ada), client_of(ada)
    clock.advance(timedelta(minutes=10))
    assert "Undo, give my points back" not in browser.get(f"/redemptions/{mine.id}").text
    answer = browser.post(f"/redemptions/{mine.id}/cancel")
    assert answer.status_code == 409
    assert "undone for ten minutes" in answer.text
    assert balances(ada.id).available == 0


def test_nobody_else_sees_a_redemption(app: Flask, now: datetime, client_of) -> None:
    mine = a_redemption(a_person_with_points(100))
    with unit_of_work():
        redeeming.reveal(mine, now=now)
    for somebody in (a_fan(), a_marketer()):
        browser = client_of(somebody)
        assert browser.get(f"/redemptions/{mine.id}").status_code == 404
        for verb in ("reveal", "cancel"):
            assert browser.post(f"/redemptions/{mine.id}/{verb}").status_code == 404
        assert code_of(mine) not in browser.get("/redemptions").text


@pytest.mark.parametrize("path", ["/rewards/{}", "/rewards/{}/redeem", "/redemptions/{}"])
@pytest.mark.parametrize("made_up", ["nothing", "0" * 26, "ä", "x" * 500])
def test_made_up_ids_are_not_found(sqlite_app: Flask, now, client_of, path: str, made_up: str) -> None:
    assert client_of(a_fan()).get(path.format(made_up)).status_code == 404


def test_drafts_and_retired_rewards_are_not_in_the_catalogue(app: Flask, now: datetime, client_of) -> None:
    draft, retired, staff = a_draft_reward("Draft kit"), a_reward("Retired kit"), a_marketer()
    with unit_of_work():
        editing.retire_reward(retired, actor=staff, why="sold out for good")
    browser = client_of(a_person_with_points(100))
    page = browser.get("/rewards").text
    assert "Draft kit" not in page
    assert "Retired kit" not in page
    for reward in (draft, retired):
        assert browser.get(f"/rewards/{reward.id}").status_code == 404
        assert browser.post(f"/rewards/{reward.id}/redeem", data=asked_for(reward)).status_code == 404


def test_the_catalogue_says_what_is_left_and_what_is_to_go(sqlite_app: Flask, now: datetime, client_of) -> None:
    a_reward("Plenty", price_points=50, codes=6)
    a_reward("Few", price_points=60, codes=2)
    a_reward("None", price_points=70, codes=0)
    a_reward("Dear", price_points=1300, codes=6)
    browser = client_of(a_person_with_points(100))
    page = browser.get("/rewards").text
    for words in ("In stock", "2 left", "Gone", "1,200 points to go"):
        assert words in page
    assert "None" not in browser.get("/rewards?show=in-stock").text
    assert "Dear" not in browser.get("/rewards?show=now").text
    assert browser.get("/rewards?show=anything&after=made-up").status_code == 200


def test_what_is_owed_is_to_be_earned_before_anything_is_had(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada, kit = a_fan(), a_reward("Kit", price_points=100, codes=1)
    award = an_award(ada, points_now=80)
    with unit_of_work():
        spending.reserve(Cause("redemption", new_id()), ada.id, 60, now=now)
        awards.revoke(award, now=now, reason="post_gone")
    assert (balances(ada.id).available, balances(ada.id).debt) == (0, 60)
    browser = client_of(ada)
    page = browser.get("/rewards").text
    assert ("160 points to go" in page, "You owe 60 points" in page) == (True, True)
    assert "160 points to go" in browser.get(f"/rewards/{kit.id}").text
    assert "160 to go" in browser.get("/home").text
    person = client_of(a_manager()).get(f"/staff/people/{ada.id}").text
    assert "by the next points they earn" in person


@pytest.mark.parametrize(("available", "debt", "price", "to_go"), [(0, 0, 100, 100), (0, 40, 100, 140),
                                                                  (100, 0, 100, 0), (120, 40, 100, 0),
                                                                  (90, 40, 100, 50)])  # fmt: skip
def test_points_to_go_count_what_is_owed(available: int, debt: int, price: int, to_go: int) -> None:
    assert Balances(available, 0, 0, debt).to_go(price) == to_go


def test_an_empty_catalogue_says_so(sqlite_app: Flask, now: datetime, client_of) -> None:
    browser = client_of(a_fan())
    assert "Nothing is listed yet" in browser.get("/rewards").text
    assert "Nothing fits right now" in browser.get("/rewards?show=now").text
    assert "Nothing redeemed yet" in browser.get("/redemptions").text


def test_more_rewards_cost_no_more_queries(sqlite_app: Flask, now: datetime, client_of) -> None:
    browser = client_of(a_person_with_points(100))
    a_reward(price_points=10)
    few = count_queries(browser, "/rewards")
    for price_points in range(20, 50):
        a_reward(price_points=price_points, codes=1)
    many = count_queries(browser, "/rewards")
    assert few == many <= 12
    assert 'rel="next"' in browser.get("/rewards").text


def test_what_is_over_leaves_the_catalogue_and_staff_see_why(sqlite_app: Flask, now: datetime, client_of) -> None:
    mug = a_reward("Early mug", available_until=now + timedelta(hours=1))
    fan, desk = client_of(a_person_with_points(900)), client_of(a_marketer())
    assert "Early mug" in fan.get("/rewards").text
    assert "Its time is over" not in desk.get("/staff/rewards").text
    clock.advance(timedelta(hours=1))
    assert "Early mug" not in fan.get("/rewards").text
    assert "The time of this reward is over" in fan.get(f"/rewards/{mug.id}").text
    assert "Its time is over" in desk.get("/staff/rewards").text


def test_strangers_and_removed_people_stay_outside(sqlite_app: Flask, now: datetime, client, client_of) -> None:
    kit = a_reward(price_points=100)
    for path in ("/rewards", f"/rewards/{kit.id}", f"/rewards/{kit.id}/redeem", "/redemptions"):
        assert "/sign-in" in client.get(path).location
    assert client.post(f"/rewards/{kit.id}/redeem", data=asked_for(kit)).status_code == 302
    removed = a_fan(state=PersonState.REMOVED)
    assert client_of(removed).get("/rewards").status_code in (302, 403)
    assert redemptions() == 0
