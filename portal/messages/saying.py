"""What one notification says, whatever it is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """On the page a row, by mail subject, paragraphs and one link."""

    title: str
    paragraphs: tuple[str, ...]
    url: str
    """Path of the page where it goes on."""
    action: str
    icon: str
    tone: str
