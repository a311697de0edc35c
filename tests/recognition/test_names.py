"""Names on boards: nobody passes for the brand, the staff or somebody else, whatever letters they use for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.folding import folded, folded_words
from portal.kernel.unit_of_work import unit_of_work
from portal.recognition import leagues
from portal.recognition.league_models import LeagueChoice
from portal.recognition.name_rules import refused_by_itself, tidied
from portal.shares.brand_words import watch_word
from portal.shares.checks.finding import Severity
from tests.accounts.factories import a_fan, a_manager

ClientOf = Callable[[Person], FlaskClient]
BRANDS = ("Hollin Fell", "Trailmates")


@pytest.mark.parametrize(
    "other",
    ["Teo Brandt", "TEO  BRANDT", "T\u0435\u043e Brandt", "T3o Br4ndt", "Téo Brandt", "Te\u200bo Brandt", "Teo-Brandt",
     "Ｔｅｏ Brandt"],
)  # fmt: skip
def test_names_that_look_alike_are_alike(other: str) -> None:
    assert folded(other) == folded("Teo Brandt")


@settings(max_examples=200, deadline=None)
@given(name=st.text(max_size=60))
def test_folding_twice_changes_nothing_and_never_grows_beyond_its_column(name: str) -> None:
    once = folded(name)
    assert folded(once) == once
    assert len(once) <= 255
    assert folded_words(name).split() == [word for word in folded_words(name).split() if word]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("🙂🙂", "says_nothing"),
        ("x", "too_short"),
        ("Hоllin Fell HQ", "brand"),  # the o is Cyrillic
        ("trail mates", "brand"),
        ("The M0derator", "staff"),
        ("Support", "staff"),
        ("Help Desk", "staff"),
        ("Teo B.", "like_short_name"),
        ("Blue Heron", None),
        ("Administrative Walks", None),
    ],
)
def test_what_a_name_by_itself_may_be(name: str, code: str | None) -> None:
    assert refused_by_itself(name, brands=BRANDS, as_person=True) == code


def test_a_team_may_be_called_like_what_no_person_is() -> None:
    assert refused_by_itself("Group B", brands=BRANDS, as_person=True) == "like_short_name"
    assert refused_by_itself("Group B", brands=BRANDS, as_person=False) is None


def test_a_brand_of_two_letters_forbids_no_words() -> None:
    assert refused_by_itself("Agnes", brands=("AG", "Trailmates"), as_person=True) is None


def test_a_name_of_ones_own_may_be_written_otherwise_and_that_of_who_left_is_free(
    sqlite_app: Flask, now: datetime
) -> None:
    fan, left = a_fan(), a_fan("Teo Brandt")
    with unit_of_work():
        db.session.get_one(Person, left.id).state = PersonState.LEFT
    for name in ("Blue Heron", "BLUE HERON", "Teo Brandt"):
        with unit_of_work():
            leagues.choose(fan.id, shown=True, pseudonym=name, now=now)
        assert db.session.get_one(LeagueChoice, fan.id).pseudonym == name


def test_what_turns_a_line_around_is_not_kept() -> None:
    assert tidied(" Blue\u202e  Heron\x00\n") == "Blue Heron"


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(app: Flask, now: datetime, client_of: ClientOf) -> None:
    fan, other, manager = a_fan("Ada Test"), a_fan("Teo Brandt"), a_manager()
    with unit_of_work():
        leagues.choose(other.id, shown=True, pseudonym="Blue Heron", now=clock.now())
        watch_word("bombproof", severity=Severity.DOUBTFUL, reason="No jacket is.", actor=manager, now=clock.now())
    browser = client_of(fan)
    for typed, sentence in (
        ("Τео Brandt", "Somebody here is really called that"),
        ("B1ue Her0n", "This name is taken"),
        ("Bombproof Bo", "No jacket is."),
        ("b0mbproof", "No jacket is."),
        ("Hollin Fell", "as if the brand itself spoke"),
    ):
        answer = browser.post("/leagues", data={"shown": "y", "pseudonym": typed})
        assert answer.status_code == 409, typed
        assert sentence in answer.text, typed
        assert f'value="{typed}"' in answer.text
    assert leagues.choice_of(fan.id) is None
    db.session.commit()
    for _ in range(2):
        assert browser.post("/leagues", data={"shown": "y", "pseudonym": "Grey Wagtail"}).status_code == 303
    assert browser.post("/leagues", data={"shown": "y", "pseudonym": "Ada Test"}).status_code == 303, "one's own name"


def test_a_new_display_name_is_found_by_what_it_looks_like(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    fan, other = a_fan(), a_fan("Somebody Else")
    with unit_of_work():
        db.session.get_one(Person, other.id).display_name = "Grey Wagtail"
    assert client_of(fan).post("/leagues", data={"shown": "y", "pseudonym": "Gr3y Wagtail"}).status_code == 409
