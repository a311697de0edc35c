"""Signing in and out: to a provider and back (PROMISES P-07, P-08)."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

import structlog
from flask import abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import queries, rules
from portal.accounts.handles import note_arrival, proved_by_others
from portal.accounts.identities import identity_at
from portal.accounts.joining import was_refused_by_age
from portal.accounts.logins.network import LoginNetwork
from portal.accounts.networks.provider import NetworkProvider
from portal.accounts.providers import flow
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.openid import origin_of
from portal.accounts.providers.provider import Provider
from portal.accounts.sessions import end_session, renew_session
from portal.accounts.verified import VerifiedIdentity
from portal.accounts.views import HOME, attempts, bp, newcomer
from portal.accounts.views.attempts import Attempt, Purpose
from portal.accounts.views.visit import SID, current_session, enter, start_cookie
from portal.accounts.views.ways import entrances, provider_or_404
from portal.extensions import csrf, limiter
from portal.kernel import clock
from portal.kernel.access import public
from portal.kernel.flashes import done
from portal.kernel.limits import limit_reading
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.kernel.web import safe_next

log = structlog.get_logger()
Vouching = Provider | NetworkProvider
Named = Vouching | LoginNetwork

STARTS_PER_MINUTE = "20 per minute"
CALLBACKS_PER_MINUTE = "30 per minute"


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Every provider that is configured; nothing here speaks to any of them."""
    onward = safe_next(request.args.get("next"), HOME)
    if current_user.is_authenticated:
        return redirect(onward, 303)
    return sign_in_page(onward=onward)


@bp.post("/sign-in/<provider>")
@public
@limiter.limit(STARTS_PER_MINUTE)
def start(provider: str) -> ResponseReturnValue:
    """Send the browser to the provider."""
    onward = safe_next(request.form.get("next"), HOME)
    return send_to(provider_or_404(provider), Purpose.ENTER, onward=onward)


def send_to(provider: Provider, purpose: Purpose, *, onward: str) -> ResponseReturnValue:
    """Remember the attempt in this browser, and go."""
    person_id = current_user.id if current_user.is_authenticated else ""
    attempt = attempts.begin(provider.code, purpose, next_=onward, person_id=person_id, now=clock.now())
    end_reading()
    try:
        address = flow.begin(
            provider,
            current_app.extensions["portal_discovery"],
            callback=callback_address(provider),
            again=purpose != Purpose.ENTER,
            state=attempt.state,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
        )
    except ProviderUnavailable:
        return provider_down(provider, onward)
    except flow.NotVouchedFor as refused:
        return not_vouched_for(provider, refused, onward)
    if origin_of(address) in current_app.extensions["portal_form_targets"]:
        return redirect(address, 303)
    # The browser would refuse to follow a form to an origin that the policy of the page before didn't name.
    return render_template("accounts/go_on.html", provider=provider, address=address)


@bp.get("/sign-in/<provider>/callback")
@public
@limit_reading
@limiter.limit(CALLBACKS_PER_MINUTE)
def callback(provider: str) -> ResponseReturnValue:
    """The way back from the provider. Does nothing without a `state` that this browser began here."""
    vouching = provider_or_404(provider)
    answer = request.args.to_dict()
    attempt = attempts.take(answer.get("state"), vouching.code, now=clock.now())
    if attempt is None:
        return refuse(_("This sign-in was not begun in this browser, or too long ago. Please start again."), HOME)
    if "error" in answer:
        return came_back_without(vouching, answer["error"], attempt)
    end_reading()
    try:
        identity = flow.finish(
            vouching,
            current_app.extensions["portal_discovery"],
            answer,
            callback=callback_address(vouching),
            nonce=attempt.nonce,
            verifier=attempt.verifier,
        )
    except ProviderUnavailable:
        return provider_down(vouching, attempt.next)
    except flow.NotVouchedFor as refused:
        return not_vouched_for(vouching, refused, attempt.next)
    return arrive(vouching, identity, attempt)


def arrive(provider: Vouching, identity: VerifiedIdentity, attempt: Attempt) -> ResponseReturnValue:
    """Go on with what the person wanted of the provider."""
    go_on = {Purpose.ENTER: _enter, Purpose.AGAIN: _prove_again, Purpose.LINK: _link}[Purpose(attempt.purpose)]
    return go_on(provider, identity, attempt)


@bp.post("/sign-in/<provider>/callback")
@public
@csrf.exempt
@limiter.limit(CALLBACKS_PER_MINUTE)
def posted_callback(provider: str) -> ResponseReturnValue:
    """A provider that answers by a form of its own site: no browser sends our cookie with it (SameSite=Lax).

    So this reads and writes nothing; it sends the same answer on as a visit of this site, which brings the cookie.
    """
    if not provider_or_404(provider).answers_by_post:
        abort(404)
    names = ("code", "state", "iss", "error")
    answer = {name: request.form[name] for name in names if request.form.get(name)}
    return redirect(f"{url_for('.callback', provider=provider)}?{urlencode(answer)}", 303)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End this browser's session; safe to repeat."""
    if current_user.is_authenticated:
        with unit_of_work():
            end_session(current_session(), now=clock.now(), why="signed_out")
    start_cookie(None)
    done(_("You are signed out."))
    return redirect(url_for(".sign_in"), 303)


def _enter(provider: Vouching, identity: VerifiedIdentity, attempt: Attempt) -> ResponseReturnValue:
    now = clock.now()
    known = identity_at(identity.issuer, identity.subject)
    if known is None:
        return _to_join(identity, attempt, now)
    person = queries.person_by_id(known.person_id)
    if person is None or not person.is_active:
        return refuse(_("This account is closed. Write to us if you think that is a mistake."), attempt.next, 403)
    with unit_of_work():
        enter(person, identity_id=known.id, authenticated_at=proved_at(provider, identity, now), now=now)
        known.last_used_at = now
        if identity.account is not None:
            note_arrival(person.id, identity.account)
    return redirect(safe_next(attempt.next, HOME), 303)


def _to_join(identity: VerifiedIdentity, attempt: Attempt, now: datetime) -> ResponseReturnValue:
    if session.get(newcomer.TOO_YOUNG_KEY) or was_refused_by_age(identity.issuer, identity.subject, now=now):
        return too_young()
    if identity.account is not None and proved_by_others(identity.account, None):
        return refuse(_("Somebody here has already proved that this account is theirs. If that is you, sign in the way "
                        "you usually do, then add it under “Ways to sign in”."), attempt.next, 409)  # fmt: skip
    newcomer.keep(newcomer.Newcomer(identity, safe_next(attempt.next, HOME)), now=now)
    return redirect(url_for(".join_page"), 303)


def _prove_again(provider: Vouching, identity: VerifiedIdentity, attempt: Attempt) -> ResponseReturnValue:
    """The person who is signed in shows anew that it is them."""
    now = clock.now()
    known = identity_at(identity.issuer, identity.subject)
    if not is_still(attempt) or known is None or known.person_id != current_user.id:
        return refuse(_("That is another account than the one you are signed in with. Please try again."), attempt.next)
    when = proved_at(provider, identity, now)
    if not rules.is_recent_proof(when, now):
        return refuse(_("%(provider)s did not ask you to sign in anew. Please try again.", provider=provider.name),
                      attempt.next)  # fmt: skip
    with unit_of_work():
        session[SID] = renew_session(current_session(), authenticated_at=when, now=now)
    return redirect(safe_next(attempt.next, HOME), 303)


def _link(provider: Vouching, identity: VerifiedIdentity, attempt: Attempt) -> ResponseReturnValue:
    """The person who is signed in has proved another account, and confirms next that it should sign them in."""
    now = clock.now()
    if not is_still(attempt) or not rules.is_recent_proof(current_session().authenticated_at, now):
        return refuse(_("Too much time has passed. Please start again."), attempt.next)
    if not rules.is_recent_proof(proved_at(provider, identity, now), now):
        return refuse(_("%(provider)s did not ask you to sign in anew. Please try again.", provider=provider.name),
                      attempt.next)  # fmt: skip
    newcomer.keep_link(identity, now=now)
    return redirect(url_for(".confirm_identity"), 303)


def is_still(attempt: Attempt) -> bool:
    """Is the person signed in who began this?"""
    return bool(current_user.is_authenticated and attempt.person_id == current_user.id)


def proved_at(provider: Vouching, identity: VerifiedIdentity, now: datetime) -> datetime:
    """When the person last showed the provider who they are; long ago where it should say so and doesn't."""
    if identity.authenticated_at is not None:
        return min(identity.authenticated_at, now)
    return now - rules.STAFF_LIMITS.absolute if provider.states_auth_time else now


def callback_address(provider: Provider) -> str:
    """One for each provider, so that no answer can pass for another's."""
    return str(current_app.config["SETTINGS"].public_url + url_for("accounts.callback", provider=provider.code))


def came_back_without(provider: Named, error: str, attempt: Attempt) -> ResponseReturnValue:
    log.info("sign_in_not_finished", provider=provider.code, error=error[:60])
    if error in ("temporarily_unavailable", "server_error"):
        return provider_down(provider, attempt.next)
    sentence = _("You came back from %(provider)s without signing in. Nothing has changed.", provider=provider.name)
    return refuse(sentence, attempt.next, 200, tone="info")


def provider_down(provider: Named, onward: str) -> ResponseReturnValue:
    sentence = _("%(provider)s does not answer at the moment. Try again in a few minutes, or use another way.",
                 provider=provider.name)  # fmt: skip
    log.warning("provider_unavailable", provider=provider.code)
    return refuse(sentence, onward, 503)


def not_vouched_for(provider: Named, refused: flow.NotVouchedFor, onward: str) -> ResponseReturnValue:
    log.warning("sign_in_refused", provider=provider.code, reason=refused.reason_code)
    sentence = _("%(provider)s sent an answer that we can’t trust, so you are not signed in. Please start again.",
                 provider=provider.name)  # fmt: skip
    return refuse(sentence, onward)


def refuse(sentence: str, onward: str, status: int = 400, *, tone: str = "bad") -> ResponseReturnValue:
    """Say why nobody was signed in, where they can try again."""
    if current_user.is_authenticated:
        return render_template(
            "accounts/refused.html", sentence=sentence, tone=tone, onward=safe_next(onward, HOME)
        ), status
    return sign_in_page(onward=safe_next(onward, HOME), problem=sentence, tone=tone), status


def sign_in_page(*, onward: str, problem: str = "", tone: str = "bad") -> str:
    return render_template("accounts/sign_in.html", ways=entrances(), onward=onward, problem=problem, tone=tone)


def too_young() -> ResponseReturnValue:
    """The same page however often somebody comes back."""
    session[newcomer.TOO_YOUNG_KEY] = True
    session.pop(newcomer.KEY, None)
    return render_template("accounts/too_young.html"), 403
