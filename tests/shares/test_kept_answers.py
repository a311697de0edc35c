"""Answers kept in the database between two readings."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.fetcher import Remembered
from portal.shares.kept_answers import KEPT_FOR, StoredAnswers
from portal.shares.models import KeptAnswer
from tests.kernel.local_web import a_site
from tests.kernel.test_fetcher_remembered import versioned
from tests.shares.conftest import fetcher_for

URL = "https://social.example/api/v1/statuses/1?" + "x" * 1500


def kept(etag="1", body=b"one"):
    return Remembered(URL, {"etag": etag, "content-type": "application/json"}, body)


def test_an_answer_is_recalled_as_it_was_kept_and_the_last_one_counts(app, now):
    memory = StoredAnswers()
    assert memory.recall(URL) is None
    memory.keep(URL, kept())
    memory.keep(URL, kept("2", b"\x00two" * 9))
    assert memory.recall(URL) == kept("2", b"\x00two" * 9)
    assert memory.recall(URL + "y") is None


def test_after_a_while_it_is_forgotten_and_its_row_with_the_next_one_kept(app, now):
    memory = StoredAnswers()
    memory.keep(URL, kept())
    clock.advance(KEPT_FOR + timedelta(seconds=1))
    assert memory.recall(URL) is None
    memory.keep(URL + "y", kept())
    assert db.session.scalar(select(func.count()).select_from(KeptAnswer)) == 1


def test_a_second_reading_costs_no_body(app):
    with a_site({"/post": versioned(b"<p>one", '"1"')}) as site:
        fetcher = fetcher_for(site.origin)
        fetcher.remember_with(StoredAnswers())
        first, second = (fetcher.get(f"{site.origin}/post") for _ in range(2))
        assert (first.text, second.text, second.unchanged) == ("<p>one", "<p>one", True)
        assert not db.session().in_transaction(), "nothing is left open after the outside was called"
