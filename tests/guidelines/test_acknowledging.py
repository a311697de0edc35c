"""Who still has to read what, and what an acknowledgement is worth after the next version."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.guidelines import queries
from portal.guidelines.acknowledging import acknowledge
from portal.guidelines.errors import VersionNotInForce
from portal.guidelines.models import Acknowledgement
from portal.guidelines.publishing import save_draft, start_version
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.factories import a_fan
from tests.guidelines.factories import a_draft, a_next_version, a_published_guideline, an_acknowledgement


def to_read(person: Person) -> list[str]:
    return [each.version_id for each in queries.missing_acknowledgements(person.id)]


def test_what_is_needed_and_in_force_is_missing_until_acknowledged(app: Flask, now: datetime) -> None:
    fan = a_fan()
    needed = a_published_guideline(needed_to_claim=True)
    a_published_guideline(needed_to_claim=False)
    a_draft(needed_to_claim=True)
    assert to_read(fan) == [needed.id]
    an_acknowledgement(fan, needed)
    assert to_read(fan) == []
    assert to_read(a_fan()) == [needed.id]


@pytest.mark.parametrize(
    ("majors", "read_number", "holds"),
    [
        # versions after the first, major or minor; the version that was read; is it still good for the last one?
        ([], 1, True),
        ([False], 1, True),
        ([True], 1, False),
        ([True], 2, True),
        ([False, False], 1, True),
        ([True, False], 1, False),
        ([True, False], 2, True),
        ([False, True, False], 2, False),
        ([False, True, False], 3, True),
    ],
)
def test_a_minor_version_keeps_acknowledgements_back_to_the_last_major_one(
    app: Flask, now: datetime, majors: list[bool], read_number: int, holds: bool
) -> None:
    fan = a_fan()
    version = a_published_guideline()
    if read_number == 1:
        an_acknowledgement(fan, version)
    for major in majors:
        version = a_next_version(version.guideline, major=major)
        if version.number == read_number:
            an_acknowledgement(fan, version)
    assert queries.has_acknowledged(fan.id, version) is holds
    assert to_read(fan) == ([] if holds else [version.id])
    [listed] = queries.listed_for(fan.id)
    assert (listed.acknowledged_number, listed.missing) == (read_number, not holds)


def test_a_version_that_is_being_written_asks_nobody_to_read_again(app: Flask, now: datetime) -> None:
    fan, version = a_fan(), a_published_guideline()
    an_acknowledgement(fan, version)
    with unit_of_work():
        draft = start_version(version.guideline, actor=None, now=clock.now())
        save_draft(draft, body="Anew.", what_changed="All of it.", major=True, actor=None, now=clock.now())
    assert to_read(fan) == []
    assert queries.has_acknowledged(fan.id, version)
    assert queries.readers_of(version.guideline_id) == 1
    [listed] = queries.listed_for(fan.id)
    assert not listed.missing


def test_said_twice_it_is_kept_once_with_its_first_day(app: Flask, now: datetime) -> None:
    fan, version = a_fan(), a_published_guideline()
    first = an_acknowledgement(fan, version)
    clock.advance(timedelta(days=3))
    with unit_of_work():
        again = acknowledge(fan.id, version, clock.now())
    assert (again.id, again.acknowledged_at) == (first.id, now)
    assert db.session.scalar(select(func.count(Acknowledgement.id))) == 1


def test_a_draft_and_a_replaced_version_can_not_be_acknowledged(app: Flask, now: datetime) -> None:
    fan, first = a_fan(), a_published_guideline()
    a_next_version(first.guideline)
    for version in (first, a_draft()):
        with pytest.raises(VersionNotInForce), unit_of_work():
            acknowledge(fan.id, version, now)
    assert db.session.scalar(select(func.count(Acknowledgement.id))) == 0
