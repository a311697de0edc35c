"""Pages that stand before the page that was asked for: sign in, agree to cookies, say how old you are.

Each of the words below is what such pages of known kinds say; they count only on a page that says little else and does
not describe itself as an article.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from portal.shares.platforms.page_facts import PageFacts
from portal.shares.platforms.pages import SIGN_IN, reason_of

LITTLE = 1_200
"""Characters: a page with more words of its own is no mere wall."""
_CONSENT = (
    "before you continue", "bevor sie fortfahren", "bevor du fortfährst", "we value your privacy", "accept all cookies",
    "alle akzeptieren", "we and our partners", "wir und unsere partner", "avant de continuer", "antes de continuar",
)  # fmt: skip
_AGE = (
    "verify your age", "are you over 18", "are you 18", "i am over 18", "age verification", "age-restricted",
    "altersprüfung", "bist du über 18", "sind sie über 18", "ab 18 jahren", "confirm your age",
)  # fmt: skip
_LOGIN = (
    "log in to continue", "sign in to continue", "please log in", "please sign in", "you must log in", "login required",
    "bitte melde dich an", "bitte melden sie sich an", "members only", "this post is private",
)  # fmt: skip


def wall_before(facts: PageFacts, asked: str) -> str:
    """Which wall was shown instead of the page at `asked`: consent, age_gate, login, or none ("")."""
    there, wanted = urlsplit(facts.url), urlsplit(asked)
    moved = (there.hostname, there.path) != (wanted.hostname, wanted.path)
    if moved and (there.hostname or "").startswith("consent."):
        return "consent"
    if moved and reason_of(tuple(part for part in there.path.split("/") if part)) == SIGN_IN:
        return "consent" if "consent" in there.path.lower() else "login"
    if facts.describes_itself or len(facts.text) > LITTLE:
        return ""
    said = f"{facts.title}\n{facts.text}".lower()
    found = (("consent", _CONSENT), ("age_gate", _AGE), ("login", _LOGIN))
    return next((wall for wall, phrases in found if any(phrase in said for phrase in phrases)), "")
