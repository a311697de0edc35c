"""Text stays readable whatever hue a brand chooses: WCAG 2.2 contrast of the tokens, in both schemes.

Sources: OKLCH to sRGB by https://bottosson.github.io/posts/oklab/, clipped to the gamut as browsers do; contrast by
WCAG 2.2, success criteria 1.4.3 (text, 4.5:1) and 1.4.11 (control borders, focus and marks, 3:1).
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"
HUES = range(360)
CHROMAS = (0.0, 0.045, 0.085, 0.13)

PAGE = ("canvas", "surface", "surface-2")
SOFT = ("brand-soft", "ok-soft", "warn-soft", "bad-soft", "info-soft")
STATES = ("ok", "warn", "bad", "info")
TEXT = 4.5
MARK = 3.0

PAIRS: list[tuple[str, str, float]] = [
    *[(text, under, TEXT) for text in ("ink", "ink-2", "ink-3", "brand", *STATES, "points") for under in PAGE],
    *[(text, under, TEXT) for text in ("ink", "ink-2", "brand") for under in SOFT],
    *[(state, f"{state}-soft", TEXT) for state in (*STATES, "points")],
    ("ink", "surface-3", TEXT),
    ("ink-2", "surface-3", TEXT),
    ("ink", "points-soft", TEXT),
    ("points", "brand-soft", TEXT),
    ("canvas", "ink", TEXT),
    ("on-brand", "brand", TEXT),
    ("on-brand", "brand-hover", TEXT),
    ("on-bad", "bad", TEXT),
    ("brand-soft-ink", "brand-soft", TEXT),
    ("brand-soft-ink", "surface", TEXT),
    ("on-brand-deep", "brand-deep", TEXT),
    ("on-brand-deep-2", "brand-deep", TEXT),
    *[("line-strong", under, MARK) for under in ("canvas", "surface", "surface-2")],
    *[("focus", under, MARK) for under in (*PAGE, "surface-3", *SOFT)],
    ("brand", "surface-3", MARK),
    ("points-fill", "brand-deep", MARK),
]

Rgb = tuple[float, float, float]


def rgb_of(lightness: float, chroma: float, hue: float) -> Rgb:
    """Linear sRGB of an OKLCH colour, each channel clipped to 0..1."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    red, green, blue = (min(max(channel, 0.0), 1.0) for channel in channels)
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG's contrast of two colours, 1 to 21."""
    light, dark = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def token_sources(scheme: str) -> dict[str, str]:
    """Each opaque colour token as written in tokens.css, for the scheme."""
    found: dict[str, str] = {}
    colour = r"oklch\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
    text = TOKENS.read_text()
    for name, light, dark in re.findall(rf"--([\w-]+):\s*light-dark\(({colour}),\s*({colour})\);", text):
        found[name] = light if scheme == "light" else dark
    for name, both in re.findall(rf"--([\w-]+):\s*({colour});", text):
        found[name] = both
    return {name: source for name, source in found.items() if "/" not in source}


def numbers_of(source: str, *, hue: float, chroma: float) -> tuple[float, float, float]:
    """Lightness, chroma and hue of a token, for a brand's hue and chroma."""
    given = {"--brand-hue": hue, "--brand-chroma": chroma}
    plain = re.sub(r"var\((--[\w-]+)\)", lambda use: repr(float(given[use[1]])), source)

    def calculate(sum_: re.Match[str]) -> str:
        left, sign, right = float(sum_[1]), sum_[2], float(sum_[3])
        return repr(left * right if sign == "*" else left + right)

    plain = re.sub(r"calc\(([\d.]+) ([*+]) ([\d.]+)\)", calculate, plain)
    lightness, own_chroma, own_hue = plain.removeprefix("oklch(").removesuffix(")").split()
    return float(lightness), float(own_chroma), float(own_hue)


def too_faint(scheme: str, chroma: float, pairs: list[tuple[str, str, float]]) -> list[str]:
    """Every pair that falls below its limit at any hue."""
    sources = token_sources(scheme)
    faint = []
    for hue in HUES:
        colours = {n: rgb_of(*numbers_of(s, hue=hue, chroma=chroma)) for n, s in sources.items()}
        for text, under, limit in pairs:
            found = contrast(colours[text], colours[under])
            if found < limit:
                faint.append(f"--{text} on --{under} at hue {hue}: {found:.2f}, needs {limit}")
    return faint


@pytest.mark.parametrize("chroma", CHROMAS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_is_readable_at_every_hue(scheme: str, chroma: float) -> None:
    assert too_faint(scheme, chroma, PAIRS) == []


def test_a_faint_pair_would_be_found() -> None:
    assert len(too_faint("light", 0.085, [("line", "surface", MARK)])) == len(HUES)


@pytest.mark.parametrize(
    ("oklch", "linear"),
    [((1.0, 0.0, 0.0), (1.0, 1.0, 1.0)), ((0.627955, 0.257683, 29.2339), (1.0, 0.0, 0.0)),
     ((0.519752, 0.176858, 142.4953), (0.0, 0.215861, 0.0))],
    ids=["white", "red", "green, half"],
)  # fmt: skip
def test_conversion_meets_known_colours(oklch: Rgb, linear: Rgb) -> None:
    assert rgb_of(*oklch) == pytest.approx(linear, abs=0.001)


def test_black_on_white_is_21() -> None:
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
