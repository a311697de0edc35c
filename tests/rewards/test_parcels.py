"""Things that are sent: sorts, addresses, parcels on their way there and back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from io import BytesIO
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.audit import AuditEntry
from portal.kernel.base import new_id
from portal.kernel.csv_text import read_rows
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import unit_of_work
from portal.points.audit import audit_ledger
from portal.points.queries import balances
from portal.rewards import orders, parcels, redeeming
from portal.rewards.fulfilment.physical import address_of
from portal.rewards.kind_models import Parcel, ParcelState, RewardVariant
from portal.rewards.models import Redemption, RedemptionState, Reward
from portal.rewards.refusals import CancellationRefused, NotForYou, NotNow, OrderRefused, OutOfStock
from portal.rewards.variants import variants_of
from tests.accounts.factories import a_marketer
from tests.points.factories import a_person_has
from tests.rewards.factories import ADDRESS, a_person_with_points, a_redemption, a_thing

S, P = RedemptionState, ParcelState


def stock_of(reward: Reward) -> tuple[int, dict[str, int]]:
    db.session.rollback()
    db.session.refresh(reward)
    return reward.stock, {each.name: each.stock for each in variants_of(reward.id)}


def parcel_of(redemption: Redemption) -> Parcel:
    db.session.rollback()
    return db.session.get_one(Parcel, redemption.id, populate_existing=True)


def sort(reward: Reward, name: str) -> str:
    return next(each.id for each in variants_of(reward.id) if each.name == name)


def test_a_sort_is_taken_and_comes_back(app: Flask, now: datetime) -> None:
    ada, hat = a_person_with_points(300), a_thing(stock={"M": 1, "L": 2}, per_person_max=3)
    assert stock_of(hat) == (3, {"M": 1, "L": 2})
    mine = a_redemption(ada, hat, {**ADDRESS, "variant": sort(hat, "M")})
    assert (mine.state, stock_of(hat)) == (S.APPROVED, (2, {"M": 0, "L": 2}))
    for wrong in ({"variant": sort(hat, "M")}, {"variant": new_id()}, {}):
        with pytest.raises(OutOfStock):
            a_redemption(ada, hat, {**ADDRESS, **wrong})
    assert stock_of(hat) == (2, {"M": 0, "L": 2})
    with unit_of_work():
        redeeming.cancel(mine, now=now)
    assert stock_of(hat) == (3, {"M": 1, "L": 2})
    assert balances(ada.id).available == 300
    assert audit_ledger()["violations"] == []


def test_from_the_address_to_the_door(app: Flask, now: datetime, client_of) -> None:
    ada, staff, hat = a_person_with_points(150), a_marketer(), a_thing("Wool hat", stock={"M": 2})
    fan, desk = client_of(ada), client_of(staff)
    page = fan.get(f"/rewards/{hat.id}/redeem").text
    assert "Postcode" in page
    assert "Until it is sent you can cancel it" in page

    key, typed = new_id(), {**ADDRESS, "variant": sort(hat, "M"), "price_points": 100}
    bad = fan.post(f"/rewards/{hat.id}/redeem", data={**typed, "idempotency_key": key, "postcode": "LA9"})
    assert bad.status_code == 422
    assert "Write it like LA9 4QH" in bad.text
    assert 'value="4 Example Row"' in bad.text  # what was typed stays
    assert balances(ada.id).available == 150
    good = fan.post(f"/rewards/{hat.id}/redeem", data={**typed, "idempotency_key": key})
    assert good.status_code == 303
    mine = db.session.scalars(select(Redemption)).one()
    assert "4 Example Row" not in (parcel_of(mine).sealed_address or "")
    assert "4 Example Row" in fan.get(good.location).text

    listed = read_rows(desk.post("/staff/orders/packing.csv").data)
    assert listed[1].cells[:9] == (mine.id, "Wool hat", "M", "Ada Nwosu", "4 Example Row", "", "LA9 4QH", "Kendal", "")
    file = f"order,carrier,tracking\n{mine.id},Royal Mail,RM123\n"
    answer = desk.post("/staff/orders/tracking", data={"file": (BytesIO(file.encode()), "x.csv")})
    assert answer.status_code == 303
    assert (parcel_of(mine).state, parcel_of(mine).tracking) == (P.SENT, "RM123")
    assert "RM123" in fan.get(good.location).text
    assert "cancel this" not in fan.get(good.location).text
    assert balances(ada.id).reserved == 0
    desk.post(f"/staff/orders/{mine.id}/delivered")
    assert parcel_of(mine).state == P.DELIVERED
    assert "It arrived." in fan.get(good.location).text


def test_a_packing_list_that_comes_back_is_taken_row_by_row_and_twice(app: Flask, now: datetime, client_of) -> None:
    ada, desk, hat = a_person_with_points(300), client_of(a_marketer()), a_thing(per_person_max=3)
    good, gone = a_redemption(ada, hat), a_redemption(ada, hat)
    with unit_of_work():
        redeeming.cancel(gone, now=now)
    rows = [f"{good.id},DHL,1", f"{gone.id},DHL,2", "nothing,DHL,3", ",DHL,4", f"{good.id},,"]
    file = "order,carrier,tracking\n" + "\n".join(rows)
    for _time in range(2):
        answer = desk.post("/staff/orders/tracking", data={"file": (BytesIO(file.encode()), "x.csv")})
        assert answer.status_code == 422
        assert [f"Line {line}:" in answer.text for line in (2, 3, 4, 5, 6)] == [False, True, True, True, False]
    assert (parcel_of(good).state, parcel_of(gone).state) == (P.SENT, P.TO_PACK)
    sent = select(AuditEntry).where(AuditEntry.action == "parcel.sent")
    assert len(db.session.scalars(sent).all()) == 1


def uploaded(desk: FlaskClient, *rows: str) -> TestResponse:
    file = "\n".join(["order;carrier;tracking", *rows]).encode("utf-8-sig")
    return desk.post("/staff/orders/tracking", data={"file": (BytesIO(file), "x.csv")})


def test_what_a_spreadsheet_or_a_slip_made_of_a_number_goes_to_nobody(
    sqlite_app: Flask, now: datetime, client_of
) -> None:
    hat = a_thing("Wool hat", per_person_max=5)
    good, shortened, twice = (a_redemption(a_person_with_points(100, name), hat) for name in ("Ada", "Bo", "Cleo"))
    desk = client_of(a_marketer())
    answer = uploaded(
        desk, f"{good.id};DHL;00340434161094015902", f"{shortened.id};DHL;1,55019E+13", f"{twice.id};DHL;17",
        f"{twice.id};DHL;18", f"{twice.id};;",
    )  # fmt: skip
    assert answer.status_code == 422
    assert re.search(r"Line 3:\s+<a [^>]+>Wool hat, Bo</a>.\s+A spreadsheet shortened this number", answer.text)
    assert re.search(r"Line 5:\s+<a [^>]+>Wool hat, Cleo</a>.\s+Line 4 names another number", answer.text)
    assert [parcel_of(each).tracking for each in (good, shortened, twice)] == ["00340434161094015902", "", "17"]
    assert parcel_of(shortened).state == P.TO_PACK


def test_a_packing_list_without_any_number_says_so_and_one_parcel_is_one(
    sqlite_app: Flask, now: datetime, client_of
) -> None:
    mine, desk = a_redemption(a_person_with_points(100), a_thing()), client_of(a_marketer())
    empty = uploaded(desk, f"{mine.id};;")
    assert (empty.status_code, parcel_of(mine).state) == (422, P.TO_PACK)
    assert "No line has a carrier or a tracking number" in empty.text
    assert "1 parcel is noted as sent." in desk.get(uploaded(desk, f"{mine.id};DHL;17").location).text


def test_who_was_told_a_wrong_number_is_told_the_right_one(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada, hat = a_person_with_points(100), a_thing("Wool hat")
    mine, desk, fan = a_redemption(ada, hat), client_of(a_marketer()), client_of(ada)
    for number in ("17", "18", "18"):
        desk.post(f"/staff/orders/{mine.id}/sent", data={"carrier": "DHL", "tracking": number})
    jobs.run_due()
    inbox = fan.get("/inbox").text
    assert inbox.count("On its way to you: Wool hat") == inbox.count("Another tracking number: Wool hat") == 1
    assert inbox.index("Tracking number: 18.") < inbox.index("Tracking number: 17.")
    assert fan.get(f"/redemptions/{mine.id}").text.count("The tracking number was changed") == 1


def test_the_way_back_from_an_order_leads_to_its_place_in_the_list(sqlite_app: Flask, now: datetime, client_of) -> None:
    mine, desk = a_redemption(a_person_with_points(100), a_thing()), client_of(a_marketer())
    listed = "/staff/orders?kind=physical&state=approved"
    link = re.search(rf'id="order-{mine.id}" href="([^"]+)"', desk.get(listed).text)
    assert link is not None
    page = desk.get(unescape(link[1])).text
    back = re.search(r'href="(/staff/orders\?[^"]+#order-[^"]+)"', page)
    assert back is not None
    parts = re.split("[?&#]", unescape(back[1]))
    assert sorted(parts) == sorted([*re.split("[?&]", listed), f"order-{mine.id}"])
    refund = re.search(r'action="([^"]+/refund[^"]*)"', page)
    assert refund is not None
    answer = desk.post(unescape(refund[1]), data={"why": "It tore."})
    assert set(re.split("[?&]", answer.location)) == {f"/staff/orders/{mine.id}", "kind=physical", "state=approved"}


def test_more_parcels_than_one_upload_notes_are_uploaded_in_parts(
    sqlite_app: Flask, now: datetime, client_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "TRACKED_MAX", 2)
    mine, desk = a_redemption(a_person_with_points(100), a_thing()), client_of(a_marketer())
    for more, status in ((2, 422), (1, 303)):
        file = f"order;carrier;tracking\n{mine.id};DHL;17\n" + f"{mine.id};DHL;17\n" * more + f"{mine.id};;\n" * 5
        answer = desk.post("/staff/orders/tracking", data={"file": (BytesIO(file.encode("utf-8-sig")), "x.csv")})
        assert (answer.status_code, "Upload it in parts" in answer.text) == (status, status == 422)
    assert parcel_of(mine).tracking == "17"


def test_a_number_that_a_colleague_wrote_down_stays_where_none_is_given(
    sqlite_app: Flask, now: datetime, client_of
) -> None:
    """Two of the staff have the same orders open: one uploads the list, the other ticks them as sent."""
    mine, desk = a_redemption(a_person_with_points(100), a_thing()), client_of(a_marketer())
    page_of_another = {"carrier": "", "tracking": ""}
    assert desk.post(f"/staff/orders/{mine.id}/sent", data={"carrier": "DHL", "tracking": "17"}).status_code == 303
    assert desk.post("/staff/orders/bulk", data={"what": "sent", "order": mine.id}).status_code == 303
    assert desk.post(f"/staff/orders/{mine.id}/sent", data=page_of_another).status_code == 303
    assert (parcel_of(mine).carrier, parcel_of(mine).tracking) == ("DHL", "17")
    assert desk.post(f"/staff/orders/{mine.id}/sent", data={"carrier": "DHL", "tracking": "18"}).status_code == 303
    assert parcel_of(mine).tracking == "18"


def test_what_was_sent_cant_be_cancelled_by_its_owner(app: Flask, now: datetime) -> None:
    mine, staff = a_redemption(a_person_with_points(100), a_thing()), a_marketer()
    with unit_of_work():
        parcels.send(parcel_of(mine), carrier="", tracking="", actor=staff, now=now)
    with pytest.raises(CancellationRefused), unit_of_work():
        redeeming.cancel(mine, now=now)
    with pytest.raises(OrderRefused), unit_of_work():
        parcels.send_again(parcel_of(mine), why="Lost?", actor=staff, now=now)


def test_what_came_back_is_sent_again_or_refunded(app: Flask, now: datetime, client_of) -> None:
    ada, staff, hat = a_person_with_points(100), a_marketer(), a_thing(stock=2)
    mine, desk = a_redemption(ada, hat), client_of(staff)
    at = f"/staff/orders/{mine.id}"
    for too_soon in ("again", "returned", "delivered"):
        assert desk.post(f"{at}/{too_soon}", data={"why": "Once more"}).status_code == 409
    fan = client_of(ada)

    def owner_reads() -> list[bool]:
        page = fan.get(f"/redemptions/{mine.id}").text
        return [words in page for words in ("It is all yours", "On its way to you", "It came back to us")]

    def state_in_list() -> str:
        cell = re.search(r'data-label="State">(.*?)</td>', fan.get("/redemptions").text, re.DOTALL)
        assert cell is not None
        return " ".join(re.sub("<[^>]+>", " ", cell[1]).split())

    assert desk.post(f"{at}/sent", data={"carrier": "DHL", "tracking": "1"}).status_code == 303
    assert (owner_reads(), state_in_list()) == ([False, True, False], "On its way")
    assert desk.post(f"{at}/returned", data={"why": ""}).status_code == 422
    assert desk.post(f"{at}/returned", data={"why": "Nobody at home"}).status_code == 303
    assert (owner_reads(), state_in_list()) == ([False, False, True], "Came back")
    jobs.run_due()
    told = fan.get("/inbox").text
    assert ("It came back to us: " in told, "Nobody at home" in told) == (True, True)
    assert desk.post(f"{at}/again", data={"why": "Once more"}).status_code == 303
    assert (parcel_of(mine).state, mine.state) == (P.TO_PACK, S.APPROVED)
    assert (parcel_of(mine).ended_at, parcel_of(mine).tracking) == (None, "")  # its address is needed again
    with pytest.raises(CancellationRefused), unit_of_work():
        redeeming.cancel(mine, now=now)
    assert desk.post(f"{at}/sent", data={"carrier": "DHL", "tracking": "2"}).status_code == 303
    assert desk.post(f"{at}/returned", data={"why": "Nobody at home again"}).status_code == 303
    assert desk.post(f"{at}/refund", data={"why": "It came back twice", "back_in_stock": "y"}).status_code == 303
    assert desk.post(f"{at}/refund", data={"why": "Again"}).status_code == 409
    page = client_of(ada).get(f"/redemptions/{mine.id}").text
    assert [word in page for word in ("Nobody at home", "Once more", "It came back twice")] == [True] * 3
    assert "It was cancelled, and your points came back." in page
    assert (balances(ada.id).available, stock_of(hat)[0]) == (100, 2)
    assert audit_ledger()["violations"] == []


def test_a_lost_thing_is_refunded_without_coming_back_into_stock(app: Flask, now: datetime) -> None:
    ada, staff, hat = a_person_with_points(100), a_marketer(), a_thing(stock={"M": 1})
    mine = a_redemption(ada, hat, {**ADDRESS, "variant": sort(hat, "M")})
    with unit_of_work():
        orders.refund(mine, why="Lost", back_in_stock=False, actor=staff, now=now)
    assert (stock_of(hat), balances(ada.id).available) == ((0, {"M": 0}), 100)


def test_addresses_are_forgotten_when_nobody_needs_them(app: Flask, now: datetime) -> None:
    staff, hat = a_marketer(), a_thing(stock=3)
    waiting, arrived, cancelled = [a_redemption(a_person_with_points(100), hat) for _each in range(3)]
    with unit_of_work():
        parcels.send(parcel_of(arrived), carrier="", tracking="", actor=staff, now=now)
    with unit_of_work():
        parcels.deliver(parcel_of(arrived), actor=staff, now=now)
    with unit_of_work():
        redeeming.cancel(cancelled, now=now)
    days = app.config["SETTINGS"].parcel_address_days
    for later, kept in ((timedelta(days=days, seconds=-1), [True] * 3), (timedelta(days=days), [True, False, False])):
        with unit_of_work():
            jobs.schedule("erase_parcel_addresses", "recurring", due_at=now)
        with clock.frozen(now + later):
            jobs.run_due()
        assert [address_of(parcel_of(each)) is not None for each in (waiting, arrived, cancelled)] == kept
    with unit_of_work():
        parcels.came_back(parcel_of(arrived), why="Nobody was in", actor=staff, now=now)
    with pytest.raises(OrderRefused, match="address is deleted"), unit_of_work():
        parcels.send_again(parcel_of(arrived), why="Once more", actor=staff, now=now)


def test_what_is_sent_again_while_addresses_are_forgotten_keeps_its_own(app: Flask, now: datetime) -> None:
    """On PostgreSQL the job waits for the colleague's row and asks it once more; SQLite's writers take turns."""
    staff, came_back = a_marketer(), a_redemption(a_person_with_points(100), a_thing())
    for change in (
        lambda: parcels.send(parcel_of(came_back), carrier="", tracking="", actor=staff, now=now),
        lambda: parcels.came_back(parcel_of(came_back), why="Nobody was in", actor=staff, now=now),
        lambda: jobs.schedule("erase_parcel_addresses", "recurring", due_at=now),
    ):
        with unit_of_work():
            change()

    def forget() -> None:
        days = app.config["SETTINGS"].parcel_address_days
        with app.app_context(), clock.frozen(now + timedelta(days=days)):
            jobs.run_due()

    job = Thread(target=forget)
    with unit_of_work():
        parcels.send_again(parcel_of(came_back), why="Once more", actor=staff, now=now)
        job.start()
        job.join(timeout=0.5)
    job.join()
    db.session.rollback()
    assert address_of(parcel_of(came_back)) is not None
    assert db.session.scalars(select(Job.last_error).where(Job.last_error.is_not(None))).all() == []


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [
        ({"tracks": ["employee"]}, NotForYou),
        ({"countries": ["AQ"]}, NotForYou),
        ({"available_from": timedelta(seconds=1)}, NotNow),
        ({"available_until": timedelta()}, NotNow),
        ({"tracks": ["ambassador"], "available_from": timedelta(), "available_until": timedelta(hours=1)}, None),
    ],
)
def test_a_reward_for_some_people_at_some_times(app: Flask, now: datetime, limits, refusal) -> None:
    limits = {name: now + each if isinstance(each, timedelta) else each for name, each in limits.items()}
    ada, hat = a_person_with_points(100), a_thing(stock=1, **limits)
    if refusal is None:
        assert a_redemption(ada, hat).state == S.APPROVED
        return
    with pytest.raises(refusal):
        a_redemption(ada, hat)
    assert (stock_of(hat)[0], balances(ada.id).available) == (1, 100)


def test_staff_count_stock_by_sort(app: Flask, now: datetime, client_of) -> None:
    hat, desk = a_thing(stock={"M": 1}), client_of(a_marketer())
    at, key = f"/staff/rewards/{hat.id}/stock", new_id()
    for _press in range(2):
        typed = {"variant": "L", "change": "4", "why": "Came today", "idempotency_key": key}
        assert desk.post(at, data=typed).status_code == 303
    assert stock_of(hat) == (5, {"M": 1, "L": 4})
    too_many = desk.post(at, data={"variant": "M", "change": "-2", "why": "Broken", "idempotency_key": new_id()})
    assert (too_many.status_code, "Only 1 is there" in too_many.text) == (409, True)
    unnamed = desk.post(at, data={"variant": "", "change": "1", "why": "Found", "idempotency_key": new_id()})
    assert unnamed.status_code == 409
    assert desk.post(at, data={"variant": "M", "change": "x", "why": ""}).status_code == 422
    assert stock_of(hat) == (5, {"M": 1, "L": 4})
    assert sorted(db.session.scalars(select(RewardVariant.name))) == ["L", "M"]


def test_a_sort_of_another_reward_can_not_be_had_with_this_one(sqlite_app: Flask, now: datetime) -> None:
    ada, hat, mug = a_person_with_points(100), a_thing(stock={"M": 1}), a_thing(stock={"Blue": 1})
    theirs = variants_of(mug.id)[0].id
    with pytest.raises(OutOfStock):
        a_redemption(ada, hat, {**ADDRESS, "variant": theirs})
    assert (stock_of(hat), stock_of(mug)) == ((1, {"M": 1}), (1, {"Blue": 1}))
    assert balances(ada.id).available == 100


def test_what_has_no_sorts_gets_none_while_it_is_there(sqlite_app: Flask, now: datetime, client_of) -> None:
    """Of which sort would those be that lie on the shelf already?"""
    hat = a_thing(stock=2)
    typed = {"variant": "L", "change": "1", "why": "Came today", "idempotency_key": new_id()}
    refused = client_of(a_marketer()).post(f"/staff/rewards/{hat.id}/stock", data=typed)
    assert (refused.status_code, "stock without sorts" in refused.text) == (409, True)
    assert stock_of(hat) == (2, {})


def test_the_list_of_orders_by_state_kind_and_as_a_table(app: Flask, now: datetime, client_of) -> None:
    ada, hat, desk = a_person_with_points(300), a_thing("Wool hat", per_person_max=3), client_of(a_marketer())
    assert "No orders here" in desk.get("/staff/orders").text
    first, second = a_redemption(ada, hat), a_redemption(ada, hat)
    a_code = a_redemption(ada)
    page = desk.get("/staff/orders?state=approved&kind=physical").text
    assert [each.id in page for each in (first, second, a_code)] == [True, True, False]
    rows = read_rows(desk.post("/staff/orders/export.csv").data)
    assert {row.cells[0] for row in rows[1:]} == {first.id, second.id, a_code.id}
    bulk = desk.post("/staff/orders/bulk", data={"what": "sent", "order": [first.id, second.id]})
    assert bulk.status_code == 303
    assert desk.post("/staff/orders/bulk", data={"what": "sent", "order": [first.id, a_code.id]}).status_code == 409
    assert [parcel_of(each).state for each in (first, second)] == [P.SENT, P.SENT]
    assert desk.post("/staff/orders/bulk", data={"what": "sent"}).status_code == 422


def test_all_orders_of_a_page_are_chosen_at_once_but_those_that_are_over(
    sqlite_app: Flask, now: datetime, client_of
) -> None:
    ada, hat, desk = a_person_with_points(300), a_thing(per_person_max=3), client_of(a_marketer())
    open_, over = a_redemption(ada, hat), a_redemption(ada, hat)
    with unit_of_work():
        redeeming.cancel(over, now=now)
    page = desk.get("/staff/orders?chosen=all").text
    assert [f'value="{each.id}"' in page for each in (open_, over)] == [True, False]
    assert f'value="{open_.id}" checked' in page
    assert f'value="{open_.id}" checked' not in desk.get("/staff/orders").text
    assert "Choose all" not in desk.get("/staff/orders?state=cancelled").text


def test_nobody_is_shown_the_address_of_an_order_that_is_over(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada, desk = a_person_with_points(100), client_of(a_marketer())
    order = a_redemption(ada, a_thing())
    fan, at = client_of(ada), f"/staff/orders/{order.id}"
    assert "4 Example Row" in fan.get(f"/redemptions/{order.id}").text
    assert "4 Example Row" in desk.post(f"{at}/address").text
    fan.post(f"/redemptions/{order.id}/cancel")
    pages = [fan.get(f"/redemptions/{order.id}"), desk.get(at), desk.post(f"{at}/address")]
    assert [page.status_code for page in pages] == [200, 200, 409]
    assert ["4 Example Row" in page.text for page in pages] == [False] * 3
    assert ["its address is not shown any more" in page.text for page in pages] == [True] * 3
    assert "Show the address" not in desk.get(at).text
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "parcel.address_read")).all()) == 1


def test_many_arrive_or_are_refunded_line_by_line_and_again(app: Flask, now: datetime, client_of) -> None:
    staff, hat = a_marketer(), a_thing(stock=4, price_points=100)
    orders_of = [a_redemption(a_person_with_points(100), hat) for _each in range(4)]
    own = a_redemption(a_person_has(staff, 100))
    ids, desk = [each.id for each in orders_of], client_of(staff)
    desk.post("/staff/orders/bulk", data={"what": "sent", "order": ids[:2]})
    mixed = desk.post("/staff/orders/bulk", data={"what": "delivered", "order": [ids[2], *ids[:2]]})
    assert mixed.status_code == 409
    assert "2 are done" in mixed.text
    assert "Only a parcel that was sent can arrive" in mixed.text
    for _press in range(2):
        assert desk.post("/staff/orders/bulk", data={"what": "delivered", "order": ids[:2]}).status_code == 303

    no_reason = desk.post("/staff/orders/bulk", data={"what": "refund", "order": ids[2:]})
    assert no_reason.status_code == 422
    assert [f'value="{each}" checked' in no_reason.text for each in ids[1:]] == [False, *[True] * len(ids[2:])]
    sent = {"what": "refund", "order": [*ids[2:], own.id, "made-up"], "why": "The mill burnt down", "back_in_stock": ""}
    for press in range(2):
        refused = desk.post("/staff/orders/bulk", data=sent)
        assert refused.status_code == 409
        assert ("2 are done" if press == 0 else "0 are done") in refused.text
        assert "This is your own" in refused.text
    db.session.rollback()
    assert [each.state for each in orders_of] == [S.FULFILLED] * 2 + [S.CANCELLED] * 2
    assert [balances(each.person_id).available for each in orders_of] == [0, 0, 100, 100]
    audited = select(AuditEntry.action, AuditEntry.why).where(
        AuditEntry.action.in_(("redemption.refunded", "parcel.delivered"))
    )
    assert sorted(db.session.execute(audited).all()) == [
        ("parcel.delivered", ""), ("parcel.delivered", ""),
        ("redemption.refunded", "The mill burnt down"), ("redemption.refunded", "The mill burnt down"),
    ]  # fmt: skip
    assert audit_ledger()["violations"] == []


def test_who_reads_an_address_is_written_down(app: Flask, now: datetime, client_of) -> None:
    staff, mine = a_marketer(), a_redemption(a_person_with_points(100), a_thing())
    desk = client_of(staff)
    assert "4 Example Row" not in desk.get(f"/staff/orders/{mine.id}").text
    assert desk.get("/staff/orders/packing.csv").status_code in (404, 405)
    assert "4 Example Row" in desk.post(f"/staff/orders/{mine.id}/address").text
    assert "4 Example Row" in desk.post("/staff/orders/packing.csv").text
    read = select(AuditEntry.actor_id, AuditEntry.subject_id).where(AuditEntry.action == "parcel.address_read")
    assert db.session.execute(read).all() == [(staff.id, mine.id)] * 2


def test_the_list_of_what_is_on_the_way(sqlite_app: Flask, now: datetime, client_of) -> None:
    ada, desk, hat = a_person_with_points(400), client_of(a_marketer()), a_thing(per_person_max=3)
    sent, arrived, waits = (a_redemption(ada, hat) for _each in range(3))
    assert "No orders here" in desk.get("/staff/orders?parcel=sent").text
    for each in (sent, arrived):
        desk.post(f"/staff/orders/{each.id}/sent")
    desk.post(f"/staff/orders/{arrived.id}/delivered")
    page, table = desk.get("/staff/orders?parcel=sent"), desk.post("/staff/orders/export.csv?parcel=sent")
    for listed in (page.text, table.text):
        assert [each.id in listed for each in (sent, arrived, waits)] == [True, False, False]
    assert re.search(r'<input[^>]*value="delivered"[^>]* checked', desk.get("/staff/orders?parcel=sent").text)


def test_staff_read_of_orders_in_their_own_words_and_where_parcels_go(
    sqlite_app: Flask, now: datetime, client_of
) -> None:
    ada, desk = a_person_with_points(100), client_of(a_marketer())
    mine = a_redemption(ada, a_thing())
    page = client_of(ada).get(f"/redemptions/{mine.id}").text
    assert "UNITED KINGDOM" in page
    assert "Being made ready for you" in page
    order = desk.get(f"/staff/orders/{mine.id}").text
    assert "Its owner reads:" in order
    assert "To be made ready" in order
    assert 'href="/staff/orders" aria-current="page"' in desk.get("/staff/orders").text
    assert 'href="/staff/rewards" aria-current="page"' in desk.get("/staff/check-in").text


def test_nobody_decides_about_their_own_order(sqlite_app: Flask, now: datetime, client_of) -> None:
    staff, colleague = a_person_has(a_marketer(), 200), a_marketer()
    mine, desk = a_redemption(staff, a_thing("Hat")), client_of(staff)
    at = f"/staff/orders/{mine.id}"
    assert desk.post(f"{at}/sent", data={"carrier": "Post", "tracking": "X1"}).status_code == 303
    for verb in ("refund", "returned"):
        refused = desk.post(f"{at}/{verb}", data={"why": "It is broken"})
        assert (refused.status_code, "This is your own order" in refused.text) == (409, True)
    assert client_of(colleague).post(f"{at}/returned", data={"why": "It came back"}).status_code == 303
    refused = desk.post(f"{at}/again", data={"why": "Once more"})
    assert (refused.status_code, f"{at}/refund" in refused.text) == (409, False)
    assert (parcel_of(mine).state, balances(staff.id).available) == (P.RETURNED, 100)
    assert client_of(colleague).post(f"{at}/refund", data={"why": "It is broken"}).status_code == 303
    assert balances(staff.id).available == 200


def test_the_number_of_a_parcel_that_is_not_under_way_is_told_as_what_was(
    sqlite_app: Flask, now: datetime, client_of
) -> None:  # fmt: skip
    ada, staff, hat = a_person_with_points(150), a_marketer(), a_thing("Wool hat")
    mine = a_redemption(ada, hat)
    with unit_of_work():
        parcels.send(parcel_of(mine), carrier="DHL", tracking="JD014600", actor=staff, now=now)
    fan, desk, before = client_of(ada), client_of(staff), "It had been sent with DHL, number JD014600."
    under_way = fan.get(f"/redemptions/{mine.id}").text
    assert ("<dd>JD014600</dd>" in under_way, before in under_way) == (True, False)
    with unit_of_work():
        orders.refund(db.session.get_one(Redemption, mine.id), why="Lost", back_in_stock=False, actor=staff, now=now)
    for browser, page in ((fan, f"/redemptions/{mine.id}"), (desk, f"/staff/orders/{mine.id}")):
        over = browser.get(page).text
        assert ("<dd>JD014600</dd>" in over, before in over) == (False, True)
