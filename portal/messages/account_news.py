"""What happens to accounts: somebody joined, or a login that was lent ends."""

from __future__ import annotations

from portal.accounts.events import LoginEnding, PersonJoined
from portal.accounts.models import Handle, Person
from portal.accounts.ports import network_names
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.events import listens_to
from portal.messages.telling import tell
from portal.messages.topics import Topic


@listens_to(PersonJoined, name="messages.welcome")
def welcome(happened: PersonJoined) -> None:
    if db.session.get(Person, happened.person_id) is not None:
        tell(happened.person_id, Topic.WELCOME, {}, event_id=happened.person_id, now=clock.now())


@listens_to(LoginEnding, name="messages.tell_of_login")
def tell_of_login(happened: LoginEnding) -> None:
    """A login that was lent lapses soon, or is of no use any more."""
    handle = db.session.get(Handle, happened.handle_id)
    if handle is None or handle.person_id != happened.person_id:
        return
    details = {"handle_id": handle.id, "network": network_names().get(handle.platform, handle.platform),
               "name": handle.name, "lapses_at": happened.lapses_at}  # fmt: skip
    event_id = f"{happened.login_id}:{happened.lapses_at[:10] or 'ended'}"
    tell(happened.person_id, Topic.LOGIN_ENDING, details, event_id=event_id, now=clock.now())
