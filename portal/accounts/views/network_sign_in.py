"""Signing in with a network of many servers: somebody names theirs, goes there and comes back (P-07, P-08)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from flask import current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import handles, wording
from portal.accounts.forms import NetworkForm
from portal.accounts.identities import IdentityTaken, identity_at
from portal.accounts.models import Handle
from portal.accounts.networks.bluesky import METADATA_PATH, Bluesky
from portal.accounts.networks.calling import NotFoundThere
from portal.accounts.networks.provider import Leaving, NetworkProvider
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.accounts.providers.openid import origin_of
from portal.accounts.verified import VerifiedIdentity
from portal.accounts.views import HOME, attempts, bp, sign_in
from portal.accounts.views.attempts import Attempt, Purpose
from portal.accounts.views.lending import come_back_and_lend
from portal.accounts.views.sign_in import CALLBACKS_PER_MINUTE, STARTS_PER_MINUTE
from portal.accounts.views.ways import network_or_404
from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import public
from portal.kernel.flashes import done
from portal.kernel.limits import limit_reading
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.kernel.web import safe_next

log = structlog.get_logger()
Page = Callable[[NetworkForm], str]


@bp.get("/sign-in/with/<network>")
@public
def name_server(network: str) -> ResponseReturnValue:
    """Ask for the handle or the server; nothing here speaks to any of them."""
    naming = network_or_404(network)
    onward = safe_next(request.args.get("next"), HOME)
    if current_user.is_authenticated:
        return redirect(onward, 303)
    return entrance_page(naming, NetworkForm(), onward)


@bp.post("/sign-in/with/<network>")
@public
@limiter.limit(STARTS_PER_MINUTE)
def start_at_server(network: str) -> ResponseReturnValue:
    """Send the browser to the server that was named."""
    naming, form = network_or_404(network), NetworkForm()
    onward = safe_next(request.form.get("next"), HOME)

    def page(shown: NetworkForm) -> str:
        return entrance_page(naming, shown, onward)

    if not form.validate():
        return page(form), 422
    return send_to_server(naming, form.typed.data or "", Purpose.ENTER, onward=onward, page=page, form=form)


def entrance_page(naming: NetworkProvider, form: NetworkForm, onward: str) -> str:
    return render_template(
        "accounts/network_sign_in.html", network=naming, form=form, onward=onward,
        words=wording.NETWORK_FORMS[naming.asks_for],
        action=url_for(".start_at_server", network=naming.code), back=url_for(".sign_in", next=onward),
    )  # fmt: skip


def send_to_server(
    naming: NetworkProvider, typed: str, purpose: Purpose, *, onward: str, page: Page | None = None,
    form: NetworkForm | None = None,
) -> ResponseReturnValue:  # fmt: skip
    """Remember the attempt in this browser, and go. What was typed stays in `form` where it leads nowhere."""
    person_id = current_user.id if current_user.is_authenticated else ""
    attempt = attempts.begin(naming.code, purpose, next_=onward, person_id=person_id, now=clock.now())
    end_reading()
    try:
        departure = naming.begin(typed, _leaving(naming, attempt))
    except NotFoundThere as nowhere:
        return _nowhere(str(wording.not_found_there(nowhere.reason_code)), 422, onward, page, form)
    except ProviderUnavailable as down:
        log.info("server_unavailable", provider=naming.code, reason=str(down))
        return _nowhere(str(wording.not_found_there("unreachable")), 503, onward, page, form)
    except NotVouchedFor as refused:
        log.warning("server_refused", provider=naming.code, reason=refused.reason_code)
        return _nowhere(str(wording.not_found_there("untrusted")), 422, onward, page, form)
    attempts.remember(attempt, departure.memory)
    if origin_of(departure.address) in current_app.extensions["portal_form_targets"]:
        return redirect(departure.address, 303)
    return render_template("accounts/go_on.html", provider=naming, address=departure.address)


@bp.get("/sign-in/with/<network>/callback")
@bp.get("/sign-in/with/<network>/callback/<part>")
@public
@limit_reading
@limiter.limit(CALLBACKS_PER_MINUTE)
def server_callback(network: str, part: str = "") -> ResponseReturnValue:
    """The way back. Does nothing without a `state` that this browser began here, at that server's own address."""
    vouching, answer = network_or_404(network), request.args.to_dict()
    attempt = attempts.take(answer.get("state"), vouching.code, now=clock.now())
    if attempt is None or not attempt.memory:
        return sign_in.refuse(
            _("This sign-in was not begun in this browser, or too long ago. Please start again."), HOME
        )
    if not secrets.compare_digest(attempt.memory.get("part", ""), part):
        return sign_in.not_vouched_for(vouching, NotVouchedFor("answer_of_another_server"), attempt.next)
    if attempt.purpose == Purpose.LEND:
        return come_back_and_lend(vouching.code, attempt, answer)
    if "error" in answer:
        return sign_in.came_back_without(vouching, answer["error"], attempt)
    end_reading()
    try:
        identity = vouching.finish(attempt.memory, answer, _leaving(vouching, attempt))
    except ProviderUnavailable:
        return sign_in.provider_down(vouching, attempt.next)
    except NotVouchedFor as refused:
        return sign_in.not_vouched_for(vouching, refused, attempt.next)
    if attempt.purpose == Purpose.HANDLE:
        return _prove_handle(vouching, identity, attempt)
    return sign_in.arrive(vouching, identity, attempt)


@bp.get(METADATA_PATH)
@public
def client_metadata() -> ResponseReturnValue:
    """What servers of the AT Protocol read about this portal."""
    bluesky = network_or_404("bluesky")
    assert isinstance(bluesky, Bluesky)  # the only one of that code
    answer = jsonify(bluesky.client_metadata(callback_address(bluesky)))
    answer.headers["Cache-Control"] = "public, max-age=600"
    return answer


def callback_address(naming: NetworkProvider) -> str:
    """One for each network; a server's part may follow."""
    return str(current_app.config["SETTINGS"].public_url + url_for("accounts.server_callback", network=naming.code))


def prove_by_going(handle: Handle, naming: NetworkProvider) -> ResponseReturnValue:
    """Have the person who is signed in show there that `handle` is theirs."""
    typed = f"@{handle.name}@{handle.host}" if handle.host else handle.name
    onward = url_for(".show_handle", handle_id=handle.id)
    return send_to_server(naming, typed, Purpose.HANDLE, onward=onward)


def _prove_handle(vouching: NetworkProvider, identity: VerifiedIdentity, attempt: Attempt) -> ResponseReturnValue:
    """The account is theirs, unless somebody else signs in with it here or has proved it."""
    if not sign_in.is_still(attempt):
        return sign_in.refuse(_("Too much time has passed. Please start again."), attempt.next)
    if identity.account is None:
        return sign_in.refuse(str(wording.not_found_there("handle_not_claimed")), attempt.next)
    known = identity_at(identity.issuer, identity.subject)
    if known is not None and known.person_id != current_user.id:
        return sign_in.refuse(str(IdentityTaken.sentence), attempt.next, 409)
    try:
        with unit_of_work():
            handle = handles.prove_by_login(current_user, identity.account, now=clock.now())
    except handles.HandleRefused as refused:
        return sign_in.refuse(str(refused.sentence), attempt.next, 409)
    done(_("%(account)s is proved.", account=identity.account.label))
    return redirect(url_for(".show_handle", handle_id=handle.id), 303)


def _leaving(naming: NetworkProvider, attempt: Attempt) -> Leaving:
    return Leaving(
        state=attempt.state, verifier=attempt.verifier, callback=callback_address(naming),
        again=attempt.purpose in (Purpose.AGAIN, Purpose.LINK),
    )  # fmt: skip


def _nowhere(
    sentence: str, status: int, onward: str, page: Page | None, form: NetworkForm | None
) -> ResponseReturnValue:
    if page is None or form is None:
        return sign_in.refuse(sentence, onward, status)
    form.typed.errors = [sentence]
    return page(form), status
