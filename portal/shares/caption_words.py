"""What the checks say of a caption that nobody posted yet: what to write, not what to edit and have checked again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.shares import wording

SENTENCES: Mapping[str, LazyString] = {
    "link_or_tag.neither_found": _l("Neither your link %(link)s nor %(tag)s is in it. Put one of them into the text."),
    "link_or_tag.both_missing": _l(
        "Neither your link %(link)s nor %(tag)s is in it, and the mission asks for both. Put them into the text."
    ),
    "link_or_tag.link_missing": _l("Your link %(link)s is not in it. Put it into the text."),
    "link_or_tag.tag_missing": _l("%(tag)s is not in it. Put it into the text."),
    "mentions.not_mentioned": _l("%(accounts)s is not in it. Mention it in the text."),
    "words.not_said": _l("It does not say %(words)s. Put it into the text."),
    "no_forbidden_claims.claimed": _l("It says “%(phrase)s”, and “%(guideline)s” forbids to claim that. Take it out."),
}
DISCLOSE = _l("Start it with “%(suggestion)s”.")


def caption_sentence(check: str, reason_code: str, details: Mapping[str, Any]) -> str:
    """What a check says of a caption, and what to write."""
    if check == "disclosed" and details.get("suggestion"):
        return wording.disclosure_sentence(details, DISCLOSE)
    own = SENTENCES.get(f"{check}.{reason_code}")
    return str(own) % wording.filled(details) if own else wording.check_sentence(check, reason_code, details)
