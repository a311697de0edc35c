"""The door by which the brand's shop tells of conversions, from server to server (`docs/conversions.md`)."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import structlog
from flask import Blueprint, abort, current_app, request
from flask.typing import ResponseReturnValue

from portal.extensions import csrf, limiter
from portal.kernel import clock
from portal.kernel.access import public
from portal.kernel.signed_bodies import NotSigned, verify
from portal.kernel.unit_of_work import unit_of_work
from portal.links.conversions import HeardMeanwhile, News, OtherLink, Told, UnknownLink, hear
from portal.links.models import CODE_LENGTH

bp = Blueprint("postbacks", __name__)
log = structlog.get_logger()

PER_MINUTE = "1200 per minute"
BODY_BYTES_MAX = 4096
SIGNATURE = "Portal-Signature"
CLOCKS_DIFFER_MAX = timedelta(minutes=5)
"""What has not happened yet beyond that is no conversion. As long as a signature counts."""
FIELDS = {"type", "id", "via", "at"}
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class NotReadable(Exception):
    """The body is not what `docs/conversions.md` says; `field` names what is wrong."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@bp.post("/conversions")
@public
@csrf.exempt
@limiter.limit(PER_MINUTE)
def tell() -> ResponseReturnValue:
    """Proved by its signature over the raw body, written down once, answered at once.

    201: new. 200: heard before. 400: not signed by the shop, or not readable. 404: none are taken here. 409: this id
    belongs to another link. 413: too long. 422: no link has this code. 503: ask again.
    """
    secrets = current_app.config["SETTINGS"].conversion_secrets
    if not secrets:
        abort(404)
    if request.content_length is None or request.content_length > BODY_BYTES_MAX:
        abort(413)
    now, body = clock.now(), request.get_data(cache=False)
    try:
        verify(body, request.headers.get(SIGNATURE, ""), secrets, now=now)
        told = read(body, now=now)
    except NotSigned as forged:
        log.warning("conversion_refused", reason=forged.reason)
        return {"error": forged.reason}, 400
    except NotReadable as unreadable:
        return {"error": "unreadable", "field": unreadable.field}, 400
    try:
        with unit_of_work():
            was_new = hear(told, now=now)
    except UnknownLink:
        return {"error": "unknown_link"}, 422
    except OtherLink:
        return {"error": "other_link"}, 409
    except HeardMeanwhile:
        return {"error": "busy"}, 503, {"Retry-After": "1"}
    return {"heard": was_new}, 201 if was_new else 200


def read(body: bytes, *, now: datetime) -> Told:
    """What a signed body tells. Raises NotReadable; also for a field too many, which could be about a person."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise NotReadable("body") from None
    if not isinstance(fields, dict):
        raise NotReadable("body")
    for name in sorted(FIELDS ^ fields.keys()):
        raise NotReadable(name)
    for name, value in fields.items():
        if not isinstance(value, str):
            raise NotReadable(name)
    if fields["type"] not in list(News):
        raise NotReadable("type")
    if not _ID.fullmatch(fields["id"]):
        raise NotReadable("id")
    if len(fields["via"]) != CODE_LENGTH or not fields["via"].isalnum() or not fields["via"].isascii():
        raise NotReadable("via")
    return Told(News(fields["type"]), fields["id"], fields["via"], _moment(fields["at"], now=now))


def _moment(value: str, *, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or moment.year < 2000 or moment > now + CLOCKS_DIFFER_MAX:
            raise ValueError
    except (ValueError, OverflowError):
        raise NotReadable("at") from None
    return moment
