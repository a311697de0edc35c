"""What the earlier chapters made, found again by the keys of the story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select

from portal.accounts.models import Handle, HandleState, Identity, Person
from portal.demo.course import Course
from portal.demo.perch import SeededPost
from portal.demo.posts import Written
from portal.demo.story import Member, Prize, Task, Told
from portal.demo.timing import Moments
from portal.extensions import db
from portal.links.models import TrackedLink
from portal.links.queries import address_of, links_of_claims
from portal.missions.claim_models import Claim
from portal.missions.models import Mission
from portal.rewards.models import Reward


@dataclass(frozen=True)
class Community:
    """People by their subject, their proved accounts by person and network, missions and rewards by their key."""

    people: Mapping[str, Person]
    accounts: Mapping[tuple[str, str], Handle]
    members: Mapping[str, Member]
    missions: Mapping[str, Mission]
    rewards: Mapping[str, Reward]
    claims: Mapping[tuple[str, str], Claim]
    """The first one by person and mission, as far as any was made."""
    links: Mapping[str, TrackedLink]
    """By the id of their claim."""

    def claim_of(self, by: str, task: str) -> Claim:
        """The first claim of that person on that mission. Raises KeyError where there is none."""
        return self.claims[self.people[by].id, self.missions[task].id]

    def link_of(self, by: str, task: str) -> TrackedLink:
        """The link of that claim."""
        return self.links[self.claim_of(by, task).id]

    def course_of(self, told: Told, moments: Moments, about: SeededPost | None = None) -> Course:
        """A share with everybody and everything in it; its post has no link before its claim was made.

        `about`: what it answers, quotes or passes on.
        """
        author, mission = self.people[told.by], self.missions[told.task]
        posted_with = self.accounts[self.people[told.borrowed or told.by].id, told.net]
        claim = self.claims.get((author.id, mission.id)) if told.uses_link else None
        link = self.links.get(claim.id) if claim is not None else None
        return Course(
            written=Written(told, moments, address_of(link) if link else "", self.members[told.borrowed or told.by]),
            mission=mission, author=author, about=about,
            author_id=posted_with.external_id or "", author_name=posted_with.name,
            moderator=self.people.get(told.judge), claim=claim,
        )  # fmt: skip


def community(members: Mapping[str, Member], tasks: list[Task], prizes: list[Prize]) -> Community:
    """As it stands in the database now; a handful of queries."""
    issuer = f"{current_app.config['SETTINGS'].sandbox_url}/oidc"
    people = select(Identity.subject, Person).join(Person, Person.id == Identity.person_id)
    proved = db.session.scalars(select(Handle).where(Handle.state == HandleState.PROVED))
    missions = {mission.title: mission for mission in db.session.scalars(select(Mission))}
    rewards = {reward.name: reward for reward in db.session.scalars(select(Reward))}
    claims = list(db.session.scalars(select(Claim).order_by(Claim.claimed_at.desc())))
    return Community(
        people=dict(db.session.execute(people.where(Identity.issuer == issuer)).all()),
        accounts={(handle.person_id, handle.platform): handle for handle in proved},
        members=members,
        missions={task.key: missions[task.title] for task in tasks},
        rewards={prize.key: rewards[prize.name] for prize in prizes},
        claims={(claim.person_id, claim.mission_id): claim for claim in claims},
        links=links_of_claims([claim.id for claim in claims]),
    )
