"""Leagues and the season's board, and everybody's choice to be on them or not."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.utils import redirect
from wtforms import BooleanField, StringField
from wtforms.validators import Length

from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.form import FlaskForm
from portal.kernel.unit_of_work import unit_of_work
from portal.points.ports import season_now
from portal.recognition import leagues
from portal.recognition.league_models import LeagueChoice
from portal.recognition.league_rules import WEIGHTS, first_day
from portal.recognition.name_rules import NAME_LENGTH_MAX, tidied
from portal.recognition.names import short_name
from portal.recognition.naming import NameRefused
from portal.recognition.wording import name_refused

bp = Blueprint("leagues", __name__, url_prefix="/leagues")


class ChoiceForm(FlaskForm):
    """To be seen or not, and by which name."""

    shown = BooleanField(_l("Show me in leagues"))
    pseudonym = StringField(
        _l("Another name for the boards"), filters=[tidied],
        validators=[Length(max=NAME_LENGTH_MAX, message=_l("Keep the name within 40 letters."))],
    )  # fmt: skip


@bp.get("")
@allow(Permission.TAKE_PART)
def mine() -> ResponseReturnValue:
    """My league this month, and my choice."""
    choice = leagues.choice_of(current_user.id)
    seen = {"shown": choice.shown if choice else True, "pseudonym": choice.pseudonym if choice else ""}
    return _page(ChoiceForm(formdata=None, data=seen), choice)


@bp.post("")
@allow(Permission.TAKE_PART)
def choose() -> ResponseReturnValue:
    """It counts at once, on every board; points and rewards stay the same."""
    form = ChoiceForm()
    if not form.validate():
        return _page(form, leagues.choice_of(current_user.id)), 422
    try:
        with unit_of_work():
            leagues.choose(current_user.id, shown=form.shown.data, pseudonym=form.pseudonym.data, now=clock.now())
    except NameRefused as refused:
        form.pseudonym.errors = [name_refused(refused)]
        return _page(form, leagues.choice_of(current_user.id)), 409
    done(_("You are on the boards.") if form.shown.data else _("You are on no board any more."))
    return redirect(url_for(".mine"), 303)


@bp.get("/season")
@allow(Permission.TAKE_PART)
def season() -> ResponseReturnValue:
    """The first of the season that runs, and what is mine."""
    here = season_now()
    return render_template(
        "recognition/season.html", season=here, weights=WEIGHTS,
        top=leagues.season_board(here.campaign_id, current_user.id) if here else None,
        own=leagues.effect_in_season(here.campaign_id, current_user.id) if here else 0,
    )  # fmt: skip


def _page(form: ChoiceForm, choice: LeagueChoice | None) -> str:
    return render_template(
        "recognition/leagues.html", form=form, weights=WEIGHTS, name=short_name(current_user.display_name),
        board=leagues.board_of(current_user.id, first_day(clock.now().date())),
        hidden=bool(choice and not choice.shown),
    )  # fmt: skip
