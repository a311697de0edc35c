"""What staff do with parcels: send them, note that they arrived or came back, delete addresses that nobody needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app
from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, literal_column, select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.kernel.audit import audit
from portal.rewards import steps
from portal.rewards.events import ParcelCameBack, ParcelSent
from portal.rewards.kind_models import Parcel, ParcelState
from portal.rewards.models import RedemptionState
from portal.rewards.refusals import OrderRefused, OwnOrder

S, P = RedemptionState, ParcelState
ERASED_AT_ONCE = 500


def send(parcel: Parcel, *, carrier: str, tracking: str, actor: Person, now: datetime) -> None:
    """It has left: its owner is told, and its points are spent. Of another number they are told as well.

    Sent again with the same number, nothing changes; nor without any, as a colleague may have written it down
    meanwhile. Raises OrderRefused.
    """
    redemption = _held(parcel)
    if parcel.state == P.SENT and (carrier, tracking) in (("", ""), (parcel.carrier, parcel.tracking)):
        return
    if parcel.state == P.SENT:  # a number that was mistyped, or came later
        before = {"carrier": parcel.carrier, "tracking": parcel.tracking}
        parcel.carrier, parcel.tracking = carrier, tracking
        db.session.flush()
        _audit(parcel, "parcel.renumbered", actor, before=before, after={"carrier": carrier, "tracking": tracking})
        steps.note(redemption, actor_id=actor.id, now=now, code="renumbered")
        _tell_of_number(redemption, carrier, tracking, changed_at=now.isoformat())
        return
    if redemption.state != S.APPROVED or parcel.state != P.TO_PACK:
        raise OrderRefused(lazy_gettext("This parcel is not waiting to be packed: it was sent or cancelled already."))
    parcel.state, parcel.carrier, parcel.tracking, parcel.sent_at = P.SENT, carrier, tracking, now
    steps.move(redemption, S.FULFILLED, actor_id=actor.id, now=now, code="sent")
    _tell_of_number(redemption, carrier, tracking)
    _audit(parcel, "parcel.sent", actor, after={"carrier": carrier, "tracking": tracking})


def deliver(parcel: Parcel, *, actor: Person, now: datetime) -> None:
    """It arrived; its address is deleted some days later. Safe to repeat. Raises OrderRefused."""
    redemption = _held(parcel)
    if parcel.state == P.DELIVERED:
        return
    if parcel.state != P.SENT:
        raise OrderRefused(lazy_gettext("Only a parcel that was sent can arrive. Note that it was sent first."))
    parcel.state, parcel.ended_at = P.DELIVERED, now
    steps.note(redemption, actor_id=actor.id, now=now, code="delivered")
    _audit(parcel, "parcel.delivered", actor)


def came_back(parcel: Parcel, *, why: str, actor: Person, now: datetime) -> None:
    """It could not be delivered, or was sent back: its owner is told why. What follows is another decision.

    Raises OrderRefused, OwnOrder.
    """
    redemption = _held(parcel)
    if redemption.person_id == actor.id:
        raise OwnOrder
    if parcel.state not in (P.SENT, P.DELIVERED):
        raise OrderRefused(lazy_gettext("Only a parcel that was sent can come back."))
    parcel.state, parcel.ended_at = P.RETURNED, now
    steps.note(redemption, actor_id=actor.id, now=now, code="returned", message=why)
    events.record(ParcelCameBack(redemption.id, redemption.reward_id, redemption.person_id, now.isoformat()))
    _audit(parcel, "parcel.returned", actor, why=why)


def send_again(parcel: Parcel, *, why: str, actor: Person, now: datetime) -> None:
    """What came back is packed once more, for the same points. Raises OrderRefused, OwnOrder."""
    redemption = _held(parcel)
    if redemption.person_id == actor.id:
        raise OwnOrder
    if parcel.state != P.RETURNED or redemption.state != S.FULFILLED:
        raise OrderRefused(lazy_gettext("Only what came back can be sent again."))
    if parcel.sealed_address is None:
        raise OrderRefused(lazy_gettext("Its address is deleted by now. Give the points back instead, and say why."))
    parcel.state, parcel.ended_at, parcel.carrier, parcel.tracking = P.TO_PACK, None, "", ""
    steps.move(redemption, S.APPROVED, actor_id=actor.id, now=now, code="sent_again", message=why)
    _audit(parcel, "parcel.sent_again", actor, why=why)


@jobs.every(timedelta(hours=6), "erase_parcel_addresses")
def erase_addresses(_lease: jobs.Lease) -> None:
    """Forget where parcels went that arrived, came back or were cancelled some days ago."""
    days = current_app.config["SETTINGS"].parcel_address_days
    over: ColumnElement[bool] = literal_column(
        "parcel.sealed_address IS NOT NULL AND parcel.ended_at IS NOT NULL"
    )  # as its index says
    old = over, Parcel.ended_at <= clock.now() - timedelta(days=days)
    some = select(Parcel.redemption_id).where(*old).limit(ERASED_AT_ONCE)
    db.session.execute(  # asks once more of each row: one that is sent again at this moment keeps its address
        update(Parcel).where(Parcel.redemption_id.in_(some), *old).values(sealed_address=None)
    )


def _tell_of_number(redemption: steps.Redemption, carrier: str, tracking: str, *, changed_at: str = "") -> None:
    events.record(ParcelSent(redemption.id, redemption.reward_id, redemption.person_id, carrier, tracking, changed_at))


def _held(parcel: Parcel) -> steps.Redemption:
    """The parcel's redemption, locked, and the parcel as it is now."""
    redemption = steps.hold(parcel.redemption)
    db.session.refresh(parcel)
    return redemption


def _audit(
    parcel: Parcel, action: str, actor: Person, *, why: str = "", before: dict | None = None, after: dict | None = None
) -> None:
    db.session.flush()
    subject = ("redemption", parcel.redemption_id)
    audit(action, subject, actor_id=actor.id, why=why, before=before, after={"parcel": parcel.state, **(after or {})})
