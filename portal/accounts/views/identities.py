"""My ways to sign in: add one, remove one; both only right after proving who I am (PROMISES P-08)."""

from __future__ import annotations

from flask import abort, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import identities, queries, rules, wording
from portal.accounts.forms import NetworkForm
from portal.accounts.handles import HandleRefused
from portal.accounts.models import Identity
from portal.accounts.networks.provider import NetworkProvider
from portal.accounts.views import bp, newcomer
from portal.accounts.views.attempts import Purpose
from portal.accounts.views.network_sign_in import send_to_server
from portal.accounts.views.sign_in import STARTS_PER_MINUTE, send_to
from portal.accounts.views.visit import current_session
from portal.accounts.views.ways import Way, all_ways, network_or_404, networks, provider_or_404, providers, way_name
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


@bp.post("/profile/identities/<identity_id>/again")
@allow(Permission.TAKE_PART)
@limiter.limit(STARTS_PER_MINUTE)
def prove_again_at_server(identity_id: str) -> ResponseReturnValue:
    """Sign in anew with a network's account that signs me in already: it says which server."""
    identity = queries.identity_of(current_user.id, identity_id)
    if identity is None:
        abort(404)
    naming = network_or_404(identity.provider)
    typed = naming.typed_for(identity.issuer, identity.subject)
    return send_to_server(naming, typed, Purpose.AGAIN, onward=url_for(".list_identities"))


@bp.get("/profile/identities/with/<network>")
@allow(Permission.TAKE_PART)
def name_server_to_add(network: str) -> ResponseReturnValue:
    """Ask for the handle or server of a second identity."""
    naming = network_or_404(network)
    return _server_page(naming, NetworkForm()) if _is_fresh() else redirect(url_for(".list_identities"), 303)


@bp.post("/profile/identities/with/<network>")
@allow(Permission.TAKE_PART)
@limiter.limit(STARTS_PER_MINUTE)
def begin_identity_at_server(network: str) -> ResponseReturnValue:
    """Go to the server and come back with a second identity."""
    naming, form = network_or_404(network), NetworkForm()
    if not _is_fresh():
        return _page(problem=_("Sign in once more first, so that nobody else adds a way into your account.")), 403
    if not form.validate():
        return _server_page(naming, form), 422
    return send_to_server(
        naming, form.typed.data or "", Purpose.LINK, onward=url_for(".list_identities"),
        page=lambda shown: _server_page(naming, shown), form=form,
    )  # fmt: skip


@bp.get("/profile/identities/confirm")
@allow(Permission.TAKE_PART)
def confirm_identity() -> ResponseReturnValue:
    """Say which account will sign me in from now on."""
    proved = newcomer.current_link(clock.now())
    if proved is None:
        return redirect(url_for(".list_identities"), 303)
    return render_template("accounts/confirm_identity.html", proved=proved, provider=all_ways().get(proved.provider))


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
    except (identities.IdentityRefused, HandleRefused) as refused:
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
    return render_template(
        "accounts/identities.html",
        identities=held,
        names={identity.provider: way_name(identity.provider) for identity in held},
        mine=_ways_again(held),
        others=_ways_to_add(),
        fresh=_is_fresh(),
        problem=problem,
    )


def _ways_again(held: list[Identity]) -> list[Way]:
    """A button for each provider that knows me, and for each account on a network of many servers."""
    offered = providers()
    known = dict.fromkeys(identity.provider for identity in held if identity.provider in offered)
    return [
        *(Way(code, offered[code].name, url_for(".prove_again", provider=code)) for code in known),
        *(Way(i.provider, way_name(i.provider), url_for(".prove_again_at_server", identity_id=i.id), note=i.label)
          for i in held if i.provider in networks()),
    ]  # fmt: skip


def _ways_to_add() -> list[Way]:
    return [
        *(Way(p.code, p.name, url_for(".begin_identity", provider=p.code)) for p in providers().values()),
        *(Way(n.code, n.name, url_for(".name_server_to_add", network=n.code), asks=True) for n in networks().values()),
    ]


def _server_page(naming: NetworkProvider, form: NetworkForm) -> str:
    return render_template(
        "accounts/network_sign_in.html", network=naming, form=form, onward="",
        words=wording.NETWORK_FORMS[naming.asks_for], back=url_for(".list_identities"),
        action=url_for(".begin_identity_at_server", network=naming.code),
    )  # fmt: skip
