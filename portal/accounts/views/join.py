"""The first visit: age, then about you, then in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import places
from portal.accounts.forms import AgeForm, JoinForm
from portal.accounts.handles import HandleRefused
from portal.accounts.identities import IdentityTaken, identity_at
from portal.accounts.joining import AboutYou, agree_to_terms, join, refuse_by_age, was_refused_by_age
from portal.accounts.models import Person
from portal.accounts.views import HOME, bp, newcomer
from portal.accounts.views.newcomer import Newcomer
from portal.accounts.views.sign_in import proved_at, refuse, too_young
from portal.accounts.views.visit import enter
from portal.accounts.views.ways import all_ways
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow, public
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.kernel.web import safe_next


@bp.get("/join")
@public
def join_page() -> ResponseReturnValue:
    """Country and age: asked before anything else."""
    who = newcomer.current(clock.now())
    if who is None:
        return _nobody_joins()
    form = AgeForm(country=who.country or _likely_country(who))
    return _age_page(form, who)


@bp.get("/join/age")
@public
def age_question() -> ResponseReturnValue:
    """The question alone, for the country just chosen (htmx).

    Nothing (204) where the page asks it already: whoever answers while this is on its way keeps the answer.
    """
    form = AgeForm(formdata=request.args)
    if form.country.data and form.is_asked:
        return "", 204
    return render_template("accounts/_age.html", form=form)


@bp.post("/join")
@public
def answer_age() -> ResponseReturnValue:
    """Goes on only with an answer to the question for this very country."""
    now = clock.now()
    who = newcomer.current(now)
    if who is None:
        return _nobody_joins()
    identity = who.identity
    if _was_too_young(who, now):
        return too_young()
    form = AgeForm()
    if not form.validate():
        return _age_page(form, who), 422
    answer = form.answered()
    if answer is None:
        form.old_enough.errors = [_("Tell us which of the two is true.")]
        return _age_page(form, who), 422
    if not answer:
        with unit_of_work():
            refuse_by_age(identity.issuer, identity.subject, now=now)
        return too_young()
    newcomer.keep(replace(who, country=form.country.data), now=now)
    return redirect(url_for(".about_you"), 303)


@bp.get("/join/you")
@public
def about_you() -> ResponseReturnValue:
    """Name, address, language, zone, roles, terms: all can be changed later, nothing is ticked beforehand."""
    who = newcomer.current(clock.now())
    if who is None or not who.country:
        return _nobody_joins() if who is None else redirect(url_for(".join_page"), 303)
    identity = who.identity
    zone = identity.time_zone if identity.time_zone in places.time_zones() else places.zone_of(who.country)
    form = JoinForm(
        display_name=identity.name,
        email=identity.email,
        locale=str(get_locale()),
        time_zone=zone or current_app.config["SETTINGS"].time_zone,
    )
    return _about_page(form, who)


@bp.post("/join/you")
@public
def finish_joining() -> ResponseReturnValue:
    """Make the account and sign in."""
    now = clock.now()
    who = newcomer.current(now)
    if who is None or not who.country:
        return _nobody_joins()
    if _was_too_young(who, now):
        return too_young()  # said so elsewhere since: the answer for this cookie is an older one
    form = JoinForm()
    if not form.validate():
        return _about_page(form, who), 422
    provider = all_ways().get(who.identity.provider)
    about = AboutYou(
        display_name=form.display_name.data or "",
        email=form.email.data or None,
        country=who.country,
        locale=form.locale.data,
        time_zone=form.time_zone.data,
        advocacy_roles=form.chosen_roles,
    )
    try:
        with unit_of_work():
            person = _join_once(about, who, employee=bool(provider and provider.employees))
            known = identity_at(who.identity.issuer, who.identity.subject)
            enter(
                person,
                identity_id=known.id if known else None,
                authenticated_at=proved_at(provider, who.identity, now) if provider else now,
                now=now,
            )
    except HandleRefused as refused:  # somebody was faster by a moment: nothing of the new account is kept
        session.pop(newcomer.KEY, None)
        return refuse(str(refused.sentence), who.next, 409)
    done(_("Welcome, %(name)s.", name=person.display_name))
    return redirect(safe_next(who.next, HOME), 303)


def _join_once(about: AboutYou, who: Newcomer, *, employee: bool) -> Person:
    """A second press of the button signs in to the account that the first one made."""
    try:
        with db.session.begin_nested():
            return join(
                about,
                who.identity,
                terms_version=current_app.config["SETTINGS"].terms_version,
                employee=employee,
                invitation=newcomer.invitation(),
                now=clock.now(),
            )
    except IdentityTaken:
        known = identity_at(who.identity.issuer, who.identity.subject)
        person = db.session.get(Person, known.person_id) if known else None
        if person is None or not person.is_active:
            raise
        return person


@bp.get("/terms")
@public
def terms() -> ResponseReturnValue:
    """What somebody agrees to, in plain words; who has not agreed to this version can do so here."""
    return render_template(
        "accounts/terms.html",
        version=current_app.config["SETTINGS"].terms_version,
        onward=safe_next(request.args.get("next"), HOME),
    )


@bp.post("/terms")
@allow(Permission.TAKE_PART)
def agree_to_new_terms() -> ResponseReturnValue:
    """A new version asks everybody again."""
    with unit_of_work():
        agree_to_terms(current_user, current_app.config["SETTINGS"].terms_version, now=clock.now())
    done(_("Thank you."))
    return redirect(safe_next(request.form.get("next"), HOME), 303)


def _was_too_young(who: Newcomer, now: datetime) -> bool:
    """In this browser, or with this identity in any."""
    identity = who.identity
    return bool(session.get(newcomer.TOO_YOUNG_KEY)) or was_refused_by_age(identity.issuer, identity.subject, now=now)


def _nobody_joins() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(HOME, 303)
    return redirect(url_for(".sign_in"), 303)


def _likely_country(who: Newcomer) -> str:
    named = places.country_of(who.identity.locale)
    if named:
        return named
    return next((country for tag in request.accept_languages.values() if (country := places.country_of(tag))), "")


def _age_page(form: AgeForm, who: Newcomer) -> str:
    return render_template("accounts/join_age.html", form=form, who=who, provider=all_ways().get(who.identity.provider))


def _about_page(form: JoinForm, who: Newcomer) -> str:
    return render_template(
        "accounts/join_you.html",
        form=form,
        who=who,
        provider=all_ways().get(who.identity.provider),
        version=current_app.config["SETTINGS"].terms_version,
    )
