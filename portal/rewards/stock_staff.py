"""Staff's part of a reward's page that fills its stock: codes by lines or file, things by their number."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.base import new_id
from portal.kernel.csv_text import CsvRefused, Row, read_rows
from portal.kernel.flashes import done
from portal.kernel.formatting import number
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import stocking, variants, wording
from portal.rewards.forms import CodesForm, StockForm
from portal.rewards.refusals import StateRefused
from portal.rewards.staff import bp, load_reward, reward_page
from portal.rewards.stocking import Line, Upload

HEADINGS = frozenset({"code", "codes", "coupon", "coupons", "voucher", "vouchers", "gutschein", "gutscheincode"})
"""What stands over a column of codes, in whatever letters."""


@bp.post("/<reward_id>/codes")
@allow(Permission.MANAGE_REWARDS)
def add_codes(reward_id: str) -> ResponseReturnValue:
    """Take what can be taken; lines with a problem are named, and stay in the box to be put right."""
    reward, form = load_reward(reward_id), CodesForm()
    lines = _lines(form) if form.validate() else []
    if form.errors:
        return reward_page(reward, codes_form=form), 422
    try:
        with unit_of_work():
            upload = stocking.add_codes(reward, lines, actor=current_user, now=clock.now())
    except StateRefused as refusal:
        return reward_page(refusal.reward, codes_form=form, refusal=refusal), 409
    if upload.problems:
        form.codes.data = _left_out(lines, upload)
        problems = [wording.problem_sentence(problem) for problem in upload.problems]
        return reward_page(reward, codes_form=form, upload=upload, problems=problems), 422
    done(ngettext("%(num)d code added.", "%(num)d codes added.", upload.added))
    return redirect(url_for(".show", reward_id=reward_id, _anchor="codes"), 303)


@bp.post("/<reward_id>/stock")
@allow(Permission.MANAGE_REWARDS)
def change_stock(reward_id: str) -> ResponseReturnValue:
    reward, form = load_reward(reward_id), StockForm()
    if not form.validate():
        return reward_page(reward, stock_form=form), 422
    key, change, why = form.idempotency_key.data or new_id(), form.change.data or 0, form.why.data or ""
    asked = fingerprint(
        "change_stock", {"reward": reward_id, "variant": form.variant.data, "change": change, "why": why}
    )
    try:
        with unit_of_work():
            if first_answer(current_user.id, key, asked) is None:
                variants.change_stock(
                    reward, form.variant.data or "", change, why=why, actor=current_user, now=clock.now()
                )
                remember(current_user.id, key, asked, reward_id)
    except KeyReused:
        abort(409)
    except StateRefused as refusal:
        return reward_page(refusal.reward, stock_form=form, refusal=refusal), 409
    done(_("The stock is changed."))
    return redirect(url_for(".show", reward_id=reward_id, _anchor="stock"), 303)


def _lines(form: CodesForm) -> list[Line]:
    """Lines of the text, then those of the file. A refusal is the field's error."""
    lines = [Line(place, text) for place, text in enumerate((form.codes.data or "").splitlines(), start=1)]
    if not form.file.data:
        return lines
    try:
        rows = read_rows(form.file.data.read())
    except CsvRefused as refusal:
        where = _("Line %(line)s:", line=number(refusal.line_number)) + " " if refusal.line_number else ""
        form.file.errors = [f"{where}{refusal.sentence}"]
        return []
    codes = _codes_in(rows)
    if not codes:
        form.file.errors = [_("Below the heading of this file there are no codes.")]
    return [*lines, *[Line(len(lines) + code.number, code.text) for code in codes]]


def _codes_in(rows: Sequence[Row]) -> list[Line]:
    """The column that has a heading for codes, without it; or else the first. A fan must never get the word “code”."""
    named = [place for place, cell in enumerate(rows[0].cells) if cell.strip().casefold() in HEADINGS]
    column, filled = (named[0], rows[1:]) if named else (0, rows)
    return [Line(row.line_number, row.cells[column] if column < len(row.cells) else "") for row in filled]


def _left_out(lines: list[Line], upload: Upload) -> str:
    """The lines that were not taken, to be put right; what the pool has already needs no second try."""
    wrong = {
        problem.line
        for problem in upload.problems
        if problem.reason not in (stocking.LeftOut.KNOWN, stocking.LeftOut.TWICE, stocking.LeftOut.BLANK)
    }
    return "\n".join(line.text for line in lines if line.number in wrong)
