"""Filling Perch over HTTP: once is enough, twice does no harm, and a mistake leaves nothing behind."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.sandbox.running import RunningSandbox
from tests.sandbox.test_perch_api import a_picture

STORY: dict[str, Any] = {
    "accounts": [
        {
            "key": "fan-1",
            "handle": "wren_by_the_tarn",
            "display_name": "Wren Abbot",
            "bio": "Tarns.",
            "followers": 77,
            "created_at": "2024-02-03T10:00:00Z",
        }
    ],
    "posts": [
        {
            "key": "share-1",
            "account": "fan-1",
            "text": "Ad: first",
            "created_at": "2026-10-14T09:12:00Z",
            "picture": {"data": base64.b64encode(a_picture()).decode(), "alt": "Teal"},
        },
        {"key": "share-2", "account": "@mayaonfoot", "text": "Ad: second", "private": True},
        {
            "key": "share-3",
            "account": "mayaonfoot",
            "text": "Ad: third",
            "deleted": True,
            "picture": {"data": base64.b64encode(a_picture((8, 8))).decode(), "alt": "Gone too"},
        },
    ],
}


def pictures(sandbox: RunningSandbox) -> int:
    return len(list((sandbox.settings.data / "pictures").iterdir()))


def test_a_seed_answers_ids_and_addresses_that_work(sandbox: RunningSandbox) -> None:
    answer = sandbox.seed(**STORY)
    (account,) = answer["accounts"]
    assert sandbox.get("/api/v1/accounts/wren_by_the_tarn").json()["id"] == account["id"]
    assert account["url"] == f"{sandbox.url}/@wren_by_the_tarn"
    statuses = [sandbox.get(f"/api/v1/posts/{post['id']}").status_code for post in answer["posts"]]
    assert statuses == [200, 403, 410]
    first = sandbox.get(f"/api/v1/posts/{answer['posts'][0]['id']}").json()
    assert first["created_at"] == "2026-10-14T09:12:00.000Z"
    assert first["author"]["id"] == answer["posts"][0]["author_id"] == account["id"]
    assert sandbox.get(first["media"][0]["url"]).headers["Content-Type"] == "image/jpeg"


def test_the_same_seed_again_changes_nothing(sandbox: RunningSandbox) -> None:
    first = sandbox.seed(**STORY)
    assert sandbox.seed(**STORY) == first
    changed = {"accounts": [{**STORY["accounts"][0], "bio": "Other"}], "posts": STORY["posts"]}
    assert sandbox.seed(**changed) == first
    assert sandbox.get("/api/v1/accounts/wren_by_the_tarn").json()["bio"] == "Tarns."
    assert pictures(sandbox) == 1


def test_two_seeds_at_once_make_one_of_each(sandbox: RunningSandbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sandbox.seed(**STORY), range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert pictures(sandbox) == 1


def test_a_demo_persons_account_is_taken_over(sandbox: RunningSandbox) -> None:
    answer = sandbox.seed(accounts=[{"key": "maya", "handle": "mayaonfoot", "followers": 2000}])
    assert answer["accounts"][0]["id"] == "a-maya"
    account = sandbox.get("/api/v1/accounts/mayaonfoot").json()
    assert account["followers"] == 2000
    assert account["bio"].startswith("Long walks"), "what is not given stays"


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "x", "account": "nobody_here", "text": "t"},
        {"key": "x", "account": "mayaonfoot", "text": ""},
        {"key": "x", "account": "mayaonfoot", "text": "t", "created_at": "yesterday"},
        {"key": "x", "account": "mayaonfoot", "text": "t", "created_at": "2019-01-01T00:00:00Z"},
        {"key": "x", "account": "mayaonfoot", "text": "t", "private": "yes"},
        {"key": "x", "account": "mayaonfoot", "text": "t", "picture": {"data": "!", "alt": ""}},
        {"key": "x", "account": "mayaonfoot", "text": "t", "picture": {"data": "PHN2Zy8+", "alt": ""}},
        {"account": "mayaonfoot", "text": "t"},
        {"key": 7, "account": "mayaonfoot", "text": "t"},
    ],
    ids=repr,
)
def test_a_mistake_undoes_the_whole_request(sandbox: RunningSandbox, wrong: dict[str, Any]) -> None:
    answer = sandbox.post_json("/api/v1/seed", {**STORY, "posts": [*STORY["posts"], wrong]})
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert sandbox.get("/api/v1/accounts/wren_by_the_tarn").status_code == 404
    assert pictures(sandbox) == 0


@pytest.mark.parametrize("path", ["/api/v1/seed", "/switches"])
@pytest.mark.parametrize("body", [b"[" * 5_000, b'{"accounts": [{"key": "x", "handle": "\\ud800"}]}', b"{"])
def test_json_that_nobody_writes_is_refused(sandbox: RunningSandbox, path: str, body: bytes) -> None:
    answer = requests.post(sandbox.url + path, body, headers={"Content-Type": "application/json"}, timeout=20)
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [[], "text", None, {"accounts": {}}, {"posts": ["x"]}], ids=repr)
def test_what_is_no_seed_is_refused(sandbox: RunningSandbox, body: object) -> None:
    assert sandbox.post_json("/api/v1/seed", body).status_code in (400, 422)
