"""The hub "You": what somebody told about themselves, and the doors to everything of theirs."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import places, queries, rules, wording
from portal.accounts.forms import ProfileForm
from portal.accounts.joining import choose_advocacy_roles
from portal.accounts.models import Person
from portal.accounts.ports import network_names
from portal.accounts.views import bp
from portal.accounts.views.ways import way_name
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work


@bp.get("/profile")
@allow(Permission.TAKE_PART)
def profile() -> ResponseReturnValue:
    """Everything about me, on one page."""
    return render_template(
        "accounts/profile.html",
        person=current_user,
        country=places.country_name(current_user.country, str(get_locale())),
        language=places.language_name(current_user.locale),
        handles=queries.handles_of(current_user.id),
        networks=network_names(),
        sessions_count=len(queries.open_sessions(current_user.id, clock.now())),
        ways_in=list(dict.fromkeys(way_name(i.provider) for i in queries.identities_of(current_user.id))),
        role_words=wording.ADVOCACY_ROLES,
        proof_words=wording.PROOF_METHODS,
        lent=queries.lent_handles(current_user.id),
        staff_words=wording.STAFF_ROLES,
        url_for_pages=current_app.view_functions,
        has_messages="messages.preferences" in current_app.view_functions,
    )  # fmt: skip


@bp.get("/profile/edit")
@allow(Permission.TAKE_PART)
def edit_profile() -> ResponseReturnValue:
    return _edit_page(ProfileForm(data=_kept(current_user)))


@bp.post("/profile/edit")
@allow(Permission.TAKE_PART)
def save_profile() -> ResponseReturnValue:
    """Keep what was changed. Moving to a country with a higher age limit asks for the age again."""
    form = ProfileForm()
    if not form.validate():
        return _edit_page(form), 422
    if _limit_rises(form) and not form.old_enough.data:
        form.old_enough.errors = [_("In this country you need to be %(limit)s to take part.",
                                    limit=rules.age_limit(form.country.data))]  # fmt: skip
        return _edit_page(form), 422
    with unit_of_work():
        person = current_user
        person.display_name = form.display_name.data
        person.email = form.email.data or None
        person.country, person.locale, person.time_zone = form.country.data, form.locale.data, form.time_zone.data
        choose_advocacy_roles(person, form.chosen_roles)
        person.version += 1
    done(_("Your profile is saved."))
    return redirect(url_for(".profile"), 303)


def _kept(person: Person) -> dict[str, Any]:
    """What the form starts with. As a dictionary, since roles are rows there and words here."""
    return {
        "display_name": person.display_name, "email": person.email, "country": person.country,
        "locale": person.locale, "time_zone": person.time_zone,
        "advocacy_roles": [chosen.role for chosen in person.advocacy_roles],
    }  # fmt: skip


def _limit_rises(form: ProfileForm) -> bool:
    return rules.age_limit(form.country.data) > rules.age_limit(current_user.country)


def _edit_page(form: ProfileForm) -> str:
    asks_age = bool(form.old_enough.errors)
    return render_template(
        "accounts/edit_profile.html", form=form, asks_age=asks_age, limit=rules.age_limit(form.country.data or ""),
        meanings=wording.ADVOCACY_MEANINGS, icons=wording.ADVOCACY_ICONS,
    )  # fmt: skip
