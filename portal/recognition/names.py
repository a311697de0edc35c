"""How fans read each other's names: the first, and the letter that the last begins with."""

from __future__ import annotations


def short_name(display_name: str) -> str:
    """ "Teo B." of "Teo Brandt"; a single word stays as it is. Pure."""
    words = display_name.split()
    return f"{words[0]} {words[-1][0]}." if len(words) > 1 else display_name
