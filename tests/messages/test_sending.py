"""How mail leaves: a folder, a real mail server, one that is away, one that refuses."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import ConfigurationError
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.jobs import Job, JobState
from portal.kernel.unit_of_work import unit_of_work
from portal.messages import sending
from portal.messages.models import OutgoingMail
from portal.messages.topics import Topic
from portal.messages.transports import Folder, Smtp, Unreachable, transport_for
from tests.accounts.factories import a_fan
from tests.conftest import settings_for
from tests.messages.factories import a_notification, letters_in
from tests.servers.process import free_port
from tests.servers.smtp import SmtpServer


def the_mail() -> OutgoingMail:
    db.session.expire_all()
    return db.session.scalars(select(OutgoingMail)).one()


def waiting() -> int:
    return db.session.scalar(select(func.count(Job.id)).where(Job.kind == sending.SEND)) or 0


def test_through_a_real_server_with_odd_names_and_every_alphabet(app: Flask, now: datetime, smtp: SmtpServer) -> None:
    fan = a_fan("Zoë\r\nBcc: eve@evil.example <日本> 🧵")
    a_notification(fan, Topic.SHARE_REJECTED, mission="Größe ✂ שלום", message="ßøλ 🧵")
    jobs.run_due()
    [letter] = smtp.wait_for(1)
    assert letter.sender == "hello@trailmates.example"
    assert letter.recipients == (fan.email,)
    assert letter.message["Bcc"] is None
    assert letter.message["To"].addresses[0].display_name == "Zoë Bcc: eve@evil.example <日本> 🧵"
    assert letter.message["Subject"] == "Declined: Größe ✂ שלום"
    assert "ßøλ 🧵" in letter.text()
    assert "ßøλ 🧵" in letter.html()
    assert the_mail().sent_at == now
    assert waiting() == 0


def test_a_server_that_asks_to_come_back_is_asked_again(app: Flask, now: datetime, smtp: SmtpServer) -> None:
    a_notification(a_fan())
    smtp.answer_next("451 4.7.1 Greylisted, try later")
    jobs.run_due()
    assert smtp.messages == []
    assert (the_mail().sent_at, the_mail().dropped_why) == (None, None)
    clock.advance(timedelta(hours=1))
    jobs.run_due()
    assert len(smtp.wait_for(1)) == 1
    assert the_mail().sent_at == now + timedelta(hours=1)


@pytest.mark.parametrize("to", ["RCPT", "DATA"])
def test_a_mail_that_the_server_refuses_is_dropped_with_its_words(
    app: Flask, now: datetime, smtp: SmtpServer, to: str
) -> None:
    a_notification(a_fan())
    smtp.answer_next("550 5.1.1 No such mailbox", to=to)  # type: ignore[arg-type]
    jobs.run_due()
    mail = the_mail()
    assert (mail.dropped_why, mail.last_error) == ("refused", "550 5.1.1 No such mailbox")
    clock.advance(timedelta(days=1))
    jobs.run_due()
    assert (smtp.messages, waiting()) == ([], 0)


def test_a_server_that_keeps_putting_it_off_is_given_up(app: Flask, now: datetime, smtp: SmtpServer) -> None:
    a_notification(a_fan())
    for _ in range(sending.TRIES_MAX):
        smtp.answer_next("451 4.3.0 Later")
        jobs.run_due()
        clock.advance(timedelta(hours=2))
    assert smtp.messages == []
    assert the_mail().dropped_why == "refused"
    assert [job.kind for job in jobs.failed_jobs()] == [sending.SEND]


def test_mail_waits_for_as_long_as_the_server_is_away(app: Flask, now: datetime, tmp_path: Path) -> None:
    """Mail down, queued. More tries than would make a job fail for good, and not one of them counts."""
    port, usual = free_port(), app.extensions["portal_mail"]
    app.extensions["portal_mail"] = Smtp("127.0.0.1", port, "")
    try:
        a_notification(a_fan())
        for _ in range(sending.TRIES_MAX + 3):
            jobs.run_due()
            clock.advance(timedelta(hours=1))
        job = db.session.scalars(select(Job).where(Job.kind == sending.SEND)).one()
        assert (job.state, job.attempts) == (JobState.WAITING, 0)
        assert "refused" in (job.last_error or "").lower()
        server = SmtpServer()
        server.port = port
        server._controller.port = port
        server.start()
        try:
            jobs.run_due()
            assert len(server.wait_for(1)) == 1
        finally:
            server.stop()
        assert the_mail().sent_at is not None
    finally:
        app.extensions["portal_mail"] = usual


def test_it_signs_in_to_a_server_that_asks(app: Flask, now: datetime, smtp_server_with_login: SmtpServer) -> None:
    usual = app.extensions["portal_mail"]
    host_and_port = f"127.0.0.1:{smtp_server_with_login.port}"
    try:
        a_notification(a_fan())
        for login in ("", "portal:wrong@"):
            app.extensions["portal_mail"] = _transport(f"smtp://{login}{host_and_port}")
            jobs.run_due()
            clock.advance(timedelta(hours=1))
        assert smtp_server_with_login.messages == []
        assert the_mail().dropped_why is None
        app.extensions["portal_mail"] = _transport(smtp_server_with_login.url)
        jobs.run_due()
        assert len(smtp_server_with_login.wait_for(1)) == 1
    finally:
        app.extensions["portal_mail"] = usual


def test_a_worker_that_died_before_noting_it_sends_the_same_message_again(
    app: Flask, now: datetime, smtp: SmtpServer
) -> None:
    a_notification(a_fan())
    jobs.run_due()
    with unit_of_work():
        mail = the_mail()
        mail.sent_at = None  # as if the note of the first one had been lost
        jobs.schedule(sending.SEND, mail.id, {"mail": mail.id}, due_at=now)
    jobs.run_due()
    first, second = smtp.wait_for(2)
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.text() == second.text()


def test_the_folder_holds_one_whole_file_however_often_it_is_tried(app: Flask, now: datetime, outbox: Path) -> None:
    a_notification(a_fan())
    jobs.run_due()
    with unit_of_work():
        mail = the_mail()
        mail.sent_at = None
        jobs.schedule(sending.SEND, mail.id, {"mail": mail.id}, due_at=now)
    jobs.run_due()
    assert len(letters_in(outbox)) == 1
    assert [path.suffix for path in outbox.iterdir()] == [".eml"]


def test_a_mail_that_was_sent_is_not_sent_again(app: Flask, now: datetime, smtp: SmtpServer) -> None:
    a_notification(a_fan())
    jobs.run_due()
    with unit_of_work():
        jobs.schedule(sending.SEND, the_mail().id, {"mail": the_mail().id}, due_at=now)
    jobs.run_due()
    assert len(smtp.messages) == 1


def test_a_folder_that_can_not_be_written_keeps_the_mail_waiting(
    app: Flask, now: datetime, outbox: Path, tmp_path: Path
) -> None:
    outbox.write_text("a file where the folder should be")
    a_notification(a_fan())
    jobs.run_due()
    assert (the_mail().sent_at, waiting()) == (None, 1)
    outbox.unlink()
    clock.advance(timedelta(hours=1))
    jobs.run_due()
    assert len(letters_in(outbox)) == 1


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_where_tls_is_demanded_nothing_is_sent_in_clear(smtp_server: SmtpServer, tls: str) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "hello@trailmates.example", "maya@example.org"
    with pytest.raises(Unreachable):
        Smtp("127.0.0.1", smtp_server.port, tls).send(message, name="letter")
    assert smtp_server.messages == []


def _transport(url: str) -> object:
    return transport_for(settings_for(Path("var"), mail_url=url))


@pytest.mark.parametrize(
    ("url", "transport"),
    [
        ("smtp://mail.example", Smtp("mail.example", 25, "")),
        ("smtp://mail.example?starttls=1", Smtp("mail.example", 587, "starttls")),
        ("smtp://me:p%40ss@mail.example:2525?starttls=1", Smtp("mail.example", 2525, "starttls", "me", "p@ss")),
        ("smtps://mail.example", Smtp("mail.example", 465, "implicit")),
        ("smtp://mail.example?starttls=0", Smtp("mail.example", 25, "")),
    ],
)
def test_what_a_mail_url_means(url: str, transport: Smtp) -> None:
    assert _transport(url) == transport


def test_without_a_url_mail_goes_to_the_outbox(tmp_path: Path) -> None:
    assert transport_for(settings_for(tmp_path)) == Folder(tmp_path / "outbox")


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail.example:port"])
def test_a_wrong_mail_url_stops_the_start_and_is_named(url: str) -> None:
    with pytest.raises(ConfigurationError, match="PORTAL_MAIL_URL"):
        _transport(url)
