"""Each signal notices what it is for, lets ordinary things pass, and is silent about what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.links.patterns import Pattern
from portal.shares.platforms.reading import Counts
from portal.shares.signals.facts import Facts
from portal.shares.signals.weighing import Noticed, all_signals, needs_person, noticed, risk_of
from tests.conftest import NOW

CODES = {signal.code for signal in all_signals()}
PLAIN = Facts(claimed_at=NOW)
DAY = timedelta(days=1)


def clicks(**figures: int) -> Facts:
    return replace(PLAIN, clicks=Pattern(**figures))


def seen(**values: object) -> Facts:
    return replace(PLAIN, **values)


@pytest.mark.parametrize(
    ("code", "facts", "details"),
    [
        ("click_burst", clicks(visitors=30, burst_most=20), {"burst": 20, "visitors": 30}),
        ("click_burst", clicks(visitors=19, burst_most=19), None),
        ("click_burst", clicks(visitors=40, burst_most=20), None),
        ("shared_connection", clicks(visitors=16, connection_most=8), {"same": 8, "visitors": 16}),
        ("shared_connection", clicks(visitors=7, connection_most=7), None),
        ("shared_connection", clicks(visitors=17, connection_most=8), None),
        ("clicks_on_many_links", clicks(visitors=10, on_many_links=5), {"same": 5, "visitors": 10}),
        ("clicks_on_many_links", clicks(visitors=4, on_many_links=4), None),
        ("clicks_on_many_links", clicks(visitors=20, on_many_links=5), None),
        ("own_clicks", clicks(visitors=10, own=3), {"own": 3, "visitors": 10}),
        ("own_clicks", clicks(visitors=2, own=2), None),
        ("own_clicks", clicks(visitors=100, own=3), None),
        ("programs_click", clicks(visitors=20, unlike_people=10), {"programs": 10, "visitors": 20}),
        ("programs_click", clicks(visitors=9, unlike_people=9), None),
        ("programs_click", clicks(visitors=26, unlike_people=10), None),
        ("account_of_others", seen(account_of_others=2), {"people": 2}),
        ("account_of_others", PLAIN, None),
        ("picture_of_others", seen(picture_of_others=1), {"people": 1}),
        ("picture_of_others", PLAIN, None),
        ("new_account", seen(account_made_at=NOW - 6 * DAY), {"days": 6}),
        ("new_account", seen(account_made_at=NOW + DAY), {"days": 0}),
        ("new_account", seen(account_made_at=NOW - 7 * DAY), None),
        ("new_account", PLAIN, None),
        ("odd_engagement", seen(counts=Counts(likes=301), followers=100), {"reactions": 301, "followers": 100}),
        ("odd_engagement", seen(counts=Counts(likes=9, comments=291), followers=9), {"reactions": 300, "followers": 9}),
        ("odd_engagement", seen(counts=Counts(likes=300), followers=100), None),
        ("odd_engagement", seen(counts=Counts(likes=99), followers=1), None),
        ("odd_engagement", seen(counts=Counts(likes=101), usual_reactions=(8, 9, 12)), {"reactions": 101, "usual": 9}),
        ("odd_engagement", seen(counts=Counts(likes=101), usual_reactions=(8, 10)), None),
        ("odd_engagement", seen(counts=Counts(views=9_000), followers=1), None),
    ],
)  # fmt: skip
def test_what_is_noticed_and_what_is_not(code, facts, details):
    found = {each.code: each.details for each in noticed(facts, CODES)}
    assert found.get(code) == details


def test_a_plain_share_is_noticed_by_nothing():
    assert noticed(PLAIN, CODES) == []


def test_a_signal_that_is_off_notices_nothing():
    facts = seen(account_of_others=2)
    assert noticed(facts, CODES - {"account_of_others"}) == []


def test_one_weak_signal_asks_nobody_and_agreeing_ones_do():
    weak, strong = Noticed("click_burst", 1, {}), Noticed("account_of_others", 3, {})
    assert not needs_person([weak])
    assert not needs_person([weak, replace(weak, code="new_account")])
    assert needs_person([weak, replace(weak, code="new_account"), replace(weak, code="own_clicks")])
    assert needs_person([strong])
    assert risk_of([weak, strong]) == 4


def test_the_heaviest_stands_first():
    facts = replace(clicks(visitors=20, burst_most=20, unlike_people=20), account_of_others=1)
    assert [each.weight for each in noticed(facts, CODES)] == [3, 2, 1]


def test_every_signal_the_issue_names_is_there():
    assert {
        "click_burst", "shared_connection", "clicks_on_many_links", "own_clicks", "programs_click", "account_of_others",
        "picture_of_others", "new_account", "odd_engagement",
    } == CODES  # fmt: skip
