"""Thanks for the tests of every room. Each function commits."""

from __future__ import annotations

from itertools import count

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.recognition.thanking import thank
from portal.recognition.thanks_models import Thanks

_numbers = count(1)


def a_thanks(
    giver: Person, receiver: Person, text: str = "", *, is_public: bool = True, as_staff: bool = False
) -> Thanks:
    """Sent now."""
    with unit_of_work():
        return thank(
            db.session.get_one(Person, giver.id), receiver.id, text or f"You helped me with gear {next(_numbers)}",
            is_public=is_public, as_staff=as_staff, now=clock.now(),
        )  # fmt: skip
