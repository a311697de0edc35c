"""Staff's forms for a reward's pictures: one more, what one shows, its place, and away with it."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.kernel.access import Permission, allow
from portal.kernel.base import new_id
from portal.kernel.flashes import done
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import pictures
from portal.rewards.forms import PictureForm
from portal.rewards.refusals import StateRefused
from portal.rewards.staff import bp, load_reward, reward_page, stored_picture


@bp.post("/<reward_id>/pictures")
@allow(Permission.MANAGE_REWARDS)
def add_picture(reward_id: str) -> ResponseReturnValue:
    """One more, once however often the form is sent."""
    reward, form = load_reward(reward_id), PictureForm()
    key = stored_picture(form.file, form.file.data) if form.validate() else None
    if key is None:
        return reward_page(reward, picture_form=form), 422
    sent, alt = form.idempotency_key.data or new_id(), form.alt.data or ""
    asked = fingerprint("add_picture", {"reward": reward_id, "alt": alt})
    try:
        with unit_of_work():
            if first_answer(current_user.id, sent, asked) is None:
                pictures.add_picture(reward, key, alt, actor=current_user)
                remember(current_user.id, sent, asked, reward_id)
    except KeyReused:
        abort(409)
    except StateRefused as refusal:
        return reward_page(refusal.reward, picture_form=form, refusal=refusal), 409
    done(_("The picture is there, behind the others."))
    return _back(reward_id)


@bp.post("/<reward_id>/pictures/describe")
@allow(Permission.MANAGE_REWARDS)
def describe_picture(reward_id: str) -> ResponseReturnValue:
    """One that is too long stays in its field, to be cut."""
    alt = request.form.get("alt", "").strip()
    if not alt or len(alt) > pictures.ALT_LENGTH_MAX:
        problem = _("Say in up to 300 letters what the picture shows, for people who don’t see it.")
        typed = {"key": request.form.get("picture", ""), "alt": alt, "problem": problem}
        return reward_page(load_reward(reward_id), described=typed), 422
    return _change(
        reward_id, lambda reward, key: pictures.describe_picture(reward, key, alt, actor=current_user), _("Saved.")
    )


@bp.post("/<reward_id>/pictures/up")
@allow(Permission.MANAGE_REWARDS)
def move_picture_up(reward_id: str) -> ResponseReturnValue:
    return _change(
        reward_id, lambda reward, key: pictures.move_picture_up(reward, key, actor=current_user),
        _("It is shown one place earlier."),
    )  # fmt: skip


@bp.post("/<reward_id>/pictures/remove")
@allow(Permission.MANAGE_REWARDS)
def remove_picture(reward_id: str) -> ResponseReturnValue:
    return _change(
        reward_id, lambda reward, key: pictures.remove_picture(reward, key, actor=current_user),
        _("The picture is taken away."),
    )  # fmt: skip


def _change(reward_id: str, verb: Callable[..., None], words: str) -> ResponseReturnValue:
    reward = load_reward(reward_id)
    try:
        with unit_of_work():
            verb(reward, request.form.get("picture", ""))
    except StateRefused as refusal:
        return reward_page(refusal.reward, refusal=refusal), 409
    done(words)
    return _back(reward_id)


def _back(reward_id: str) -> ResponseReturnValue:
    return redirect(url_for(".show", reward_id=reward_id, _anchor="pictures"), 303)
