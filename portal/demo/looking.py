"""A look at a seeded post without fetching it: what Perch would have answered then, put to the same checks."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from portal.demo.perch import SeededPost
from portal.demo.posts import Written
from portal.missions.models import MissionKind
from portal.shares import checking, judging, rechecking
from portal.shares.checking import Sight
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
    written: Written,
    about: SeededPost | None,
    *,
    at: datetime,
    author_id: str,
    author_name: str,
    visibility: str = "public",
) -> Post:
    """The post behind `share` as its network would have shown it then."""
    told, author = written.told, written.author
    host = share.post_key.split(":")[1] if share.platform == "mastodon" else ""
    as_asked = Relation.REPLY if share.mission.kind == MissionKind.ENGAGE else Relation.ORIGINAL
    relation = Relation(told.relation) if told.relation else as_asked
    text = about.text if about and relation is Relation.REPOST else written.text_at(at)
    days_before_now = author.joined + author.account_days
    return Post(
        platform=share.platform, host=host, post_key=share.post_key, url=share.url, author_id=author_id,
        author_name=author_name, text=text, posted_at=written.moments.posted_at, visibility=visibility,
        source=SOURCES[share.platform], edited_at=written.edited_at(at), links=tuple(_ADDRESS.findall(text)),
        media=(Media(f"{share.url}#picture", written.alt),) if written.alt else (), relation=relation,
        about_key=f"{perch.CODE}:{about.id}" if about else "", about_url=about.url if about else "",
        counts=written.counts_at(at), author_followers=author.followers,
        author_since=None if author.followers is None else written.moments.told_at - timedelta(days=days_before_now),
    )  # fmt: skip


def problem_as_met(share: Share, trouble: Trouble) -> Problem:
    """What stood in the way of reading it."""
    return Problem(trouble, SOURCES[share.platform], share.url)


def look(share: Share, reading: Reading, *, now: datetime) -> tuple[ShareState, str]:
    """Ask the checks and keep what they said and saw; as if every further try had seen the same."""
    plan, sight = checking.plan_look(share, now=now), Sight(reading)
    findings = checking.findings_after(plan, sight, share, now=now)
    keep_evidence(share, sight, now=now)
    checking.write_results(share, findings, now=now)
    checking.keep_prints(share, sight, now=now)
    patience, policy = checking.patience_for(share.platform), policy_for(share.mission_id)
    verdict = decide(findings, tries=patience.tries_max, patience=patience, policy=policy)
    return judging.outcome(share, verdict, policy, tuple(findings), now=now)


def look_again(share: Share, reading: Reading, *, now: datetime) -> None:
    """A later look at what was verified, with all that follows from it."""
    rechecking.conclude_look(share, checking.plan_look(share, now=now), Sight(reading), now=now)
