"""How a link's visitors came: their own clicks, programs, one address, many links, all at once; and nothing kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.links import own_visits
from portal.links.data_centres import DataCentres
from portal.links.jobs import count_lines
from portal.links.making import link_for_claim
from portal.links.models import OwnVisitor, TrackedLink, VisitorDay
from portal.links.patterns import Pattern, pattern_of
from tests.accounts.factories import a_fan
from tests.campaigns.factories import a_campaign
from tests.links.test_following import LAPTOP, PHONE, follow

pytestmark = pytest.mark.usefixtures("own_spool")

BROWSER = {"Sec-Fetch-Mode": "navigate", "Accept-Language": "en-GB"}


@pytest.fixture(autouse=True)
def nobody_noted() -> None:
    own_visits._noted.clear()


def a_fans_link(claim: str) -> TrackedLink:
    person, season = a_fan(), a_campaign()
    with unit_of_work():
        return link_for_claim(
            claim, person_id=person.id, campaign_id=season.id, target="https://shop.example/", now=clock.now()
        )


def work_out() -> None:
    for _ in range(2):  # what is counted in the first round is worked out in the second
        jobs.keep_recurring_scheduled()
        clock.advance(timedelta(minutes=10))
        jobs.run_due()
    db.session.expire_all()


def come(
    client: FlaskClient, link: TrackedLink, *, agent: str = PHONE, address: str = "198.51.100.7", **headers: str
) -> None:
    assert follow(client, link.code, agent=agent, address=address, **(headers or BROWSER)) == 302


def test_clicks_of_the_fan_are_known_to_be_theirs(app: Flask, client: FlaskClient, now: datetime, client_of) -> None:
    link = a_fans_link("01claim0000000000000000001")
    owner, other = db.session.get_one(TrackedLink, link.id).person_id, a_fan()
    signed_in = {"User-Agent": LAPTOP}
    for person, address in ((owner, "198.51.100.7"), (other.id, "198.51.100.9")):
        browser = client_of(db.session.get_one(Person, person))
        assert browser.get("/home", headers=signed_in, environ_base={"REMOTE_ADDR": address}).status_code == 200
    come(client, link, agent=LAPTOP)
    come(client, link, agent=PHONE)
    come(client, link, agent=LAPTOP, address="198.51.100.9")
    work_out()
    assert pattern_of(link.id) == Pattern(visitors=3, own=1, connection_most=2, burst_most=3)


def test_programs_behind_a_browsers_name_are_told_apart(app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_fans_link("01claim0000000000000000001")
    come(client, link, address="198.51.100.1")
    assert follow(client, link.code, address="198.51.100.2") == 302
    work_out()
    assert pattern_of(link.id).unlike_people == 1


def test_addresses_of_data_centres_are_no_peoples(app: Flask, client: FlaskClient, now: datetime, monkeypatch) -> None:
    monkeypatch.setitem(app.extensions, "portal_data_centres", DataCentres(["203.0.113.0/24", "2001:db8::/32"]))
    link = a_fans_link("01claim0000000000000000001")
    for address in ("203.0.113.200", "2001:db8::7", "198.51.100.1"):
        come(client, link, address=address)
    work_out()
    assert pattern_of(link.id).unlike_people == 2


def test_who_follows_the_links_of_many_fans_is_counted(app: Flask, client: FlaskClient, now: datetime) -> None:
    links = [a_fans_link(f"01claim0000000000000000n0{n}") for n in range(5)]
    for link in links[:4]:
        come(client, link)
    come(client, links[0], address="198.51.100.8")
    for link in links[:3]:
        come(client, link, address="198.51.100.9")
    work_out()
    assert [pattern_of(link.id).on_many_links for link in links] == [1, 1, 1, 1, 0]


def test_a_burst_is_the_most_within_ten_minutes(app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_fans_link("01claim0000000000000000001")
    for minutes, address in ((0, 1), (0, 2), (9, 3), (0, 4), (1, 5)):
        clock.advance(timedelta(minutes=minutes))
        come(client, link, address=f"198.51.100.{address}")
    work_out()
    assert pattern_of(link.id).burst_most == 4  # the last came ten minutes after the first


def test_figures_grow_with_later_clicks_and_outlive_the_digests(app: Flask, client: FlaskClient, now: datetime) -> None:
    link = a_fans_link("01claim0000000000000000001")
    come(client, link, address="198.51.100.1")
    work_out()
    come(client, link, address="198.51.100.2")
    work_out()
    assert pattern_of(link.id).visitors == 2
    clock.advance(timedelta(days=4))
    work_out()
    assert db.session.scalar(select(func.count()).select_from(VisitorDay)) == 0
    assert db.session.scalar(select(func.count()).select_from(OwnVisitor)) == 0
    assert pattern_of(link.id).visitors == 2


def test_damaged_lines_count_nothing(app: Flask, now: datetime) -> None:
    link = a_fans_link("01claim0000000000000000001")
    day, visitor, connection = "2026-10-14", "a" * 32, "b" * 16
    with unit_of_work():
        count_lines([
            f"{day} {link.id} {visitor} {connection} 1440 0", f"{day} {link.id} {visitor} short 10 0",
            f"{day} {link.id} {visitor} {connection} -1 0", f"{day} =nobody {visitor}", "x", "",
            f"{day} {link.id} {visitor} {connection} 10",
        ])  # fmt: skip
    assert db.session.scalar(select(func.count()).select_from(VisitorDay)) == 0
    assert db.session.scalar(select(func.count()).select_from(OwnVisitor)) == 0
