"""Sealed secrets open for their purpose and key alone; digests find a token but do not give it away."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.crypto import Box, Unsealable

OLD, NEW = "old key, long enough", "new key, long enough"


@given(st.text())
def test_what_is_sealed_opens_again_and_cannot_be_read_before(text):
    box = Box([NEW], "webhook-secret")
    sealed = box.seal(text)
    assert box.open(sealed) == text
    assert len(text) < 8 or text not in sealed  # a few letters may stand there by chance
    assert sealed != box.seal(text)


def test_another_purpose_or_key_opens_nothing():
    sealed = Box([NEW], "webhook-secret").seal("s3cret")
    for stranger in (Box([NEW], "oauth-token"), Box([OLD], "webhook-secret")):
        with pytest.raises(Unsealable):
            stranger.open(sealed)


@pytest.mark.parametrize("nonsense", ["", "plain text", "gAAAAA", "ä", "a" * 500])
def test_nonsense_is_unsealable(nonsense):
    with pytest.raises(Unsealable):
        Box([NEW], "webhook-secret").open(nonsense)


def test_a_changed_letter_is_noticed():
    box = Box([NEW], "webhook-secret")
    sealed = box.seal("s3cret")
    for place in range(0, len(sealed) - 2, 7):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(Unsealable):
            box.open(changed)


def test_keys_rotate_without_losing_what_was_sealed():
    sealed, digest = Box([OLD], "x").seal("kept"), Box([OLD], "x").digest("token")
    both = Box([NEW, OLD], "x")
    assert both.open(sealed) == "kept"
    assert digest in both.digests("token")
    assert both.digest("token") == Box([NEW], "x").digest("token") != digest
    assert Box([NEW], "x").open(both.seal("kept")) == "kept"
    with pytest.raises(Unsealable):
        Box([NEW], "x").open(sealed)


def test_a_digest_depends_on_token_purpose_and_key_and_shows_none():
    digests = {Box([key], purpose).digest(token) for key in (OLD, NEW) for purpose in "ab" for token in "xy"}
    assert len(digests) == 8
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)
    assert Box([OLD], "a").digest("x") == Box([OLD], "a").digest("x")


@pytest.mark.parametrize(("keys", "purpose"), [([], "x"), ([""], "x"), ([NEW, ""], "x"), ([NEW], "")])
def test_a_box_without_key_or_purpose_is_refused(keys, purpose):
    with pytest.raises(ValueError, match="needs a purpose"):
        Box(keys, purpose)
