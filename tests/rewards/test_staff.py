"""Staff's pages: writing a reward down, its codes, its states, and who may do it."""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import datetime, timedelta

import pytest
from flask import Flask
from markupsafe import escape
from PIL import Image
from sqlalchemy import select

from portal.extensions import db
from portal.kernel.audit import AuditEntry, first_altered
from portal.kernel.base import new_id
from portal.kernel.crypto import Box
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import parcels, problems, stocking
from portal.rewards.fulfilment.code import box, codes_in_pool
from portal.rewards.kind_models import Parcel
from portal.rewards.models import Reward, RewardCode, RewardState
from portal.rewards.stocking import LeftOut, Line
from tests.accounts.factories import a_fan, a_manager, a_marketer, a_moderator, an_admin
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
from tests.rewards.stripe.factories import a_blanket, a_fleece, a_promotion

TYPED = {
    "kind": "code",
    "name": "Wool hat",
    "summary": "Knitted in our own mill",
    "description": "Warm.",
    "how_to_use": "At the till.",
    "price_points": "1600",
    "per_person_max": "1",
    "image_alt": "",
}


def typed(**changed: object) -> dict[str, object]:
    return {**TYPED, "idempotency_key": new_id(), **changed}


def rewards() -> list[Reward]:
    db.session.rollback()
    return list(db.session.scalars(select(Reward)))


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("reward."))))


def a_picture(size: tuple[int, int] = (60, 40)) -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    file.seek(0)
    return file


def test_a_code_that_was_sealed_under_an_older_key_is_known(app: Flask, now: datetime, monkeypatch) -> None:
    reward, staff, line = a_draft_reward(), a_marketer(), Line(1, "KIT-ONE")
    with monkeypatch.context() as before:
        before.setattr(stocking, "box", lambda: Box(["the key before" * 4], "reward-code"))
        with unit_of_work():
            stocking.add_codes(reward, [line], actor=staff, now=now)
    monkeypatch.setattr(stocking, "box", lambda: Box(["the key of now" * 4, "the key before" * 4], "reward-code"))
    with unit_of_work():
        again = stocking.add_codes(reward, [line], actor=staff, now=now)
    assert [problem.reason for problem in again.problems] == [LeftOut.KNOWN]
    assert (again.added, reward.stock) == (0, 1)


def test_from_a_blank_form_to_the_catalogue(app: Flask, now: datetime, client_of) -> None:
    dana = a_marketer()
    browser = client_of(dana)
    assert browser.get("/staff/rewards/new").status_code == 200
    answer = browser.post("/staff/rewards/new", data=typed())
    assert answer.status_code == 303
    (hat,) = rewards()
    assert (hat.name, hat.price_points, hat.state, hat.stock) == ("Wool hat", 1600, RewardState.DRAFT, 0)

    assert browser.post(f"{answer.location}/list").status_code == 409
    assert browser.post(f"{answer.location}/codes", data={"codes": "ONE\nTWO\n\n"}).status_code == 303
    assert browser.post(f"{answer.location}/list").status_code == 303
    db.session.refresh(hat)
    assert (hat.state, hat.stock) == (RewardState.LISTED, 2)
    assert "Wool hat" in client_of(a_fan()).get("/rewards").text
    assert actions() == ["reward.created", "reward.codes_added", "reward.listed"]
    assert first_altered() is None
    assert "ONE" not in str(db.session.execute(select(AuditEntry.after, AuditEntry.before)).all())


def test_a_form_sent_twice_creates_one(app: Flask, now: datetime, client_of) -> None:
    browser, sent = client_of(a_marketer()), typed()
    places = {browser.post("/staff/rewards/new", data=sent).location for _press in range(2)}
    assert len(places) == len(rewards()) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "  ", "Give the reward a name."),
        ("name", "x" * 121, "within 120 letters"),
        ("summary", "", "Say in one sentence"),
        ("price_points", "0", "between 1 and 1,000,000"),
        ("price_points", "9" * 40, "between 1 and 1,000,000"),
        ("price_points", "", "Say how many points"),
        ("per_person_max", "101", "Between 1 and 100"),
        ("description", "x" * 8001, "within 8,000 letters"),
        ("how_to_use", ">" * 200 + "deep", "nests"),
        ("kind", "horse", "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_kept(sqlite_app, now, client_of, field, value, words) -> None:
    answer = client_of(a_marketer()).post("/staff/rewards/new", data=typed(**{field: value}))
    assert answer.status_code == 422
    assert words in answer.text
    assert "Knitted in our own mill" in answer.text or field == "summary"
    assert rewards() == []


@pytest.mark.parametrize(
    "text", ["Mütze 🧢 <b>&", "قبعة صوف", "'; DROP TABLE reward; --", "{{ 7 * 7 }}", "a" * 120, "=1+1"]
)
def test_odd_names_come_back_unchanged(sqlite_app: Flask, now: datetime, client_of, text: str) -> None:
    browser = client_of(a_marketer())
    answer = browser.post("/staff/rewards/new", data=typed(name=text))
    assert rewards()[0].name == text
    assert str(escape(text)) in browser.get(answer.location).text


def test_a_picture_is_remade_and_needs_words(app: Flask, now: datetime, client_of) -> None:
    browser = client_of(a_marketer())
    silent = browser.post("/staff/rewards/new", data=typed(picture=(a_picture(), "hat.png")))
    assert silent.status_code == 422
    assert "Say what the picture shows" in silent.text
    spoken = typed(picture=(a_picture(), "hat.png"), image_alt="A grey hat")
    assert browser.post("/staff/rewards/new", data=spoken).status_code == 303
    (hat,) = rewards()
    assert hat.image_file is not None
    assert browser.get(f"/files/{hat.image_file}").mimetype == "image/webp"


@pytest.mark.parametrize("upload", [b"%PDF-1.4", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG broken"])
def test_what_is_no_picture_is_refused_with_its_reason(sqlite_app: Flask, now, client_of, upload: bytes) -> None:
    sent = typed(picture=(io.BytesIO(upload), "hat.png"), image_alt="A hat")
    answer = client_of(a_marketer()).post("/staff/rewards/new", data=sent)
    assert answer.status_code == 422
    assert 'id="picture-error"' in answer.text
    assert rewards() == []


def test_who_saves_second_sees_what_changed_and_keeps_their_words(app: Flask, now: datetime, client_of) -> None:
    kit = a_draft_reward("Kit", price_points=100)
    dana, theo = client_of(a_marketer()), client_of(a_manager())
    url, seen = f"/staff/rewards/{kit.id}", str(kit.lock_version)
    assert dana.post(url, data=typed(name="Dana's kit", lock_version=seen)).status_code == 303
    late = theo.post(url, data=typed(name="Theo's kit", lock_version=seen, price_points="90"))
    assert late.status_code == 409
    assert "Somebody saved this reward while you were typing" in late.text
    for words in ("Dana&#39;s kit", "Theo&#39;s kit", "1600", 'value="90"'):
        assert words in late.text
    assert rewards()[0].name == "Dana's kit"

    again = theo.post(url, data=typed(name="Theo's kit", lock_version=str(int(seen) + 1), price_points="90"))
    assert again.status_code == 303
    assert (rewards()[0].name, rewards()[0].price_points) == ("Theo's kit", 90)
    assert actions() == ["reward.created", "reward.edited", "reward.edited"]


def test_a_redemption_does_not_disturb_who_is_editing(app: Flask, now: datetime, client_of) -> None:
    kit = a_reward(price_points=100)
    seen = str(kit.lock_version)
    a_redemption(a_person_with_points(100), kit)
    answer = client_of(a_marketer()).post(f"/staff/rewards/{kit.id}", data=typed(lock_version=seen))
    assert answer.status_code == 303
    assert rewards()[0].stock == 2


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_forged_version_saves_nothing(sqlite_app: Flask, now: datetime, client_of, version: str) -> None:
    kit = a_draft_reward("Kit")
    answer = client_of(a_marketer()).post(f"/staff/rewards/{kit.id}", data=typed(lock_version=version))
    assert answer.status_code == 409
    assert rewards()[0].name == "Kit"


def test_pausing_relisting_and_retiring(app: Flask, now: datetime, client_of) -> None:
    kit, browser = a_reward(), client_of(a_marketer())
    url = f"/staff/rewards/{kit.id}"
    for verb, state in [("pause", "paused"), ("list", "listed"), ("pause", "paused")]:
        assert browser.post(f"{url}/{verb}").status_code == 303
        assert rewards()[0].state == state
    assert browser.post(f"{url}/pause").status_code == 409
    assert browser.post(f"{url}/retire", data={"why": " "}).status_code == 422
    assert rewards()[0].state == "paused"
    assert browser.post(f"{url}/retire", data={"why": "No more kits"}).status_code == 303
    for verb, sent in [("list", {}), ("pause", {}), ("retire", {"why": "again"}), ("codes", {"codes": "NEW"})]:
        assert browser.post(f"{url}/{verb}", data=sent).status_code == 409
    assert browser.post(url, data=typed(lock_version="1")).status_code == 409
    assert rewards()[0].state == "retired"
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (last.action, last.why, last.before) == ("reward.retired", "No more kits", {"state": "paused"})


@pytest.mark.parametrize(
    ("file", "codes"),
    [
        ("Code\nA-1\nA-2\n", ["A-1", "A-2"]),
        ("sku;Gutscheincode\n7;A-1\n8;A-2\n", ["A-1", "A-2"]),
        ("A-1,code\nA-2,x\n", ["x"]),
        ("A-1,7\nA-2,8\n", ["A-1", "A-2"]),
    ],
)
def test_a_heading_says_which_column_holds_codes_and_is_none(
    sqlite_app: Flask, client_of, file: str, codes: list[str]
) -> None:
    kit, desk = a_draft_reward(), client_of(a_marketer())
    sent = {"file": (io.BytesIO(file.encode()), "codes.csv")}
    assert desk.post(f"/staff/rewards/{kit.id}/codes", data=sent).status_code == 303
    db.session.rollback()
    sealed = db.session.scalars(select(RewardCode.sealed).where(RewardCode.reward_id == kit.id)).all()
    assert sorted(box().open(each) for each in sealed) == codes


def test_a_heading_alone_is_no_pool_of_codes(sqlite_app: Flask, client_of) -> None:
    kit, desk = a_draft_reward(), client_of(a_marketer())
    sent = {"codes": "A-1", "file": (io.BytesIO(b"code\n"), "codes.csv")}
    page = desk.post(f"/staff/rewards/{kit.id}/codes", data=sent)
    assert (page.status_code, "there are no codes" in page.text) == (422, True)
    assert "A-1</textarea>" in page.text
    assert db.session.scalar(select(RewardCode.id).where(RewardCode.reward_id == kit.id)) is None


def test_each_line_of_an_upload_is_taken_or_named(app: Flask, now: datetime, client_of) -> None:
    kit, browser = a_draft_reward(), client_of(a_marketer())
    url = f"/staff/rewards/{kit.id}/codes"
    too_long = "L" * 201
    sent = {"codes": f"AAA\n\n BBB \nAAA\n{too_long}\nC\u200bC\n\n\n"}
    answer = browser.post(url, data=sent)
    assert answer.status_code == 422
    for words in (
        "2 codes added, other lines were left out", "Line 2: is blank.", "Line 4: is the same code as line 1.",
        "Line 5: is longer than 200 characters.", "Line 6: has characters that can’t be typed.",
    ):  # fmt: skip
        assert words in answer.text
    assert "Line 7" not in answer.text
    assert too_long in answer.text
    assert codes_in_pool(kit.id) == (2, 2)

    again = browser.post(url, data={"codes": "AAA\nBBB\nDDD"})
    assert "1 code added, other lines were left out" in again.text
    assert "Line 2: is in the pool already." in again.text
    assert (codes_in_pool(kit.id), rewards()[0].stock) == ((3, 3), 3)


def test_codes_come_from_a_file_as_well(app: Flask, now: datetime, client_of) -> None:
    kit, browser = a_draft_reward(), client_of(a_marketer())
    url = f"/staff/rewards/{kit.id}/codes"
    file = (io.BytesIO(b"\xef\xbb\xbfAAA;first\r\nBBB;second\r\n"), "codes.csv")
    assert browser.post(url, data={"codes": "", "file": file}).status_code == 303
    assert codes_in_pool(kit.id) == (2, 2)
    broken = browser.post(url, data={"file": (io.BytesIO(b"A\x00B"), "codes.csv")})
    assert broken.status_code == 422
    assert "This is not a CSV file." in broken.text
    assert browser.post(url, data={"codes": "  "}).status_code == 422


def test_two_rewards_may_share_a_code_and_no_code_is_stored_in_clear(app: Flask, now: datetime) -> None:
    first, second, dana = a_draft_reward(), a_draft_reward(), a_marketer()
    for reward in (first, second):
        with unit_of_work():
            assert stocking.add_codes(reward, [Line(1, "THE-SAME-FOR-BOTH")], actor=dana, now=now).added == 1
    stored = db.session.execute(select(RewardCode.sealed, RewardCode.digest)).all()
    assert "THE-SAME-FOR-BOTH" not in str(stored)


def test_an_upload_has_an_end(sqlite_app: Flask, now: datetime) -> None:
    kit, dana = a_draft_reward(), a_marketer()
    lines = [Line(number, f"C{number}") for number in range(1, stocking.LINES_MAX + 3)]
    good, problems = stocking._sort_out(lines)
    assert len(good) == stocking.LINES_MAX
    assert [(each.line, each.reason) for each in problems] == [(stocking.LINES_MAX + 1, LeftOut.TOO_MANY)]
    with unit_of_work():
        assert stocking.add_codes(kit, [], actor=dana, now=now).added == 0


@pytest.mark.parametrize(("who", "allowed"), [
    (a_fan, False), (a_moderator, False), (a_manager, True), (a_marketer, True), (an_admin, True),
])  # fmt: skip
def test_only_who_manages_rewards_gets_in(sqlite_app: Flask, now, client_of, who, allowed: bool) -> None:
    kit = a_draft_reward()
    browser = client_of(who())
    expected = 200 if allowed else 403
    for path in ("/staff/rewards", "/staff/rewards/new", f"/staff/rewards/{kit.id}"):
        assert browser.get(path).status_code == expected
    for path in ("new", kit.id, f"{kit.id}/codes", f"{kit.id}/retire"):
        assert browser.post(f"/staff/rewards/{path}").status_code == (422 if allowed else 403)
    if not allowed:
        for verb in ("list", "pause"):
            assert browser.post(f"/staff/rewards/{kit.id}/{verb}").status_code == 403
    assert ('href="/staff/rewards"' in browser.get("/rewards").text) == allowed
    assert rewards()[0].state == RewardState.DRAFT


def test_the_list_shows_states_and_how_often_each_was_redeemed(sqlite_app: Flask, now: datetime, client_of) -> None:
    a_draft_reward("Draft kit")
    a_redemption(a_person_with_points(100), a_reward("Listed kit"))
    browser = client_of(a_marketer())
    page = browser.get("/staff/rewards").text
    assert "Draft kit" in page
    assert "Listed kit" in page
    assert "Draft kit" not in browser.get("/staff/rewards?state=listed").text
    assert "No rewards here" in browser.get("/staff/rewards?state=retired").text
    assert browser.get("/staff/rewards?state=made-up&after=made-up").status_code == 200


@pytest.mark.parametrize("made_up", ["nothing", "0" * 26])
def test_made_up_rewards_are_not_found(sqlite_app: Flask, now: datetime, client_of, made_up: str) -> None:
    browser = client_of(a_marketer())
    assert browser.get(f"/staff/rewards/{made_up}").status_code == 404
    for verb in ("", "/codes", "/list", "/pause", "/retire"):
        assert browser.post(f"/staff/rewards/{made_up}{verb}").status_code == 404


def test_limits_stand_in_the_form_again_and_are_kept_as_they_are(sqlite_app: Flask, now: datetime, client_of) -> None:
    desk = client_of(a_marketer())
    limited = {"tracks": ["employee"], "countries": ["AT", "DE"], "available_until": now + timedelta(days=9)}
    reward = a_draft_reward(**limited)
    page = desk.get(f"/staff/rewards/{reward.id}")
    assert (page.status_code, 'value="AT, DE"' in page.text) == (200, True)
    sent = typed(countries=" de,at ", tracks=["employee"], lock_version=reward.lock_version)
    assert desk.post(f"/staff/rewards/{reward.id}", data=sent).status_code == 303
    assert desk.get(f"/staff/rewards/{reward.id}").status_code == 200
    assert [(each.countries, each.tracks) for each in rewards()] == [(["AT", "DE"], ["employee"])]
    refused = desk.post(f"/staff/rewards/{reward.id}", data={**sent, "countries": "DE, XX"})
    assert (refused.status_code, 'value="DE, XX"' in refused.text) == (422, True)


def test_no_two_things_on_a_page_of_staff_have_the_same_id(sqlite_app: Flask, now: datetime, client_of) -> None:
    """Else a label, a hint or a line about an error leads to the wrong one of several forms."""
    staff, order = a_manager(), a_redemption(a_person_with_points(100), a_thing())
    desk = client_of(staff)
    with unit_of_work():
        parcels.send(db.session.get_one(Parcel, order.id), carrier="", tracking="", actor=staff, now=now)
        problems.report(order, "It never came", now=now)
    listed = [a_reward(), a_thing(), an_experience(), a_file(), a_cause(), a_promotion(), a_fleece(), a_blanket()]
    pages = ["/staff/rewards/new", "/staff/orders", f"/staff/orders/{order.id}"]
    for page in [*pages, *[f"/staff/rewards/{reward.id}" for reward in listed]]:
        ids = Counter(re.findall(r'\sid="([^"]+)"', desk.get(page).text))
        assert [name for name, times in ids.items() if times > 1] == [], page
