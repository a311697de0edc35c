"""Staff look for orders: by numbers, names, handles and rewards, in what is on the page already."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from flask import Flask

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import finding, parcels
from portal.rewards.kind_models import Parcel
from tests.accounts.factories import a_handle, a_marketer
from tests.rewards.factories import a_person_with_points, a_redemption, a_reward, a_thing


def found(browser, **asked: str) -> set[str]:
    page = browser.get("/staff/orders", query_string=asked)
    assert page.status_code == 200
    return set(re.findall(r'href="/staff/orders/(\w{26})[?"]', page.text))


def test_an_order_is_found_by_what_staff_have_at_hand(app: Flask, now: datetime, client_of) -> None:
    asa, ole, staff = a_person_with_points(900, "Åsa Lindqvist"), a_person_with_points(900, "Ole Berg"), a_marketer()
    a_handle(asa, name="asa_mends")
    hat, kit = a_thing("Wärmender Hut"), a_reward("Needle kit")
    sent, hers, his = a_redemption(asa, hat), a_redemption(asa, kit), a_redemption(ole, kit)
    with unit_of_work():
        parcel = db.session.get_one(Parcel, sent.id)
        parcels.send(parcel, carrier="Post", tracking="RA123456789GB", actor=staff, now=clock.now())
    desk = client_of(staff)
    by_words = {
        "åsa lindqvist": {sent.id, hers.id}, "ÅSA": {sent.id, hers.id}, "lindq": {sent.id, hers.id},
        "@Asa_Mends": {sent.id, hers.id}, "berg": {his.id}, "wärmender": {sent.id}, "WÄRM": {sent.id},
        "NEEDLE": {hers.id, his.id}, "ra123456789gb": {sent.id}, "RA 1234 5678 9GB": {sent.id}, "23456789": {sent.id},
        sent.id.upper(): {sent.id}, his.id: {his.id}, "nobody here": set(), "%": set(), "_": {sent.id, hers.id},
        "@asa_mends@perch.example": {sent.id, hers.id},
        his.id[:-1]: {each.id for each in (sent, hers, his) if each.id.startswith(his.id[:-1])},
    }  # fmt: skip
    assert {words: found(desk, q=words) for words in by_words} == by_words


def test_the_search_keeps_the_other_filters_and_says_when_nothing_is_there(
    sqlite_app: Flask, now: datetime, client_of
) -> None:  # fmt: skip
    ada, kit, hat = a_person_with_points(900, "Ada Nwosu"), a_reward("Needle kit"), a_thing("Wool hat")
    code, parcel = a_redemption(ada, kit), a_redemption(ada, hat)
    desk = client_of(a_marketer())
    assert found(desk, q="nwosu") == {code.id, parcel.id}
    assert found(desk, q="nwosu", state="approved") == {parcel.id}
    page = desk.get("/staff/orders?q=nwosu&state=approved&kind=physical").text
    assert '<input type="hidden" name="state" value="approved">' in page
    assert '<input type="hidden" name="kind" value="physical">' in page
    assert "/staff/orders?state=fulfilled&amp;kind=physical&amp;q=nwosu" in page
    assert 'data-key="/"' in page
    table = desk.post("/staff/orders/export.csv?q=nwosu&state=approved").text
    assert parcel.id in table
    assert code.id not in table
    nothing = desk.get("/staff/orders?q=Zebedee").text
    assert "Nothing found for “Zebedee”" in nothing
    assert found(desk) == {code.id, parcel.id}


def test_an_old_order_is_found_by_whole_numbers_and_names(
    app: Flask, now: datetime, client_of, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(finding, "LOOKED_THROUGH_MAX", 1)
    ada, ole = a_person_with_points(900, "Ada Nwosu"), a_person_with_points(900, "Ole Berg")
    old, new = a_redemption(ada), a_redemption(ole)
    desk = client_of(a_marketer())
    assert found(desk, q="Ada Nwosu") == found(desk, q=old.id) == found(desk, q=old.id.upper()) == {old.id}
    assert found(desk, q="nwos") == set()
    assert found(desk, q="ber") == {new.id}
