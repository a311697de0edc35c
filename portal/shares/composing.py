"""A caption before it is posted: what its checks will say, how long it is for each network, where its fold falls.

The same rules as after posting, over a post that does not exist yet. Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from portal.accounts.models import Handle, Person
from portal.accounts.queries import proved_handles
from portal.extensions import db
from portal.links.queries import address_of, link_of_claim
from portal.missions.claim_models import Claim
from portal.missions.composers import COMPOSERS, Composer, composers_for
from portal.missions.kit import kit_for
from portal.missions.models import Mission
from portal.shares import prints, wording
from portal.shares.asked import asked_by
from portal.shares.caption_lengths import WHOLE, fold_of, lengths
from portal.shares.caption_words import caption_sentence
from portal.shares.checks.finding import Context, Finding
from portal.shares.checks.running import checks_asked
from portal.shares.guide import networks
from portal.shares.kind_pages import COMPOSED
from portal.shares.likeness import NEARLY_THE_SAME, normalised, sketch
from portal.shares.models import Outcome, Share, ShareState
from portal.shares.platforms.reading import Identified, Kind, Post
from portal.shares.resembling import own_words
from portal.shares.showing import CheckLine
from portal.shares.verdict import PATIENCE

TEXT_LENGTH_MAX = 10_000
KNOWN_BEFOREHAND = (
    "disclosed", "link_or_tag", "mentions", "words", "no_forbidden_claims", "brand_safe",
)  # fmt: skip
"""Checks that the text alone answers; the disclosure stands first."""
WORDS_TO_COMPARE = 20
"""With fewer letters of one's own, likeness means nothing."""
PERCENT = 100


@dataclass(frozen=True)
class Length:
    """How much of a network's room the caption takes, counted its way."""

    platform: str
    name: str
    count: int
    limit: int
    fits: bool


@dataclass(frozen=True)
class Alike:
    """The most alike caption that was handed in for this mission."""

    percent: int
    mine: bool


@dataclass(frozen=True)
class Composed:
    """A caption as the composer shows it."""

    text: str
    platform: str
    verdict: str
    """Of the disclosure: clear, weak, missing; empty where we have no rules for the place, or nothing was written."""
    disclosure: str
    """The disclosure's verdict in words."""
    corrected: str
    """The caption with the disclosure put right; empty where it is clear."""
    checks: list[CheckLine]
    lengths: list[Length]
    seen_at_once: str
    behind_the_fold: str
    has_fold: bool
    alike: Alike | None
    openers: list[Composer]
    """The networks' own composers, with this caption in them."""

    @property
    def is_ready(self) -> bool:
        """Nothing that can be known now stands against posting it, and nobody posted nearly the same."""
        return (
            self.verdict == "clear"
            and self.alike is None
            and all(line.outcome != Outcome.FAILED for line in self.checks)
            and all(length.fits for length in self.lengths if length.platform == self.platform)
        )


def platforms_for(mission: Mission, handles: Sequence[Handle]) -> list[tuple[str, str]]:
    """Networks to write for, with their names: the mission's, else those of proved accounts, else all that we know."""
    own = list(dict.fromkeys(handle.platform for handle in handles))
    asked = list(mission.platforms) or own or sorted(lengths())
    first = [code for code in own if code in asked]
    codes = dict.fromkeys([*first, *asked])
    return [(code, networks().name_of(code)) for code in codes if networks().knows(code)]


def starting_text(claim: Claim, person: Person, caption_id: str) -> str:
    """One of the share kit's captions, with disclosure, tag and the fan's own link; else what was kept as a draft."""
    settings, link = current_app.config["SETTINGS"], link_of_claim(claim.id)
    kit = kit_for(
        claim.mission, person, brand=settings.brand_name, link=address_of(link) if link else "", handles=(),
        sandbox_url=settings.sandbox_url,
    )  # fmt: skip
    if caption_id:
        return next((each.text for each in kit.texts if each.id == caption_id), "")
    return str(claim.draft.get(COMPOSED, "")) or kit.texts[0].text


def composed(text: str, platform: str, claim: Claim, person: Person, *, now: datetime) -> Composed:
    """Look at a caption as it stands."""
    mission = claim.mission
    handles = proved_handles(person.id)
    choices = platforms_for(mission, handles)
    platform = platform if platform in dict(choices) else choices[0][0] if choices else ""
    findings = _findings(text, platform, claim, person, now=now)
    disclosed, fold = findings["disclosed"], fold_of(platform)
    cut = fold.cut(text)
    usable = [handle for handle in handles if handle.platform in dict(choices) and handle.platform in COMPOSERS]
    link = link_of_claim(claim.id)
    return Composed(
        text=text, platform=platform, verdict=_verdict(disclosed),
        disclosure=caption_sentence("disclosed", disclosed.reason_code, disclosed.details),
        corrected=str(disclosed.details.get("corrected", "")),
        checks=[_line(code, finding) for code, finding in findings.items()],
        lengths=[_length(text, code, name) for code, name in choices if code in lengths()],
        seen_at_once=text[:cut], behind_the_fold=text[cut:], has_fold=fold != WHOLE,
        alike=_alike(text, mission, person),
        openers=composers_for(
            usable, text, address_of(link) if link else "", sandbox_url=current_app.config["SETTINGS"].sandbox_url
        ),
    )  # fmt: skip


def _findings(text: str, platform: str, claim: Claim, person: Person, *, now: datetime) -> dict[str, Finding]:
    asked = asked_by(claim.mission, claim.id, person.country)
    post = Post(
        platform=platform, host="", post_key="", url="", author_id="", author_name="", text=text, posted_at=None,
        visibility="public", source="composer", language=claim.mission.language or person.locale,
    )  # fmt: skip
    context = Context(
        identified=Identified(platform, Kind.OTHER), reading=post, asked=asked, handles=(), claimed_at=claim.claimed_at,
        other_share=None, links_expanded=(), gone_since=None, second_look_after=PATIENCE.second_look_after, now=now,
    )  # fmt: skip
    found = {check.code: check.ask(context) for check in checks_asked(asked) if check.code in KNOWN_BEFOREHAND}
    return {code: finding for code in KNOWN_BEFOREHAND if (finding := found.get(code)) is not None}


def _verdict(disclosed: Finding) -> str:
    if disclosed.outcome == Outcome.UNKNOWN:
        return ""
    return "clear" if disclosed.outcome == Outcome.PASSED else disclosed.reason_code


def _line(code: str, finding: Finding) -> CheckLine:
    sentence = caption_sentence(code, finding.reason_code, finding.details)
    return CheckLine(wording.check_label(code), finding.outcome, sentence, "")


def _length(text: str, platform: str, name: str) -> Length:
    known = lengths()[platform]
    return Length(platform, name, known.count(text), known.limit, known.fits(text))


def _alike(text: str, mission: Mission, person: Person) -> Alike | None:
    """Among what was handed in for this mission and still counts."""
    words = own_words(text, mission, person.country)
    if len(normalised(words).replace(" ", "")) < WORDS_TO_COMPARE:
        return None
    found = {each: much for each, much in prints.sketches_like(sketch(words)).items() if much >= NEARLY_THE_SAME}
    rows = db.session.execute(
        select(Share.id, Share.person_id).where(
            Share.id.in_(found), Share.mission_id == mission.id,
            Share.state.not_in((ShareState.REJECTED, ShareState.WITHDRAWN)),
        )
    ).all()  # fmt: skip
    most = max(rows, key=lambda row: (found[row.id], row.id), default=None)
    return Alike(round(found[most.id] * PERCENT), most.person_id == person.id) if most else None
