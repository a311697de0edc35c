"""Staff's page of one order: its timeline, where it goes, what was paid, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts.models import Person
from portal.accounts.places import country_name
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import answering, orders, parcels, paying, problems, queries, variants, wording
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.fulfilment.physical import address_of, goes_somewhere, sent_before
from portal.rewards.kind_models import Parcel
from portal.rewards.models import GIVEN_BACK, Redemption
from portal.rewards.order_forms import AnswerForm, BackForm, RefundForm, SentForm
from portal.rewards.orders_staff import bp, list_left
from portal.rewards.problem_models import ProblemState
from portal.rewards.refusals import OrderRefused
from portal.rewards.stripe.models import PaymentState


@bp.post("/<redemption_id>/problem")
@allow(Permission.MANAGE_REWARDS)
def answer_problem(redemption_id: str) -> ResponseReturnValue:
    redemption, form = _load(redemption_id), AnswerForm()
    if not form.validate():
        return _order_page(redemption, answer_form=form), 422
    problem = problems.open_problem(redemption_id)
    if problem is None:
        gone = OrderRefused(lazy_gettext("A colleague answered this already. Nothing changed."))
        return _order_page(redemption, refusal=gone), 409
    how, why = ProblemState(form.how.data), form.why.data or ""
    return _change(
        redemption,
        lambda: answering.answer(problem, how, why=why, actor=current_user, now=clock.now()),
        _("Answered. Its owner is told."), answer_form=form,
    )  # fmt: skip


@bp.get("/<redemption_id>")
@allow(Permission.MANAGE_REWARDS)
def show(redemption_id: str) -> ResponseReturnValue:
    return _order_page(_load(redemption_id))


@bp.post("/<redemption_id>/address")
@allow(Permission.MANAGE_REWARDS)
def show_address(redemption_id: str) -> ResponseReturnValue:
    """Where it goes, for who asks: that they did is written down. Of an order that is over, nobody sees it."""
    redemption = _load(redemption_id)
    _parcel(redemption)
    if not goes_somewhere(redemption):
        over = OrderRefused(lazy_gettext("This order is over: its points went back already."))
        return _order_page(redemption, refusal=over), 409
    with unit_of_work():
        orders.read_addresses([redemption_id], actor=current_user)
    return _order_page(_load(redemption_id), with_address=True)


@bp.post("/<redemption_id>/refund")
@allow(Permission.MANAGE_REWARDS)
def refund(redemption_id: str) -> ResponseReturnValue:
    redemption, form = _load(redemption_id), RefundForm()
    if not form.validate():
        return _order_page(redemption, refund_form=form), 422
    return _change(
        redemption,
        lambda: orders.refund(
            redemption, why=form.why.data or "", back_in_stock=bool(form.back_in_stock.data), actor=current_user,
            now=clock.now(),
        ),
        _("The points are back with their owner, who reads your reason."), refund_form=form,
    )  # fmt: skip


@bp.post("/<redemption_id>/sent")
@allow(Permission.MANAGE_REWARDS)
def sent(redemption_id: str) -> ResponseReturnValue:
    redemption, form = _load(redemption_id), SentForm()
    if not form.validate():
        return _order_page(redemption, sent_form=form), 422
    parcel = _parcel(redemption)
    return _change(
        redemption,
        lambda: parcels.send(
            parcel, carrier=form.carrier.data or "", tracking=form.tracking.data or "", actor=current_user,
            now=clock.now(),
        ),
        _("Noted as sent. Its owner is told."), sent_form=form,
    )  # fmt: skip


@bp.post("/<redemption_id>/delivered")
@allow(Permission.MANAGE_REWARDS)
def delivered(redemption_id: str) -> ResponseReturnValue:
    redemption = _load(redemption_id)
    parcel = _parcel(redemption)
    return _change(
        redemption, lambda: parcels.deliver(parcel, actor=current_user, now=clock.now()), _("Noted as arrived.")
    )


@bp.post("/<redemption_id>/returned")
@allow(Permission.MANAGE_REWARDS)
def returned(redemption_id: str) -> ResponseReturnValue:
    return _with_reason(redemption_id, parcels.came_back, _("Noted. Now send it again, or give the points back."))


@bp.post("/<redemption_id>/again")
@allow(Permission.MANAGE_REWARDS)
def again(redemption_id: str) -> ResponseReturnValue:
    return _with_reason(redemption_id, parcels.send_again, _("It waits to be packed once more."))


@bp.post("/<redemption_id>/payment")
@allow(Permission.MANAGE_REWARDS)
def accept_payment(redemption_id: str) -> ResponseReturnValue:
    """Another amount came than was asked for, and that is fine."""
    redemption, form = _load(redemption_id), BackForm()
    if not form.validate():
        return _order_page(redemption, back_form=form), 422
    return _change(
        redemption,
        lambda: paying.accept(redemption, why=form.why.data or "", actor=current_user, now=clock.now()),
        _("The payment is accepted, and its owner has what it is for."), back_form=form,
    )  # fmt: skip


def _with_reason(redemption_id: str, verb: Callable[..., None], words: str) -> ResponseReturnValue:
    redemption, form = _load(redemption_id), BackForm()
    if not form.validate():
        return _order_page(redemption, back_form=form), 422
    parcel = _parcel(redemption)
    return _change(
        redemption, lambda: verb(parcel, why=form.why.data, actor=current_user, now=clock.now()), words, back_form=form
    )


def _change(redemption: Redemption, verb: Callable[[], None], words: str, **typed: Any) -> ResponseReturnValue:
    """Do it, or show the order with why not and with what was typed."""
    redemption_id = redemption.id
    try:
        with unit_of_work():
            verb()
    except OrderRefused as refusal:
        return _order_page(_load(redemption_id), refusal=refusal, **typed), 409
    done(words)
    return redirect(url_for(".show", redemption_id=redemption_id, **list_left()), 303)


def _order_page(
    redemption: Redemption, *, with_address: bool = False, refusal: OrderRefused | None = None, **typed: Any
) -> str:
    """`typed`: forms by name, with what was typed and what is wrong with it; the others are empty."""
    parcel = db.session.get(Parcel, redemption.id)
    return render_template(
        "rewards/order.html",
        redemption=redemption,
        person=db.session.get(Person, redemption.person_id),
        variant=variants.name_of(redemption.variant_id),
        status=fulfilment_of(redemption.reward.kind).status(redemption),
        timeline=wording.timeline(queries.steps_of(redemption.id), redemption.person_id),
        refusal=refusal,
        came_from=list_left(),
        can_refund=redemption.state not in GIVEN_BACK and redemption.person_id != current_user.id,
        **_destination(redemption, parcel, with_address=with_address),
        **_payment(redemption),
        **_forms(redemption, parcel, typed),
    )


def _destination(redemption: Redemption, parcel: Parcel | None, *, with_address: bool) -> dict[str, Any]:
    """Where it goes: the country for everybody, the lines of the address for who asked."""
    address = address_of(parcel) if parcel and with_address else None
    place = country_name(parcel.country, str(get_locale())) if parcel else ""
    return {
        "parcel": parcel, "place": place, "lines": address.lines(place) if address else [],
        "goes_somewhere": goes_somewhere(redemption),
        "sent_before": sent_before(redemption, parcel) if parcel else "",
    }  # fmt: skip


def _payment(redemption: Redemption) -> dict[str, Any]:
    payment = paying.payment_of(redemption.id)
    if payment is None:
        return {"payment": None}
    return {
        "payment": payment,
        "payment_words": wording.PAYMENT_STATES[PaymentState(payment.state)],
        "advice": wording.payment_advice(payment, queries.steps_of(redemption.id)),
        "can_accept": paying.can_be_accepted(redemption, payment),
    }


def _forms(redemption: Redemption, parcel: Parcel | None, typed: dict[str, Any]) -> dict[str, Any]:
    cannot_replace = answering.why_not_replaced(redemption)
    forms: dict[str, Any] = {
        "refund_form": RefundForm(formdata=None), "sent_form": SentForm(formdata=None, obj=parcel),
        "back_form": BackForm(formdata=None), "answer_form": AnswerForm(formdata=None), **typed,
    }  # fmt: skip
    forms["answer_form"] = forms["answer_form"].offering(replacement=cannot_replace is None)
    return {**forms, "cannot_replace": cannot_replace, "problem": problems.open_problem(redemption.id)}


def _parcel(redemption: Redemption) -> Parcel:
    return db.session.get(Parcel, redemption.id) or abort(404)


def _load(redemption_id: str) -> Redemption:
    return db.session.get(Redemption, redemption_id) or abort(404)
