"""What Stripe has, as the portal knows it: promotion codes with their terms, and pages where something is paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

REFERENCE = "redemption"
"""Metadata under which Stripe keeps our redemption's id."""


@dataclass(frozen=True)
class Terms:
    """What a promotion code gives: one of the two, and how long it works."""

    percent_off: int | None
    amount_off_minor: int | None
    currency: str


@dataclass(frozen=True)
class PromotionCode:
    """A code of the brand's shop as Stripe has it."""

    id: str
    code: str
    is_active: bool
    """It is switched on, unused, and has not run out."""
    times_used: int
    reference: str
    """The redemption that it was made for; empty for codes that the portal did not make."""
    expires_at: datetime | None


@dataclass(frozen=True)
class Session:
    """A Checkout session as Stripe has it."""

    id: str
    url: str | None
    """Where it is paid; None when it is over."""
    is_open: bool
    is_complete: bool
    is_paid: bool
    """The money is there. A complete session that is not paid waits for a bank."""
    amount_minor: int
    currency: str
    payment_id: str | None
    """The payment intent, once there is one: what a refund names."""
    reference: str
    """The redemption that it was opened for; empty for sessions that the portal did not open."""


def promotion_code_of(made: Any) -> PromotionCode:
    """One of Stripe's promotion codes."""
    return PromotionCode(
        id=made.id, code=made.code, is_active=bool(made.active), times_used=int(made.times_redeemed),
        reference=_reference(made.metadata),
        expires_at=datetime.fromtimestamp(made.expires_at, UTC) if made.expires_at else None,
    )  # fmt: skip


def session_of(given: Any) -> Session:
    """One of Stripe's Checkout sessions."""
    payment = given.payment_intent
    return Session(
        id=given.id, url=given.url, is_open=given.status == "open", is_complete=given.status == "complete",
        is_paid=given.status == "complete" and given.payment_status == "paid",
        amount_minor=int(given.amount_total or 0), currency=str(given.currency or "").lower(),
        payment_id=payment if isinstance(payment, str) or payment is None else payment.id,
        reference=given.client_reference_id or "",
    )  # fmt: skip


def _reference(metadata: Any) -> str:
    return str(metadata.to_dict().get(REFERENCE, "")) if metadata else ""
