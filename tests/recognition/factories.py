"""Thanks and teams for the tests of every room. Each function commits."""

from __future__ import annotations

from itertools import count

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.recognition.team_models import Team
from portal.recognition.teaming import found_team, join_team
from portal.recognition.thanking import thank
from portal.recognition.thanks_models import Thanks
from tests.accounts.factories import a_fan

_numbers = count(10_001)  # of one length: names sort as they were made, whatever else this process has run


def a_thanks(
    giver: Person, receiver: Person, text: str = "", *, is_public: bool = True, as_staff: bool = False
) -> Thanks:
    """Sent now."""
    with unit_of_work():
        return thank(
            db.session.get_one(Person, giver.id), receiver.id, text or f"You helped me with gear {next(_numbers)}",
            is_public=is_public, as_staff=as_staff, now=clock.now(),
        )  # fmt: skip


def a_team(name: str = "", *members: Person, is_open: bool = True) -> Team:
    """Founded by the first of `members`, joined by the others; without any, by a new fan."""
    founder, *others = members or (a_fan(),)
    with unit_of_work():
        host = db.session.get_one(Person, founder.id)
        team = found_team(host, name or f"Wandering {_letters(next(_numbers))}", is_open=is_open, now=clock.now())
    for member in others:
        with unit_of_work():
            joining, joined = db.session.get_one(Person, member.id), db.session.get_one(Team, team.id)
            join_team(joining, joined, code=joined.code, now=clock.now())
    return team


def _letters(number: int) -> str:
    """Digits look like letters: names that differ in them alone may be one name."""
    return "".join("bcdfghkmnp"[int(digit)] for digit in str(number))
