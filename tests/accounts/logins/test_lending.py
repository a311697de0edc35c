"""Lending a login for reading: asked narrowly, kept sealed, proved, ended at any time, renewed, never half done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts import standing
from portal.accounts.handles import lose_proof
from portal.accounts.logins.forgetting import GIVE_BACK, KEEP, box
from portal.accounts.logins.granting import TELL_BEFORE
from portal.accounts.logins.keeping import renew
from portal.accounts.logins.models import CountingPermission, NetworkLogin
from portal.accounts.logins.using import key_for, note_refused
from portal.accounts.models import Handle, Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from tests.accounts.factories import a_fan, a_handle, a_manager, a_proved_handle, an_identity
from tests.accounts.logins.conftest import Lends, leave_to_lend, lend_login
from tests.accounts.logins.documented import (
    INSTAGRAM,
    INSTAGRAM_RENEWAL,
    NETWORKS,
    THREADS,
    TIKTOK,
    X,
    get,
    post,
    tiktok,
    tiktok_renewal,
)

ClientOf = Callable[[Person], FlaskClient]


def counted(model: type) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def waiting(kind: str) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).where(jobs.Job.kind == kind)) or 0)


def the_login() -> NetworkLogin:
    db.session.rollback()
    return db.session.scalars(select(NetworkLogin)).one()


def an_account_on_tiktok(client_of: ClientOf) -> tuple[FlaskClient, Handle]:
    fan = a_fan()
    return client_of(fan), a_handle(fan, platform="tiktok", name="ada.mends")


@pytest.mark.parametrize("network", NETWORKS)
def test_a_login_is_lent_and_proves_the_account(app: Flask, client_of: ClientOf, lends: Lends, network: str) -> None:
    exchanges, name, external_id, token = NETWORKS[network]
    fan = a_fan()
    client, handle = client_of(fan), a_handle(fan, platform=network, name=name)
    with lends(exchanges) as replay:
        explained = client.get(f"/profile/handles/{handle.id}/login").text
        assert "What will be read" in explained
        assert "What never" in explained
        assert replay.asked == [], "nothing is asked before they say so"
        assert lend_login(client, handle).headers["Location"] == f"/profile/handles/{handle.id}"
    login = the_login()
    assert token not in login.sealed_access
    assert box().open(login.sealed_access) == token
    assert (login.handle.state, login.handle.proof_method) == ("proved", "login")
    assert login.handle.external_id == external_id
    key = key_for(network, "", external_id)
    assert key is not None
    assert (key.token, key.name) == (token, name)
    assert token not in repr(key)
    shown = client.get(f"/profile/handles/{handle.id}").text
    assert "Disconnect" in shown
    assert token not in shown


def test_what_is_asked_is_narrow(app: Flask, client_of: ClientOf, lends: Lends) -> None:
    fan = a_fan()
    client = client_of(fan)
    with lends([]):
        asked = {
            network: leave_to_lend(client, a_handle(fan, platform=network, name=f"ada{network}"))
            for network in NETWORKS
        }
    assert asked["tiktok"]["scope"] == "user.info.basic,user.info.profile,video.list"
    assert asked["tiktok"]["client_key"] == "tiktok-key"
    assert asked["instagram"]["scope"] == "instagram_business_basic"
    assert asked["threads"]["scope"] == "threads_basic"
    assert asked["x"]["scope"] == "tweet.read users.read offline.access"
    assert asked["x"]["code_challenge_method"] == "S256"
    assert all("secret" not in str(each) for each in asked.values())


@pytest.mark.parametrize(
    ("exchanges", "status", "says"),
    [
        (tiktok(scope="user.info.basic"), 200, "left out the permission"),
        ([post(f"{TIKTOK}/v2/oauth/token/", {"error": "invalid_grant"})], 400, "trust"),
        ([post(f"{TIKTOK}/v2/oauth/token/", {}, status=503)], 503, "does not answer"),
        (tiktok(access_token="two\nlines"), 400, "trust"),
        (tiktok(access_token=7), 400, "trust"),
        (tiktok(open_id="open-mallory"), 400, "trust"),
        ([], 400, "trust"),
    ],
    ids=["scope left out", "code refused", "down", "odd token", "no token", "another person's token", "not there"],
)
def test_what_goes_wrong_keeps_nothing(
    app: Flask, client_of: ClientOf, lends: Lends, exchanges: list, status: int, says: str
) -> None:
    client, handle = an_account_on_tiktok(client_of)
    with lends([*exchanges, get("https://open.tiktokapis.com/", {})]):
        answer = lend_login(client, handle)
    assert answer.status_code == status
    assert says in answer.text
    assert counted(NetworkLogin) == 0
    db.session.rollback()
    assert db.session.get_one(Handle, handle.id).state == "claimed"


def test_a_no_changes_nothing(app: Flask, client_of: ClientOf, lends: Lends) -> None:
    client, handle = an_account_on_tiktok(client_of)
    with lends([]) as replay:
        answer = lend_login(client, handle, error="access_denied")
        assert answer.status_code == 200
        assert replay.asked == []
    assert counted(NetworkLogin) == 0


def test_another_account_than_the_one_named_is_refused_and_its_key_given_back(
    app: Flask, client_of: ClientOf, lends: Lends
) -> None:
    fan = a_fan()
    client, handle = client_of(fan), a_handle(fan, platform="tiktok", name="somebody.else")
    with lends(tiktok()) as replay:
        assert lend_login(client, handle).status_code == 409
        assert f"POST {TIKTOK}/v2/oauth/revoke/" in replay.asked
        assert replay.unexpected == []
    assert counted(NetworkLogin) == 0


def test_an_account_that_somebody_else_proved_is_refused(app: Flask, client_of: ClientOf, lends: Lends) -> None:
    a_proved_handle(a_fan(), platform="tiktok", name="ada.mends", external_id="open-ada")
    client, handle = an_account_on_tiktok(client_of)
    with lends(tiktok()):
        assert lend_login(client, handle).status_code == 409
    assert counted(NetworkLogin) == 0


def test_an_account_that_signs_somebody_else_in_is_refused(app: Flask, client_of: ClientOf, lends: Lends) -> None:
    an_identity(a_fan(), provider="x", issuer="https://x.com", subject="2244")
    fan = a_fan()
    client, handle = client_of(fan), a_handle(fan, platform="x", name="adamends")
    with lends(X):
        assert lend_login(client, handle).status_code == 409
    assert counted(NetworkLogin) == 0


def test_the_way_back_counts_once_and_in_this_browser_alone(app: Flask, client_of: ClientOf, lends: Lends) -> None:
    client, handle = an_account_on_tiktok(client_of)
    stranger = client_of(a_fan())
    with lends(tiktok()) as replay:
        asked = leave_to_lend(client, handle)
        path = f"/profile/logins/tiktok/callback?code=a-code&state={asked['state']}"
        assert stranger.get(path).status_code == 400
        assert client.get(path.replace("tiktok", "threads")).status_code == 400
        assert replay.asked == []
        asked = leave_to_lend(client, handle)
        path = f"/profile/logins/tiktok/callback?code=a-code&state={asked['state']}"
        assert client.get(path).status_code == 303
        assert client.get(path).status_code == 400
    assert counted(NetworkLogin) == 1


def test_nobody_lends_or_ends_a_login_of_somebody_elses_account(app: Flask, client_of: ClientOf, lends: Lends) -> None:
    client, handle = an_account_on_tiktok(client_of)
    stranger = client_of(a_fan())
    with lends(tiktok()):
        lend_login(client, handle)
        for path in ("login", "login/end", "counting", "counting/end"):
            assert stranger.post(f"/profile/handles/{handle.id}/{path}").status_code == 404
        assert stranger.get(f"/profile/handles/{handle.id}/login").status_code == 404
    assert counted(NetworkLogin) == 1


def test_disconnecting_forgets_the_key_at_once_and_ends_it_at_the_network(
    app: Flask, client_of: ClientOf, lends: Lends
) -> None:
    client, handle = an_account_on_tiktok(client_of)
    with lends(tiktok()) as replay:
        lend_login(client, handle)
        client.post(f"/profile/handles/{handle.id}/login/end")
        assert counted(NetworkLogin) == 0
        assert key_for("tiktok", "", "open-ada") is None
        assert waiting(KEEP) == 0
        jobs.run_due()
        assert replay.asked[-1] == f"POST {TIKTOK}/v2/oauth/revoke/"
        assert replay.unexpected == []
        client.post(f"/profile/handles/{handle.id}/login/end")
        assert jobs.run_due() == 0, "once"
    assert waiting(GIVE_BACK) == 0
    db.session.rollback()
    assert db.session.get_one(Handle, handle.id).state == "proved", "that it is theirs stays true"


def test_a_network_that_is_down_hears_of_it_later_and_the_key_is_in_no_table_in_the_end(
    app: Flask, client_of: ClientOf, lends: Lends, now: object
) -> None:
    client, handle = an_account_on_tiktok(client_of)
    with lends(tiktok()):
        lend_login(client, handle)
    client.post(f"/profile/handles/{handle.id}/login/end")
    with lends([post(f"{TIKTOK}/v2/oauth/revoke/", {}, status=503)]):
        for _ in range(12):
            clock.advance(timedelta(hours=3))
            jobs.run_due()
    assert waiting(GIVE_BACK) == 0


@pytest.mark.parametrize("how", ["removed", "proof lost", "person removed"])
def test_an_account_that_goes_takes_its_login_along(app: Flask, client_of: ClientOf, lends: Lends, how: str) -> None:
    client, handle = an_account_on_tiktok(client_of)
    manager = a_manager()
    with lends(tiktok()) as replay:
        lend_login(client, handle)
        if how == "removed":
            client.post(f"/profile/handles/{handle.id}/remove")
        elif how == "person removed":
            with unit_of_work():
                fan, actor = db.session.get_one(Person, handle.person_id), db.session.get_one(Person, manager.id)
                standing.remove(fan, actor=actor, why="asked twice", now=clock.now())
        else:
            with unit_of_work():
                held, actor = db.session.get_one(Handle, handle.id), db.session.get_one(Person, manager.id)
                lose_proof(held, actor=actor, reason="sold", now=clock.now())
        assert counted(NetworkLogin) == 0
        jobs.run_due()
        assert f"POST {TIKTOK}/v2/oauth/revoke/" in replay.asked


def test_a_key_that_has_expired_is_renewed_when_it_is_used(
    app: Flask, client_of: ClientOf, lends: Lends, now: object
) -> None:
    client, handle = an_account_on_tiktok(client_of)
    with lends(tiktok()):
        lend_login(client, handle)
    clock.advance(timedelta(days=2))
    with lends([tiktok_renewal()]) as replay:
        key = key_for("tiktok", "", "open-ada")
        assert replay.unexpected == []
    assert key is not None
    assert key.token == "tt-access-2"
    assert box().open(the_login().sealed_refresh) == "tt-refresh-2"


def test_only_one_worker_renews_a_key(app: Flask, client_of: ClientOf, lends: Lends, now: object) -> None:
    """A refresh token that is used twice ends all keys at many networks."""
    client, handle = an_account_on_tiktok(client_of)
    with lends(tiktok()):
        lend_login(client, handle)
    with unit_of_work():
        the = db.session.scalars(select(NetworkLogin)).one()
        the.renewing_until, login_id = clock.now() + timedelta(minutes=1), the.id
    with lends([tiktok_renewal()]) as replay:
        assert renew(login_id) is False
        assert replay.asked == []
        clock.advance(timedelta(minutes=3))
        assert renew(login_id) is True, "the other one has died"


def test_a_renewal_that_is_refused_ends_the_login_and_tells_its_owner_once(
    app: Flask, client_of: ClientOf, lends: Lends, now: object
) -> None:
    client, handle = an_account_on_tiktok(client_of)
    with lends(tiktok()):
        lend_login(client, handle)
    clock.advance(timedelta(days=2))
    with lends([post(f"{TIKTOK}/v2/oauth/token/", {"error": "invalid_grant"})]):
        assert key_for("tiktok", "", "open-ada") is None
        assert key_for("tiktok", "", "open-ada") is None
        assert "no longer takes this login" in client.get(f"/profile/handles/{handle.id}").text
    jobs.run_due()
    jobs.run_due()
    db.session.rollback()
    assert db.session.scalars(select(Notification.topic)).all() == ["login_ending"]


def test_an_outage_ends_no_login(app: Flask, client_of: ClientOf, lends: Lends, now: object) -> None:
    client, handle = an_account_on_tiktok(client_of)
    with lends(tiktok()):
        lend_login(client, handle)
    clock.advance(timedelta(days=2))
    with lends([post(f"{TIKTOK}/v2/oauth/token/", {}, status=500)]):
        assert key_for("tiktok", "", "open-ada") is None
    assert the_login().trouble is None
    with lends([tiktok_renewal()]):
        assert key_for("tiktok", "", "open-ada") is not None


def test_a_key_that_lapses_is_renewed_two_weeks_before(
    app: Flask, client_of: ClientOf, lends: Lends, now: object
) -> None:
    fan = a_fan()
    client, handle = client_of(fan), a_handle(fan, platform="instagram", name="ada.mends")
    with lends(INSTAGRAM):
        lend_login(client, handle)
    assert the_login().lapses_at is not None
    clock.advance(timedelta(days=45))
    with lends([INSTAGRAM_RENEWAL]) as replay:
        jobs.run_due()
        assert replay.asked == []
        clock.advance(timedelta(days=60) - TELL_BEFORE - timedelta(days=45) + timedelta(hours=1))
        jobs.run_due()
        assert len(replay.asked) == 1
    login = the_login()
    assert box().open(login.sealed_access) == "ig-access-2"
    assert login.lapses_at > clock.now() + timedelta(days=55)
    jobs.run_due()
    assert counted(Notification) == 0, "there was nothing for its owner to do"


def test_who_could_not_be_renewed_is_told_before_it_lapses(
    app: Flask, client_of: ClientOf, lends: Lends, now: object
) -> None:
    fan = a_fan()
    client, handle = client_of(fan), a_handle(fan, platform="threads", name="ada.mends")
    with lends(THREADS):
        lend_login(client, handle)
    url = "https://graph.threads.net/refresh_access_token?grant_type=th_refresh_token&access_token=th-access"
    clock.advance(timedelta(days=60) - TELL_BEFORE + timedelta(hours=1))
    short = {"access_token": "th-access-2", "token_type": "bearer", "expires_in": 3600}
    with lends([get(url, short)]):
        jobs.run_due()
        jobs.run_due()
    db.session.rollback()
    assert db.session.scalars(select(Notification.topic)).all() == ["login_ending"]


def test_a_key_that_the_network_refuses_is_renewed_or_ended(
    app: Flask, client_of: ClientOf, lends: Lends, now: object
) -> None:
    client, handle = an_account_on_tiktok(client_of)
    with lends(tiktok()):
        lend_login(client, handle)
        key = key_for("tiktok", "", "open-ada")
        assert key is not None
    with lends([tiktok_renewal()]):
        note_refused(key)
    assert the_login().trouble is None
    assert box().open(the_login().sealed_access) == "tt-access-2"


def test_nothing_is_offered_without_the_operators_keys(sqlite_app: Flask, client_of: ClientOf) -> None:
    client, handle = an_account_on_tiktok(client_of)
    assert "Your own login" not in client.get(f"/profile/handles/{handle.id}").text
    assert client.get(f"/profile/handles/{handle.id}/login").status_code == 303
    assert client.post(f"/profile/handles/{handle.id}/login").status_code == 404


def test_counting_is_a_permission_of_its_own(app: Flask, client_of: ClientOf, lends: Lends, now: object) -> None:
    client, handle = an_account_on_tiktok(client_of)
    assert client.post(f"/profile/handles/{handle.id}/counting").status_code == 409, "not proved yet"
    with lends(tiktok()):
        lend_login(client, handle)
    assert counted(CountingPermission) == 0, "lending a login does not allow it"
    assert client.post(f"/profile/handles/{handle.id}/counting").status_code == 409, "nothing tells when they posted"
    assert counted(CountingPermission) == 0
    handle = a_proved_handle(db.session.get_one(Person, handle.person_id), platform="perch", name="ada")
    client.post(f"/profile/handles/{handle.id}/counting")
    client.post(f"/profile/handles/{handle.id}/counting")
    assert counted(CountingPermission) == 1
    clock.advance(timedelta(hours=1))
    client.post(f"/profile/handles/{handle.id}/counting/end")
    client.post(f"/profile/handles/{handle.id}/counting")
    db.session.rollback()
    kept = db.session.scalars(select(CountingPermission).order_by(CountingPermission.id)).all()
    assert [each.withdrawn_at is None for each in kept] == [False, True], "when it was allowed, and when not"
    assert counted(NetworkLogin) == 1
