"""Several pictures of a reward: each says what it shows, in the order that staff give them."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import editing, pictures
from portal.rewards.models import Reward
from portal.rewards.refusals import StateRefused
from tests.accounts.factories import a_fan, a_marketer
from tests.rewards.factories import a_reward
from tests.rewards.test_staff import a_picture, typed

ClientOf = Callable[[Person], FlaskClient]


def with_pictures(*alts: str) -> tuple[Reward, Person]:
    reward, staff = a_reward(), a_marketer()
    with unit_of_work():
        for number, alt in enumerate(alts):
            pictures.add_picture(reward, f"rewards/{number}.webp", alt, actor=staff)
    return reward, staff


def alts(reward: Reward) -> list[str]:
    db.session.rollback()
    db.session.refresh(reward)
    return [each.alt for each in pictures.pictures_of(reward)]


def test_staff_add_pictures_and_fans_see_them_in_order(app: Flask, client_of: ClientOf) -> None:
    reward, staff = a_reward("Hat"), a_marketer()
    desk, at = client_of(staff), f"/staff/rewards/{reward.id}/pictures"
    assert "There is none yet" in desk.get(f"/staff/rewards/{reward.id}").text
    assert desk.post(at, data={"file": (a_picture(), "hat.png")}).status_code == 422
    assert desk.post(at, data={"file": (BytesIO(b"%PDF"), "hat.png"), "alt": "A hat"}).status_code == 422
    assert alts(reward) == []
    for number, alt in enumerate(("The front", "The back", "Worn")):
        for _press in range(2):
            sent = {"file": (a_picture(), "hat.png"), "alt": alt, "idempotency_key": f"key-{number}"}
            assert desk.post(at, data=sent).status_code == 303
    page = client_of(a_fan()).get(f"/rewards/{reward.id}").text
    assert re.findall(r'<img class="art"[^>]*alt="([^"]+)"', page) == ["The front", "The back", "Worn"]
    assert 'class="gallery" tabindex="0"' in page
    assert 'alt="The front"' in client_of(a_fan()).get("/rewards").text


def test_order_words_and_removal_keep_the_first_in_the_catalogue(app: Flask, client_of: ClientOf) -> None:
    reward, staff = with_pictures("A", "B", "C")
    desk, at = client_of(staff), f"/staff/rewards/{reward.id}/pictures"
    keys = [each.key for each in pictures.pictures_of(reward)]

    assert desk.post(f"{at}/up", data={"picture": keys[1]}).status_code == 303
    assert (alts(reward), reward.image_alt) == (["B", "A", "C"], "B")
    assert desk.post(f"{at}/up", data={"picture": keys[1]}).status_code == 303  # first already
    assert alts(reward) == ["B", "A", "C"]
    assert desk.post(f"{at}/describe", data={"picture": keys[2], "alt": "See it"}).status_code == 303
    assert desk.post(f"{at}/describe", data={"picture": keys[2], "alt": " "}).status_code == 422
    long = desk.post(f"{at}/describe", data={"picture": keys[2], "alt": "So much to see. " * 20})
    assert (long.status_code, f'value="{("So much to see. " * 20).strip()}"' in long.text) == (422, True)
    assert (long.text.count('aria-invalid="true"'), long.text.count("in up to 300 letters")) == (1, 1)
    assert alts(reward) == ["B", "A", "See it"]
    for status in (303, 409):
        assert desk.post(f"{at}/remove", data={"picture": keys[1]}).status_code == status
    assert (alts(reward), reward.image_file) == (["A", "See it"], keys[0])
    for key in (keys[0], keys[2]):
        assert desk.post(f"{at}/remove", data={"picture": key}).status_code == 303
    assert (alts(reward), reward.image_file) == ([], None)


def test_eight_are_the_most_and_a_retired_reward_keeps_its_own(app: Flask) -> None:
    reward, staff = with_pictures(*"ABCDEFGH")
    with pytest.raises(StateRefused), unit_of_work():
        pictures.add_picture(reward, "rewards/9.webp", "I", actor=staff)
    with unit_of_work():
        editing.retire_reward(reward, actor=staff, why="Over")
    with pytest.raises(StateRefused), unit_of_work():
        pictures.remove_picture(reward, "rewards/0.webp", actor=staff)
    assert alts(reward) == list("ABCDEFGH")


def test_a_form_of_text_that_was_open_meanwhile_is_saved_and_leaves_the_pictures_alone(
    sqlite_app: Flask, client_of: ClientOf
) -> None:
    reward, staff = with_pictures("A", "B")
    desk, at = client_of(staff), f"/staff/rewards/{reward.id}"
    page = desk.get(at).text
    assert (page.count(f'action="{at}/pictures"'), page.count('id="picture"')) == (1, 0)  # one place for it
    seen = reward.lock_version
    assert desk.post(f"{at}/pictures/up", data={"picture": "rewards/1.webp"}).status_code == 303
    assert desk.post(at, data=typed(name="Warm hat", lock_version=seen)).status_code == 303
    assert (alts(reward), reward.name) == (["B", "A"], "Warm hat")
