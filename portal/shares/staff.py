"""Staff's pages of verdicts: the policies, what they would have decided, what sampling found, and the watched words."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.typed import version_in
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.models import Mission
from portal.missions.queries import mission_for_staff, open_missions
from portal.shares import brand_words, policies, queries, verdict_words
from portal.shares.checks.finding import Severity
from portal.shares.checks.running import all_checks
from portal.shares.models import Share
from portal.shares.policies import ALL, PolicyRefused, as_policy
from portal.shares.policy_form import RetireForm, WordForm, policy_form, policy_typed
from portal.shares.policy_preview import Preview, preview
from portal.shares.proof import as_download, take_along
from portal.shares.records import FOUND_SINCE, sampling_found
from portal.shares.showing import shown
from portal.shares.verdict import Policy

bp = Blueprint("shares_staff", __name__, url_prefix="/staff/verdicts")


@bp.get("")
@allow(Permission.SET_VERDICTS)
def index() -> ResponseReturnValue:
    """What decides on shares, for all missions and for those with a policy of their own; what sampling found."""
    own = policies.missions_with_their_own()
    with_own = {saved.mission_id for saved in own}
    others = [mission for mission in open_missions() if mission.id not in with_own]
    return render_template(
        "shares/staff_index.html", house=policies.latest(ALL), own=own, others=others,
        found=sampling_found(clock.now() - FOUND_SINCE), words=brand_words.watched_words(),
    )  # fmt: skip


@bp.get("/policy/<scope>")
@allow(Permission.SET_VERDICTS)
def policy(scope: str) -> ResponseReturnValue:
    mission, saved = _scope(scope), policies.latest(scope)
    shown = as_policy(saved) if saved else as_policy(policies.latest(ALL))
    form = policy_form(shown, version=str(saved.version if saved else 0))
    return _policy_page(scope, mission, form)


@bp.post("/policy/<scope>")
@allow(Permission.SET_VERDICTS)
def save(scope: str) -> ResponseReturnValue:
    """Show what it would have decided; save it once that was seen."""
    mission, form = _scope(scope), policy_form()
    if not form.validate():
        return _policy_page(scope, mission, form), 422
    typed = policy_typed(form)
    mark = _mark(typed)
    if request.form.get("then") != "save" or form.previewed.data != mark:
        return _policy_page(scope, mission, form, shown=preview(typed, mission), mark=mark)
    why = (form.why.data or "").strip()
    if not why:
        form.why.errors = [_("Say in a few words why. It is kept with the version.")]
        return _policy_page(scope, mission, form, shown=preview(typed, mission), mark=mark), 422
    try:
        with unit_of_work():
            saved = policies.save_policy(
                scope, typed, seen_version=version_in(form.version.data), why=why, actor=current_user, now=clock.now()
            )
            number = saved.version
    except PolicyRefused:
        problem = _("Somebody else saved a version meanwhile. Look at theirs, then preview yours again.")
        return _policy_page(scope, mission, form, problem=problem), 409
    done(
        _("Version %(number)s is in force. Shares that are being checked right now keep the one before.", number=number)
    )
    return redirect(url_for(".policy", scope=scope), 303)


@bp.get("/shares/<share_id>")
@allow(Permission.REVIEW_SHARES)
def explain(share_id: str) -> ResponseReturnValue:
    """How a verdict came about: what each check found, and by which rule of which version that was decided."""
    share = db.session.get(Share, share_id) or abort(404)
    kept = policies.verdict_of(share)
    results = queries.latest_checks(share)
    return render_template(
        "shares/staff_verdict.html", share=share, verdict=kept,
        lines=verdict_words.rule_lines(results, kept.rules if kept else {}),
        sentence=verdict_words.verdict_sentence(kept) if kept else "", page=shown(share),
        second_look=verdict_words.because_sentence(kept) if kept else "",
    )  # fmt: skip


@bp.post("/shares/<share_id>/proof")
@allow(Permission.REVIEW_SHARES)
def proof(share_id: str) -> ResponseReturnValue:
    """One file that proves what was decided, whether or not a person ever had to look; taking it is written down."""
    share = db.session.get(Share, share_id) or abort(404)
    with unit_of_work():
        file = take_along(
            share, actor=current_user, secret_keys=current_app.config["SETTINGS"].secret_keys, now=clock.now()
        )
    body, headers = as_download(share, file)
    return body, 200, headers


@bp.get("/words")
@allow(Permission.SET_VERDICTS)
def words() -> ResponseReturnValue:
    return _words_page(WordForm(formdata=None))


@bp.post("/words")
@allow(Permission.SET_VERDICTS)
def watch() -> ResponseReturnValue:
    """Watch for a word; one that is watched for already stays as it is."""
    form = WordForm()
    if not form.validate():
        return _words_page(form), 422
    try:
        with unit_of_work():
            brand_words.watch_word(
                form.phrase.data, severity=Severity(form.severity.data), reason=form.reason.data, actor=current_user,
                now=clock.now(),
            )  # fmt: skip
    except brand_words.WordRefused as refusal:
        form.phrase.errors = [verdict_words.word_refusal(refusal.reason_code)]
        return _words_page(form), 409 if refusal.reason_code == "watched_already" else 422
    done(_("From now on, checks look for it."))
    return redirect(url_for(".words"), 303)


@bp.post("/words/<word_id>/retire")
@allow(Permission.SET_VERDICTS)
def retire(word_id: str) -> ResponseReturnValue:
    """Watch for it no more, with a reason."""
    form = RetireForm()
    if not form.validate():
        return _words_page(WordForm(formdata=None), problem=str(form.why.errors[0]), problem_word=word_id), 422
    with unit_of_work():
        word = brand_words.retire_word(word_id, why=form.why.data or "", actor=current_user, now=clock.now())
    if word is None:
        abort(404)
    done(_("Checks don’t look for it any more."))
    return redirect(url_for(".words"), 303)


def _scope(scope: str) -> Mission | None:
    """The mission that a policy is for; None for that of all."""
    return None if scope == ALL else mission_for_staff(scope) or abort(404)


def _mark(typed: Policy) -> str:
    """What the choices are known by, so that what is saved is what was previewed."""
    said = [policies.plain_rules(typed, [check.code for check in all_checks()]), vars_of(typed)]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def vars_of(typed: Policy) -> list[int]:
    """The sampling's numbers in their order."""
    sampling = typed.sampling
    return [sampling.first_reviewed, sampling.trusted_after, int(sampling.review_others), sampling.sample_percent]


def _policy_page(
    scope: str, mission: Mission | None, form: Any, *, shown: Preview | None = None, mark: str = "", problem: str = ""
) -> str:
    if mark:
        form.previewed.data = mark
    return render_template(
        "shares/staff_policy.html", scope=scope, mission=mission, form=form, shown=shown, problem=problem,
        checks=verdict_words.groups(), versions=policies.versions_of(scope),
        counts=verdict_words.counts(shown) if shown else [], answers=verdict_words.ANSWERS,
        found=sampling_found(clock.now() - FOUND_SINCE, mission_id=mission.id if mission else ""),
    )  # fmt: skip


def _words_page(form: WordForm, *, problem: str = "", problem_word: str = "") -> str:
    return render_template(
        "shares/staff_words.html", form=form, words=brand_words.watched_words(), problem=problem,
        problem_word=problem_word,
    )  # fmt: skip
