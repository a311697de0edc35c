"""The programme's books for managers: what was issued, what is owed, what it costs; closing a month, taking it out."""

from __future__ import annotations

from babel.numbers import format_currency, get_currency_precision
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.csv_text import csv_bytes
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.points import books, month_closing
from portal.points.money import liability
from portal.points.ports import catalogue_rates, season_names

bp = Blueprint("points_books", __name__, url_prefix="/staff/points/books")

NOTE_LENGTH_MAX = 300


@bp.get("")
@allow(Permission.ADJUST_POINTS)
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/close")
@allow(Permission.ADJUST_POINTS)
def close() -> ResponseReturnValue:
    """Close the month that the page named, with a note; closed already, say so."""
    month, note = request.form.get("month", ""), request.form.get("note", "").strip()[:NOTE_LENGTH_MAX]
    if not note:
        return _page(note_problem=_("Say in a few words what was checked. It is kept with the closing.")), 422
    try:
        with unit_of_work():
            month_closing.close_month(month, actor=current_user, note=note, now=clock.now())
    except month_closing.MonthNotClosable:
        return _page(problem=_("This month can’t be closed: it is closed already, or another one comes first.")), 409
    done(_("The month is closed. Its figures stay as they are."))
    return redirect(url_for(".show"), 303)


@bp.get("/<month>.csv")
@allow(Permission.ADJUST_POINTS)
def month_csv(month: str) -> ResponseReturnValue:
    """A closed month as a table whose lines and columns add up. It speaks of nobody."""
    row = month_closing.closed_month(month)
    if row is None:
        abort(404)
    words = {
        "group": _("Accounts (points)"), "opening": _("Opening"), "closing": _("Closing"), "sum": _("Sum"),
        "figure": _("Figure"), "value": _("Value"), "unit": _("Unit"),
    }  # fmt: skip
    return Response(
        csv_bytes(month_closing.month_table(row, words)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="books-{row.month}.csv"'},
    )


def _page(*, problem: str = "", note_problem: str = "") -> str:
    now = clock.now()
    today = now.date()
    read, rates = books.read_books(today), catalogue_rates()
    owed, broken = books.held_by_people(read.balances), read.breakage
    return render_template(
        "points/staff_books.html",
        owed=owed,
        rates=rates,
        liability=liability(owed, rates, broken) if rates else None,
        money=_money,
        breakage_percent=round(broken * 100) if broken is not None else None,
        months=[(month, books.days_of(month)[0], figures) for month, figures in read.months],
        ages=books.ages(now),
        seasons=books.season_budgets(season_names()),
        closed=[(row, books.days_of(row.month)[0]) for row in books.closed_months()],
        to_close=_to_close(),
        problem=problem,
        note_problem=note_problem,
    )


def _to_close() -> tuple[str, object] | None:
    month = month_closing.next_to_close()
    return (month, books.days_of(month)[0]) if month else None


def _money(minor: int, currency: str) -> str:
    """An amount in the reader's way of writing money."""
    return str(format_currency(minor / 10 ** get_currency_precision(currency), currency, locale=get_locale()))
