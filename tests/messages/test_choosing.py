"""What somebody wants to get: chosen on a page, or by the link in a mail without signing in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.extensions import db, limiter
from portal.kernel import jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages import choosing
from portal.messages.models import MailChoice, OutgoingMail
from portal.messages.topics import ALL, BY_MAIL, Topic
from tests.accounts.factories import a_fan
from tests.messages.factories import a_notification, letters_in

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def way_out(outbox: Path) -> str:
    """The path of the newest letter's List-Unsubscribe."""
    address: str = letters_in(outbox)[-1]["List-Unsubscribe"].strip("<>")
    return address.removeprefix("http://127.0.0.1:8000")


def test_one_click_needs_no_sign_in_no_cookie_and_no_token_of_a_form(
    app: Flask, now: datetime, outbox: Path, client: FlaskClient
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    limiter.enabled = True
    fan = a_fan()
    a_notification(fan, Topic.CLAIM_EXPIRED)
    jobs.run_due()
    answer = client.post(way_out(outbox), data=ONE_CLICK)
    assert answer.status_code == 200
    assert "You get no more mails like that one" in answer.get_data(as_text=True)
    assert client.post(way_out(outbox), data=ONE_CLICK).status_code == 200
    a_notification(fan, Topic.CLAIM_EXPIRED)
    a_notification(fan, Topic.REWARD_READY)
    jobs.run_due()
    assert [letter["Subject"] for letter in letters_in(outbox)] == [
        "Your time ran out: Mended things", "Ready for you: Repair kit",
    ]  # fmt: skip
    dropped = select(OutgoingMail.topic).where(OutgoingMail.dropped_why == "unsubscribed")
    assert list(db.session.scalars(dropped)) == [Topic.CLAIM_EXPIRED]


def test_looking_at_the_link_stops_nothing(app: Flask, now: datetime, outbox: Path, client: FlaskClient) -> None:
    fan = a_fan()
    a_notification(fan)
    jobs.run_due()
    page = client.get(way_out(outbox))
    assert page.status_code == 200
    assert "Stop mails like that one?" in page.get_data(as_text=True)
    assert client.head(way_out(outbox)).status_code == 200
    assert choosing.refused_topics(fan.id) == frozenset()


def test_the_same_link_stops_everything_and_takes_it_back(
    app: Flask, now: datetime, outbox: Path, client: FlaskClient
) -> None:
    fan = a_fan()
    a_notification(fan)
    jobs.run_due()
    link = way_out(outbox)
    assert "You get no e-mail from us any more" in client.post(link, data={"want": "none"}).get_data(as_text=True)
    assert choosing.refused_topics(fan.id) == {ALL}
    assert not choosing.wants_mail(fan.id, Topic.REWARD_READY)
    assert "Stop mails like that one?" in client.post(link, data={"want": "again"}).get_data(as_text=True)
    assert choosing.refused_topics(fan.id) == frozenset()


def test_a_forged_token_changes_nothing(app: Flask, now: datetime, client: FlaskClient) -> None:
    fan, other = a_fan(), a_fan()
    real = choosing.token_for(fan.id, Topic.CLAIM_EXPIRED)
    with app.app_context():
        foreign = choosing.token_for(other.id, Topic.CLAIM_EXPIRED)
    payload, signature = real.split(".")
    forged = [
        # The last letter of a signature holds bits that no byte has: some letters there mean the same signature.
        f"{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        f"{foreign.split('.')[0]}.{signature}",
        "x",
        choosing.token_for(fan.id, Topic.WELCOME),
        choosing.token_for(fan.id, ALL),
        choosing.token_for("nobody", Topic.CLAIM_EXPIRED),
    ]
    for token in forged:
        assert client.get(f"/unsubscribe/{token}").status_code == 404
        assert client.post(f"/unsubscribe/{token}", data=ONE_CLICK).status_code == 404
    assert db.session.scalar(select(func.count()).select_from(MailChoice)) == 0


def test_links_made_under_an_old_secret_still_work(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = "an-old-secret-of-32-characters-or-more", "a-new-secret-of-32-characters-or-more!"
    settings = sqlite_app.config["SETTINGS"]
    monkeypatch.setitem(sqlite_app.config, "SETTINGS", settings.model_copy(update={"secret_keys": [before]}))
    token = choosing.token_for("somebody", Topic.REWARD_READY)
    monkeypatch.setitem(sqlite_app.config, "SETTINGS", settings.model_copy(update={"secret_keys": [after, before]}))
    assert choosing.read_token(token) == ("somebody", Topic.REWARD_READY)
    monkeypatch.setitem(sqlite_app.config, "SETTINGS", settings.model_copy(update={"secret_keys": [after]}))
    with pytest.raises(choosing.ForgedToken):
        choosing.read_token(token)


def test_the_page_shows_and_keeps_each_choice(
    app: Flask, now: datetime, client_of: Callable[[Person], FlaskClient]
) -> None:
    fan, other = a_fan(), a_fan()
    browser = client_of(fan)
    page = browser.get("/profile/messages").get_data(as_text=True)
    assert page.count(" checked") == len(BY_MAIL) + 1
    answer = browser.post("/profile/messages", data={"any_mail": "y", "topic": ["reward_ready", "made_up"]})
    assert answer.status_code == 303
    assert choosing.refused_topics(fan.id) == set(BY_MAIL) - {Topic.REWARD_READY}
    browser.post("/profile/messages", data={"topic": list(BY_MAIL)})
    assert choosing.refused_topics(fan.id) == {ALL}
    page = browser.get("/profile/messages").get_data(as_text=True)
    assert page.count(" checked") == len(BY_MAIL)
    assert choosing.refused_topics(other.id) == frozenset()


def test_choosing_twice_is_choosing_once(app: Flask, now: datetime) -> None:
    fan = a_fan()
    for _ in range(2):
        with unit_of_work():
            choosing.refuse(fan.id, Topic.CLAIM_EXPIRED, now=now)
    assert choosing.refused_topics(fan.id) == {Topic.CLAIM_EXPIRED}
    with unit_of_work():
        choosing.accept(fan.id, Topic.CLAIM_EXPIRED)
        choosing.accept(fan.id, Topic.CLAIM_EXPIRED)
    assert choosing.refused_topics(fan.id) == frozenset()


def test_without_an_address_the_page_says_so(
    sqlite_app: Flask, now: datetime, client_of: Callable[[Person], FlaskClient]
) -> None:
    page = client_of(a_fan(email=None)).get("/profile/messages").get_data(as_text=True)
    assert "We have no e-mail address of yours" in page
