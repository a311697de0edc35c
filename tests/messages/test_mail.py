"""What a mail holds: both parts, the person's own language and clock, a way out, and headers that no text can break."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.composing import NAME_LENGTH_MAX, SUBJECT_LENGTH_MAX, BadAddress, compose, header_text
from portal.messages.models import Notification, OutgoingMail
from portal.messages.topics import BY_MAIL, Topic
from portal.messages.wording import wording_of
from portal.rewards.models import RewardCode
from tests.accounts.factories import a_fan
from tests.messages.factories import DETAILS, a_notification, letters_in, part
from tests.rewards.factories import a_person_with_points, a_redemption, a_reward


@pytest.mark.parametrize("topic", list(BY_MAIL))
def test_every_mail_has_both_parts_and_a_way_out(sqlite_app: Flask, now: datetime, outbox: Path, topic: Topic) -> None:
    a_notification(a_fan(), topic)
    jobs.run_due()
    [letter] = letters_in(outbox)
    assert letter.get_content_type() == "multipart/alternative"
    [unsubscribe] = [letter["List-Unsubscribe"].strip("<>")]
    assert unsubscribe.startswith("http://127.0.0.1:8000/unsubscribe/")
    [sent] = outbox.glob("*.eml")
    assert f"\r\nList-Unsubscribe: <{unsubscribe}>\r\n".encode() in sent.read_bytes(), "as mail programs read it"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        assert unsubscribe in part(letter, kind)
    assert letter["Subject"] in part(letter, "plain")
    html = part(letter, "html")
    assert "<h1>" in html
    for unwanted in ("<script", "<img", "style=", "<link", "%("):
        assert unwanted not in html
    assert letter["Message-ID"].endswith("@trailmates.example>")
    assert letter["Date"] == "Wed, 14 Oct 2026 09:14:00 +0000"


@pytest.mark.parametrize("topic", list(Topic))
def test_every_topic_has_words_and_a_page(sqlite_app: Flask, now: datetime, topic: Topic) -> None:
    with sqlite_app.test_request_context():
        wording = wording_of(topic, DETAILS[topic])
    assert wording.title
    assert wording.paragraphs
    assert wording.url.startswith("/")


def test_it_is_written_for_the_persons_clock_and_language(sqlite_app: Flask, now: datetime, outbox: Path) -> None:
    a_notification(a_fan(time_zone="America/New_York"), Topic.CLAIM_EXPIRES_SOON)
    a_notification(a_fan(time_zone="Europe/Berlin", locale="de"), Topic.CLAIM_EXPIRES_SOON)
    jobs.run_due()
    bodies = [part(letter, "plain") + part(letter, "html") for letter in letters_in(outbox)]
    assert sum("Friday 16 October, 13:00" in body and 'lang="en"' in body for body in bodies) == 1
    assert sum("16. Oktober" in body and "19:00" in body and 'lang="de"' in body for body in bodies) == 1


def test_one_persons_mail_tells_nothing_of_another(sqlite_app: Flask, now: datetime, outbox: Path) -> None:
    """They are written one after the other by the same worker."""
    ada, bo = a_fan("Ada Ashdown"), a_fan("Bo Brackett")
    for person in (ada, bo):
        a_notification(person, Topic.SHARE_REJECTED, message=f"for {person.id}")
    jobs.run_due()
    for letter in letters_in(outbox):
        mine, other = (ada, bo) if "Ada" in str(letter["To"]) else (bo, ada)
        assert f"for {mine.id}" in letter.as_string()
        assert other.id not in letter.as_string()
        assert other.email not in letter.as_string()


def test_the_code_of_a_reward_is_never_in_the_mail(app: Flask, now: datetime, outbox: Path) -> None:
    fan = a_person_with_points(500)
    redemption = a_redemption(fan, a_reward("Repair kit", codes=2))
    jobs.run_due()
    sealed = db.session.scalars(db.select(RewardCode.sealed).where(RewardCode.redemption_id == redemption.id)).one()
    [letter] = [letter for letter in letters_in(outbox) if "Repair kit" in str(letter["Subject"])]
    assert "KIT-" not in letter.as_string()
    assert sealed not in letter.as_string()


def test_staff_text_is_shown_as_typed_and_does_nothing(sqlite_app: Flask, now: datetime, outbox: Path) -> None:
    a_notification(a_fan(), Topic.SHARE_REJECTED, message="<b>No</b> {{ 7*7 }} %(x)s", mission="A & B <i>")
    jobs.run_due()
    [letter] = letters_in(outbox)
    assert letter["Subject"] == "Declined: A & B <i>"
    assert "“<b>No</b> {{ 7*7 }} %(x)s”" in part(letter, "plain")
    assert "&lt;b&gt;No&lt;/b&gt; {{ 7*7 }} %(x)s" in part(letter, "html")


ODD = st.text(st.one_of(st.characters(), st.sampled_from('\r\n\x00\t\u2028\u202e\u200b:;<>@,"\\()=?')), max_size=200)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(name="0" * 81, mission="", message="")
@given(name=ODD, mission=ODD, message=ODD)
def test_no_text_breaks_a_header(sqlite_app: Flask, name: str, mission: str, message: str) -> None:
    """Names and titles with anything in them: one line each, no header of their own, the same recipient."""
    person = Person(id=new_id(), display_name=name, email="maya@example.org", locale="en", time_zone="UTC")
    details = {"share_id": "s", "mission": mission, "message": message}
    at = datetime.fromisoformat("2026-10-14T09:14:00+00:00")
    mail = OutgoingMail(id=new_id(), topic=Topic.SHARE_REJECTED, message_id="<1@trailmates.example>", send_after=at)
    raw = compose(sqlite_app, mail, Notification(details=details), person).as_bytes()
    read = message_from_bytes(raw, policy=policy.default)
    assert sorted(read.keys()) == sorted(
        ["Message-ID", "Date", "From", "To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
         "MIME-Version", "Content-Type"]
    )  # fmt: skip
    [recipient] = read["To"].addresses
    assert recipient.addr_spec == "maya@example.org"
    assert not read.defects
    assert read["Subject"].split() == header_text(f"Declined: {mission}", SUBJECT_LENGTH_MAX).split()
    unfolded = "".join(recipient.display_name.split())  # a long word is folded, and the reader puts a blank there
    assert len(unfolded) <= NAME_LENGTH_MAX
    assert part(read, "plain")


@pytest.mark.parametrize(
    ("text", "length_max", "line"),
    [
        ("a\r\nBcc: b", 80, "a Bcc: b"),
        ("a\u2028b\x00c", 80, "a b c"),
        ("\u202egnp.exe", 80, "gnp.exe"),
        ("x" * 9, 8, "xxxxxxx…"),
        ("\ud800", 8, "?"),
        (" \n ", 8, ""),
    ],
)
def test_header_text(text: str, length_max: int, line: str) -> None:
    assert header_text(text, length_max) == line


@pytest.mark.parametrize(
    "address", ["", "maya", "maya@", "a b@example.org", "a@example.org\r\nBcc: c@d", "a@b@c", "<>"]
)
def test_an_address_that_is_none_is_dropped_with_its_reason(
    sqlite_app: Flask, now: datetime, outbox: Path, address: str
) -> None:
    fan = a_fan(email=address)
    a_notification(fan)
    jobs.run_due()
    assert letters_in(outbox) == []
    assert db.session.scalar(db.select(OutgoingMail.dropped_why)) == ("bad_address" if address else "no_address")


def test_bad_address_names_itself(sqlite_app: Flask) -> None:
    person = Person(id=new_id(), display_name="A", email="nowhere", locale="en", time_zone="UTC")
    mail = OutgoingMail(topic=Topic.WELCOME, message_id="<1@x>", send_after=datetime.fromisoformat("2026-10-14T09:14Z"))
    with pytest.raises(BadAddress):
        compose(sqlite_app, mail, Notification(details={}), person)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"email": None}, "no_address"),
        ({"state": "erased", "email": None}, "not_taking_part"),
        ({"state": "left"}, "not_taking_part"),
        ({"state": "removed"}, "not_taking_part"),
        ({"state": "paused"}, None),
    ],
)
def test_who_gets_mail_is_asked_when_it_leaves(
    app: Flask, now: datetime, outbox: Path, columns: dict[str, str | None], why: str | None
) -> None:
    fan = a_fan()
    a_notification(fan)
    with unit_of_work():
        for name, value in columns.items():
            setattr(db.session.get_one(Person, fan.id), name, value)
    jobs.run_due()
    mail = db.session.scalars(db.select(OutgoingMail)).one()
    assert mail.dropped_why == why
    assert (mail.sent_at is None) == (why is not None)
    assert len(letters_in(outbox)) == (0 if why else 1)
