"""A file that was redeemed, at an address that gives it for some minutes."""

from __future__ import annotations

from flask import Response, abort, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow, public
from portal.kernel.files import FileMissing, headers_for
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.rewards import kinds, steps
from portal.rewards.kind_models import Download
from portal.rewards.models import Redemption, RedemptionState, RewardKind
from portal.rewards.redemption_views import my_redemption
from portal.rewards.views import bp

LINK_SECONDS = 10 * 60


@bp.post("/redemptions/<redemption_id>/file")
@allow(Permission.TAKE_PART)
def take_file(redemption_id: str) -> ResponseReturnValue:
    """Count it, and go to an address that gives the file for some minutes."""
    mine = my_redemption(redemption_id)
    if mine.reward.kind != RewardKind.DOWNLOAD or mine.state != RedemptionState.FULFILLED:
        abort(404)
    with unit_of_work():
        kinds.count_download(steps.hold(mine), now=clock.now())
    return redirect(url_for(".file", token=_links().dumps(redemption_id)), 303)


@bp.get("/downloads/<token>")
@public
def file(token: str) -> ResponseReturnValue:
    """The file of a signed address; one that is too old says where to get a new one."""
    try:
        redemption_id = _links().loads(token, max_age=LINK_SECONDS)
    except SignatureExpired as old:
        there = url_for(".redemption", redemption_id=_links().load_payload(old.payload or b""))
        return render_template("rewards/link_expired.html", url=there), 410
    except BadSignature:
        abort(404)
    found = db.session.get(Redemption, redemption_id)
    download = db.session.get(Download, found.reward_id) if found else None
    if found is None or download is None or found.state != RedemptionState.FULFILLED:
        abort(404)
    key, name = download.file_key, download.file_name
    end_reading()
    try:
        body = current_app.extensions["portal_files"].get(key)
    except FileMissing:
        abort(404)
    headers = {**headers_for(key, download_name=name), "Cache-Control": "private, no-store"}
    return Response(body, headers=headers)


class _OurClock(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _links() -> URLSafeTimedSerializer:
    """Signs with the first secret key, which it wants last, and knows the others."""
    keys = current_app.config["SETTINGS"].secret_keys
    return URLSafeTimedSerializer(list(reversed(keys)), salt="reward-file", signer=_OurClock)
