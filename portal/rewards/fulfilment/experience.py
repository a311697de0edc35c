"""Places at something that happens: each redemption is a ticket that lets its owner in once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.formatting import moment, moment_there
from portal.rewards.fulfilment import CannotBeHad, Fulfilment, Undo
from portal.rewards.kind_models import Event, Ticket
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardKind
from portal.rewards.variants import stock_shown

LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""Without those that are read as another one."""
CODE_LENGTH = 10


class Experience(Fulfilment):
    KIND = RewardKind.EXPERIENCE
    icon = "calendar"
    label = lazy_gettext("Something to be at")
    explanation = lazy_gettext("People get a ticket with a code; you let each in once, by its picture or its letters.")
    can_replace = True
    template = "rewards/kinds/experience.html"
    staff_template = "rewards/kinds/experience_staff.html"
    offer_template = "rewards/kinds/experience_offer.html"

    def missing(self, reward: Reward) -> LazyString | None:
        if db.session.get(Event, reward.id) is None:
            return lazy_gettext("Say when and where it is first, then list it.")
        return super().missing(reward)

    def ends_at(self, reward: Reward) -> datetime | None:
        """Once it has begun, nobody gets a place any more: it could not be given back."""
        event, until = db.session.get(Event, reward.id), reward.available_until
        return until if event is None else min(event.starts_at, until or event.starts_at)

    def offered(self, reward: Reward) -> dict[str, Any]:
        return {"event": db.session.get(Event, reward.id)}

    def staff_shown(self, reward: Reward) -> dict[str, Any]:
        from portal.rewards.kind_forms import EventForm  # forms list the kinds

        event = db.session.get(Event, reward.id)
        return {"event": event, "event_form": EventForm(formdata=None, obj=event), **stock_shown(reward)}

    def what_next(self, reward: Reward) -> list[str]:
        event = db.session.get(Event, reward.id)
        return [
            _("You get a ticket at once. Show its picture at the door, or say its letters."),
            _("Can’t come after all? Until it begins you can give your place back: your points come back."),
            *(
                [_("It is on %(moment)s, %(place)s.", moment=moment_there(event.starts_at), place=event.place)]
                if event
                else []
            ),
        ]

    def status(self, redemption: Redemption) -> str:
        ticket = db.session.get(Ticket, redemption.id)
        if redemption.state != RedemptionState.FULFILLED or ticket is None:
            return super().status(redemption)
        if ticket.checked_in_at:
            return _("You were there: checked in on %(moment)s.", moment=moment(ticket.checked_in_at))
        return _("Your place is kept. Here is your ticket.")

    def reserve(self, redemption: Redemption, details: Mapping[str, Any], *, now: datetime) -> None:
        """Make the ticket."""
        db.session.add(Ticket(redemption_id=redemption.id, code=_drawn()))
        db.session.flush()

    def replace(self, redemption: Redemption, *, now: datetime) -> None:
        """Another code for the same place: the old one lets nobody in any more."""
        ticket = db.session.get(Ticket, redemption.id)
        if ticket is None or ticket.checked_in_at is not None:
            raise CannotBeHad("used")
        ticket.code = _drawn()
        db.session.flush()

    def why_not_replaced(self, redemption: Redemption) -> LazyString | None:
        ticket = db.session.get(Ticket, redemption.id)
        if ticket is None or ticket.checked_in_at is not None:
            return lazy_gettext("This ticket was used: another one would let in twice.")
        return None

    def undo(self, redemption: Redemption) -> Undo | None:
        event, ticket = db.session.get(Event, redemption.reward_id), db.session.get(Ticket, redemption.id)
        if redemption.state != RedemptionState.FULFILLED or ticket is None or ticket.checked_in_at:
            return None
        return Undo(event.starts_at) if event and event.starts_at > clock.now() else None

    def shown(self, redemption: Redemption) -> dict[str, Any]:
        ticket = db.session.get(Ticket, redemption.id)
        is_good = redemption.state == RedemptionState.FULFILLED and ticket is not None
        return {
            "event": db.session.get(Event, redemption.reward_id),
            "ticket": ticket if is_good else None,
            "ticket_code": spelt(ticket.code) if ticket and is_good else "",
            "door_url": door_url(ticket) if ticket and is_good else "",
        }


FULFILMENT = Experience()


def _drawn() -> str:
    """A code that can't be guessed: 49 bits, and staff alone can try one."""
    return "".join(secrets.choice(LETTERS) for _letter in range(CODE_LENGTH))


def spelt(code: str) -> str:
    """In two halves, as it is shown and said."""
    return f"{code[:5]}-{code[5:]}"


def typed(code: str) -> str:
    """What was typed at the door, as it is kept."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def door_url(ticket: Ticket) -> str:
    """What the ticket's picture says: leads staff to the door's page, and its owner to the ticket."""
    base: str = current_app.config["SETTINGS"].public_url
    return base + url_for("rewards.read_ticket", code=ticket.code)
