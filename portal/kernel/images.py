"""Uploaded pictures are remade: what we keep is pixels that we encoded ourselves, and nothing else of the upload.

So whatever rides along (EXIF with the place it was taken, a second file behind the first, a script in a comment)
stays behind. Limits are looked at before pixels are decoded.
"""

import io
from dataclasses import dataclass

from flask_babel import LazyString, lazy_gettext
from PIL import Image, ImageOps

BYTES_MAX = 10 * 1024 * 1024
PIXELS_MAX = 40_000_000
SIDE_PIXELS_MAX = 12_000
FULL_SIDE_PIXELS = 1600
THUMBNAIL_SIDE_PIXELS = 640
DECODERS = ("JPEG", "PNG", "WEBP", "GIF")  # by name: Pillow's own list would also open PostScript and more
ENDING = "webp"
MEDIA_TYPE = "image/webp"

_QUALITY = 82
_MARKUP_STARTS = (b"<svg", b"<?xml", b"<!doctype", b"<html", b"<!--")


class ImageRefused(Exception):
    """This upload is not taken. `reason_code`: empty, too_many_bytes, too_many_pixels, svg, not_a_picture, broken.

    `sentence` tells the person what to do.
    """

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.sentence: LazyString = SENTENCES[reason_code]


SENTENCES = {
    "empty": lazy_gettext("This file is empty. Choose a picture."),
    "too_many_bytes": lazy_gettext("This picture is larger than 10 MB. Choose a smaller one."),
    "too_many_pixels": lazy_gettext("This picture has more than 40 megapixels. Choose a smaller one."),
    "svg": lazy_gettext("Drawings in SVG can’t be uploaded. Save it as PNG and upload that."),
    "not_a_picture": lazy_gettext("This is not a picture we can read. Choose a JPEG, PNG, WebP or GIF file."),
    "broken": lazy_gettext("This picture is damaged. Open it, save it again, and upload the new file."),
}


@dataclass(frozen=True)
class Rendition:
    """A WebP file of one size."""

    data: bytes
    width_pixels: int
    height_pixels: int


@dataclass(frozen=True)
class Picture:
    """One upload, remade: `full` at most 1600, `thumbnail` at most 640 pixels on its longer side."""

    full: Rendition
    thumbnail: Rendition


def remake(upload: bytes) -> Picture:
    """`upload` as WebP, upright, without metadata; of an animation the first frame. Raises ImageRefused."""
    picture = decoded(upload)
    return Picture(_rendition(picture, FULL_SIDE_PIXELS), _rendition(picture, THUMBNAIL_SIDE_PIXELS))


def decoded(upload: bytes) -> Image.Image:
    """The pixels of `upload`, upright, at most 1600 on the longer side, without metadata. Raises ImageRefused."""
    if not upload:
        raise ImageRefused("empty")
    if len(upload) > BYTES_MAX:
        raise ImageRefused("too_many_bytes")
    return _decoded(_opened(upload))


def _opened(upload: bytes) -> Image.Image:
    """The header read and judged, no pixel decoded yet."""
    try:
        image = Image.open(io.BytesIO(upload), formats=DECODERS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageRefused("too_many_pixels") from None
    except Exception:  # a decoder given hostile bytes may raise anything
        raise ImageRefused("svg" if _is_markup(upload) else "not_a_picture") from None
    if image.width * image.height > PIXELS_MAX or max(image.size) > SIDE_PIXELS_MAX:
        raise ImageRefused("too_many_pixels")
    return image


def _decoded(image: Image.Image) -> Image.Image:
    """The first frame's pixels, upright, shrunk as far as the largest rendition allows, and nothing beside them."""
    try:
        image.draft("RGB", (FULL_SIDE_PIXELS, FULL_SIDE_PIXELS))  # a JPEG decodes straight to a smaller size
        image.load()
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):  # 16 bits of grey; RGB would make all but the darkest tones white
            upright = upright.convert("I").point(lambda grey: grey / 256).convert("L")
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        upright.thumbnail((FULL_SIDE_PIXELS, FULL_SIDE_PIXELS))
    except Exception:  # as above
        raise ImageRefused("broken") from None
    upright.info.clear()  # else EXIF, colour profile and comments would be written again
    return upright


def _rendition(picture: Image.Image, side_pixels: int) -> Rendition:
    smaller = picture.copy()
    smaller.thumbnail((side_pixels, side_pixels))
    file = io.BytesIO()
    smaller.save(file, "WEBP", quality=_QUALITY, method=4)
    return Rendition(file.getvalue(), *smaller.size)


def _is_markup(upload: bytes) -> bool:
    head = upload[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith(_MARKUP_STARTS)
