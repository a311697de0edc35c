"""The fans' pages: read, see what changed, acknowledge, go back to where one was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.guidelines import queries
from tests.accounts.factories import a_fan
from tests.guidelines.factories import BODY, a_draft, a_next_version, a_published_guideline, an_acknowledgement


def acknowledge(browser: FlaskClient, slug: str, number: int, **fields: str) -> int:
    answer = browser.post(f"/guidelines/{slug}/acknowledgement", data={"number": number, **fields})
    return answer.status_code


def test_acknowledging_leads_back_to_where_the_person_was(
    app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    fan, version = a_fan(), a_published_guideline("Posting guideline")
    browser = client_of(fan)
    page = browser.get("/guidelines/posting-guideline?next=/missions/abc").get_data(as_text=True)
    assert "Acknowledge version 1" in page
    assert 'name="next" value="/missions/abc"' in page
    answer = browser.post(
        "/guidelines/posting-guideline/acknowledgement", data={"number": "1", "next": "/missions/abc"}
    )
    assert (answer.status_code, answer.location) == (303, "/missions/abc")
    assert queries.has_acknowledged(fan.id, version)
    again = browser.get("/guidelines/posting-guideline").get_data(as_text=True)
    assert "You acknowledged version 1 on 14 October 2026" in again
    assert "acknowledgement" not in again.split("<main")[1]


@pytest.mark.parametrize("foreign", ["//evil.example", "https://evil.example/x", "/\\evil.example", "javascript:x"])
def test_a_foreign_next_is_ignored(
    sqlite_app: Flask, client_of: Callable[..., FlaskClient], now: datetime, foreign: str
) -> None:
    fan = a_fan()
    a_published_guideline("Rules")
    browser = client_of(fan)
    assert "evil" not in browser.get("/guidelines/rules", query_string={"next": foreign}).get_data(as_text=True)
    answer = browser.post("/guidelines/rules/acknowledgement", data={"number": "1", "next": foreign})
    assert (answer.status_code, answer.location) == (303, "/guidelines/rules")


def test_who_read_an_older_version_sees_only_what_changed_first(
    sqlite_app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    fan, first = a_fan(), a_published_guideline("Rules")
    an_acknowledgement(fan, first)
    a_next_version(
        first.guideline, body=BODY.replace("“Ad:”", "“Rewarded:”"), what_changed="Ad was unclear <b>to you</b>"
    )
    browser = client_of(fan)
    page = browser.get("/guidelines/rules").get_data(as_text=True)
    assert "<ins>“Rewarded:”,</ins>" in page
    assert "<del>“Ad:”,</del>" in page
    assert "You read version 1 on 14 October 2026" in page
    assert "Why: Ad was unclear &lt;b&gt;to you&lt;/b&gt;" in page
    assert "<h3>Say that you are rewarded</h3>" not in page
    text = browser.get("/guidelines/rules?view=text").get_data(as_text=True)
    assert "<h3>Say that you are rewarded</h3>" in text
    assert "<ins>" not in text


def test_the_replaced_version_stays_readable_and_a_draft_does_not_show(
    sqlite_app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    first = a_published_guideline("Rules", body="Old words.")
    a_next_version(first.guideline, body="New words.")
    a_draft("Secret plans", body="Not yet.")
    browser = client_of(a_fan())
    assert "Old words." in browser.get("/guidelines/rules/versions/1").get_data(as_text=True)
    assert browser.get("/guidelines/rules/versions/3").status_code == 404
    assert browser.get("/guidelines/secret-plans").status_code == 404
    assert browser.get("/guidelines/secret-plans/versions/1").status_code == 404
    assert acknowledge(browser, "secret-plans", 1) == 404
    assert "Secret plans" not in browser.get("/guidelines").get_data(as_text=True)


def test_acknowledging_a_version_that_was_just_replaced_shows_the_new_one(
    app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    fan, first = a_fan(), a_published_guideline("Rules")
    second = a_next_version(first.guideline)
    browser = client_of(fan)
    answer = browser.post("/guidelines/rules/acknowledgement", data={"number": "1", "next": "/missions"})
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "There is a newer version by now" in page
    assert "Acknowledge version 2" in page
    assert 'name="next" value="/missions"' in page
    assert [each.version_id for each in queries.missing_acknowledgements(fan.id)] == [second.id]


def test_a_second_click_changes_nothing(app: Flask, client_of: Callable[..., FlaskClient], now: datetime) -> None:
    browser = client_of(a_fan())
    a_published_guideline("Rules")
    assert [acknowledge(browser, "rules", 1) for _ in range(2)] == [303, 303]


def test_the_navigation_counts_what_is_still_to_read(
    sqlite_app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    a_published_guideline("One")
    a_published_guideline("Two")
    a_published_guideline("Not needed", needed_to_claim=False)
    browser = client_of(a_fan())
    page = browser.get("/guidelines").get_data(as_text=True)
    assert 'Guidelines</span><span class="count"><span class="vh">New: </span>2</span>' in page
    assert page.index("One") < page.index("Not needed")
    acknowledge(browser, "one", 1)
    assert 'class="vh">New: </span>1</span>' in browser.get("/guidelines").get_data(as_text=True)


def test_typed_html_is_shown_and_does_nothing(
    sqlite_app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    a_published_guideline("Rules", body='<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror="y">')
    page = client_of(a_fan()).get("/guidelines/rules").get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<img" not in page.split("<main")[1].split("</main>")[0]
    assert 'href="javascript:' not in page


def test_strangers_are_sent_to_sign_in_and_come_back(sqlite_app: Flask, client: FlaskClient, now: datetime) -> None:
    a_published_guideline("Rules")
    assert client.get("/guidelines/rules?next=/missions").status_code == 302
    assert client.post("/guidelines/rules/acknowledgement", data={"number": "1"}).status_code == 302
