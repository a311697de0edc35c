"""The people: they join, prove their accounts, read the guideline; four of them are staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from portal.accounts import handles, roles
from portal.accounts.joining import AboutYou, join
from portal.accounts.models import AdvocacyRole, Person, ProofMethod
from portal.accounts.ports import Profile, ProfileAddress
from portal.accounts.verified import VerifiedIdentity
from portal.demo.openings import bring_along
from portal.demo.perch import SeededAccount
from portal.demo.story import Member
from portal.extensions import db
from portal.guidelines.acknowledging import acknowledge
from portal.guidelines.models import GuidelineVersion, VersionState
from portal.kernel import clock
from portal.kernel.access import Role
from portal.missions.claiming import claim_place
from portal.missions.inviting import invitation_for
from portal.missions.models import Mission
from portal.shares.inviting import note_newcomer

BRAND = "brand"
_BEFORE_THE_PEOPLE = 30
"""Days that the brand has been on Perch before its first member."""


def perch_accounts(members: Sequence[Member], *, now: datetime) -> list[dict[str, Any]]:
    """The brand's account and everybody's; what the sandbox knows of its own people stays as it is."""
    earliest = max(member.joined for member in members) + _BEFORE_THE_PEOPLE
    accounts: list[dict[str, Any]] = [
        {
            "key": f"demo-{BRAND}", "handle": "hollinfell", "display_name": "Hollin Fell",
            "bio": "Outdoor clothes and a repair bench, owned by the people who work here. Kendal.", "followers": 18240,
            "created_at": (now - timedelta(days=earliest)).isoformat(),
        }
    ]  # fmt: skip
    for member in members:
        account: dict[str, Any] = {"key": f"demo-{member.key}", "handle": member.handle, "display_name": member.name}
        if member.followers is not None:
            account |= {
                "bio": member.bio, "followers": member.followers,
                "created_at": (now - timedelta(days=member.joined + member.account_days)).isoformat(),
            }  # fmt: skip
        accounts.append(account)
    return accounts


def join_as(member: Member, *, invitation: str = "", now: datetime) -> Person:
    """A member signs in for the first time."""
    with clock.frozen(now):
        return join(
            AboutYou(
                display_name=member.name, email=member.email, country=member.country, locale=member.locale,
                time_zone=member.zone, advocacy_roles=[AdvocacyRole(role) for role in member.roles],
            ),
            VerifiedIdentity("sandbox", _issuer(), member.key, name=member.name, email=member.email),
            terms_version=current_app.config["SETTINGS"].terms_version, invitation=invitation, now=now,
        )  # fmt: skip


def employ(staff: Sequence[Member], *, now: datetime) -> dict[str, Person]:
    """Staff join, and the first admin gives the others their roles. By key."""
    employed = {member.key: join_as(member, now=now - timedelta(days=member.joined)) for member in staff}
    admin = next(employed[member.key] for member in staff if member.staff == Role.ADMIN)
    for member in sorted(staff, key=lambda member: member.staff != Role.ADMIN):
        moment = now - timedelta(days=member.joined) + timedelta(hours=1)
        is_first = employed[member.key] is admin
        with clock.frozen(moment):
            roles.grant_role(
                employed[member.key], Role(member.staff), actor=None if is_first else admin,
                why="Starts the programme" if is_first else "Joins the Trailmates team", now=moment,
            )  # fmt: skip
    return employed


def settle_in(person: Person, member: Member, accounts: Mapping[str, SeededAccount], *, now: datetime) -> None:
    """Staff prove their accounts and read the guideline like anybody, on their second day."""
    prove_accounts(person, member, accounts, now=now - timedelta(days=member.joined - 1))
    read_guidelines(person, now=now)


def invite(inviter: Person, mission: Mission, *, now: datetime) -> str:
    """The code of the invite link of somebody who takes a place for it."""
    with clock.frozen(now):
        return invitation_for(claim_place(mission, inviter, now=now), now=now).code


def welcome(
    member: Member, accounts: Mapping[str, SeededAccount], *, invitation: str = "", season_began: int, now: datetime
) -> Person:
    """A fan joins, proves their accounts and reads what is in force; what they earned before the season comes along."""
    joined_at = now - timedelta(days=member.joined)
    person = join_as(member, invitation=invitation, now=joined_at)
    if invitation:
        note_newcomer(person, invitation, now=joined_at)
    prove_accounts(person, member, accounts, now=joined_at + timedelta(minutes=20))
    read_guidelines(person, now=now)
    opened = now - timedelta(days=season_began, hours=2)
    with clock.frozen(opened):
        bring_along(person, days_before_season=int(member.joined) - season_began, now=opened)
    return person


def prove_accounts(person: Person, member: Member, accounts: Mapping[str, SeededAccount], *, now: datetime) -> None:
    """Perch by a code in the profile; a second account where the member has one."""
    account = accounts[f"demo-{member.key}"]
    on_perch = ProfileAddress("perch", "", account.handle, account.url)
    _prove(person, on_perch, Profile(account.id, account.handle, "", member.followers), now=now)
    if member.mastodon:
        name, _, host = member.mastodon.partition("@")
        address = ProfileAddress("mastodon", host, name, f"https://{host}/@{name}")
        _prove(person, address, Profile(mastodon_id(member), name, "", None), now=now + timedelta(days=3))


def vouch_for(person: Person, member: Member, moderator: Person, *, now: datetime) -> None:
    """A moderator confirms an account on a network that shows nobody a profile."""
    address = ProfileAddress("pinterest", "", member.pinboard, f"https://www.pinterest.com/{member.pinboard}/")
    with clock.frozen(now):
        handle = handles.add_handle(person, address, now)
        why = "Showed me the account on the phone, at the repair table"
        handles.confirm_by_staff(handle, actor=moderator, reason=why, now=now)


def mastodon_id(member: Member) -> str:
    """The account id at a server that nobody can ask."""
    return str(109_000_000_000 + sum(member.key.encode()))


def read_guidelines(person: Person, *, now: datetime) -> None:
    """Everything in force, on the evening of the day somebody joined or it was published."""
    for version in db.session.scalars(select(GuidelineVersion).where(GuidelineVersion.state == VersionState.PUBLISHED)):
        if version.guideline.needed_to_claim and version.published_at is not None:
            said_at = min(now, max(version.published_at, person.joined_at) + timedelta(hours=7))
            acknowledge(person.id, version, said_at)


def _prove(person: Person, address: ProfileAddress, profile: Profile, *, now: datetime) -> None:
    with clock.frozen(now):
        handle = handles.add_handle(person, address, now)
        handles.mark_proved(handle, profile=profile, method=ProofMethod.CODE, now=now + timedelta(minutes=4))


def _issuer() -> str:
    return f"{current_app.config['SETTINGS'].sandbox_url}/oidc"
