"""Pictures on Perch: read by content, turned upright, stripped of everything but pixels, kept as JPEG."""

from __future__ import annotations

import secrets
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from portal.sandbox.perch.text import Unacceptable

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_PIXELS_MAX = 40_000_000
_SIDE_MAX = 2048


@dataclass(frozen=True)
class Picture:
    name: str
    width: int
    height: int


def keep_picture(data: bytes, folder: Path) -> Picture:
    """Write `data` anew under a random name. Raises Unacceptable if it is no picture of a known format."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=_FORMATS) as opened:
                if opened.width * opened.height > _PIXELS_MAX:
                    raise Unacceptable("This picture has more than 40 megapixels. Choose a smaller one.")
                upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except Unacceptable:
        raise
    except Exception as problem:  # decoders raise many kinds of errors for damaged files
        raise Unacceptable("Choose a JPEG, PNG, WebP or GIF picture.") from problem
    upright.thumbnail((_SIDE_MAX, _SIDE_MAX))
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright.getchannel("A"))
    name = f"{secrets.token_urlsafe(16)}.jpg"
    paper.save(folder / name, "JPEG", quality=86, optimize=True)
    return Picture(name, paper.width, paper.height)


def remove_picture(name: str, folder: Path) -> None:
    (folder / name).unlink(missing_ok=True)
