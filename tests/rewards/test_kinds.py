"""Tickets, files, causes, gifts: what is different about each kind, as people and staff meet it."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.base import new_id
from portal.kernel.files import DOWNLOADS_FOLDER
from portal.kernel.unit_of_work import unit_of_work
from portal.points import budgets, ledger
from portal.points.audit import audit_ledger
from portal.points.queries import balances, whole_statement
from portal.rewards import editing, giving, kinds, orders, queries, redeeming
from portal.rewards.fulfilment.experience import door_url, spelt
from portal.rewards.kind_models import Cause, Download, DownloadCount, Ticket
from portal.rewards.models import Redemption, RedemptionState, RewardKind
from portal.rewards.refusals import CancellationRefused, NotForYou, NotNow, OrderRefused, OutOfStock, StateRefused
from tests.accounts.factories import a_fan, a_manager, a_marketer
from tests.points.factories import a_funded_campaign
from tests.rewards.factories import (
    a_cause,
    a_draft_reward,
    a_file,
    a_person_with_points,
    a_redemption,
    a_reward,
    a_thing,
    an_experience,
)

S = RedemptionState


def ticket_of(redemption: Redemption) -> Ticket:
    db.session.rollback()
    return db.session.get_one(Ticket, redemption.id, populate_existing=True)


def test_a_ticket_lets_its_owner_in_once(app: Flask, now: datetime, client_of) -> None:
    ada, staff = a_person_with_points(100), a_marketer()
    evening = an_experience("Repair table", places=1, starts_in=timedelta(hours=3))
    mine = a_redemption(ada, evening)
    fan, desk = client_of(ada), client_of(staff)
    code = ticket_of(mine).code
    page = fan.get(f"/redemptions/{mine.id}").text
    assert spelt(code) in page
    picture = fan.get(f"/redemptions/{mine.id}/ticket.svg")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert client_of(a_fan()).get(f"/redemptions/{mine.id}/ticket.svg").status_code == 404

    assert ada.display_name in desk.get(f"/staff/check-in?code={code}").text
    assert ticket_of(mine).checked_in_at is None  # looking lets nobody in
    assert fan.post("/staff/check-in", data={"code": code}).status_code == 403
    let_in = desk.post("/staff/check-in", data={"code": spelt(code).lower()})
    assert let_in.status_code == 303
    for _look in range(2):  # it stays said, also when the page is loaded again
        assert f"{ada.display_name} is in" in desk.get(let_in.location).text
    seen_again = desk.get(f"/staff/check-in?code={code}").text
    assert ("Don’t let in" in seen_again, "was used already" in seen_again) == (True, True)
    again = desk.post("/staff/check-in", data={"code": code})
    assert (again.status_code, "was used already" in again.text) == (409, True)
    assert desk.post("/staff/check-in", data={"code": "AAAAA-AAAAA"}).status_code == 404
    assert desk.post("/staff/check-in", data={"code": ""}).status_code == 422
    assert "You were there" in fan.get(f"/redemptions/{mine.id}").text
    with pytest.raises(CancellationRefused), unit_of_work():
        redeeming.cancel(mine, now=now)


def test_a_tickets_picture_leads_its_owner_to_it_and_staff_to_the_door(
    sqlite_app: Flask, now: datetime, client_of
) -> None:  # fmt: skip
    ada = a_person_with_points(100)
    mine = a_redemption(ada, an_experience(places=1, starts_in=timedelta(hours=3)))
    ticket = ticket_of(mine)
    address = f"/tickets/{ticket.code}"
    with sqlite_app.test_request_context():
        assert door_url(ticket).endswith(address)
    own = client_of(ada).get(address)
    assert (own.status_code, own.location) == (302, f"/redemptions/{mine.id}")
    desk = client_of(a_marketer())
    door = desk.get(address)
    assert (door.status_code, door.location) == (302, f"/staff/check-in?code={ticket.code}")
    assert ada.display_name in desk.get(door.location).text
    bo = client_of(a_fan())
    seen, made_up = bo.get(address), bo.get("/tickets/AAAAAAAAAA")
    assert (seen.status_code, "This is shown at the door" in seen.text) == (200, True)
    assert (made_up.status_code, "This is shown at the door" in made_up.text) == (200, True)
    assert (mine.id in seen.text, ada.display_name in seen.text) == (False, False)


def test_a_ticket_of_another_day_is_not_used_up_at_this_door(sqlite_app: Flask, now: datetime, client_of) -> None:
    mine = a_redemption(a_person_with_points(100), an_experience(starts_in=timedelta(hours=24, minutes=1)))
    desk, code = client_of(a_marketer()), ticket_of(mine).code
    looked = desk.get(f"/staff/check-in?code={code}").text
    assert ("Kendal, Mill Lane 2" in looked, "for another day" in looked) == (True, True)  # before anybody presses
    early = desk.post("/staff/check-in", data={"code": code})
    assert (early.status_code, "for another day" in early.text) == (409, True)
    assert ticket_of(mine).checked_in_at is None
    clock.advance(timedelta(minutes=1))
    assert desk.post("/staff/check-in", data={"code": code}).status_code == 303


def test_a_place_goes_to_somebody_else_until_it_begins(app: Flask, now: datetime, client_of) -> None:
    evening, staff = an_experience(places=1, starts_in=timedelta(hours=2)), a_marketer()
    first = a_redemption(a_person_with_points(100), evening)
    with pytest.raises(OutOfStock):
        a_redemption(a_person_with_points(100), evening)
    with unit_of_work():
        redeeming.cancel(first, now=clock.advance(timedelta(minutes=119)))
    second = a_redemption(a_person_with_points(100), evening)
    with pytest.raises(OrderRefused), unit_of_work():
        kinds.let_in(ticket_of(first), actor=staff, now=clock.now())
    for mine, status in ((first, 404), (second, 200)):
        owner = client_of(db.session.get_one(Person, mine.person_id))
        assert owner.get(f"/redemptions/{mine.id}/ticket.svg").status_code == status
    clock.advance(timedelta(minutes=1))
    with pytest.raises(CancellationRefused), unit_of_work():
        redeeming.cancel(second, now=clock.now())


def test_what_has_begun_takes_nobodys_points_any_more(sqlite_app: Flask, now: datetime, client_of) -> None:
    """A ticket of an evening that is over could neither be used nor given back."""
    evening = an_experience("Repair evening", places=2, starts_in=timedelta(hours=2), available_until=None)
    ada, bo, staff, season = a_person_with_points(100), a_fan(), a_marketer(), a_funded_campaign()
    fan = client_of(ada)
    clock.advance(timedelta(minutes=119))
    page = f"/rewards/{evening.id}/redeem"
    assert "Get it" in fan.get(f"/rewards/{evening.id}").text
    clock.advance(timedelta(minutes=1))
    form = {"price_points": 100, "idempotency_key": "once"}
    late = fan.post(page, data=form)
    assert (late.status_code, "The time of this reward is over" in late.text) == (409, True)
    assert "The time of this reward is over" in fan.get(f"/rewards/{evening.id}").text
    assert not queries.catalogue(ada).offers
    with pytest.raises(NotNow), unit_of_work():
        giving.give(evening, bo, campaign_id=season.id, why="For Sunday", actor=staff, now=clock.now())
    assert balances(ada.id).available == 100


@pytest.mark.parametrize(("until_hours", "ends_hours"), [(1, 1), (3, 2), (None, 2)])
def test_a_place_can_be_had_until_it_begins_or_staff_said_so(
    app: Flask, now: datetime, until_hours: int | None, ends_hours: int
) -> None:
    until = None if until_hours is None else now + timedelta(hours=until_hours)
    evening, ada = an_experience(starts_in=timedelta(hours=2), available_until=until), a_person_with_points(100)
    assert queries.catalogue(ada).offers[0].reward.available_until == now + timedelta(hours=ends_hours)
    clock.advance(timedelta(hours=ends_hours, seconds=-1))
    assert queries.catalogue(ada).offers[0].can_have_now
    clock.advance(timedelta(seconds=1))
    assert not queries.catalogue(ada).offers
    offered = queries.offer_to(ada, evening.id)
    assert offered is not None
    assert not offered.can_have_now
    with pytest.raises(NotNow):
        a_redemption(ada, evening)


def test_a_file_is_taken_along_by_an_address_that_ends(app: Flask, now: datetime, client_of) -> None:
    key = app.extensions["portal_files"].put(b"%PDF-mend", folder=DOWNLOADS_FOLDER, ending="pdf")
    ada, staff = a_person_with_points(100), a_marketer()
    mine, fan = a_redemption(ada, a_file(key=key)), client_of(ada)
    assert mine.state == S.FULFILLED
    links = [fan.post(f"/redemptions/{mine.id}/file").location for _time in range(2)]
    got = fan.get(links[0])
    assert (got.data, got.headers["Content-Disposition"]) == (b"%PDF-mend", 'attachment; filename="mending.pdf"')
    assert got.headers["Cache-Control"] == "private, no-store"
    assert db.session.scalars(select(DownloadCount.times)).one() == 2
    assert fan.get(f"/files/{key}").status_code == 404
    assert client_of(a_fan()).post(f"/redemptions/{mine.id}/file").status_code == 404
    assert fan.get(links[0][:-2] + "xx").status_code == 404
    clock.advance(timedelta(minutes=10, seconds=2))
    old = fan.get(links[0])
    assert (old.status_code, f"/redemptions/{mine.id}" in old.text) == (410, True)
    fresh = fan.post(f"/redemptions/{mine.id}/file").location
    assert fan.get(fresh).status_code == 200
    with unit_of_work():
        orders.refund(mine, why="A mistake", back_in_stock=False, actor=staff, now=clock.now())
    assert fan.get(fresh).status_code == 404
    assert fan.post(f"/redemptions/{mine.id}/file").status_code == 404


def test_a_file_keeps_its_ending_whatever_its_letters(sqlite_app: Flask, now: datetime, client_of) -> None:
    draft = a_draft_reward(kind=RewardKind.DOWNLOAD)
    for given, kept in (
        ("Anleitung Nähen.PDF", "Anleitung Nähen.pdf"), ("Починка.pdf", "Починка.pdf"), (".pdf", "file.pdf"),
        ("ü" * 200 + ".pdf", "ü" * 116 + ".pdf"),
    ):  # fmt: skip
        form = {"file": (BytesIO(b"%PDF-mend"), given)}
        assert client_of(a_marketer()).post(f"/staff/rewards/{draft.id}/file", data=form).status_code == 303
        db.session.rollback()
        assert db.session.get_one(Download, draft.id, populate_existing=True).file_name == kept


def test_a_cause_shows_what_it_was_given_and_a_receipt(app: Flask, now: datetime, client_of) -> None:
    ada, cause = a_person_with_points(300), a_cause(price_points=100, per_person_max=5)
    fan = client_of(ada)
    first, second = a_redemption(ada, cause), a_redemption(ada, cause)
    total = select(Cause.points_total)
    assert db.session.scalars(total).one() == 200
    with unit_of_work():
        redeeming.cancel(second, now=now)
    assert db.session.scalars(total).one() == 100
    assert "The path menders" in fan.get(f"/rewards/{cause.id}").text
    receipt = fan.get(f"/redemptions/{first.id}/receipt")
    assert ("100 points" in receipt.text, first.id in receipt.text) == (True, True)
    assert "14 October 2026" in receipt.text, "it is kept for longer than a year"
    assert fan.get(f"/redemptions/{second.id}/receipt").status_code == 404
    assert client_of(a_fan()).get(f"/redemptions/{first.id}/receipt").status_code == 404
    jobs.run_due()
    assert "Ready for you" not in fan.get("/inbox").text  # nothing waits for them
    assert audit_ledger()["violations"] == []


def test_a_gift_is_paid_by_a_budget_and_counts_in_the_books(app: Flask, now: datetime, client_of) -> None:
    ada, staff, kit = a_person_with_points(30, "Ada Gift"), a_manager(), a_reward("Kit", price_points=100, codes=2)
    season = a_funded_campaign(budget=150, reserved=0)
    desk, at = client_of(staff), f"/staff/rewards/{kit.id}/gifts"
    redeemed = ledger.balance("program/redeemed")
    typed = {"idempotency_key": new_id(), "who": "ada gift", "campaign": season.id, "why": "You wrote the guide"}
    answers = [desk.post(at, data=typed) for _press in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    mine = db.session.scalars(select(Redemption)).one()
    assert (mine.person_id, mine.state, mine.price_points) == (ada.id, S.FULFILLED, 0)
    assert balances(ada.id).available == 30
    assert len(list(whole_statement(ada.id))) == 1  # the points she had, nothing of the gift
    assert (budgets.left(season.id), ledger.balance("program/redeemed")) == (50, redeemed + 100)
    page = client_of(ada).get(f"/redemptions/{mine.id}").text
    assert ("You wrote the guide" in page, "A gift" in page) == (True, True)
    assert "A gift" in client_of(ada).get("/redemptions").text
    jobs.run_due()
    told = client_of(ada).get("/inbox").text
    assert ("A gift for you: Kit" in told, "You wrote the guide" in told) == (True, True)
    assert f"{season.name}: 50 points left" in desk.get(f"/staff/rewards/{kit.id}").text
    once_more = desk.post(at, data={**typed, "idempotency_key": new_id()})
    assert once_more.status_code == 409
    assert "Ada Gift has it already, and one person can have it 1 time." in once_more.text
    assert "Give the gift back" in page
    for words in ("give my points back", "by staff", "on your statement"):  # none of which a gift has
        assert words not in page

    desk_page = desk.get(f"/staff/orders/{mine.id}").text
    assert ("Why is it taken back?" in desk_page, "Why do the points go back?" in desk_page) == (True, False)

    dear = desk.post(at, data={**typed, "idempotency_key": new_id(), "who": a_fan("Bo Budget").display_name})
    assert (dear.status_code, "50 points left" in dear.text) == (409, True)
    assert desk.post(at, data={**typed, "idempotency_key": new_id(), "who": "Nobody"}).status_code == 422
    with unit_of_work():
        orders.refund(mine, why="The wrong Ada", back_in_stock=True, actor=staff, now=now)
    assert (budgets.left(season.id), ledger.balance("program/redeemed")) == (150, redeemed)
    jobs.run_due()
    assert "A gift was taken back: Kit" in client_of(ada).get("/inbox").text
    gone = client_of(ada).get(f"/redemptions/{mine.id}").text
    assert [words in gone for words in ("The gift went back", "The wrong Ada", "oints came back")] == [
        True,
        True,
        False,
    ]
    assert audit_ledger()["violations"] == []


def test_nobody_gives_to_themselves_nor_what_needs_an_address(app: Flask, now: datetime) -> None:
    staff, season = a_manager(), a_funded_campaign(budget=500, reserved=0)
    for reward, person in ((a_reward(), staff), (a_thing(), a_fan())):
        with pytest.raises(OrderRefused), unit_of_work():
            giving.give(reward, person, campaign_id=season.id, why="So", actor=staff, now=now)
    assert db.session.scalar(select(Redemption)) is None


def test_a_gift_is_for_whom_the_reward_is(sqlite_app: Flask, now: datetime) -> None:
    staff, season = a_manager(), a_funded_campaign(budget=500, reserved=0)
    for refused, only in ((NotForYou, {"countries": ["JP"]}), (NotNow, {"available_from": now + timedelta(days=1)})):
        reward, fan = a_reward(**only), a_fan()
        with pytest.raises(refused), unit_of_work():
            giving.give(reward, fan, campaign_id=season.id, why="So", actor=staff, now=now)
    assert budgets.left(season.id) == 500


@pytest.mark.parametrize(("name", "typed"), [("Özlem Groß", "özlem GROSS"), ("Ada Çelik", " ADA ÇELIK ")])
def test_whom_a_gift_is_for_is_found_whatever_the_alphabet(sqlite_app: Flask, name: str, typed: str) -> None:
    meant, other = a_fan(name), a_fan("Ada Celik")
    assert [each.id for each in giving.people_called(typed)] == [meant.id]
    a_fan(name.upper())
    assert len(giving.people_called(typed)) == 2
    assert [each.id for each in giving.people_called(str(other.email).upper())] == [other.id]
    assert giving.people_called("") == []


@pytest.mark.parametrize("kind", [RewardKind.EXPERIENCE, RewardKind.DOWNLOAD, RewardKind.DONATION, RewardKind.PHYSICAL])
def test_a_draft_says_what_it_still_needs(app: Flask, now: datetime, client_of, kind: RewardKind) -> None:
    staff = a_marketer()
    draft = a_draft_reward(kind=kind, staff=staff)
    with pytest.raises(StateRefused) as refused, unit_of_work():
        editing.list_reward(draft, actor=staff)
    assert "then list it" in str(refused.value.sentence)
    assert client_of(staff).get(f"/staff/rewards/{draft.id}").status_code == 200


def test_staff_say_when_which_file_and_which_cause(app: Flask, now: datetime, client_of) -> None:
    desk = client_of(a_marketer())
    evening, guide, cause = [
        a_draft_reward(kind=kind).id for kind in (RewardKind.EXPERIENCE, RewardKind.DOWNLOAD, RewardKind.DONATION)
    ]
    typed = {"starts_at": "2026-11-05T18:30", "place": "Kendal"}
    assert desk.post(f"/staff/rewards/{evening}/event", data=typed).status_code == 303
    assert desk.post(f"/staff/rewards/{evening}/event", data={"starts_at": "soon", "place": ""}).status_code == 422
    assert desk.post(f"/staff/rewards/{guide}/event", data=typed).status_code == 409
    for name, status in (("guide.pdf", 303), ("guide.exe", 422), ("", 422)):
        file = {"file": (BytesIO(b"%PDF"), name)}
        assert desk.post(f"/staff/rewards/{guide}/file", data=file).status_code == status
    assert desk.post(f"/staff/rewards/{cause}/cause", data={"name": "Paths"}).status_code == 303
    assert desk.post(f"/staff/rewards/{cause}/cause", data={"name": ""}).status_code == 422
    assert "guide.pdf" in desk.get(f"/staff/rewards/{guide}").text
