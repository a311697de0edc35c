"""Operators' commands: who is staff."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup, with_appcontext

from portal.accounts import queries, roles
from portal.kernel import clock
from portal.kernel.access import Role
from portal.kernel.unit_of_work import unit_of_work

people_commands = AppGroup("people", help="Grant, withdraw and list staff roles.")

ROLE = click.Choice([role.value for role in Role])
WHY = "by the operators' command"


@people_commands.command("grant")
@click.argument("person_id")
@click.argument("role", type=ROLE)
@with_appcontext
def grant(person_id: str, role: str) -> None:
    """Give PERSON_ID (their profile shows it) a staff role. They sign in again afterwards."""
    _change(person_id, role, withdraw=False)


@people_commands.command("withdraw")
@click.argument("person_id")
@click.argument("role", type=ROLE)
@with_appcontext
def withdraw(person_id: str, role: str) -> None:
    """Take a staff role back from PERSON_ID."""
    _change(person_id, role, withdraw=True)


@people_commands.command("list")
@with_appcontext
def list_staff() -> None:
    """Print everybody with a staff role: id, roles, name."""
    for person in queries.staff():
        click.echo(f"{person.id}  {','.join(roles.role_names(person))}  {person.display_name}")


def _change(person_id: str, role: str, *, withdraw: bool) -> None:
    refusal = ""
    try:
        with unit_of_work():
            person = queries.person_by_id(person_id.strip().lower())
            if person is None:
                raise click.UsageError(f"Nobody has the id {person_id}. The profile page shows it, 26 characters.")
            if withdraw:
                roles.withdraw_role(person, Role(role), actor=None, why=WHY, now=clock.now())
            else:
                roles.grant_role(person, Role(role), actor=None, why=WHY, now=clock.now())
            name, held = person.display_name, ", ".join(roles.role_names(person)) or "none"
    except roles.RoleRefused as refused:
        refusal = str(refused.sentence)
    if refusal:
        click.echo(refusal, err=True)
        sys.exit(1)
    click.echo(f"{name} now holds: {held}. They sign in again to use it.")
