"""The inbox, what people choose to get by mail, and the way out that every mail carries."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.accounts.queries import person_by_id
from portal.extensions import csrf, limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow, public
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.messages import choosing, queries
from portal.messages.reading import mark_all_read, mark_read
from portal.messages.topics import ALL, BY_MAIL, Topic
from portal.messages.wording import wording_of

bp = Blueprint("messages", __name__)


@bp.get("/inbox")
@allow(Permission.TAKE_PART)
def inbox() -> ResponseReturnValue:
    """What happened, the newest first. Looking changes nothing."""
    page = queries.inbox_page(current_user.id, request.args.get("after"))
    return render_template(
        "messages/inbox.html",
        page=page,
        rows=[(row, wording_of(row.topic, row.details)) for row in page.rows],
        unread=queries.unread(current_user.id),
    )


@bp.post("/inbox/<notification_id>/open")
@allow(Permission.TAKE_PART)
def open_notification(notification_id: str) -> ResponseReturnValue:
    """Mark one as read and go where it leads."""
    notification = queries.notification_of(current_user.id, notification_id)
    if notification is None:
        abort(404)
    with unit_of_work():
        mark_read(notification, now=clock.now())
    return redirect(wording_of(notification.topic, notification.details).url, 303)


@bp.post("/inbox/read")
@allow(Permission.TAKE_PART)
def read_all() -> ResponseReturnValue:
    """Mark everything that was on the page, and what is older, as read."""
    with unit_of_work():
        mark_all_read(current_user.id, up_to=request.form.get("up_to", "")[:26], now=clock.now())
    return redirect(url_for(".inbox"), 303)


@bp.get("/profile/messages")
@allow(Permission.TAKE_PART)
def preferences() -> ResponseReturnValue:
    """What goes by e-mail, topic by topic."""
    refused = choosing.refused_topics(current_user.id)
    return render_template("messages/preferences.html", topics=BY_MAIL, refused=refused, any_mail=ALL not in refused)


@bp.post("/profile/messages")
@allow(Permission.TAKE_PART)
def save_preferences() -> ResponseReturnValue:
    wanted = set(request.form.getlist("topic"))
    with unit_of_work():
        choosing.choose(current_user.id, wanted, any_mail="any_mail" in request.form, now=clock.now())
    done(_("Your choice is saved."))
    return redirect(url_for(".preferences"), 303)


@bp.get("/unsubscribe/<token>")
@public
def unsubscribe(token: str) -> ResponseReturnValue:
    """Asks first: programs that look at every link of a mail must not unsubscribe anybody."""
    person_id, topic = _read(token)
    return _unsubscribe_page(token, person_id, topic)


@bp.post("/unsubscribe/<token>")
@public
@csrf.exempt  # RFC 8058: the mail program posts without a cookie; the signed token is the permission
@limiter.exempt  # one mail provider posts for many people
def stop_mail(token: str) -> ResponseReturnValue:
    """No more mail about this topic, or none at all, or this topic again."""
    person_id, topic = _read(token)
    want = request.form.get("want", "")
    with unit_of_work():
        if want == "again":
            choosing.accept(person_id, topic)
        else:
            choosing.refuse(person_id, ALL if want == "none" else topic, now=clock.now())
    return _unsubscribe_page(token, person_id, topic, just_changed=True)


def _read(token: str) -> tuple[str, str]:
    try:
        person_id, topic = choosing.read_token(token)
    except choosing.ForgedToken:
        abort(404)
    if person_by_id(person_id) is None:
        abort(404)
    return person_id, topic


def _unsubscribe_page(token: str, person_id: str, topic: str, *, just_changed: bool = False) -> str:
    refused = choosing.refused_topics(person_id)
    return render_template(
        "messages/unsubscribe.html",
        token=token,
        subject=BY_MAIL[Topic(topic)],
        stopped=topic in refused,
        stopped_all=ALL in refused,
        just_changed=just_changed,
    )
