"""Perch misbehaves exactly as it was told, for whom it was told, and stops when told."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.running import RunningSandbox

PAGES = ("/perch", "/@mayaonfoot")


@pytest.mark.parametrize(
    ("mode", "status", "error"),
    [("rate_limited", 429, "rate_limited"), ("down", 503, "unavailable"), ("login_wall", 403, "login_required")],
)
def test_all_of_perch_refuses(sandbox: RunningSandbox, mode: str, status: int, error: str) -> None:
    made = sandbox.seed_post("Behind it")
    programs = (f"/api/v1/posts/{made['id']}", "/api/v1/accounts/mayaonfoot", f"/oembed?url={made['url']}")
    sandbox.switch(mode, seconds=17)
    for path in programs:
        answer = sandbox.get(path)
        assert (answer.status_code, answer.json()) == (status, {"error": error}), path
    for path in (*PAGES, made["url"], made["short_url"]):
        answer = sandbox.get(path)
        assert answer.status_code == status, path
        assert "Behind it" not in answer.text
        assert "<html" in answer.text
    assert sandbox.get(programs[0]).headers.get("Retry-After") == ("17" if mode == "rate_limited" else None)

    sandbox.switch("normal")
    assert all(sandbox.get(path).ok for path in (*programs, *PAGES))


def test_the_login_wall_lets_people_in_who_sign_in(sandbox: RunningSandbox) -> None:
    made = sandbox.seed_post("Behind the wall")
    sandbox.switch("login_wall")
    nils = sandbox.visitor().sign_in_to_perch("nilsontrails")
    assert "Behind the wall" in nils.open(made["url"]).text


def test_slow_answers_late(sandbox: RunningSandbox) -> None:
    sandbox.switch("slow", seconds=0.5, target="@mayaonfoot")
    started = time.monotonic()
    assert sandbox.get("/api/v1/accounts/mayaonfoot").ok
    assert time.monotonic() - started >= 0.5


def test_slow_holds_nobody_else_up_and_ends_with_its_switch(sandbox: RunningSandbox) -> None:
    sandbox.switch("slow", seconds=60, target="@mayaonfoot")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(sandbox.get, "/api/v1/accounts/mayaonfoot")
        assert sandbox.get("/api/v1/accounts/nilsontrails").ok
        assert not slow.done()
        sandbox.switch("normal", target="@mayaonfoot")
        assert slow.result().ok, "whoever asks gives up after 20 seconds"


def test_garbled_answers_200_without_what_was_asked(sandbox: RunningSandbox) -> None:
    made = sandbox.seed_post("Lost in there")
    sandbox.switch("garbled")
    answer = sandbox.get(made["url"])
    assert answer.status_code == 200
    assert "Lost" not in answer.text


def test_the_nearest_switch_counts(sandbox: RunningSandbox) -> None:
    one, other = sandbox.seed_post("One"), sandbox.seed_post("Other")
    sandbox.switch("down")
    sandbox.switch("login_wall", target="@mayaonfoot")
    sandbox.switch("rate_limited", target=one["short_url"])
    assert sandbox.get(f"/api/v1/posts/{one['id']}").status_code == 429
    assert sandbox.get(one["short_url"]).status_code == 429
    assert sandbox.get("/oembed", params={"url": one["url"]}).status_code == 429
    assert sandbox.get(f"/api/v1/posts/{other['id']}").status_code == 403
    assert sandbox.get("/api/v1/accounts/mayaonfoot").status_code == 403
    assert sandbox.get("/api/v1/accounts/nilsontrails").status_code == 503


@pytest.mark.parametrize("spelling", ["{id}", "{url}", "{short_url}", "{url}?utm_source=x"])
def test_a_target_may_be_spelled_in_any_way(sandbox: RunningSandbox, spelling: str) -> None:
    made = sandbox.seed_post("Spelled")
    sandbox.switch("down", target=spelling.format(**made))
    assert sandbox.get(f"/api/v1/posts/{made['id']}").status_code == 503
    assert sandbox.get("/@mayaonfoot").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "melt"},
        {"mode": "slow", "seconds": 61},
        {"mode": "slow", "seconds": "nan"},
        {"mode": "slow", "seconds": "soon"},
        {"mode": "down", "target": "@nobody"},
    ],
    ids=repr,
)
def test_a_wrong_switch_changes_nothing(sandbox: RunningSandbox, wrong: dict[str, object]) -> None:
    assert sandbox.post_json("/switches", wrong).status_code == 422
    assert sandbox.get("/switches", headers={"Accept": "application/json"}).json() == {"switches": []}


def test_switches_work_by_hand_and_leave_the_rest_of_the_sandbox_alone(sandbox: RunningSandbox) -> None:
    visitor = sandbox.visitor()
    visitor.open("/switches")
    assert visitor.send("/switches", target="", mode="down", seconds="5").status_code == 303
    assert sandbox.get("/perch").status_code == 503
    for path in ("/", "/switches", "/mail", "/oidc/account", "/oidc/.well-known/openid-configuration"):
        assert sandbox.get(path).status_code == 200, path
    sandbox.seed_post("Seeding goes on")
    visitor.open("/switches")
    visitor.send("/switches", reset="yes")
    assert sandbox.get("/perch").status_code == 200
