"""Secrets stay where they belong (PROMISES P-19): a whole loop, then all that was written is searched for them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.base import Base
from portal.kernel.logs import configure_logs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.choosing import token_for
from portal.rewards import stocking
from portal.rewards.models import Redemption
from portal.rewards.stocking import Line
from tests.accounts.conftest import come_back, offer, start
from tests.accounts.factories import a_marketer
from tests.accounts.test_sign_in import ABOUT_ADA, answer_age
from tests.points.factories import a_person_has
from tests.rewards.factories import a_draft_reward
from tests.servers.hostile_oidc import HostileProvider

REWARD_CODE = "CANARY-REWARD-CODE-1"


@pytest.fixture(params=["json", "text"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Every line that the portal and its libraries log, as it would reach an operator's disk."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logs("debug", request.param)
    written = tmp_path / "portal.log"
    file = logging.FileHandler(written)
    file.setFormatter(root.handlers[0].formatter)
    file.addFilter(lambda record: record.name != "werkzeug")  # the server of the test's own provider
    root.handlers = [file]
    yield written
    file.close()
    root.handlers = handlers
    root.setLevel(level)


class Walk:
    """Signs in, joins, redeems, reads mail, signs out; notes each secret that passed by and each page that was seen."""

    def __init__(self, app: Flask, browser: FlaskClient, provider: HostileProvider) -> None:
        self.app, self.browser, self.provider = app, browser, provider
        self.secrets: dict[str, str] = {}
        self.pages: dict[str, str] = {}

    def sign_in(self) -> Person:
        there = start(self.browser, "oidc")
        asked = dict(parse_qsl(urlsplit(there).query))
        self.secrets |= {name: asked[name] for name in ("state", "nonce")}
        with self.browser.session_transaction() as cookie:
            self.secrets["verifier"] = cookie["sign_ins"][-1]["verifier"]
        back = self.provider.approve(there)
        self.secrets["code"] = dict(parse_qsl(urlsplit(back).query))["code"]
        self.secrets["client secret"] = self.provider.client_secret
        come_back(self.browser, back)
        answer_age(self.browser)
        assert self.browser.post("/join/you", data=ABOUT_ADA).status_code == 303
        with self.browser.session_transaction() as cookie:
            self.secrets["session"] = cookie["sid"]
        return db.session.scalars(select(Person).where(Person.display_name == ABOUT_ADA["display_name"])).one()

    def redeem(self, person: Person) -> str:
        marketer = a_marketer()
        kit = a_draft_reward(price_points=10, staff=marketer)
        with unit_of_work():
            stocking.add_codes(kit, [Line(1, REWARD_CODE)], actor=marketer, now=clock.now())
            kit.state = "listed"
        a_person_has(person, 50)
        self.secrets["reward code"] = REWARD_CODE
        form = {"idempotency_key": "k", "price_points": "10"}
        mine = str(self.browser.post(f"/rewards/{kit.id}/redeem", data=form).location)
        self.browser.post(f"{mine}/reveal")
        return mine

    def look_around(self) -> None:
        for path in ("/home", "/profile", "/profile/sessions", "/profile/identities", "/inbox", "/points", "/rewards",
                     "/redemptions", "/points/statement.csv", "/nothing-here"):  # fmt: skip
            self.pages[path] = self.browser.get(path).text

    def unsubscribe(self, person: Person) -> None:
        token = token_for(person.id, "reward_ready")
        self.secrets["unsubscribe token"] = token
        assert self.browser.get(f"/unsubscribe/{token}").status_code == 200
        assert self.browser.post(f"/unsubscribe/{token}").status_code == 200
        assert self.browser.post(f"/unsubscribe/{token[:-2]}xx").status_code == 404


@pytest.fixture
def walk(
    sqlite_app: Flask, now: datetime, log: Path, client: FlaskClient, hostile_oidc: HostileProvider
) -> Iterator[Walk]:
    providers = dict(sqlite_app.extensions["portal_providers"])
    targets = list(sqlite_app.extensions["portal_form_targets"])
    offer(sqlite_app, "oidc", hostile_oidc)
    hostile_oidc.next_sign_in("ada", name="Ada", email="ada@id.example")
    yield Walk(sqlite_app, client, hostile_oidc)
    sqlite_app.extensions["portal_providers"] = providers
    sqlite_app.extensions["portal_form_targets"][:] = targets


def test_no_secret_is_logged_shown_or_stored_in_clear(walk: Walk, log: Path) -> None:
    ada = walk.sign_in()
    mine = walk.redeem(ada)
    jobs.run_due()
    walk.look_around()
    walk.unsubscribe(ada)
    walk.browser.post("/sign-out")
    walk.browser.get("/sign-in/oidc/callback?code=CANARY-CODE&state=CANARY-STATE&error=CANARY-ERROR")
    walk.secrets |= {"forged code": "CANARY-CODE", "forged state": "CANARY-STATE"}

    logged = log.read_text()
    assert logged.count("request") > 20, "the log was on"
    lines = [line for line in logged.splitlines() for secret in walk.secrets.values() if secret in line]
    assert lines == []
    assert not re.search(r"eyJ[\w-]+\.[\w-]+\.", logged), "no token of the provider"

    assert walk.pages.keys() & {mine} == set()
    assert [
        (path, name) for path, page in walk.pages.items() for name, secret in walk.secrets.items() if secret in page
    ] == []

    stored = everything_stored()
    kept = {"unsubscribe token", "session", "state", "nonce", "verifier", "code", "client secret", "reward code"}
    assert [name for name in sorted(kept) if walk.secrets[name] in stored] == []


def test_the_code_is_on_its_own_page_alone(walk: Walk) -> None:
    """The control: the canary was really there to be found."""
    mine = walk.redeem(walk.sign_in())
    assert REWARD_CODE in walk.browser.get(mine).text
    assert db.session.scalars(select(Redemption)).one().revealed_at is not None


def everything_stored() -> str:
    rows = (str(tuple(row)) for table in Base.metadata.sorted_tables for row in db.session.execute(select(table)))
    return "\n".join(rows)
