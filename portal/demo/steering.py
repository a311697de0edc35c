"""What staff decided on the way: watched words, verdict policies of single missions."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.models import Person
from portal.demo.around import OwnPolicy, Watched
from portal.missions.models import Mission
from portal.shares.brand_words import watch_word
from portal.shares.checks.finding import Severity
from portal.shares.policies import save_policy
from portal.shares.verdict import Policy, Sampling


def watch(word: Watched, manager: Person, *, now: datetime) -> None:
    """From now on its bearers are looked at."""
    watch_word(word.phrase, severity=Severity(word.severity), reason=word.reason, actor=manager, now=now)


def decide_by(own: OwnPolicy, mission: Mission, manager: Person, *, now: datetime) -> None:
    """The mission gets a policy of its own: the rules that the portal came with, and other samples."""
    sampling = Sampling(first_reviewed=own.first_reviewed, sample_percent=own.sample_percent)
    save_policy(mission.id, Policy(sampling=sampling), seen_version=0, why=own.why, actor=manager, now=now)
