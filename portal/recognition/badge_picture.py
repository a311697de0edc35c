"""The picture of a badge that other pages show beside its address (Open Graph), drawn once for each set of words."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
PAPER, INK, MUTED, RING = "#f6f3ec", "#1f2a2e", "#55626a", "#2f6f5e"
LETTERS_MAX = 34


@lru_cache(128)
def picture_of(badge: str, bearer: str, brand: str) -> bytes:
    """A PNG with the badge's name, who has it and who gave it."""
    canvas = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.ellipse((80, 195, 320, 435), outline=RING, width=18)
    draw.line((145, 318, 188, 362, 262, 268), fill=RING, width=20, joint="curve")
    for text, top, size, colour in ((badge, 215, 64, INK), (bearer, 310, 44, INK), (brand, 385, 34, MUTED)):
        draw.text((380, top), _short(text), font=ImageFont.load_default(size), fill=colour)
    file = io.BytesIO()
    canvas.save(file, "PNG", optimize=True)
    return file.getvalue()


def _short(text: str) -> str:
    return text if len(text) <= LETTERS_MAX else f"{text[: LETTERS_MAX - 1].rstrip()}…"
