"""Asking whether a name may stand on a board: nobody passes for the brand, the staff or somebody else.

Names are compared as the eye reads them (`kernel/folding.py`). That two people don't take the same at once is for a
unique index to say; what is looked up here chooses the words.
"""

from __future__ import annotations

from flask import current_app
from sqlalchemy import select

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel.folding import folded, folded_words
from portal.recognition.league_models import LeagueChoice
from portal.recognition.name_rules import refused_by_itself
from portal.shares.brand_words import words_in_force
from portal.shares.checks.finding import BrandWord
from portal.shares.checks.phrases import says

PEOPLE = (PersonState.ACTIVE, PersonState.PAUSED, PersonState.APPLIED)


class NameRefused(Exception):
    """Nobody may have this name. `reason_code` is a code of `wording.NAME_REFUSALS`; `details` goes into its words."""

    def __init__(self, reason_code: str, **details: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.details = details


def watched_in(text: str) -> BrandWord | None:
    """The first watched word that `text` says, or seems to say by letters that look alike."""
    plain = folded_words(text)
    for word in words_in_force():
        if says(text, word.phrase) or (folded(word.phrase) and says(plain, folded_words(word.phrase))):
            return word
    return None


def check_pseudonym(name: str, *, person_id: str) -> None:
    """May this person be called `name` on boards? Raises NameRefused. Leans on `ix_person_name_key`."""
    check_words(name, as_person=True)
    key = folded(name)
    real = select(Person.id).where(Person.name_key == key, Person.id != person_id, Person.state.in_(PEOPLE))
    if db.session.scalar(real.limit(1)) is not None:
        raise NameRefused("somebody")
    same = select(LeagueChoice.person_id).where(LeagueChoice.pseudonym_key == key, LeagueChoice.person_id != person_id)
    if db.session.scalar(same.limit(1)) is not None:
        raise NameRefused("taken")


def check_words(name: str, *, as_person: bool) -> None:
    """What can be said of a name without asking who else has it. Raises NameRefused."""
    settings = current_app.config["SETTINGS"]
    refused = refused_by_itself(name, brands=(settings.brand_name, settings.programme_name), as_person=as_person)
    if refused is not None:
        raise NameRefused(refused)
    word = watched_in(name)
    if word is not None:
        raise NameRefused("watched", word=word.phrase, reason=word.reason)
