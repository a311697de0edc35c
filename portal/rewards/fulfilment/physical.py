"""Things that are sent: in sorts with stock each, to an address that is kept sealed until they have arrived."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import LazyString, get_locale, lazy_gettext
from flask_babel import gettext as _

from portal.accounts.models import Person
from portal.accounts.places import country_name
from portal.extensions import db
from portal.kernel.crypto import Box, box_for
from portal.rewards.address_form import SendForm
from portal.rewards.addresses import Address, tidy_postcode
from portal.rewards.fulfilment import CannotBeHad, Fulfilment, Next, Undo
from portal.rewards.kind_models import Parcel, ParcelState
from portal.rewards.models import GIVEN_BACK, Redemption, RedemptionState, Reward, RewardKind
from portal.rewards.variants import none_left_of, stock_shown, take_another, variants_of

PURPOSE = "parcel-address"


def box() -> Box:
    """What addresses are sealed with at rest."""
    return box_for(PURPOSE)


class Physical(Fulfilment):
    KIND = RewardKind.PHYSICAL
    icon = "package"
    label = lazy_gettext("Something that is sent")
    explanation = lazy_gettext("People say where to; you pack it, send it and write down its tracking number.")
    can_be_given = False
    can_replace = True
    tells_when_fulfilled = False  # `ParcelSent` says which way it comes
    template = "rewards/kinds/physical.html"
    staff_template = "rewards/kinds/stock_staff.html"

    def staff_shown(self, reward: Reward) -> dict[str, Any]:
        return stock_shown(reward)

    def what_next(self, reward: Reward) -> list[str]:
        return [
            _("We pack it within some days and tell you when it is on its way, with its tracking number."),
            _("Changed your mind? Until it is sent you can cancel it: your points come back."),
        ]

    def heading(self, redemption: Redemption) -> str:
        """Nobody has what is still on its way, or came back."""
        parcel = parcel_of(redemption)
        return {
            ParcelState.SENT: _("On its way to you"),
            ParcelState.RETURNED: _("It came back to us"),
        }.get(ParcelState(parcel.state) if parcel else ParcelState.DELIVERED, super().heading(redemption))

    def status(self, redemption: Redemption) -> str:
        parcel = parcel_of(redemption)
        if redemption.state not in (RedemptionState.APPROVED, RedemptionState.FULFILLED) or parcel is None:
            return super().status(redemption)
        return {
            ParcelState.TO_PACK: _("It waits to be packed. We tell you when it is on its way."),
            ParcelState.SENT: _("We sent it. Give it some days."),
            ParcelState.DELIVERED: _("It arrived."),
            ParcelState.RETURNED: _("We look at what to do next, and tell you."),
        }[ParcelState(parcel.state)]

    def details_form(self, reward: Reward, person: Person) -> SendForm:
        return SendForm(
            variants=variants_of(reward.id), to=reward.countries, name=person.display_name, country=person.country
        )  # fmt: skip

    def reserve(self, redemption: Redemption, details: Mapping[str, Any], *, now: datetime) -> None:
        parts = {name: str(details[name]) for name in Address.__dataclass_fields__}
        address = Address(**{**parts, "postcode": tidy_postcode(parts["postcode"])})
        sealed = box().seal(address.as_text())
        db.session.add(Parcel(redemption_id=redemption.id, country=address.country, sealed_address=sealed))
        db.session.flush()

    def next_step(self, redemption: Redemption) -> Next:
        return Next.STAFF

    def cancel(self, redemption: Redemption, *, now: datetime) -> None:
        parcel = parcel_of(redemption)
        if parcel is not None and parcel.ended_at is None:
            parcel.ended_at = now
            db.session.flush()

    def replace(self, redemption: Redemption, *, now: datetime) -> None:
        """Another one is packed for the same address, while that is known; the first one need not come back."""
        parcel = parcel_of(redemption)
        if parcel is None or parcel.sealed_address is None:
            raise CannotBeHad("address_erased")
        take_another(redemption)
        parcel.state, parcel.ended_at, parcel.carrier, parcel.tracking = ParcelState.TO_PACK, None, "", ""
        db.session.flush()

    def why_not_replaced(self, redemption: Redemption) -> LazyString | None:
        parcel = parcel_of(redemption)
        if parcel is None or parcel.sealed_address is None:
            return lazy_gettext("Its address is deleted, so another one could go nowhere.")
        return none_left_of(redemption)

    def undo(self, redemption: Redemption) -> Undo | None:
        parcel = parcel_of(redemption)
        nothing_sent = parcel is not None and parcel.state == ParcelState.TO_PACK and parcel.sent_at is None
        return super().undo(redemption) if nothing_sent else None

    def shown(self, redemption: Redemption) -> dict[str, Any]:
        parcel = parcel_of(redemption)
        if parcel is None:
            return {"parcel": None, "address": None}
        return {
            "parcel": parcel,
            "sent_before": sent_before(redemption, parcel),
            "address": address_of(parcel) if goes_somewhere(redemption) else None,
            "place": country_name(parcel.country, str(get_locale())),
        }


FULFILMENT = Physical()


def parcel_of(redemption: Redemption) -> Parcel | None:
    return db.session.get(Parcel, redemption.id)


def goes_somewhere(redemption: Redemption) -> bool:
    """Whether its address is of use to anybody: once its points went back, nobody is shown it any more."""
    return redemption.state not in GIVEN_BACK


def address_of(parcel: Parcel) -> Address | None:
    """Where it goes; None when the address was deleted. Raises crypto.Unsealable without its key."""
    return None if parcel.sealed_address is None else Address.from_text(box().open(parcel.sealed_address))


def sent_before(redemption: Redemption, parcel: Parcel) -> str:
    """Which way a parcel went that is not under way any more: its points went back, or it did; empty for others."""
    if not parcel.tracking or (goes_somewhere(redemption) and parcel.state != ParcelState.RETURNED):
        return ""
    if not parcel.carrier:
        return _("It had been sent with the number %(tracking)s.", tracking=parcel.tracking)
    return _(
        "It had been sent with %(carrier)s, number %(tracking)s.", carrier=parcel.carrier, tracking=parcel.tracking
    )
