"""Copies of a picture are found however they were saved, and different pictures are left alone."""

from __future__ import annotations

import io
import random
from itertools import combinations

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from portal.kernel.images import ImageRefused
from portal.shares.picture_likeness import (
    ALIKE_BITS_MAX,
    PictureHash,
    alike,
    bands,
    distance_bits,
    hash_bytes,
    hash_picture,
    probes,
)


def a_scene(seed: int, side: int = 480) -> Image.Image:
    """A made-up view with a sky, hills and a few things in it; the same for the same seed."""
    dice = random.Random(seed)
    picture = Image.new("RGB", (side, side * 3 // 4))
    draw = ImageDraw.Draw(picture)
    for y in range(picture.height):
        draw.line((0, y, side, y), fill=(90 + y // 4, 140 + y // 6, 220 - y // 4))
    for _ in range(9):
        x, y, size = dice.randrange(side), dice.randrange(picture.height), dice.randrange(40, side // 2)
        colour = tuple(dice.randrange(256) for _ in range(3))
        box = (x - size // 2, y - size // 2, x + size // 2, y + size // 3)
        dice.choice((draw.ellipse, draw.rectangle))(box, colour)
    return picture


def saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def hashed(picture: Image.Image) -> PictureHash:
    found = hash_picture(picture)
    assert found is not None
    return found


COPIES = {
    "smaller": lambda p: p.resize((p.width // 3, p.height // 3)),
    "stretched a little": lambda p: p.resize((p.width, p.height + 12)),
    "brighter": lambda p: ImageEnhance.Brightness(p).enhance(1.15),
    "black and white": lambda p: ImageOps.grayscale(p).convert("RGB"),
    "mirrored": ImageOps.mirror,
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_alike(how: str) -> None:
    scenes = [a_scene(seed) for seed in range(12)]
    assert all(alike(hashed(scene), hashed(COPIES[how](scene))) for scene in scenes)


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {"quality": 35}), ("WEBP", {"quality": 30}), ("PNG", {})])
def test_saving_it_anew_does_not_hide_it(kind: str, options: dict[str, int]) -> None:
    for seed in range(8):
        found = hash_bytes(saved(a_scene(seed), kind, **options))
        assert found is not None
        assert alike(found, hashed(a_scene(seed)))


def test_different_pictures_are_not_alike() -> None:
    """No pair of sixty different scenes is taken for a copy."""
    hashes = [hashed(a_scene(seed)) for seed in range(60)]
    assert [pair for pair in combinations(hashes, 2) if alike(*pair)] == []


def test_what_is_alike_is_found_in_the_index() -> None:
    """Whatever bits differ, as long as they are few: a band of the stored one is among the probes of the other."""
    dice = random.Random(7)
    for _ in range(400):
        stored = PictureHash(dice.getrandbits(64), dice.getrandbits(64))
        turned = sum(1 << bit for bit in dice.sample(range(64), ALIKE_BITS_MAX))
        straight = PictureHash(stored.straight ^ turned, dice.getrandbits(64))
        mirrored = PictureHash(dice.getrandbits(64), stored.straight ^ turned)
        for seen in (straight, mirrored):
            assert set(bands(stored)) & set(probes(seen))
        assert distance_bits(straight, stored) == ALIKE_BITS_MAX


def test_a_mirror_is_found_from_either_side() -> None:
    scene = a_scene(3)
    one, other = hashed(scene), hashed(ImageOps.mirror(scene))
    assert alike(one, other)
    assert alike(other, one)
    assert set(bands(one)) & set(probes(other))
    assert set(bands(other)) & set(probes(one))


def test_a_plain_picture_has_no_hash() -> None:
    """All white pictures look alike, and that says nothing."""
    assert hash_picture(Image.new("RGB", (300, 200), "white")) is None
    assert hash_picture(Image.new("RGBA", (300, 200), (0, 0, 0, 0))) is None


def test_a_hash_survives_being_written_down() -> None:
    found = hashed(a_scene(5))
    assert PictureHash.from_text(found.as_text()) == found
    with pytest.raises(ValueError, match="abc"):
        PictureHash.from_text("abc")


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ImageRefused):
        hash_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
