"""Every answer that a check can give has its sentence, in every language, and none leaves a blank open."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask_babel import force_locale

from portal.shares import checks, wording
from portal.shares.asked_words import STAFF_LABELS
from portal.shares.checks.running import all_checks
from portal.shares.verdict import UNREAD

GIVEN = re.compile(r'(?:passed|failed|unknown|answer)\(\s*(?:f?"([a-z_{}.]+)"(?: if [^"]+ else "([a-z_]+)")?)')


def reasons() -> list[tuple[str, str]]:
    """(check, reason) as the modules name them; those that are put together are left to their own tests."""
    found = []
    for check in all_checks():
        source = Path(checks.__path__[0], f"{check.code}.py").read_text(encoding="utf-8")
        for first, second in GIVEN.findall(source):
            found += [(check.code, each) for each in (first, second) if each and "{" not in each]
    return found


def test_the_reasons_are_found():
    assert len(reasons()) > 50
    assert ("handle_age", "too_young") in reasons()


@pytest.mark.usefixtures("sqlite_app")
@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize(("check", "reason"), reasons())
def test_every_reason_has_a_sentence(check, reason, locale):
    details = {
        "accepts": ["original"], "words": ["mended"], "accounts": ["@hollinfell"], "media": "image", "days": 3,
        "days_min": 30, "count": 2, "least": 5, "percent": 90, "language": "de", "asked_language": "en",
        "network": "perch", "posted_at": "2026-10-14T09:20:00+00:00", "claimed_at": "2026-10-14T09:14:00+00:00",
        "opened_at": "2026-10-12T09:14:00+00:00", "first": "2026-10-14T09:20:00+00:00",
        "at": "2026-10-14T09:20:00+00:00",
    }  # fmt: skip
    with force_locale(locale):
        sentence = wording.check_sentence(check, reason, details)
    assert sentence.strip()
    assert "%(" not in sentence
    if reason == UNREAD:
        assert sentence == wording.check_sentence("author", UNREAD, {}) or locale == "de"


@pytest.mark.usefixtures("sqlite_app")
def test_every_check_has_its_name_for_fans_and_for_staff():
    for check in all_checks():
        assert wording.check_label(check.code) != check.code
        assert check.code in STAFF_LABELS
