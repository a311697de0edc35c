"""What somebody wants to get by e-mail, chosen on a page or by the link in a mail that works without signing in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select

from portal.extensions import db
from portal.messages.models import MailChoice
from portal.messages.topics import ALL, BY_MAIL


class ForgedToken(Exception):
    """The token in the address was not made here."""


def refused_topics(person_id: str) -> frozenset[str]:
    """The topics, or `all`, that this person wants no e-mail about."""
    return frozenset(db.session.scalars(select(MailChoice.topic).where(MailChoice.person_id == person_id)))


def wants_mail(person_id: str, topic: str) -> bool:
    return not refused_topics(person_id) & {topic, ALL}


def refuse(person_id: str, topic: str, *, now: datetime) -> None:
    """No e-mail about `topic` (or `all`) any more; said again, nothing changes."""
    if db.session.get(MailChoice, (person_id, topic), with_for_update=True) is None:
        db.session.merge(MailChoice(person_id=person_id, topic=topic, refused_at=now))
        db.session.flush()


def accept(person_id: str, topic: str) -> None:
    """E-mail about `topic` again; with that, mail at all is welcome again."""
    db.session.execute(delete(MailChoice).where(MailChoice.person_id == person_id, MailChoice.topic.in_((topic, ALL))))


def choose(person_id: str, wanted: Collection[str], *, any_mail: bool, now: datetime) -> None:
    """Set everything at once. The topics are kept while no mail at all is wanted, for the day that it is again."""
    refused = {topic for topic in BY_MAIL if topic not in wanted} | (set() if any_mail else {ALL})
    known = refused_topics(person_id)
    db.session.execute(delete(MailChoice).where(MailChoice.person_id == person_id, MailChoice.topic.not_in(refused)))
    for topic in sorted(refused - known):
        refuse(person_id, topic, now=now)


def token_for(person_id: str, topic: str) -> str:
    """For the address in a mail. It never expires: whoever finds an old mail must be able to stop the next one."""
    token = _serializer().dumps([person_id, topic])
    return token if isinstance(token, str) else token.decode()


def read_token(token: str) -> tuple[str, str]:
    """Person and topic. Raises ForgedToken."""
    try:
        person_id, topic = _serializer().loads(token)
    except (BadSignature, ValueError, TypeError):
        raise ForgedToken from None
    if topic not in BY_MAIL:
        raise ForgedToken
    return person_id, topic


def _serializer() -> URLSafeSerializer:
    keys = current_app.config["SETTINGS"].secret_keys
    return URLSafeSerializer(list(reversed(keys)), salt="messages/unsubscribe")  # signs with the last, knows all
