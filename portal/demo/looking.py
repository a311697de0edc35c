"""A look at a seeded post without fetching it: what Perch would have answered then, put to the same checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from portal.missions.models import MissionKind
from portal.shares import checking, judging
from portal.shares.checking import Sight
from portal.shares.checks.finding import Finding
from portal.shares.keeping_evidence import keep_evidence
from portal.shares.models import Share, ShareState
from portal.shares.platforms import mastodon, perch
from portal.shares.platforms.reading import Media, Post, Problem, Reading, Relation, Trouble
from portal.shares.policies import policy_for
from portal.shares.verdict import decide

SOURCES = {"perch": perch.SOURCE, "mastodon": mastodon.SOURCE}
_ADDRESS = re.compile(r"https?://\S+")


def post_as_read(
    share: Share,
    *,
    text: str,
    author_id: str,
    author_name: str,
    posted_at: datetime,
    visibility: str = "public",
    edited_at: datetime | None = None,
    alt: str = "",
) -> Post:
    """The post behind `share` as its network would show it."""
    host = share.post_key.split(":")[1] if share.platform == "mastodon" else ""
    return Post(
        platform=share.platform, host=host, post_key=share.post_key, url=share.url, author_id=author_id,
        author_name=author_name, text=text, posted_at=posted_at, visibility=visibility,
        source=SOURCES[share.platform], edited_at=edited_at, links=tuple(_ADDRESS.findall(text)),
        media=(Media(f"{share.url}#picture", alt),) if alt else (),
        relation=Relation.REPLY if share.mission.kind == MissionKind.ENGAGE else Relation.ORIGINAL,
    )  # fmt: skip


def problem_as_met(share: Share, trouble: Trouble) -> Problem:
    """What stood in the way of reading it."""
    return Problem(trouble, SOURCES[share.platform], share.url)


def look(share: Share, reading: Reading, *, now: datetime) -> tuple[ShareState, str]:
    """Ask the checks and keep what they said and saw; as if every further try had seen the same."""
    findings = _seen(share, reading, now=now)
    checking.write_results(share, findings, now=now)
    if isinstance(reading, Post):
        checking.keep_prints(share, Sight(reading), now=now)
    patience, policy = checking.patience_for(share.platform), policy_for(share.mission_id)
    verdict = decide(findings, tries=patience.tries_max, patience=patience, policy=policy)
    return judging.outcome(share, verdict, policy, tuple(findings), now=now)


def look_again(share: Share, reading: Reading, *, now: datetime) -> Mapping[str, Finding]:
    """A later look at what was verified: evidence is kept, the results of the first look stay."""
    return _seen(share, reading, now=now)


def _seen(share: Share, reading: Reading, *, now: datetime) -> Mapping[str, Finding]:
    plan, sight = checking.plan_look(share, now=now), Sight(reading)
    findings = checking.findings_after(plan, sight, share, now=now)
    keep_evidence(share, sight, now=now)
    return findings
