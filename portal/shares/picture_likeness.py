"""Is this the same picture? A perceptual hash that stands a new size, another compression and a mirror.

The hash is the usual one of 64 bits: shrunk to 32 × 32 greys, the discrete cosine transform's lowest 8 × 8 frequencies,
each above or below their median. It says that two pictures look alike, never whose they are: a flag for a person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageOps

from portal.kernel.images import decoded

GREYS_SIDE = 32
LOW_SIDE = 8
BITS = LOW_SIDE * LOW_SIDE
BAND_BITS = 16
BANDS = BITS // BAND_BITS
ALIKE_BITS_MAX = 7
"""So many bits may differ. By the pigeonhole, one of four bands then differs in one bit at most: `probes` finds it."""
PLAIN_CONTRAST_MAX = 24
"""A picture whose greys span no more than this has nothing to be recognised by."""


@dataclass(frozen=True, slots=True)
class PictureHash:
    """How a picture looks, and how it looks in a mirror, 64 bits each."""

    straight: int
    mirrored: int

    def as_text(self) -> str:
        """32 hexadecimal digits, the straight hash first."""
        return f"{self.straight:016x}{self.mirrored:016x}"

    @classmethod
    def from_text(cls, text: str) -> PictureHash:
        """The opposite of `as_text`. Raises ValueError for anything else."""
        if len(text) != BITS // 2:
            raise ValueError(text)
        return cls(int(text[:16], 16), int(text[16:], 16))


def hash_bytes(data: bytes) -> PictureHash | None:
    """The hash of an encoded picture; None for one that is too plain. Raises kernel.images.ImageRefused."""
    return hash_picture(decoded(data))


def hash_picture(picture: Image.Image) -> PictureHash | None:
    """The hash of a decoded picture; None where there is nothing in it to recognise."""
    if picture.mode == "RGBA":
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture)
    greys = picture.convert("L").resize((GREYS_SIDE, GREYS_SIDE), Image.Resampling.LANCZOS)
    darkest, brightest = greys.getextrema()
    if float(str(brightest)) - float(str(darkest)) <= PLAIN_CONTRAST_MAX:
        return None
    return PictureHash(_bits(greys), _bits(ImageOps.mirror(greys)))


def distance_bits(one: PictureHash, other: PictureHash) -> int:
    """In how many bits two pictures differ, one of them perhaps mirrored: 0 is the same, about 32 has nothing to do."""
    return min((one.straight ^ other.straight).bit_count(), (one.straight ^ other.mirrored).bit_count())


def alike(one: PictureHash, other: PictureHash) -> bool:
    return distance_bits(one, other) <= ALIKE_BITS_MAX


def bands(hashed: PictureHash) -> tuple[str, ...]:
    """What a picture is filed under: each quarter of its hash with its place."""
    return tuple(f"{place}:{_band(hashed.straight, place):04x}" for place in range(BANDS))


def probes(hashed: PictureHash) -> tuple[str, ...]:
    """Where to look for what is alike, mirrored or not: every band, and every band with one bit turned."""
    found: dict[str, None] = {}
    for bits in (hashed.straight, hashed.mirrored):
        for place in range(BANDS):
            band = _band(bits, place)
            for turned in (0, *(1 << bit for bit in range(BAND_BITS))):
                found[f"{place}:{band ^ turned:04x}"] = None
    return tuple(found)


def _band(bits: int, place: int) -> int:
    return bits >> (BAND_BITS * place) & ((1 << BAND_BITS) - 1)


def _bits(greys: Image.Image) -> int:
    pixels = greys.tobytes()
    waves = _waves()
    rows = [
        [sum(map(float.__mul__, wave, map(float, pixels[start : start + GREYS_SIDE]))) for wave in waves]
        for start in range(0, GREYS_SIDE * GREYS_SIDE, GREYS_SIDE)
    ]
    columns = list(zip(*rows, strict=True))
    low = [sum(map(float.__mul__, wave, column)) for wave in waves for column in columns]
    # The first one is the brightness of the whole: it is no shape, and would pull the median.
    shapes = sorted(low[1:])
    median = shapes[len(shapes) // 2]
    return sum(1 << place for place, value in enumerate(low) if place and value > median)


@cache
def _waves() -> tuple[tuple[float, ...], ...]:
    """The cosines of the lowest frequencies."""
    return tuple(
        tuple(math.cos(math.pi * frequency * (2 * x + 1) / (2 * GREYS_SIDE)) for x in range(GREYS_SIDE))
        for frequency in range(LOW_SIDE)
    )
