"""Odd text in every text field of every form: it comes back unchanged or is refused in words, and never breaks a page.

The forms are taken from the pages themselves, so a new field is tried without anybody naming it (PROMISES P-16).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Person
from portal.kernel.access import Role
from tests.accounts.factories import a_fan, a_person
from tests.campaigns.factories import a_campaign
from tests.guidelines.factories import a_draft, a_published_guideline
from tests.missions.factories import a_claim, a_mission
from tests.moderation.factories import a_case
from tests.points.factories import a_person_has
from tests.rewards.factories import a_draft_reward, a_reward
from tests.shares.factories import a_share

ClientOf = Callable[[Person], FlaskClient]

ODD = (
    "\N{MAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} e\N{COMBINING ACUTE ACCENT} \N{RIGHT-TO-LEFT OVERRIDE}evil",
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp; {{ 7 * 7 }} %s '; DROP TABLE person; --",
    "a\r\nBcc: victim@example.org",
    "A" * 10_000,
    "9" * 400,
    "²",
    "9999-12-31T23:59",
    "0001-01-01",
)  # fmt: skip
TEXT_TYPES = {"text", "search", "email", "url", "number", "date", "datetime-local", "hidden", "textarea"}
OURS = {"csrf_token", "idempotency_key"}


@dataclass
class Form:
    """A form as a browser would send it, untouched."""

    address: str
    values: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    """Of the texts, those that nobody types."""


class Forms(HTMLParser):
    """The forms of a page that post, and the values of all text fields, whole."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.shown: list[str] = []
        self._address = address
        self._form: Form | None = None
        self._area: tuple[str, list[str]] | None = None
        self._select = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._form = Form(of.get("action") or self._address) if of.get("method", "").lower() == "post" else None
            if self._form is not None:
                self.forms.append(self._form)
        elif tag == "textarea":
            self._area = (of.get("name", ""), [])
        elif tag == "select":
            self._select = of.get("name", "")
        elif tag == "option" and "selected" in of:
            self._keep(self._select, of.get("value", ""))
        elif tag == "input":
            self._input(of)

    def _input(self, of: dict[str, str]) -> None:
        kind = of.get("type", "text")
        if kind in ("checkbox", "radio"):
            if "checked" in of:
                self._keep(of.get("name", ""), of.get("value", "on"))
        elif kind in TEXT_TYPES:
            self.shown.append(of.get("value", ""))
            self._keep(of.get("name", ""), of.get("value", ""), text=True)
            if kind == "hidden" and self._form is not None:
                self._form.hidden.add(of.get("name", ""))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            text = "".join(self._area[1]).removeprefix("\n")
            self.shown.append(text)
            self._keep(self._area[0], text, text=True)
            self._area = None
        elif tag == "form":
            self._form = None

    def _keep(self, name: str, value: str, *, text: bool = False) -> None:
        if self._form is not None and name:
            self._form.values.setdefault(name, []).append(value)
            if text and name not in OURS:
                self._form.texts.append(name)


def fan_pages() -> dict[str, list[str]]:
    fan = a_person_has(a_fan(), 500)
    claim, reward = a_claim(a_mission(), fan), a_reward()
    declined = a_share(person=fan, mission=a_mission(), state="rejected")
    guideline = a_published_guideline().guideline
    return {fan.id: [
        "/profile/edit", "/profile/handles/new", "/profile/messages", f"/claims/{claim.id}/share",
        f"/shares/{declined.id}", f"/rewards/{reward.id}/redeem", f"/guidelines/{guideline.slug}",
    ]}  # fmt: skip


def staff_pages() -> dict[str, list[str]]:
    staff, season, person = a_person(roles=tuple(Role)), a_campaign(), a_fan()
    missions, case = [a_mission(season), a_mission(season)], a_case()
    return {staff.id: [
        "/staff/rewards/new", f"/staff/rewards/{a_draft_reward().id}", "/staff/missions/new",
        f"/staff/missions/{missions[0].id}/edit", f"/staff/missions/{missions[1].id}", "/staff/seasons/new",
        f"/staff/seasons/{season.id}", "/staff/guidelines/new", f"/staff/guidelines/drafts/{a_draft().id}",
        f"/staff/people/{person.id}", f"/staff/review/{case.id}",
        f"/staff/guidelines/{a_published_guideline().guideline_id}",
    ]}  # fmt: skip


def squashed(text: str) -> str:
    """Without the space that a field may tidy."""
    return " ".join(text.split())


@pytest.mark.parametrize("pages", [fan_pages, staff_pages])
def test_odd_text_is_kept_whole_or_refused_in_words(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, pages: Callable[[], dict[str, list[str]]]
) -> None:
    broken: list[str] = []
    tried = 0
    sqlite_app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        for person_id, addresses in pages().items():
            browser = client_of(person_by_id(person_id))
            for address in addresses:
                for form in forms_of(browser, address):
                    for name in form.texts:
                        for number, odd in enumerate(ODD):
                            tried += 1
                            broken += wrong_with(browser, form, name, odd, number)
    finally:
        sqlite_app.config["PROPAGATE_EXCEPTIONS"] = None
    assert broken == []
    assert tried > 50, "the forms were found"


@pytest.mark.parametrize("pages", [fan_pages, staff_pages])
def test_a_file_in_place_of_text_is_as_good_as_nothing(
    sqlite_app: Flask, now: datetime, client_of: ClientOf, pages: Callable[[], dict[str, list[str]]]
) -> None:
    """Nobody's browser sends that; whoever makes it up is told what is missing like anybody else."""
    broken: list[str] = []
    sqlite_app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        for person_id, addresses in pages().items():
            browser = client_of(person_by_id(person_id))
            for form in [form for address in addresses for form in forms_of(browser, address)]:
                files = {name: (BytesIO(b"text"), "text.txt") for name in form.texts}
                answer = browser.post(form.address, data={**form.values, **files})
                if answer.status_code >= 500:
                    broken.append(f"{form.address} {form.texts}: {answer.status_code}")
    finally:
        sqlite_app.config["PROPAGATE_EXCEPTIONS"] = None
    assert broken == []


def wrong_with(browser: FlaskClient, form: Form, name: str, odd: str, number: int) -> list[str]:
    values: dict[str, Any] = {**form.values, name: [odd]}
    if "idempotency_key" in values:
        values["idempotency_key"] = [f"{name}-{number}"]
    answer = browser.post(form.address, data=values)
    where = f"{form.address} {name}={odd[:20]!r}: {answer.status_code}"
    if answer.status_code >= 500 or answer.status_code == 403:
        return [where]
    if "<script>alert" in answer.text or "<img src=x" in answer.text:
        return [f"{where}, unescaped"]
    page = Forms(answer.text, "")
    still_asked = any(name in set(other.texts) - other.hidden for other in page.forms)  # an appeal, say, is there once
    if answer.status_code == 422 and still_asked and squashed(odd) not in map(squashed, page.shown):
        return [f"{where}, what was typed is gone"]
    return []


def forms_of(browser: FlaskClient, address: str) -> list[Form]:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return [
        form for form in Forms(answer.text, address).forms
        if form.texts and not form.address.startswith(("/sign-", "http", "/language"))
    ]  # fmt: skip


def person_by_id(person_id: str) -> Person:
    from portal.extensions import db

    return db.session.get_one(Person, person_id)
