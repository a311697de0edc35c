"""A tracked link goes where staff said, counts people and not machines, and works while the database is away."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.fetcher import user_agent
from portal.links import queries
from portal.links.models import ClickDay, SpoolRead, VisitorDay
from portal.links.visitors import connection_digest, visitor_digest
from tests.links.factories import TARGET, a_link

pytestmark = pytest.mark.usefixtures("own_spool")

PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 7) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def follow(client: FlaskClient, code: str, agent: str = PHONE, address: str = "198.51.100.7", **headers: str) -> int:
    answer = client.get(f"/l/{code}", headers={"User-Agent": agent, **headers}, environ_base={"REMOTE_ADDR": address})
    return answer.status_code


def roll_up() -> None:
    jobs.keep_recurring_scheduled()
    clock.advance(timedelta(minutes=1))
    jobs.run_due()
    db.session.expire_all()


def figures(link_id: str) -> tuple[int, int]:
    days = queries.days_of(link_id)
    return sum(day.visitors for day in days), sum(day.clicks for day in days)


def test_a_link_goes_to_its_target_and_nowhere_else(app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_link()
    answer = client.get(f"/l/{link.code}?next=https://evil.example&target=https://evil.example")
    assert answer.status_code == 302
    assert answer.headers["Location"] == TARGET
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("code", ["abcdefgh", "x", "a" * 300, "%00", "..%2f..%2f", "ÄÖÜäöüßß"])
def test_an_unknown_code_is_404(sqlite_app: Flask, client: FlaskClient, code: str) -> None:
    assert client.get(f"/l/{code}").status_code in (400, 404)


def test_a_visitor_counts_once_a_day(app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_link()
    assert [follow(client, link.code) for _ in range(3)] == [302] * 3
    follow(client, link.code, agent=LAPTOP)
    follow(client, link.code, address="198.51.100.8")
    roll_up()
    assert figures(link.id) == (3, 5)
    clock.advance(timedelta(days=1))
    follow(client, link.code)
    roll_up()
    assert figures(link.id) == (4, 6)


def test_two_days_of_one_visitor_can_not_be_matched(sqlite_app: Flask, now: datetime) -> None:
    def digests(at: datetime) -> set[str]:
        return {
            visitor_digest(sqlite_app, "198.51.100.7", PHONE, at),
            connection_digest(sqlite_app, "198.51.100.7", at),
        }

    today = digests(now)
    assert digests(now.replace(hour=23, minute=59)) == today
    assert not digests(now + timedelta(days=1)) & today


@pytest.mark.parametrize(
    "agent",
    ["Mozilla/5.0 (compatible; Googlebot/2.1)", "facebookexternalhit/1.1", "Twitterbot/1.0", "LinkedInBot/1.0",
     "Slackbot-LinkExpanding 1.0", "Mozilla/5.0 (compatible; Discordbot/2.0)", "TelegramBot (like TwitterBot)",
     "WhatsApp/2.23", "Mastodon/4.3 (http.rb; +https://social.example/)", "curl/8.5", "python-requests/2.32", "",
     user_agent("0.1", "https://portal.example/")],
)  # fmt: skip
def test_machines_get_the_redirect_and_are_not_counted(
    sqlite_app: Flask, client: FlaskClient, now: datetime, agent: str
) -> None:
    link = a_link()
    assert follow(client, link.code, agent=agent) == 302
    roll_up()
    assert figures(link.id) == (0, 0)


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"])
def test_a_prefetch_is_not_a_visit(sqlite_app: Flask, client: FlaskClient, now: datetime, header: str) -> None:
    link = a_link()
    assert follow(client, link.code, **{header: "prefetch"}) == 302
    assert client.head(f"/l/{link.code}", headers={"User-Agent": PHONE}).status_code == 302
    roll_up()
    assert figures(link.id) == (0, 0)


def test_no_address_is_kept_anywhere(app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_link()
    follow(client, link.code, address="198.51.100.77")
    spooled = "".join(path.read_text() for path in app.extensions["portal_click_spool"].files())
    roll_up()
    digests = db.session.scalars(select(VisitorDay.visitor)).all()
    assert len(digests) == 1
    assert "198.51.100.77" not in spooled + "".join(digests)
    clock.advance(timedelta(days=3))
    jobs.run_due()
    assert db.session.scalars(select(VisitorDay)).all() == []
    assert figures(link.id) == (1, 1), "the day's figures stay"


def test_rolling_up_again_counts_nothing_twice(app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_link()
    follow(client, link.code)
    for _ in range(3):
        roll_up()
    assert figures(link.id) == (1, 1)
    follow(client, link.code, LAPTOP)
    roll_up()
    assert figures(link.id) == (2, 2), "its file is still there to be written to"


def test_a_crash_while_rolling_up_counts_nothing_twice_and_loses_nothing(
    app: Flask, client: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.links import jobs as link_jobs

    link = a_link()
    follow(client, link.code)
    with monkeypatch.context() as broken:
        broken.setattr(link_jobs, "_new_visitors", lambda *_: 1 / 0)
        roll_up()
    assert figures(link.id) == (0, 0)
    clock.advance(timedelta(minutes=5))
    roll_up()
    assert figures(link.id) == (1, 1)


def test_a_read_spool_is_removed_when_its_hour_is_long_over(app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_link()
    follow(client, link.code)
    roll_up()
    spool = app.extensions["portal_click_spool"]
    assert len(spool.files()) == 1
    clock.advance(timedelta(hours=2))
    roll_up()
    assert spool.files() == []
    assert db.session.scalars(select(SpoolRead)).all() == []
    assert figures(link.id) == (1, 1)


def test_a_half_written_line_waits_for_its_end(app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_link()
    spool = app.extensions["portal_click_spool"]
    spool.folder.mkdir()
    path = spool.folder / "20261014T09-1.clicks"
    path.write_bytes(f"2026-10-14 {link.id} {'a' * 32}\n2026-10-14 {link.id} ".encode())
    roll_up()
    assert figures(link.id) == (1, 1)
    with path.open("ab") as file:
        file.write(b"b" * 32 + b"\nrubbish\n\xff\xfe\n")
    roll_up()
    assert figures(link.id) == (2, 2)


def test_a_known_link_works_while_the_database_is_away(
    sqlite_app: Flask, client: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = a_link()
    other = a_link()
    assert follow(client, link.code) == 302

    def away(_code: str) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr(queries, "target_of", away)
    assert follow(client, link.code) == 302
    answer = client.get(f"/l/{other.code}")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_the_redirect_works_while_another_writes(sqlite_app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_link()
    engine = db.engine
    with engine.connect() as writer:
        writer.exec_driver_sql("ROLLBACK") if writer.in_transaction() else None
        writer.connection.driver_connection.execute("BEGIN IMMEDIATE")
        try:
            assert follow(client, link.code) == 302
        finally:
            writer.connection.driver_connection.execute("ROLLBACK")


def test_the_redirect_goes_on_when_the_click_cannot_be_written(
    sqlite_app: Flask, client: FlaskClient, now: datetime, tmp_path: Path
) -> None:
    link = a_link()
    (tmp_path / "blocked").write_text("a file where the folder should be")
    from portal.links.spool import Spool

    sqlite_app.extensions["portal_click_spool"] = Spool(tmp_path / "blocked")
    assert follow(client, link.code) == 302


def test_only_web_addresses_can_be_stored(app: Flask, now: datetime) -> None:
    from sqlalchemy.exc import IntegrityError

    for target in ("javascript:alert(1)", "ftp://files.example", "//evil.example"):
        with pytest.raises(IntegrityError):
            a_link(target=target)


def test_counting_reads_days_not_clicks(sqlite_app: Flask, now: datetime) -> None:
    plan = db.session.execute(text("EXPLAIN QUERY PLAN SELECT sum(visitors) FROM click_day WHERE link_id = 'x'")).all()
    assert "USING" in str(plan)
    assert "SCAN click_day" not in str(plan)
    assert db.session.scalar(select(ClickDay)) is None
