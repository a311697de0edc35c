"""Staff's pages: the list of rewards, one of them with its text, stock and state."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage

from portal.campaigns.queries import open_for_missions
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.base import new_id
from portal.kernel.flashes import done
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.images import ENDING, ImageRefused, remake
from portal.kernel.typed import version_in
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.rewards import editing, queries, waiting, wishing, wording
from portal.rewards.editing import Wording
from portal.rewards.forms import NewRewardForm, PictureForm, RetireForm, RewardForm
from portal.rewards.fulfilment import all_kinds, fulfilment_of
from portal.rewards.kind_forms import GiftForm
from portal.rewards.models import LOW_STOCK_AT, Reward, RewardKind, RewardState
from portal.rewards.pictures import Picture, pictures_of
from portal.rewards.refusals import EditedMeanwhile, StateRefused

bp = Blueprint("rewards_staff", __name__, url_prefix="/staff/rewards")

PICTURES = "rewards"


@bp.get("")
@allow(Permission.MANAGE_REWARDS)
def index() -> ResponseReturnValue:
    asked = request.args.get("state")
    state = RewardState(asked) if asked in list(RewardState) else None
    page, redeemed = queries.staff_list(state=state, cursor=request.args.get("after"))
    wished = wishing.how_many_wish([reward.id for reward in page.rows])
    return render_template(
        "rewards/staff_index.html",
        page=page,
        redeemed=redeemed,
        wished=wished,
        state=state,
        states=RewardState,
        now=clock.now(),
    )


@bp.get("/new")
@allow(Permission.MANAGE_REWARDS)
def new() -> ResponseReturnValue:
    return _new_page(NewRewardForm(idempotency_key=new_id()))


@bp.post("/new")
@allow(Permission.MANAGE_REWARDS)
def create() -> ResponseReturnValue:
    form = NewRewardForm()
    picture = _picture(form) if form.validate() else None
    if form.errors:
        return _new_page(form), 422
    key = form.idempotency_key.data or new_id()
    asked = fingerprint("create_reward", {**_typed(form), "picture": form.image_alt.data if picture else ""})
    try:
        with unit_of_work():
            answer = first_answer(current_user.id, key, asked)
            if answer is None:
                kind = RewardKind(form.kind.data)
                reward = editing.create_reward(
                    kind, Wording(**_typed(form)), picture=picture, actor=current_user, now=clock.now()
                )
                answer = url_for(".show", reward_id=reward.id)
                remember(current_user.id, key, asked, answer)
    except KeyReused:
        abort(409)
    done(_("Saved as a draft. Add what it needs, then list it."))
    return redirect(answer, 303)


@bp.get("/<reward_id>")
@allow(Permission.MANAGE_REWARDS)
def show(reward_id: str) -> ResponseReturnValue:
    return reward_page(load_reward(reward_id))


@bp.post("/<reward_id>")
@allow(Permission.MANAGE_REWARDS)
def edit(reward_id: str) -> ResponseReturnValue:
    reward = load_reward(reward_id)
    form = RewardForm()
    form.kind.data = reward.kind
    if not form.validate():
        return reward_page(reward, form=form), 422
    seen = version_in(form.lock_version.data)
    try:
        with unit_of_work():
            editing.edit_reward(reward, Wording(**_typed(form)), actor=current_user, seen_version=seen)
    except EditedMeanwhile as meanwhile:
        return reward_page(meanwhile.reward, form=form, changed=_changed(form, meanwhile.reward)), 409
    except StateRefused as refusal:
        return reward_page(refusal.reward, form=form, refusal=refusal), 409
    done(_("Saved."))
    return redirect(url_for(".show", reward_id=reward_id), 303)


@bp.post("/<reward_id>/list")
@allow(Permission.MANAGE_REWARDS)
def list_(reward_id: str) -> ResponseReturnValue:
    reward = load_reward(reward_id)
    try:
        with unit_of_work():
            editing.list_reward(reward, actor=current_user)
    except StateRefused as refusal:
        return reward_page(refusal.reward, refusal=refusal), 409
    done(_("“%(name)s” is in the catalogue.", name=reward.name))
    return redirect(url_for(".show", reward_id=reward_id), 303)


@bp.post("/<reward_id>/pause")
@allow(Permission.MANAGE_REWARDS)
def pause(reward_id: str) -> ResponseReturnValue:
    reward = load_reward(reward_id)
    try:
        with unit_of_work():
            editing.pause_reward(reward, actor=current_user)
    except StateRefused as refusal:
        return reward_page(refusal.reward, refusal=refusal), 409
    done(_("“%(name)s” is paused: people see it and can’t redeem it.", name=reward.name))
    return redirect(url_for(".show", reward_id=reward_id), 303)


@bp.post("/<reward_id>/retire")
@allow(Permission.MANAGE_REWARDS)
def retire(reward_id: str) -> ResponseReturnValue:
    reward, form = load_reward(reward_id), RetireForm()
    if not form.validate():
        return reward_page(reward, retire_form=form), 422
    try:
        with unit_of_work():
            editing.retire_reward(reward, actor=current_user, why=form.why.data or "")
    except StateRefused as refusal:
        return reward_page(refusal.reward, refusal=refusal), 409
    done(_("“%(name)s” is retired. What people have stays theirs.", name=reward.name))
    return redirect(url_for(".show", reward_id=reward_id), 303)


def load_reward(reward_id: str) -> Reward:
    return db.session.get(Reward, reward_id) or abort(404)


def _new_page(form: RewardForm) -> str:
    return render_template(
        "rewards/staff_new.html",
        form=form,
        kind_details={kind: each.explanation for kind, each in all_kinds().items()},
        kind_icons={kind: each.icon for kind, each in all_kinds().items()},
    )


def reward_page(
    reward: Reward,
    *,
    form: RewardForm | None = None,
    retire_form: RetireForm | None = None,
    refusal: StateRefused | None = None,
    changed: list[tuple[Any, Any, Any]] | None = None,
    picture_form: PictureForm | None = None,
    described: dict[str, str] | None = None,
    **kind_context: Any,
) -> str:
    """`kind_context` replaces what the kind's own partial gets: a form with errors, what became of an upload.

    `described`: what was typed about one of the pictures, its key and the problem with it.
    """
    db.session.refresh(reward)
    if form is None:
        form = RewardForm(formdata=None, obj=reward)
    fulfilment = fulfilment_of(reward.kind)
    return render_template(
        "rewards/staff_show.html",
        reward=reward,
        form=form,
        retire_form=retire_form or RetireForm(formdata=None),
        refusal=refusal,
        changed=changed,
        kind_template=fulfilment.staff_template if reward.state != RewardState.RETIRED else None,
        stock=wording.stock_words(reward),
        in_line=waiting.length(reward.id),
        wished=wishing.how_many_wish([reward.id]).get(reward.id, 0),
        pictures=pictures_of(reward),
        picture_form=picture_form or PictureForm(formdata=None),
        described=described or {},
        can_list=reward.state in editing.LISTED_FROM,
        can_pause=reward.state in editing.PAUSED_FROM,
        can_retire=reward.state in editing.RETIRED_FROM,
        **{"gift_form": _gift_form(reward), **fulfilment.staff_shown(reward), **kind_context},
    )


def _gift_form(reward: Reward) -> GiftForm | None:
    """Asks to whom one is given; None where none can be given now."""
    if reward.state == RewardState.DRAFT or not fulfilment_of(reward.kind).can_be_given:
        return None
    return GiftForm(formdata=None, campaigns=open_for_missions(), idempotency_key=new_id())


def _typed(form: RewardForm) -> dict[str, Any]:
    return {
        "name": form.name.data,
        "summary": form.summary.data,
        "description": form.description.data or "",
        "how_to_use": form.how_to_use.data or "",
        "price_points": form.price_points.data,
        "per_person_max": form.per_person_max.data,
        "tracks": form.tracks.data or [],
        "countries": form.country_codes,
        "available_from": form.available_from.data,
        "available_until": form.available_until.data,
        "lowest_tier": form.lowest_tier.data,
        "low_stock_at": LOW_STOCK_AT if form.low_stock_at.data is None else form.low_stock_at.data,
        "tier_prices": form.tier_prices,
    }


def _picture(form: NewRewardForm) -> Picture | None:
    """The uploaded picture, remade and stored; None without one. A refusal is the field's error."""
    upload: FileStorage | None = form.picture.data
    key = stored_picture(form.picture, upload) if upload else None
    return Picture(key, form.image_alt.data or "") if key else None


def stored_picture(field: FileField, upload: FileStorage) -> str | None:
    """The key of a picture that is remade and stored; None with the field's error where it is none."""
    end_reading()  # decoding and the file store take their time: no transaction waits for them
    try:
        picture = remake(upload.read())
    except ImageRefused as refusal:
        field.errors = [str(refusal.sentence)]
        return None
    key: str = current_app.extensions["portal_files"].put(picture.thumbnail.data, folder=PICTURES, ending=ENDING)
    return key


def _changed(form: RewardForm, reward: Reward) -> list[tuple[Any, Any, Any]]:
    """Field, what is stored now, what was typed: where they differ. Saving again keeps what was typed."""
    form.lock_version.data = str(reward.lock_version)
    return [
        (wording.FIELDS[name], getattr(reward, name), typed)
        for name, typed in _typed(form).items()
        if getattr(reward, name) != typed
    ]
