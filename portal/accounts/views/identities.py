"""My ways to sign in: add one, remove one; both only right after proving who I am (PROMISES P-08)."""

from __future__ import annotations

from flask import abort, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import identities, queries, rules
from portal.accounts.views import bp, newcomer
from portal.accounts.views.attempts import Purpose
from portal.accounts.views.sign_in import STARTS_PER_MINUTE, provider_or_404, providers, send_to
from portal.accounts.views.visit import current_session
from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work


@bp.get("/profile/identities")
@allow(Permission.TAKE_PART)
def list_identities() -> ResponseReturnValue:
    return _page()


@bp.post("/profile/identities/again/<provider>")
@allow(Permission.TAKE_PART)
@limiter.limit(STARTS_PER_MINUTE)
def prove_again(provider: str) -> ResponseReturnValue:
    """Sign in anew at a provider that I use already."""
    return send_to(provider_or_404(provider), Purpose.AGAIN, onward=url_for(".list_identities"))


@bp.post("/profile/identities/add/<provider>")
@allow(Permission.TAKE_PART)
@limiter.limit(STARTS_PER_MINUTE)
def begin_identity(provider: str) -> ResponseReturnValue:
    """Go to the provider and come back with a second identity."""
    adding = provider_or_404(provider)
    if not _is_fresh():
        return _page(problem=_("Sign in once more first, so that nobody else adds a way into your account.")), 403
    return send_to(adding, Purpose.LINK, onward=url_for(".list_identities"))


@bp.get("/profile/identities/confirm")
@allow(Permission.TAKE_PART)
def confirm_identity() -> ResponseReturnValue:
    """Say which account will sign me in from now on."""
    proved = newcomer.current_link(clock.now())
    if proved is None:
        return redirect(url_for(".list_identities"), 303)
    return render_template("accounts/confirm_identity.html", proved=proved, provider=providers().get(proved.provider))


@bp.post("/profile/identities/confirm")
@allow(Permission.TAKE_PART)
def add_identity() -> ResponseReturnValue:
    """Join the two. Raises nothing: a refusal is shown with the list."""
    now = clock.now()
    proved = newcomer.current_link(now)
    session.pop(newcomer.LINK_KEY, None)
    if proved is None or not _is_fresh():
        return _page(problem=_("Too much time has passed. Please start again.")), 403
    try:
        with unit_of_work():
            identities.add_identity(current_user, proved, now=now)
    except identities.IdentityRefused as refused:
        return _page(problem=str(refused.sentence)), 409
    done(_("From now on you can also sign in that way."))
    return redirect(url_for(".list_identities"), 303)


@bp.post("/profile/identities/<identity_id>/remove")
@allow(Permission.TAKE_PART)
def remove_identity(identity_id: str) -> ResponseReturnValue:
    identity = queries.identity_of(current_user.id, identity_id)
    if identity is None:
        abort(404)
    if not _is_fresh():
        return _page(problem=_("Sign in once more first, so that nobody else locks you out.")), 403
    try:
        with unit_of_work():
            identities.remove_identity(current_user, identity, now=clock.now())
    except identities.LastIdentity as refused:
        return _page(problem=str(refused.sentence)), 409
    done(_("That way to sign in is removed."))
    return redirect(url_for(".list_identities"), 303)


def _is_fresh() -> bool:
    return rules.is_recent_proof(current_session().authenticated_at, clock.now())


def _page(problem: str = "") -> str:
    held = queries.identities_of(current_user.id)
    offered = providers()
    return render_template(
        "accounts/identities.html",
        identities=held,
        providers=offered,
        mine=[offered[code] for code in dict.fromkeys(identity.provider for identity in held) if code in offered],
        fresh=_is_fresh(),
        problem=problem,
    )
