"""Accounts on networks: added, proved by a code in the profile, removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from portal.accounts import handles, ports, queries
from portal.accounts.models import Handle, HandleState, Person, ProofMethod
from portal.accounts.ports import Network, NotAProfile, Profile, ProfileAddress, ProfileUnreadable
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.audit import AuditEntry
from portal.kernel.events import OutboxEvent
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.factories import a_fan, a_handle, a_manager, a_person, a_proved_handle

ClientOf = Callable[[Person], FlaskClient]


@dataclass
class Guide:
    """A network on which the test says what a profile shows."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    trouble: str = ""
    read_in_transaction: bool = False

    def networks(self) -> list[Network]:
        return [Network("perch", "Perch", federated=False, example="@ada", can_prove_by_code=True)]

    def understand(self, platform: str, typed: str) -> ProfileAddress:
        if "/" in typed:
            raise NotAProfile("not_a_profile")
        name = typed.removeprefix("@").lower()
        return ProfileAddress(platform, "", name, f"https://perch.example/@{name}")

    def read_profile(self, platform: str, host: str, name: str) -> Profile:
        self.read_in_transaction |= db.session().in_transaction()
        if self.trouble:
            raise ProfileUnreadable(self.trouble)
        if name not in self.profiles:
            raise ProfileUnreadable("not_found")
        return self.profiles[name]


@pytest.fixture
def guide() -> Iterator[Guide]:
    before, guide = ports._guide, Guide()
    ports.use_network_guide(guide)
    yield guide
    ports._guide = before


def fresh(handle: Handle) -> Handle:
    db.session.rollback()
    return db.session.get_one(Handle, handle.id, populate_existing=True)


def test_add_and_prove_by_code(app: Flask, client_of: ClientOf, guide: Guide) -> None:
    fan = a_fan()
    browser = client_of(fan)
    added = browser.post("/profile/handles/new", data={"platform": "perch", "typed": " @Ada "})
    assert added.status_code == 303
    page = added.headers["Location"]
    handle = queries.handles_of(fan.id)[0]
    assert (handle.name, handle.state) == ("ada", "claimed")
    assert handle.proof_code in browser.get(page).text

    assert browser.post(f"{page}/look").status_code == 303
    waiting = browser.get(f"{page}/proof").text
    assert "We are reading your profile" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    guide.profiles["ada"] = Profile("id-7", "ada", f"Walks. {handle.proof_code.upper()} Mends.", 321)
    jobs.run_due()

    seen = browser.get(f"{page}/proof").text
    assert "this account is yours" in seen
    assert "hx-trigger" not in seen, "it stops asking"
    handle = fresh(handle)
    assert (handle.state, handle.proof_method, handle.external_id, handle.followers) == ("proved", "code", "id-7", 321)
    assert not guide.read_in_transaction, "nothing is open while the network is asked"
    assert db.session.scalars(select(OutboxEvent.kind)).all() == ["handle.proved"]
    assert [h.id for h in queries.proved_handles(fan.id, "perch")] == [handle.id]
    assert queries.proved_handles(fan.id, "mastodon") == []


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ("not_found", "found no account"),
        ("not_public", "without signing in"),
        ("unreachable", "did not answer"),
        ("rate_limited", "asks us to wait"),
        ("code_missing", "the code is not in it yet"),
    ],
)
def test_why_it_is_not_proved(app: Flask, client_of: ClientOf, guide: Guide, trouble: str, says: str) -> None:
    fan = a_fan()
    handle = a_handle(fan, name="ada")
    guide.profiles["ada"] = Profile("id-7", "ada", "nothing here", 1)
    guide.trouble = "" if trouble == "code_missing" else trouble
    browser = client_of(fan)
    browser.post(f"/profile/handles/{handle.id}/look")
    jobs.run_due()
    page = browser.get(f"/profile/handles/{handle.id}").text
    assert says in page
    assert "Look now" in page
    assert fresh(handle).state == "claimed"
    assert jobs.failed_jobs() == []


def test_nobody_names_more_accounts_than_one_person_can_have(app: Flask, client_of: ClientOf, guide: Guide) -> None:
    fan = a_fan()
    browser = client_of(fan)
    for number in range(handles.HANDLES_MAX):
        a_handle(fan, name=f"ada{number}")
    refused = browser.post("/profile/handles/new", data={"platform": "perch", "typed": "one_more"})
    assert refused.status_code == 409
    assert "Remove one you no longer use first." in refused.text
    assert 'value="one_more"' in refused.text
    assert len(queries.handles_of(fan.id)) == handles.HANDLES_MAX


def test_one_account_is_proved_by_one_person(app: Flask, client_of: ClientOf, guide: Guide) -> None:
    owner, second = a_fan(), a_fan()
    a_proved_handle(owner, name="ada", external_id="id-7")
    handle = a_handle(second, name="ada")
    guide.profiles["ada"] = Profile("id-7", "ada", handle.proof_code, 1)
    browser = client_of(second)
    browser.post(f"/profile/handles/{handle.id}/look")
    jobs.run_due()
    assert "already proved" in browser.get(f"/profile/handles/{handle.id}").text
    assert fresh(handle).state == "claimed"


def test_a_renamed_account_is_still_the_same(app: Flask, guide: Guide) -> None:
    a_proved_handle(a_fan(), name="ada", external_id="id-7")
    renamed = a_handle(a_fan(), name="ada_new_name")
    with pytest.raises(handles.ProvedElsewhere), unit_of_work():
        handles.mark_proved(
            renamed, profile=Profile("id-7", "ada_new_name", "", 1), method=ProofMethod.CODE, now=clock.now()
        )


def test_an_old_look_proves_nothing(app: Flask, guide: Guide) -> None:
    """The account was removed and added anew while a worker was reading."""
    handle = a_handle(a_fan())
    with unit_of_work():
        handles.note_look(handle, Profile("id", handle.name, "verify-other", 1), code="verify-other", now=clock.now())
    assert fresh(handle).state == HandleState.CLAIMED
    assert fresh(handle).looked_at is None


@pytest.mark.parametrize(
    ("typed", "status", "says"),
    [("https://perch.example/@ada/posts/1", 422, "not a profile"), ("", 422, "name of your account")],
)
def test_what_is_no_account_is_said(
    app: Flask, client_of: ClientOf, guide: Guide, typed: str, status: int, says: str
) -> None:
    answer = client_of(a_fan()).post("/profile/handles/new", data={"platform": "perch", "typed": typed})
    assert answer.status_code == status
    assert says in answer.text
    assert f'value="{typed}"' in answer.text


def test_the_same_account_twice_is_one(app: Flask, client_of: ClientOf, guide: Guide) -> None:
    fan = a_fan()
    browser = client_of(fan)
    for status in (303, 409):
        answer = browser.post("/profile/handles/new", data={"platform": "perch", "typed": "ada"})
        assert answer.status_code == status
    assert "added this account already" in answer.text
    assert len(queries.handles_of(fan.id)) == 1


def test_remove_forgets_the_look_as_well(app: Flask, client_of: ClientOf, guide: Guide) -> None:
    fan = a_fan()
    address = f"/profile/handles/{a_handle(fan).id}"
    browser = client_of(fan)
    browser.post(f"{address}/look")
    browser.post(f"{address}/remove")
    assert queries.handles_of(fan.id) == []
    assert jobs.run_due() == 0
    assert browser.get(address).status_code == 404


def test_a_strangers_handle_is_not_there(app: Flask, client_of: ClientOf, guide: Guide) -> None:
    handle = a_handle(a_fan())
    stranger = client_of(a_fan())
    for method, path in [("get", ""), ("get", "/proof"), ("post", "/look"), ("post", "/remove")]:
        answer = getattr(stranger, method)(f"/profile/handles/{handle.id}{path}")
        assert answer.status_code == 404
        assert handle.proof_code not in answer.text
    assert jobs.run_due() == 0


def test_losing_the_proof_gives_a_new_code(app: Flask) -> None:
    manager, handle = a_manager(), a_proved_handle(a_fan())
    code = handle.proof_code
    with unit_of_work():
        handles.lose_proof(handle, actor=manager, reason="sold the account", now=clock.now())
    handle = fresh(handle)
    assert (handle.state, handle.proved_at) == ("lost", None)
    assert handle.proof_code != code
    with unit_of_work():
        handles.note_look(handle, Profile("id", handle.name, code, 1), code=code, now=clock.now())
    assert fresh(handle).state == "lost", "the old code is worth nothing"
    assert (
        db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.number.desc())).first() == "handle.proof_lost"
    )


def test_an_account_that_was_taken_off_meanwhile_is_neither_confirmed_nor_lost(app: Flask, now: datetime) -> None:
    handle, manager = a_handle(a_person(), name="ada"), a_manager()
    db.session.refresh(handle)
    db.session.expunge(handle)  # as it was read, before its owner was faster
    with unit_of_work():
        db.session.execute(delete(Handle).where(Handle.id == handle.id).execution_options(synchronize_session=False))
    for verb in (handles.confirm_by_staff, handles.lose_proof):
        with pytest.raises(handles.HandleGone), unit_of_work():
            verb(handle, actor=manager, reason="We met.", now=now)
