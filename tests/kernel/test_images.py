"""Pictures are remade: their pixels stay, everything else of the upload is gone."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from portal.kernel import images
from portal.kernel.images import SENTENCES, ImageRefused, remake

RED, BLUE = (200, 30, 30), (30, 30, 200)


def a_picture(format_="JPEG", size=(400, 200), mode="RGB", **options):
    """Left half red, right half blue."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    file = io.BytesIO()
    picture.convert(mode).save(file, format_, **options)
    return file.getvalue()


def opened(rendition):
    image = Image.open(io.BytesIO(rendition.data))
    assert image.format == "WEBP"
    assert image.size == (rendition.width_pixels, rendition.height_pixels)
    return image


def is_near(pixel, colour):
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=False))


def reason_of(upload):
    with pytest.raises(ImageRefused) as refusal:
        remake(upload)
    assert refusal.value.sentence is SENTENCES[refusal.value.reason_code]
    return refusal.value.reason_code


def png(width, height, *, bits, colour_type, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def png_header(width, height):
    return png(width, height, bits=8, colour_type=2, rows=bytes(100))


@pytest.mark.parametrize(
    ("format_", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"),
     ("PNG", "RGBA"), ("WEBP", "RGB"), ("GIF", "P")],
)  # fmt: skip
def test_four_kinds_of_picture_are_taken(format_, mode):
    picture = remake(a_picture(format_, mode=mode))
    assert opened(picture.full).size == opened(picture.thumbnail).size == (400, 200)


def test_large_pictures_are_made_smaller_and_small_ones_not_larger():
    picture = remake(a_picture(size=(4000, 2000)))
    assert opened(picture.full).size == (1600, 800)
    assert opened(picture.thumbnail).size == (640, 320)
    assert opened(remake(a_picture(size=(20, 10))).full).size == (20, 10)


def test_camera_place_and_comments_are_gone_and_the_picture_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SecretCam"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    picture = remake(a_picture(exif=exif, comment=b"SecretComment", icc_profile=b"SecretProfile"))
    for rendition in (picture.full, picture.thumbnail):
        image = opened(rendition)
        assert image.size == (200, 400)
        assert is_near(image.getpixel((100, 50)), RED)
        assert is_near(image.getpixel((100, 350)), BLUE)
        assert not image.getexif()
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)
        assert b"Secret" not in rendition.data


@pytest.mark.parametrize(("colour_type", "signs"), [(0, 1), (2, 3), (4, 2), (6, 4)], ids=["L", "RGB", "LA", "RGBA"])
def test_sixteen_bits_are_shown_as_bright_as_they_are(colour_type, signs):
    dark, light = (struct.pack(f">{signs}H", *[tone] * signs) for tone in (0x3000, 0xC000))
    rows = (b"\0" + dark * 20 + light * 20) * 20
    image = opened(remake(png(40, 20, bits=16, colour_type=colour_type, rows=rows)).full).convert("RGBA")
    for x, tone in ((5, 0x30), (35, 0xC0)):
        assert is_near(image.getpixel((x, 10))[:3], (tone, tone, tone))


def test_transparency_is_kept():
    picture = Image.new("RGBA", (10, 10), (255, 0, 0, 0))
    file = io.BytesIO()
    picture.save(file, "PNG")
    assert opened(remake(file.getvalue()).full).convert("RGBA").getpixel((5, 5))[3] == 0


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_stays(format_):
    frames = [Image.new("RGB", (50, 50), colour) for colour in (RED, BLUE, RED, BLUE)]
    file = io.BytesIO()
    frames[0].save(file, format_, save_all=True, append_images=frames[1:], duration=50)
    image = opened(remake(file.getvalue()).full)
    assert getattr(image, "n_frames", 1) == 1
    assert is_near(image.convert("RGB").getpixel((25, 25)), RED)


PAYLOAD = b"<script>alert('polyglot')</script>"


@pytest.mark.parametrize(
    "upload",
    [
        a_picture() + PAYLOAD,
        a_picture("PNG") + b"PK\x03\x04" + PAYLOAD,
        a_picture("GIF", mode="P") + PAYLOAD,
        a_picture(comment=PAYLOAD),
        a_picture("GIF", mode="P", comment=PAYLOAD),
        a_picture("WEBP", xmp=PAYLOAD),
    ],
)
def test_what_rides_along_is_left_behind(upload):
    assert PAYLOAD in upload
    picture = remake(upload)
    assert PAYLOAD not in picture.full.data + picture.thumbnail.data
    assert b"PK" not in picture.full.data[-200:]


@pytest.mark.parametrize(
    ("upload", "reason_code"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "svg"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><svg/>", "svg"),
        (b"<!-- x --><svg/>", "svg"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not_a_picture"),
        (b"%PDF-1.7\n" + a_picture(), "not_a_picture"),
        (b"GIF89a", "not_a_picture"),
        (b"MZ\x90\x00", "not_a_picture"),
        (a_picture("BMP"), "not_a_picture"),
        (a_picture("TIFF"), "not_a_picture"),
        (a_picture("PPM"), "not_a_picture"),
        (a_picture("ICO", size=(16, 16)), "not_a_picture"),
        (a_picture("PNG", size=(300, 300))[:-60], "broken"),
        (a_picture()[:-300], "broken"),
        (b"\x89PNG\r\n\x1a\n" + PAYLOAD, "not_a_picture"),
        (b"\xff\xd8\xff\xe0" + PAYLOAD, "not_a_picture"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(upload, reason_code):
    assert reason_of(upload) == reason_code


def test_limits_are_looked_at_before_anything_is_decoded(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("pixels were decoded"))
    monkeypatch.setattr(images, "_decoded", lambda image: pytest.fail("pixels were decoded"))
    assert reason_of(png_header(50_000, 50_000)) == "too_many_pixels"
    assert reason_of(png_header(10_000, 8_000)) == "too_many_pixels"
    assert reason_of(png_header(images.SIDE_PIXELS_MAX + 1, 1)) == "too_many_pixels"
    monkeypatch.setattr(Image, "open", lambda *args, **kwargs: pytest.fail("it was opened"))
    assert reason_of(b"\xff" * (images.BYTES_MAX + 1)) == "too_many_bytes"


GOOD = {
    format_: a_picture(format_, mode="P" if format_ == "GIF" else "RGB", size=(40, 20)) for format_ in images.DECODERS
}


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 10_000), st.binary(max_size=8))
def test_a_damaged_picture_is_remade_or_refused_without_a_crash(format_, place, noise):
    good = GOOD[format_]
    place %= len(good)
    try:
        picture = remake(good[:place] + noise + good[place + len(noise) :])
    except ImageRefused:
        return
    opened(picture.full)
