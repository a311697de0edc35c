"""Staff's list of orders: by state, as a table, the packing list and back, and what is done to many at once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from portal.accounts.places import country_name
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.audit import audit
from portal.kernel.csv_text import Cell, CsvRefused, csv_bytes, read_table
from portal.kernel.flashes import done
from portal.kernel.formatting import number
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import orders, queries, variants
from portal.rewards.finding import LOOKED_THROUGH_MAX, SEARCH_LENGTH_MAX
from portal.rewards.fulfilment import all_kinds
from portal.rewards.fulfilment.physical import address_of
from portal.rewards.kind_models import ParcelState
from portal.rewards.models import GIVEN_BACK, RedemptionState, RewardKind
from portal.rewards.order_forms import Bulk, BulkForm, TrackingForm
from portal.rewards.orders import Outcome, Shown, Tracked
from portal.rewards.refusals import OrderRefused

bp = Blueprint("orders_staff", __name__, url_prefix="/staff/orders")
TRACKING_COLUMNS = ("order", "carrier", "tracking")


@bp.get("")
@allow(Permission.MANAGE_REWARDS)
def index() -> ResponseReturnValue:
    """`?chosen=all` ticks what can be chosen, for who has no JavaScript."""
    return _list_page(choose_all=request.args.get("chosen") == "all")


def _list_page(
    outcomes: list[Outcome] | None = None,
    form: TrackingForm | None = None,
    bulk_form: BulkForm | None = None,
    *,
    chosen: Collection[str] = (),
    choose_all: bool = False,
) -> str:
    """`chosen`: the orders that stay ticked; of those that were given back, none can be."""
    shown, cursor = _shown(), request.args.get("after")
    page = orders.orders(shown, cursor=cursor)
    likely = Bulk.DELIVERED if shown.on_the_way else Bulk.SENT
    return render_template(
        "rewards/orders.html",
        page=page,
        names=queries.names_of([each.person_id for each in page.rows]),
        shown=shown,
        asked=_asked(shown),
        states=list(RedemptionState),
        kinds=[(kind, each.label) for kind, each in all_kinds().items()],
        outcomes=outcomes,
        subjects=orders.subjects_of([each.order for each in outcomes or []]),
        bulk_form=bulk_form or BulkForm(formdata=None, what=likely.value),
        chosen=[each.id for each in page.rows] if choose_all else chosen,
        cursor=cursor,
        odd=db.session.scalar(orders.counting_odd()) or 0,
        given_back=GIVEN_BACK,
        search_length_max=SEARCH_LENGTH_MAX,
        looked_through_max=LOOKED_THROUGH_MAX,
        tracking_form=form or TrackingForm(formdata=None),
    )


def _shown() -> Shown:
    state, kind = request.args.get("state"), request.args.get("kind")
    return Shown(
        state=RedemptionState(state) if state in list(RedemptionState) else None,
        kind=RewardKind(kind) if kind in list(RewardKind) else None,
        reward_id=request.args.get("reward") or None,
        odd=request.args.get("odd") == "1",
        on_the_way=request.args.get("parcel") == ParcelState.SENT,
        text=" ".join(request.args.get("q", "").split())[:SEARCH_LENGTH_MAX],
    )


def _asked(shown: Shown) -> dict[str, Any]:
    """The list's filters, for addresses."""
    return {
        "state": shown.state, "kind": shown.kind, "reward": shown.reward_id, "odd": "1" if shown.odd else None,
        "parcel": ParcelState.SENT.value if shown.on_the_way else None, "q": shown.text or None,
    }  # fmt: skip


def list_left() -> dict[str, Any]:
    """Filters and place of the list from which somebody came, for the way back to it."""
    return {**_asked(_shown()), "after": request.args.get("after")}


@bp.post("/export.csv")
@allow(Permission.MANAGE_REWARDS)
def export() -> ResponseReturnValue:
    """The list as a table, without addresses; that it was taken out, with everybody's name, is in the audit trail."""
    rows: list[list[Cell]] = [
        [each.id, name, each.reward.name, each.reward.kind, each.price_points, each.state, each.reserved_at,
         each.fulfilled_at, each.reason]
        for each, name in orders.all_orders(_shown())
    ]  # fmt: skip
    with unit_of_work():
        asked = {name: str(value) for name, value in _asked(_shown()).items() if value}
        audit(
            "orders.exported", ("orders", "list"), actor_id=current_user.id, why="export",
            after={"orders": len(rows), **asked},
        )  # fmt: skip
    head: list[Cell] = [_("Order"), _("Person"), _("Reward"), _("Kind"), _("Points"), _("State"), _("Redeemed"),
                        _("Fulfilled"), _("Why")]  # fmt: skip
    return _csv("orders.csv", [head, *rows])


@bp.post("/packing.csv")
@allow(Permission.MANAGE_REWARDS)
def packing_list() -> ResponseReturnValue:
    """What to pack and where it goes; with carrier and number written in, the file can be uploaded as it is.

    Who took it, and whose addresses they saw, is written down.
    """
    head: list[Cell] = ["order", "reward", "variant", "name", "line1", "line2", "postcode", "city", "region", "country",
                        "carrier", "tracking"]  # fmt: skip
    rows: list[list[Cell]] = []
    with unit_of_work():
        for redemption, parcel in orders.to_pack(request.form.get("reward") or None):
            address = address_of(parcel)
            parts = [getattr(address, part, "") for part in ("name", "line1", "line2", "postcode", "city", "region")]
            place = country_name(parcel.country, "en")
            rows.append(
                [redemption.id, redemption.reward.name, variants.name_of(redemption.variant_id), *parts, place, "", ""]
            )
        orders.read_addresses([str(row[0]) for row in rows], actor=current_user)
    return _csv("packing.csv", [head, *rows])


def _csv(name: str, rows: list[list[Cell]]) -> Response:
    return Response(
        csv_bytes(rows), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@bp.post("/tracking")
@allow(Permission.MANAGE_REWARDS)
def track() -> ResponseReturnValue:
    """Take what can be taken of the packing list that comes back; rows with a problem are named."""
    form = TrackingForm()
    rows = _tracked(form) if form.validate() else []
    if form.errors:
        return _list_page(form=form), 422
    outcomes = _row_by_row(rows, lambda row: orders.send_one(row, actor=current_user, now=clock.now()))
    if any(each.refused for each in outcomes):
        return _list_page(outcomes=outcomes, form=form), 422
    done(ngettext("%(num)d parcel is noted as sent.", "%(num)d parcels are noted as sent.", len(outcomes)))
    return redirect(url_for(".index", state=RedemptionState.FULFILLED), 303)


def _row_by_row(rows: list[Tracked], act: Callable[[Tracked], None]) -> list[Outcome]:
    """Each in a transaction of its own: one that can't be is named, and the others are done and stay so.

    In one transaction they would wait for people who redeem meanwhile, and those for them.
    """
    outcomes = []
    for row in rows:
        try:
            with unit_of_work():
                act(row)
            outcomes.append(Outcome(row.line, row.order))
        except OrderRefused as refusal:
            outcomes.append(Outcome(row.line, row.order, refusal.sentence))
    return outcomes


def _tracked(form: TrackingForm) -> list[Tracked]:
    """The rows that name a number; a refusal of the file is the field's error."""
    try:
        table = read_table(form.file.data.read(), TRACKING_COLUMNS)
    except CsvRefused as refusal:
        where = _("Line %(line)s:", line=number(refusal.line_number)) + " " if refusal.line_number else ""
        form.file.errors = [f"{where}{refusal.sentence}"]
        return []
    rows = [Tracked(line, cells["order"], cells["carrier"], cells["tracking"]) for line, cells in table]
    sent = [row for row in rows if row.tracking or row.carrier]
    if len(sent) > orders.TRACKED_MAX:
        form.file.errors = [_("This file notes more than 2,000 parcels as sent. Upload it in parts.")]
        return []
    if not sent:
        form.file.errors = [_("No line has a carrier or a tracking number. Write them into the last two columns.")]
    return orders.compared(sent)


@bp.post("/bulk")
@allow(Permission.MANAGE_REWARDS)
def bulk() -> ResponseReturnValue:
    """The same for all chosen orders, line by line; pressed again, what is done already stays as it is."""
    form, chosen = BulkForm(), request.form.getlist("order")[: orders.BULK_MAX]
    if not form.validate() or not chosen:
        return _list_page(outcomes=None if form.errors else [], bulk_form=form, chosen=chosen), 422
    now, actor, why = clock.now(), current_user._get_current_object(), form.why.data or ""
    acts: dict[Bulk, Callable[[Tracked], None]] = {
        Bulk.SENT: lambda row: orders.send_one(row, actor=actor, now=now),
        Bulk.DELIVERED: lambda row: orders.deliver_one(row.order, actor=actor, now=now),
        Bulk.REFUND: lambda row: orders.refund_one(
            row.order, why=why, back_in_stock=bool(form.back_in_stock.data), actor=actor, now=now
        ),
    }
    rows = [Tracked(None, order) for order in dict.fromkeys(chosen)]
    outcomes = _row_by_row(rows, acts[Bulk(form.what.data)])
    refused = [each.order for each in outcomes if each.refused]
    if refused:
        return _list_page(outcomes=outcomes, bulk_form=form, chosen=refused), 409
    done(ngettext("%(num)d order is done.", "%(num)d orders are done.", len(outcomes)))
    return redirect(url_for(".index", _anchor="list", **list_left()), 303)
