"""What the brand's shop tells: believed only with its signature, counted once, in whatever order it comes."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest
from flask import Flask
from limits import parse
from pydantic import SecretStr
from sqlalchemy import func, select

from portal.extensions import db, limiter
from portal.kernel import clock
from portal.links.conversions import count_of
from portal.links.models import Conversion
from portal.links.postbacks import PER_MINUTE, NotReadable, read
from tests.links.factories import TARGET, a_link

SECRET = "what-the-shop-and-the-portal-alone-know"


@pytest.fixture
def told(app: Flask, monkeypatch: pytest.MonkeyPatch, now):
    """The app with a shop that may tell; a function that tells."""
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=shop(SECRET)))
    client = app.test_client()

    def tell(fields: dict | bytes, *, secret: str = SECRET, seconds_ago: int = 0):
        body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        return client.post("/conversions", data=body, headers={"Portal-Signature": signed(body, secret, seconds_ago)})

    return tell


def shop(secret: str) -> dict:
    return {"conversion_secret": SecretStr(secret)}


def signed(body: bytes, secret: str = SECRET, seconds_ago: int = 0) -> str:
    at = int(clock.now().timestamp()) - seconds_ago
    return f"t={at},v1={hmac.new(secret.encode(), b'%d.%s' % (at, body), hashlib.sha256).hexdigest()}"


def news(code: str, event_id: str = "order-1", kind: str = "conversion") -> dict[str, str]:
    return {"type": kind, "id": event_id, "via": code, "at": clock.now().isoformat()}


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(Conversion)) or 0


def test_a_conversion_counts_once_however_often_it_is_told(told) -> None:
    link = a_link()
    answers = [told(news(link.code)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert [answer.json["heard"] for answer in answers] == [True, False, False]
    assert (count_of(link.id), rows()) == (1, 1)
    assert told(news(link.code, "order-2")).status_code == 201
    assert count_of(link.id) == 2


def test_what_is_taken_back_counts_no_more_in_whatever_order_the_news_comes(told) -> None:
    link = a_link()
    told(news(link.code, "returned"))
    assert told(news(link.code, "returned", "taken_back")).status_code == 201
    assert told(news(link.code, "returned", "taken_back")).json == {"heard": False}
    assert told(news(link.code, "early", "taken_back")).status_code == 201  # before the news that it happened
    assert told(news(link.code, "early")).json == {"heard": False}
    assert (count_of(link.id), rows()) == (0, 2)


def test_only_the_shop_is_believed(told) -> None:
    link = a_link()
    body = json.dumps(news(link.code)).encode()
    assert told(body, secret="a-secret-that-somebody-made-up-for-this").status_code == 400
    assert told(body, seconds_ago=301).json == {"error": "too_old"}
    assert told(body, seconds_ago=-301).json == {"error": "too_old"}
    assert rows() == 0


def test_a_signature_covers_the_very_bytes(app: Flask, told) -> None:
    link = a_link()
    body = json.dumps(news(link.code)).encode()
    header = {"Portal-Signature": signed(body)}
    assert app.test_client().post("/conversions", data=body + b" ", headers=header).status_code == 400
    assert app.test_client().post("/conversions", data=body).status_code == 400
    assert rows() == 0
    assert app.test_client().post("/conversions", data=body, headers=header).status_code == 201


def test_an_old_secret_is_believed_while_it_is_rolled(app: Flask, told, monkeypatch) -> None:
    rolled = app.config["SETTINGS"].model_copy(update=shop(f"the-new-secret-of-thirty-two-letters, {SECRET}"))
    monkeypatch.setitem(app.config, "SETTINGS", rolled)
    assert told(news(a_link().code)).status_code == 201


def test_an_id_belongs_to_one_link(told) -> None:
    first, other = a_link(), a_link()
    told(news(first.code))
    for kind in ("conversion", "taken_back"):
        assert told(news(other.code, kind=kind)).status_code == 409
    assert (count_of(first.id), count_of(other.id)) == (1, 0)


def test_an_unknown_link_and_what_is_too_long_are_refused(told) -> None:
    assert told(news("zzzzzzzz")).status_code == 422
    assert told(b"x" * 5000).status_code == 413
    assert rows() == 0


def test_a_shop_that_is_not_connected_gets_nowhere(sqlite_app: Flask) -> None:
    assert sqlite_app.test_client().post("/conversions", data=b"{}").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "somebody@example.org"}, "email"),  # nothing about who it was is taken
        ({"id": ""}, "id"), ({"id": "x" * 65}, "id"), ({"id": "a b"}, "id"), ({"id": 7}, "id"), ({"id": None}, "id"),
        ({"type": "sale"}, "type"), ({"via": "short"}, "via"), ({"via": "ab/ defg"}, "via"),
        ({"at": "yesterday"}, "at"), ({"at": "2026-11-01T10:00:00"}, "at"), ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": "2199-01-01T00:00:00+00:00"}, "at"),
    ],
)  # fmt: skip
def test_what_the_page_does_not_say_is_not_readable(change: dict, field: str) -> None:
    with pytest.raises(NotReadable) as refused:
        read(json.dumps({**news("abcdefgh"), **change}).encode(), now=clock.now())
    assert refused.value.field == field


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{", b"[" * 4000, b'{"type": "conversion"}'])
def test_what_is_no_news_is_not_readable(body: bytes) -> None:
    with pytest.raises(NotReadable):
        read(body, now=clock.now())


def test_the_door_is_rate_limited(app: Flask, told, monkeypatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_796_000_000.0)  # the minute that is counted does not end in between
    limiter.enabled = True
    limiter.reset()
    assert told(b"{}").status_code == 400
    limiter.limiter.hit(parse(PER_MINUTE), "address:127.0.0.1", "postbacks.tell", cost=1199)
    assert told(b"{}").status_code == 429
    limiter.reset()


def test_the_shop_learns_the_link_and_nothing_of_the_visitor(app: Flask, told, monkeypatch) -> None:
    plain, asked = a_link(), a_link(target=f"{TARGET}?size=m#top")
    agent = {"User-Agent": "Mozilla/5.0", "Accept-Language": "en"}
    places = [app.test_client().get(f"/l/{link.code}", headers=agent).headers["Location"] for link in (plain, asked)]
    assert places == [f"{TARGET}?via={plain.code}", f"{TARGET}?size=m&via={asked.code}#top"]
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=shop("")))
    assert app.test_client().get(f"/l/{plain.code}", headers=agent).headers["Location"] == TARGET


def test_news_of_long_ago_is_taken_when_it_is_told_now(told) -> None:
    link = a_link()
    late = news(link.code) | {"at": (clock.now() - timedelta(days=20)).isoformat()}
    assert told(late).status_code == 201
